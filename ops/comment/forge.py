"""Keep one comment of ours on a pull request, over the REST interface that GitHub and its like offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from ops.errors import SwarmError

MARK = "<!-- aiswarm: what this change would do -->"
"""First line of our comment, by which it is found again; a reader does not see it."""

LONGEST = 65_536
"""Characters that GitHub takes for one comment."""

PAGE = 100
"""Most comments that it hands out at once."""

_TIMEOUT_SECONDS = 30.0


@dataclass
class ForgeError(SwarmError):
    """The forge could not be asked, or refused."""

    said: str

    def __str__(self) -> str:
        """What was asked, and the answer."""
        return self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Where the comment belongs."""

    api: str
    """Address of the interface, e.g. of an enterprise server of one's own."""

    repository: str
    """`owner/name`."""

    number: int


def keep(text: str, *, on: PullRequest, author: str, token: str, client: httpx.Client) -> str:
    """Make our comment say `text`: edit the one that is there, else write one. Returns what was done.

    Args:
        author: Login under which the token writes. A comment of somebody else's that begins like ours is left
            alone: who wrote it could go on editing it in our name.

    Raises:
        ForgeError: The forge was not reached or refused; or the text is not such a comment.
    """
    if not text.startswith(MARK) or len(text) > LONGEST:
        got = f"{len(text)} characters that begin {text[:20]!r}"
        raise ForgeError(f"comment: must begin with {MARK} and have at most {LONGEST} characters, got {got}")
    asking = _Asking(client=client, token=token, on=on)
    for comment in asking.comments():
        if _is_ours(comment, author):
            asking.edit(comment["id"], text)
            return "edited"
    asking.write(text)
    return "written"


def _is_ours(comment: dict[str, object], author: str) -> bool:
    user = comment.get("user")
    login = user.get("login") if isinstance(user, dict) else None
    return login == author and str(comment.get("body") or "").startswith(MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    client: httpx.Client
    token: str
    on: PullRequest

    def comments(self) -> Iterator[dict[str, object]]:
        """All comments, the oldest first."""
        path, page = f"{self._issues}/{self.on.number}/comments", 1
        while found := self._send("GET", path, params={"per_page": PAGE, "page": page}):
            yield from found
            page += 1

    def edit(self, comment: object, text: str) -> None:
        self._send("PATCH", f"{self._issues}/comments/{comment}", body=text)

    def write(self, text: str) -> None:
        self._send("POST", f"{self._issues}/{self.on.number}/comments", body=text)

    @property
    def _issues(self) -> str:
        return f"{self.on.api.rstrip('/')}/repos/{self.on.repository}/issues"

    def _send(
        self, method: str, url: str, *, body: str | None = None, params: dict[str, int] | None = None
    ) -> list[dict[str, object]]:
        """Ask, and return the list that is the answer; writing answers with the comment, no list."""
        try:
            answer = self.client.request(
                method,
                url,
                params=params,
                json=None if body is None else {"body": body},
                headers={
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {self.token}",
                    "X-GitHub-Api-Version": "2022-11-28",
                },
                timeout=_TIMEOUT_SECONDS,
            )
            answer.raise_for_status()
            found = answer.json()
        except httpx.HTTPStatusError as error:
            code = error.response.status_code
            raise ForgeError(f"{method} {url}: must succeed, got status {code}; {_hint(code)}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise ForgeError(f"{method} {url}: must be answered in JSON, got {error}") from error
        return found if isinstance(found, list) else []


def _hint(code: int) -> str:
    if code in {401, 403, 404}:
        return "GITHUB_TOKEN needs the permission `pull-requests: write` for this repository"
    return "try again"
