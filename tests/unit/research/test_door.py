"""The door before the research service."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from research.door import HEALTH_PATH, Door, Receive, Scope, Send

PASSWORD = "pass:word"  # noqa: S105 - a test's own; a colon in it belongs to the password
GOOD = httpx.BasicAuth("operator", PASSWORD)


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 whatever is asked."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


DOOR = Door(inside, user="operator", password=PASSWORD)


def ask(
    path: str,
    *,
    auth: httpx.Auth | None = None,
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=DOOR)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.request(method, path, headers=headers, auth=auth)

    return asyncio.run(asked())


@pytest.mark.parametrize("path", ["/", "/report/", "/healthz/", "/healthz/../api/reports", "//healthz"])
def test_a_stranger_finds_nothing_but_the_health_check(path: str) -> None:
    answer = ask(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert ask(HEALTH_PATH).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Bearer b3BlcmF0b3I6cGFzczp3b3Jk",
        "Basic b3BlcmF0b3I=",
        "Basic b3BlcmF0b3I6cGFzcw==",
    ],
)
def test_what_is_not_the_password_is_refused(header: str) -> None:
    assert ask("/", headers={"authorization": header}).status_code == 401


def test_the_password_opens() -> None:
    assert ask("/anything", auth=GOOD).text == "/anything"


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("cross-site", 403), ("same-site", 403)])
def test_another_page_cannot_ask_with_the_password_that_the_browser_knows(site: str, status: int) -> None:
    answer = ask("/report/", auth=GOOD, method="POST", headers={"sec-fetch-site": site})

    assert answer.status_code == status
    assert ask("/report/", auth=GOOD, method="POST").status_code == 200, "a program says nothing of pages"
    assert ask("/", auth=GOOD, headers={"sec-fetch-site": site}).status_code == 200, "a link may lead here"


def test_a_web_socket_is_closed() -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    asyncio.run(DOOR({"type": "websocket", "path": "/", "headers": []}, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_an_empty_password_is_no_password() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Door(inside, user="operator", password="")
