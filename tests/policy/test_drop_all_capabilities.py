"""Which capabilities a container keeps."""

from __future__ import annotations

import pytest

from policy.rules.drop_all_capabilities import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

DROPS = "oracle-redis.capabilities.drops on node oracle: must hold ALL, got {}; drop ALL, then add "
ADDS = (
    "oracle-redis.capabilities.adds on node oracle: must add nothing but NET_BIND_SERVICE, got {}; "
    "remove it; a program that cannot do without needs an exception"
)


@pytest.mark.parametrize("adds", [None, [], ["NET_BIND_SERVICE"], ["cap_net_bind_service"]])
@pytest.mark.parametrize("drops", [["ALL"], ["all"], ["CAP_CHOWN", "ALL"]])
def test_all_dropped_and_at_most_low_ports_added_passes(adds: object, drops: object) -> None:
    assert RULE.judge(given.container(capabilities={"drops": drops, "adds": adds})) == []


@pytest.mark.parametrize(
    ("capabilities", "got"),
    [
        (None, "none"),
        ({}, "none"),
        ({"drops": []}, "none"),
        ({"drops": ["CAP_ALL"]}, "CAP_ALL"),
        ({"drops": ["CAP_CHOWN", "CAP_KILL"]}, "CAP_CHOWN, CAP_KILL"),
    ],
)
def test_keeping_some_is_refused(capabilities: object, got: str) -> None:
    (line,) = RULE.judge(given.container(capabilities=capabilities))
    assert line.startswith(DROPS.format(got))


@pytest.mark.parametrize("name", ["NET_ADMIN", "CAP_IPC_LOCK", "sys_nice", "ALL"])
def test_adding_any_other_is_refused(name: str) -> None:
    capabilities = {"drops": ["ALL"], "adds": ["NET_BIND_SERVICE", name]}
    assert RULE.judge(given.container(capabilities=capabilities)) == [ADDS.format(repr(name))]


@pytest.mark.parametrize(
    ("capabilities", "path"),
    [
        (Marker.UNKNOWN, "capabilities"),
        (["ALL"], "capabilities"),
        ({"drops": Marker.UNKNOWN}, "capabilities.drops"),
        ({"drops": "ALL"}, "capabilities.drops"),
        ({"drops": ["ALL"], "adds": Marker.UNKNOWN}, "capabilities.adds"),
        ({"drops": ["ALL"], "adds": [Marker.UNKNOWN]}, "capabilities.adds[0]"),
        ({"drops": ["ALL"], "adds": [1.0]}, "capabilities.adds[0]"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(capabilities: object, path: str) -> None:
    found = RULE.judge(given.container(capabilities=capabilities))
    assert found
    for line in found:
        assert line.startswith(f"oracle-redis.{path} on node oracle: must be ")
        assert "that is known at preview, got " in line
