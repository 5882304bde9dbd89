"""How much of the processors a container may take."""

from __future__ import annotations

import pytest

from policy.rules.processor_limit import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


@pytest.mark.parametrize(
    "limit",
    [{"cpus": "0.5"}, {"cpus": "10"}, {"cpus": None, "cpuShares": 512.0}, {"cpus": "0", "cpuShares": 2.0}],
)
def test_a_limit_of_either_kind_passes(limit: given.Props) -> None:
    assert RULE.judge(given.container(**limit)) == []


@pytest.mark.parametrize(
    ("limit", "got"),
    [
        ({"cpus": None}, "none"),
        ({"cpus": ""}, "none"),
        ({"cpus": "0.0"}, "0"),
        ({"cpus": None, "cpuShares": 0.0}, "none"),
    ],
)
def test_no_limit_is_refused(limit: given.Props, got: str) -> None:
    assert RULE.judge(given.container(**limit)) == [
        f"oracle-redis.cpus on node oracle: must limit processors, got {got}; set cpus, or cpuShares"
    ]


@pytest.mark.parametrize(
    ("limit", "path"),
    [({"cpus": Marker.UNKNOWN}, "cpus"), ({"cpus": 2.0}, "cpus"), ({"cpuShares": "512"}, "cpuShares")],
)
def test_what_cannot_be_read_is_refused(limit: given.Props, path: str) -> None:
    (line,) = RULE.judge(given.container(**limit))
    assert line.startswith(f"oracle-redis.{path} on node oracle: must be ")
