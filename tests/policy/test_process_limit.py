"""What limits a container's processes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.process_limit import judge
from policy.rules.support.fields import Marker
from policy.rules.support.resources import COMMAND, Resource
from tests.policy import given

NPROC = [{"name": "nproc", "soft": 256.0, "hard": 256.0}]


def command(text: object) -> Resource:
    return Resource(type=COMMAND, name="limit", fields=given.fields({"create": text}))


def lines(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


def test_a_limit_of_its_own_passes() -> None:
    assert lines(given.container(ulimits=NPROC)) == []
    assert lines(given.image(), given.volume()) == []


@pytest.mark.parametrize(
    "text",
    [
        "docker update --pids-limit 512 oracle-redis",
        "docker update --pids-limit=512 oracle-vault oracle-redis",
    ],
)
def test_a_command_that_limits_it_passes(text: str) -> None:
    assert lines(given.container(ulimits=None), command(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "docker update --pids-limit 512 oracle-redis-exporter",
        "docker update --memory 1g oracle-redis",
        Marker.UNKNOWN,
        None,
    ],
)
@pytest.mark.parametrize("ulimits", [None, [], [{"name": "nofile"}], Marker.UNKNOWN, "nproc"])
def test_no_limit_is_reported(ulimits: object, text: object) -> None:
    assert lines(given.container(ulimits=ulimits), command(text)) == [
        (
            "containers.ulimits on node oracle: must limit processes, got no limit for oracle-redis; "
            "add nproc, or run docker update --pids-limit on them"
        )
    ]


def test_a_node_is_reported_once_and_others_by_themselves() -> None:
    first = given.container(ulimits=None)
    second = replace(first, name="oracle-x")
    elsewhere = replace(given.container(ulimits=None, labels=given.labels("thanos")), name="thanos-rag")
    unplaced = replace(given.container(ulimits=None, labels=None), name="lost")
    unreadable = replace(given.container(ulimits=None, labels=Marker.UNKNOWN), name="unread")
    found = lines(second, elsewhere, first, unplaced, unreadable)
    assert [line.split("; ")[0] for line in found] == [
        "containers.ulimits on an unnamed node: must limit processes, got no limit for lost, unread",
        "containers.ulimits on node oracle: must limit processes, got no limit for oracle-redis, oracle-x",
        "containers.ulimits on node thanos: must limit processes, got no limit for thanos-rag",
    ]


def test_a_commands_text_is_never_shown() -> None:
    assert "canary" not in str(lines(given.container(ulimits=None), command("canary --pids-limit")))
