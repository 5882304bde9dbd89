"""The comment is kept on a forge that speaks HTTP on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from ops import cli
from ops.comment.commands import ACTIONS_LOGIN
from ops.comment.forge import LONGEST, MARK, ForgeError

ISSUES = "/repos/owner/name/issues"


@dataclass
class Forge:
    """What it keeps, and what was asked of it."""

    token: str
    comments: list[dict[str, object]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False
    address: str = ""

    def add(self, body: str | None, login: str = ACTIONS_LOGIN) -> None:
        """Have a comment."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"login": login}})

    def answer(self, method: str, url: str, said: bytes) -> tuple[int, object]:
        """Status and content of an answer."""
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        self.asked.append((method, path))
        if self.broken:
            return 502, "no gateway"
        if method == "GET" and path == f"{ISSUES}/7/comments":
            first = (int(query["page"][0]) - 1) * int(query["per_page"][0])
            return 200, self.comments[first : first + int(query["per_page"][0])]
        body = json.loads(said)["body"]
        if method == "POST" and path == f"{ISSUES}/7/comments":
            self.add(body)
            return 201, self.comments[-1]
        found = next(each for each in self.comments if path == f"{ISSUES}/comments/{each['id']}")
        assert method == "PATCH"
        found["body"] = body
        return 200, found


@pytest.fixture
def forge() -> Iterator[Forge]:
    kept = Forge(token="of-this-test")  # noqa: S106 - opens nothing but this server

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            allowed = self.headers["Authorization"] == f"Bearer {kept.token}"
            status, content = kept.answer(self.command, self.path, said) if allowed else (403, {})
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - the names that the server looks for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def comment(tmp_path: Path) -> Path:
    file = tmp_path / "comment.md"
    file.write_text(f"{MARK}\nnew")
    return file


def post(forge: Forge, file: Path, *, token: str | None = None) -> Result:
    arguments = ["comment", "post", "--pull-request", "7", "--file", str(file), "--api", forge.address]
    env = {"GITHUB_TOKEN": forge.token if token is None else token, "GITHUB_REPOSITORY": "owner/name"}
    return CliRunner().invoke(cli.app, arguments, env=env)


def test_the_first_comment_is_written(forge: Forge, comment: Path) -> None:
    forge.add("looks good", "reviewer")

    assert "comment written" in post(forge, comment).stdout
    assert [each["body"] for each in forge.comments] == ["looks good", f"{MARK}\nnew"]


def test_the_second_run_edits_it_wherever_it_stands(forge: Forge, comment: Path) -> None:
    for number in range(250):
        forge.add(f"comment {number}", "reviewer")
    forge.add(f"{MARK}\nold")
    forge.add(None, "reviewer")

    assert "comment edited" in post(forge, comment).stdout
    assert len(forge.comments) == 252
    assert forge.comments[250]["body"] == f"{MARK}\nnew"


def test_a_comment_that_only_looks_like_ours_stays_its_author_s(forge: Forge, comment: Path) -> None:
    forge.add(f"{MARK}\nall is well", "somebody")
    forge.add(f"see {MARK}", ACTIONS_LOGIN)

    post(forge, comment)

    assert [each["body"] for each in forge.comments[:2]] == [f"{MARK}\nall is well", f"see {MARK}"]
    assert len(forge.comments) == 3


def test_a_token_without_the_permission_says_which_one(forge: Forge, comment: Path) -> None:
    failed = post(forge, comment, token="another")  # noqa: S106 - as above

    assert isinstance(failed.exception, ForgeError)
    assert "status 403; GITHUB_TOKEN needs the permission `pull-requests: write`" in str(failed.exception)
    assert "another" not in str(failed.exception)


def test_a_forge_that_is_down_writes_nothing(forge: Forge, comment: Path) -> None:
    forge.broken = True

    assert "status 502; try again" in str(post(forge, comment).exception)


def test_a_forge_that_is_not_there_is_named(forge: Forge, comment: Path) -> None:
    forge.address = "http://127.0.0.1:9"

    assert "http://127.0.0.1:9/repos/owner/name" in str(post(forge, comment).exception)


@pytest.mark.parametrize("text", ["no mark", f"{MARK}{'x' * LONGEST}"])
def test_what_is_no_such_comment_is_not_posted(forge: Forge, comment: Path, text: str) -> None:
    comment.write_text(text)

    assert isinstance(post(forge, comment).exception, ForgeError)
    assert forge.asked == []


def test_without_a_token_nothing_is_asked(forge: Forge, comment: Path) -> None:
    assert post(forge, comment, token="").exit_code == 2
    assert forge.asked == []
