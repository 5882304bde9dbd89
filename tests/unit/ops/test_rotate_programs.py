"""Each program's answer to a value, read as it says it; and what counts as a proof."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.model.specs import ServiceSpec
from components.render.openbao import NODES_MOUNT, PULUMI_ROLE
from ops.hosts import UnreachableError
from ops.rotate import programs
from ops.rotate.inside import Said, inside
from ops.rotate.programs import Answer, Ask, Reply
from ops.rotate.proofs import prove
from ops.stack import Stack
from tests.unit.ops.vault_server import Server

OLD, NEW = "the-old-value", "the-new-value"
VERIFIER = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)
"""Of the password `pencil`, from the example of RFC 7677."""


def service(stack: Stack, name: str) -> ServiceSpec:
    return next(spec for spec in stack.services if spec.full_name == name)


def answering(
    monkeypatch: pytest.MonkeyPatch, text: str, *, status: int = 0
) -> list[tuple[tuple[str, ...], str]]:
    """Have the program in the container say this; what it was given is returned."""
    ran: list[tuple[tuple[str, ...], str]] = []

    def run(_: Stack, __: ServiceSpec, words: tuple[str, ...], *, stdin: str = "") -> Said:
        ran.append((words, stdin))
        return Said(status, text)

    monkeypatch.setattr(programs, "inside", run)
    return ran


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("OK", Answer.ACCEPTED),
        ("WRONGPASS invalid username-password pair or user is disabled.", Answer.REFUSED),
        ("Could not connect to Redis at 127.0.0.1:6379: Connection refused", Answer.UNCLEAR),
        ("Error response from daemon: container is not running", Answer.UNCLEAR),
        ("", Answer.UNCLEAR),
    ],
)
def test_redis(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch, text: str, answer: Answer) -> None:
    ran = answering(monkeypatch, text)

    assert programs.redis_user(lab_stack, service(lab_stack, "oracle-redis"))(OLD).answer is answer
    assert ran == [(("redis-cli", "-p", "6379"), f"AUTH swarm {OLD}\n")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("let in", Answer.ACCEPTED),
        ('psql: error: FATAL:  password authentication failed for user "litellm"', Answer.REFUSED),
        ("psql: error: connection refused", Answer.UNCLEAR),
        ('FATAL:  role "litellm" is not permitted to log in', Answer.UNCLEAR),
    ],
)
def test_postgres_role(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch, text: str, answer: Answer) -> None:
    ran = answering(monkeypatch, text)

    ask = programs.postgres_role(lab_stack, service(lab_stack, "oracle-postgres"), "litellm")

    assert ask(OLD).answer is answer
    ((words, stdin),) = ran
    assert (words[-1], stdin) == ("litellm", f"{OLD}\n")
    assert not any(OLD in word for word in words)


@pytest.mark.parametrize(
    ("text", "password", "answer"),
    [
        (VERIFIER, "pencil", Answer.ACCEPTED),
        (VERIFIER, "pencils", Answer.REFUSED),
        ("", "pencil", Answer.UNCLEAR),
        ("md5c4a8", "pencil", Answer.UNCLEAR),
    ],
)
def test_postgres_superuser(
    lab_stack: Stack, monkeypatch: pytest.MonkeyPatch, text: str, password: str, answer: Answer
) -> None:
    ran = answering(monkeypatch, text)

    reply = programs.postgres_superuser(lab_stack, service(lab_stack, "oracle-postgres"))(password)

    assert reply.answer is answer
    assert ran[0][1] == ""


@pytest.mark.parametrize(
    ("text", "status", "answer"),
    [
        (f"==> Gathering keys\n\nswarm (LAN):\n  {OLD} [1/1]\n", 0, Answer.ACCEPTED),
        (f"==> Gathering keys\n\nswarm (LAN):\n  {NEW} [1/1]\n", 0, Answer.REFUSED),
        (f"Error querying {NEW}", 1, Answer.UNCLEAR),
    ],
)
def test_consul_keys(
    lab_stack: Stack, monkeypatch: pytest.MonkeyPatch, text: str, status: int, answer: Answer
) -> None:
    ran = answering(monkeypatch, text, status=status)

    reply = programs.gossip(lab_stack, service(lab_stack, "oracle-consul"))(OLD)

    assert reply.answer is answer
    assert NEW not in str(reply)
    assert not any(OLD in word for word in ran[0][0])


def test_a_command_in_a_container_tells_its_status_and_both_outputs(
    lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []

    def on_node(_: object, command: str, *, stdin: str | None = None) -> str:
        asked.append((command, stdin))
        return "first line\nsecond line\n\n2"

    monkeypatch.setattr("ops.rotate.inside.on_node", on_node)

    said = inside(lab_stack, service(lab_stack, "oracle-redis"), ("redis-cli", "a b"), stdin=OLD)

    assert said == Said(2, "first line\nsecond line")
    assert asked == [
        ("docker exec --interactive oracle-redis redis-cli 'a b' 2>&1; printf \"\\n%d\" $?", OLD)
    ]


class Page(BaseHTTPRequestHandler):
    """Asks for a key or for a password."""

    known = (f"Bearer sk-{NEW}", "Basic " + base64.b64encode(f"operator:{NEW}".encode()).decode())

    def do_GET(self) -> None:
        """Answer as the proxy and the engines do."""
        status = 200 if self.headers["authorization"] in self.known else 401
        self.send_response(503 if self.path == "/broken" else status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def page() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def keyed(url: str) -> Ask:
    return programs.bearer(url, prefix="sk-")


@pytest.mark.parametrize("ask", [keyed, programs.page])
def test_http(page: str, ask: Callable[[str], Ask]) -> None:
    assert ask(page)(NEW).answer is Answer.ACCEPTED
    assert ask(page)(OLD).answer is Answer.REFUSED
    assert ask(f"{page}/broken")(OLD) == Reply(Answer.UNCLEAR, f"{page}/broken answers 503")


def test_logins(vault_server: Server, lab_stack: Stack) -> None:
    stack = vault_server.stack(lab_stack)
    for mount, role in (
        (PULUMI_ROLE, PULUMI_ROLE),
        (NODES_MOUNT, "node-oracle"),
        (NODES_MOUNT, "node-thanos"),
    ):
        vault_server.login(mount, role, NEW)

    for ask in (
        programs.program_login(stack),
        programs.agent_login(stack, "oracle"),
        programs.agent_login(stack, "thanos"),  # known, and bound to another address
    ):
        assert ask(NEW).answer is Answer.ACCEPTED
        assert ask(OLD).answer is Answer.REFUSED


def test_old_refused_and_new_taken_is_the_proof() -> None:
    replies = {OLD: Reply(Answer.REFUSED), NEW: Reply(Answer.ACCEPTED)}

    (verdict,) = prove({"oracle-redis: AUTH": replies.__getitem__}, old=OLD, new=NEW)

    assert (verdict.where, verdict.old, verdict.new, verdict.proven) == (
        "oracle-redis: AUTH", "refused", "accepted", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Answer.ACCEPTED, Answer.ACCEPTED),
        (Answer.ACCEPTED, Answer.REFUSED),
        (Answer.REFUSED, Answer.REFUSED),
        (Answer.UNCLEAR, Answer.ACCEPTED),
        (Answer.REFUSED, Answer.UNCLEAR),
    ],
)
def test_nothing_else_is_a_proof(old: Answer, new: Answer) -> None:
    replies = {OLD: Reply(old), NEW: Reply(new)}

    assert [verdict.proven for verdict in prove({"x": replies.__getitem__}, old=OLD, new=NEW)] == [False]


def test_a_program_that_is_away_proves_nothing() -> None:
    def away(_: str) -> Reply:
        raise UnreachableError("198.51.100.11: no answer within 30 s")

    (verdict,) = prove({"x": away}, old=OLD, new=NEW)

    assert (verdict.proven, verdict.old) == (False, "unclear: 198.51.100.11: no answer within 30 s")
