"""A registry, asked without credentials (OCI distribution specification, Docker's token authentication).

Of the libraries that were looked at, oras hands out parsed documents only, whose digest cannot be checked any
more, and neither it nor python-dxf tells how long a refused client must wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self
from urllib.request import parse_http_list, parse_keqv_list

import httpx
from pydantic import BaseModel, ValidationError

from components.model.problems import Problem
from ops.images.chain import Kind, digest_of
from ops.images.names import ImageError, Place

_ACCEPTED: Final = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_MOST_BYTES: Final = 4 * 1024 * 1024
"""The size that the specification asks registries to take for a manifest; configurations are smaller."""

_REFUSALS: Final[Mapping[int, str]] = {
    httpx.codes.UNAUTHORIZED: "correct the name, or copy what is private to a registry of yours",
    httpx.codes.FORBIDDEN: "copy what is private to a registry of yours",
    httpx.codes.NOT_FOUND: "correct the tag in components/catalogue/images.py",
}


class _Token(BaseModel):
    token: str = ""
    access_token: str = ""


class Registry:
    """One registry; `with` closes its connections. May be used by several threads."""

    def __init__(self, address: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Prepare to ask at `address`, which has a scheme and no path."""
        self._scheme = httpx.URL(address).scheme
        self._tokens: dict[str, str] = {}
        self._client = httpx.Client(
            base_url=f"{address}/v2/",
            follow_redirects=True,  # blobs lie in other companies' stores; httpx sends no token there
            timeout=30,
            trust_env=self._scheme == "https",  # a proxy of the operator's does not know a lab
            transport=transport or httpx.HTTPTransport(retries=2),
            event_hooks={"request": [self._refuse_downgrade]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def resolve(self, place: Place) -> tuple[str, bytes]:
        """What the tag means now: the digest, and the document itself.

        Raises:
            ImageError: The registry cannot be asked, knows no such tag, or contradicts itself.
        """
        answer, content = self._get(place, f"{Kind.MANIFEST}/{place.tag}")
        found = digest_of(content)
        said = answer.headers.get("docker-content-digest", found)
        if said != found:
            fix = "do not use it: somebody has changed it on its way"
            raise ImageError(Problem(place.tagged, f"must be of the digest {said}", found, fix))
        return found, content

    def fetch(self, place: Place, kind: Kind, digest: str) -> bytes:
        """One document by its digest, not yet compared with it.

        Raises:
            ImageError: The registry cannot be asked, or does not have it.
        """
        return self._get(place, f"{kind}/{digest}")[1]

    def _get(self, place: Place, path: str) -> tuple[httpx.Response, bytes]:
        try:
            answer, content = self._ask(place, path)
            if answer.status_code == httpx.codes.UNAUTHORIZED and self._log_in(place, answer):
                answer, content = self._ask(place, path)
        except httpx.HTTPError as error:
            fix = "see whether this machine reaches it; HTTPS_PROXY is heeded"
            said = str(error) or type(error).__name__
            raise ImageError(Problem(place.tagged, f"{place.host} must answer", said, fix)) from error
        if answer.status_code != httpx.codes.OK:
            raise ImageError(_refusal(place, path, answer))
        return answer, content

    def _ask(self, place: Place, path: str) -> tuple[httpx.Response, bytes]:
        token = self._tokens.get(place.repository)
        headers = {"accept": _ACCEPTED} | ({"authorization": f"Bearer {token}"} if token else {})
        with self._client.stream("GET", f"{place.repository}/{path}", headers=headers) as answer:
            content = b""
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise httpx.DecodingError(f"more than {_MOST_BYTES} bytes", request=answer.request)
        return answer, content

    def _log_in(self, place: Place, refusal: httpx.Response) -> bool:
        """Get the token that anybody may have; False where the registry offers none."""
        scheme, _, rest = refusal.headers.get("www-authenticate", "").partition(" ")
        challenge = parse_keqv_list(parse_http_list(rest)) if scheme.lower() == "bearer" else {}
        if "realm" not in challenge:
            return False
        asked: dict[str, str] = {key: challenge[key] for key in ("service", "scope") if key in challenge}
        answer = self._client.get(challenge["realm"], params=asked)
        if answer.status_code != httpx.codes.OK:
            raise ImageError(_refusal(place, "its token", answer))
        try:
            found = _Token.model_validate_json(answer.content)
        except ValidationError:
            return False
        self._tokens[place.repository] = found.token or found.access_token
        return True

    def _refuse_downgrade(self, request: httpx.Request) -> None:
        """Nobody may lead a client from TLS to plain HTTP, where anybody could answer."""
        if self._scheme == "https" and request.url.scheme != "https":
            raise httpx.UnsupportedProtocol(f"it led to {request.url.scheme}://{request.url.host}")


def _refusal(place: Place, path: str, answer: httpx.Response) -> Problem:
    status = answer.status_code
    got = f"status {status} for {path}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Problem(place.tagged, f"{place.host} must answer", got, _when(answer))
    fix = _REFUSALS.get(status, "try again later")
    return Problem(place.tagged, f"{place.host} must show it to anybody", got, fix)


def _when(answer: httpx.Response) -> str:
    """How long to wait: seconds or a date (RFC 9110), which only some registries tell."""
    after = answer.headers.get("retry-after", "")
    when = f"in {after} s" if after.isdigit() else f"after {after}" if after else "in some hours"
    return f"too many were asked for from this address; try again {when}"
