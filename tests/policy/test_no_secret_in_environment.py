"""Secrets that nobody marked, in what a container is started with."""

from __future__ import annotations

import secrets

import pytest

from policy.rules.no_secret_in_environment import RULE
from policy.rules.support.fields import Marker
from tests.made_up import made_up
from tests.policy import given

FIX = "put it into a file, and name the file (NAME_FILE)"
CANARY = made_up("canary")
ADDRESS = f"redis://:{CANARY}@oracle-redis"


def test_a_container_that_is_told_of_files_passes() -> None:
    envs = ["POSTGRES_PASSWORD_FILE=/run/secrets/password", "ENABLE_API_KEY=false", "A_TOKEN=", "PATH"]
    command = ["sh", "-c", 'redis-server --requirepass "$(cat /run/secrets/password)"']
    assert RULE.judge(given.container(envs=envs, command=command)) == []
    assert RULE.judge(given.container(envs=None, command=None, labels=None)) == []


@pytest.mark.parametrize("value", ["canary", CANARY, "/etc/canary"])
def test_a_variable_with_the_name_of_a_secret_is_refused(value: str) -> None:
    found = RULE.judge(given.container(envs=["A=b", f"POSTGRES_PASSWORD={value}"]))
    assert found[0] == (
        "oracle-redis.envs[1] on node oracle: must hold nothing secret, got a value for POSTGRES_PASSWORD; "
        f"{FIX}"
    )
    assert value not in "".join(found)


def test_a_name_that_may_be_a_secret_itself_is_not_shown() -> None:
    (found,) = RULE.judge(given.container(envs=["JB5WY3_KEY=b"]))
    assert "got a value with the name of a secret" in found
    assert "JB5" not in found


@pytest.mark.parametrize("env", [f"ADDRESS={ADDRESS}", f"A={CANARY}", CANARY])
def test_a_variable_that_looks_like_a_secret_is_refused_without_showing_it(env: str) -> None:
    (found,) = RULE.judge(given.container(envs=[env]))
    assert found.startswith("oracle-redis.envs[0] on node oracle: must hold nothing secret, got ")
    assert CANARY not in found


@pytest.mark.parametrize(
    ("fields", "path", "got"),
    [
        ({"command": ["--api-key", "canary"]}, "command", "a value for api-key"),
        ({"command": ["x", ADDRESS]}, "command[1]", "a password in an address"),
        ({"entrypoints": ["--api-key=canary"]}, "entrypoints", "a value for api-key"),
        ({"entrypoints": [CANARY]}, "entrypoints[0]", "random text"),
        ({"healthcheck": {"tests": ["CMD", "--password=x"]}}, "healthcheck.tests", "a value for password"),
        ({"healthcheck": {"tests": ["CMD", ADDRESS]}}, "healthcheck.tests[1]", "a password in an address"),
        ({"labels": [{"label": "a", "value": ADDRESS}]}, "labels[0].value", "a password in an address"),
    ],
)
def test_a_secret_in_what_is_run_or_shown_is_refused(fields: given.Props, path: str, got: str) -> None:
    (found,) = RULE.judge(given.container(**fields))
    assert found.startswith(f"oracle-redis.{path} on ")
    assert found.endswith(f": must hold nothing secret, got {got}; {FIX}")


def test_a_label_may_be_a_digest_and_unknown_at_preview() -> None:
    labels: list[given.Props] = [
        *given.labels(),
        {"label": "aiswarm.secrets", "value": secrets.token_hex(32)},
    ]
    assert RULE.judge(given.container(labels=labels)) == []
    labels[-1]["value"] = Marker.UNKNOWN
    assert RULE.judge(given.container(labels=labels)) == []
    labels[-1]["value"] = 1.0
    (found,) = RULE.judge(given.container(labels=labels))
    assert "labels[4].value" in found


@pytest.mark.parametrize("field", ["envs", "command", "entrypoints", "labels", "healthcheck"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, [Marker.UNKNOWN], 1.0])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    (found,) = RULE.judge(given.container(**{field: value}))
    assert "that is known at preview" in found
