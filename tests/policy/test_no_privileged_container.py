"""What amounts to a privileged container, and what does not."""

from __future__ import annotations

import pytest

from policy.rules.no_privileged_container import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

CAPABILITY = (
    "oracle-redis.capabilities.adds on node oracle: must add no capability that amounts to privileged, "
    "got {}; none of ALL, BPF, DAC_READ_SEARCH, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO may be added"
)


def test_a_container_that_is_not_privileged_passes_said_or_not() -> None:
    assert RULE.judge(given.container(privileged=False)) == []
    assert RULE.judge(given.container(privileged=None, capabilities=None)) == []


def test_privileged_is_refused() -> None:
    (line,) = RULE.judge(given.container(privileged=True))
    assert line == (
        "oracle-redis.privileged on node oracle: must be false, got true; "
        "remove it; what the program needs is a single capability or device"
    )


@pytest.mark.parametrize("name", ["ALL", "all", "CAP_SYS_ADMIN", "SYS_ADMIN", "cap_sys_module", "SYS_PTRACE"])
def test_a_capability_that_amounts_to_privileged_is_refused_in_any_spelling(name: str) -> None:
    found = RULE.judge(given.container(capabilities={"adds": ["CAP_CHOWN", name], "drops": ["ALL"]}))
    assert found == [CAPABILITY.format(repr(name))]


def test_every_problem_is_reported_at_once() -> None:
    found = RULE.judge(given.container(privileged=True, capabilities={"adds": ["ALL", "SYS_ADMIN"]}))
    assert [line.split(":")[0] for line in found] == [
        "oracle-redis.privileged on node oracle",
        "oracle-redis.capabilities.adds on node oracle",
        "oracle-redis.capabilities.adds on node oracle",
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"privileged": Marker.UNKNOWN}, "privileged"),
        ({"privileged": "false"}, "privileged"),
        ({"capabilities": Marker.UNKNOWN}, "capabilities"),
        ({"capabilities": {"adds": Marker.UNKNOWN}}, "capabilities.adds"),
        ({"capabilities": {"adds": [Marker.UNKNOWN]}}, "capabilities.adds[0]"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
