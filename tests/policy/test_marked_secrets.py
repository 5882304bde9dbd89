"""Marks on what is secret by nature, and what commands show."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from policy.rules.marked_secrets import BY_NATURE, RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import COMMAND, LOCAL_COMMAND, Resource
from tests.made_up import made_up
from tests.policy import given

CANARY = made_up("canary")
ENTRY = "vault:kv/secretV2:SecretV2"
PLAIN = [(kind, path) for kind, paths in BY_NATURE.items() for path in paths]


def command(**changes: object) -> Resource:
    props = {"create": "sh -c 'cat >/x'", "update": "true", "stdin": "x", "logging": "none", **changes}
    return given.other(COMMAND, "oracle-redis-files", props)


def nested(path: str, value: object) -> given.Props:
    outer, _, inner = path.rpartition(".")
    return {outer: {inner: value}} if outer else {inner: value}


@pytest.mark.parametrize(("kind", "path"), PLAIN)
def test_what_is_secret_by_nature_must_be_marked(kind: str, path: str) -> None:
    resource = given.other(kind, "x", {"logging": "none", **nested(path, "canary")})
    assert RULE.judge(given.marked(resource, path)) == []
    assert RULE.judge(given.marked(resource, path.partition(".")[0])) == []
    assert RULE.judge(resource) == [
        f"x.{path} on an unnamed node: must be marked as secret, got a plain value; pass it as a secret"
    ]


@pytest.mark.parametrize("value", [None, Marker.UNKNOWN])
def test_what_is_absent_or_not_there_yet_passes(value: object) -> None:
    assert RULE.judge(given.other(ENTRY, "x", {"dataJson": value})) == []


def test_an_object_that_cannot_be_read_is_refused() -> None:
    found = RULE.judge(command(connection=Marker.UNKNOWN))
    assert found
    assert all("connection" in line and "must be an object" in line for line in found)


@pytest.mark.parametrize("kind", [COMMAND, LOCAL_COMMAND])
def test_a_secret_on_standard_input_passes_without_a_log(kind: str) -> None:
    assert RULE.judge(given.marked(replace(command(), type=kind), "stdin")) == []
    assert RULE.judge(replace(command(stdin=Marker.UNKNOWN), type=kind)) == []


@pytest.mark.parametrize("logging", [None, "stdout", "stdoutAndStderr"])
def test_a_command_without_a_secret_may_log(logging: object) -> None:
    assert RULE.judge(command(logging=logging)) == []
    assert RULE.judge(command(logging=logging, stdin=None)) == []


@pytest.mark.parametrize(
    ("logging", "got"), [(None, "nothing, which logs everything"), ("stdout", "'stdout'"), ("", "''")]
)
@pytest.mark.parametrize("marks", [("stdin",), ()])
def test_a_command_with_a_secret_logs_nothing(logging: object, got: str, marks: tuple[str, ...]) -> None:
    stdin = "x" if marks else Marker.UNKNOWN
    assert RULE.judge(given.marked(command(logging=logging, stdin=stdin), *marks)) == [
        (
            "oracle-redis-files.logging on an unnamed node: must be none with a secret on standard input, "
            f"got {got}; set it to none"
        )
    ]


@pytest.mark.parametrize("kind", [COMMAND, LOCAL_COMMAND])
@pytest.mark.parametrize(
    "path", ["create", "update", "delete", "environment.A", "triggers", "triggers[1]", "dir"]
)
def test_a_marked_secret_in_what_is_shown_is_refused(kind: str, path: str) -> None:
    field = path.partition(".")[0].partition("[")[0]
    assert RULE.judge(given.marked(replace(command(), type=kind), path)) == [
        (
            f"oracle-redis-files.{field} on an unnamed node: must hold nothing secret, got a value that is "
            "marked as secret; hand it over on standard input"
        )
    ]


@pytest.mark.parametrize(
    ("fields", "field", "got"),
    [
        ({"create": f"curl -u x https://u:{CANARY}@host"}, "create", "a password in an address"),
        ({"update": f"echo {CANARY}"}, "update", "random text"),
        ({"delete": f"PGPASSWORD={CANARY} psql"}, "delete", "a value with the name of a secret"),
        ({"create": "x --api-key abc"}, "create", "a value with the name of a secret"),
        ({"environment": {"TOKEN": "abc"}}, "environment", "the name of a secret"),
        ({"environment": {"A": CANARY}}, "environment", "random text"),
    ],
)
def test_an_unmarked_secret_is_refused_without_showing_it(fields: given.Props, field: str, got: str) -> None:
    (found,) = RULE.judge(command(**fields))
    assert found == (
        f"oracle-redis-files.{field} on an unnamed node: must hold nothing secret, got {got}; "
        "hand it over on standard input"
    )


def test_an_ordinary_command_passes() -> None:
    create = f"sh -c 'cat' deliver /opt/swarm/x 999:999 redis:8@sha256:{secrets.token_hex(32)} --key $KEY"
    assert RULE.judge(command(create=create, environment={"A_TOKEN": "", "B": "c"})) == []
    assert RULE.judge(command(update=None, delete=None, environment=None)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"create": Marker.UNKNOWN},
        {"delete": 1.0},
        {"environment": Marker.UNKNOWN},
        {"environment": {"A": Marker.UNKNOWN}},
        {"logging": Marker.UNKNOWN},
    ],
)
def test_what_cannot_be_read_is_refused(fields: given.Props) -> None:
    (found,) = RULE.judge(command(**fields))
    assert "that is known at preview" in found
