"""Which kernel parameters a container sets."""

from __future__ import annotations

import pytest

from policy.rules.safe_sysctls import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

SAFE = ["net.ipv4.ip_unprivileged_port_start", "kernel.shm_rmid_forced", "net.ipv4.tcp_keepalive_time"]


def test_safe_parameters_pass_and_so_do_none() -> None:
    assert RULE.judge(given.container(sysctls=dict.fromkeys(SAFE, "1"))) == []
    assert RULE.judge(given.container(sysctls={})) == RULE.judge(given.container(sysctls=None)) == []


def test_their_values_are_not_read() -> None:
    assert RULE.judge(given.container(sysctls={SAFE[0]: Marker.UNKNOWN})) == []


@pytest.mark.parametrize(
    "name",
    [
        "net.core.somaxconn",
        "kernel.msgmax",
        "net.ipv4.ip_forward",
        "net/ipv4/tcp_rmem",
        "vm.overcommit_memory",
    ],
)
def test_every_other_parameter_is_refused(name: str) -> None:
    assert RULE.judge(given.container(sysctls={SAFE[0]: "0", name: "1"})) == [
        (
            "oracle-redis.sysctls on node oracle: must be a parameter that is safe to set in a container, "
            f"got {name!r}; remove it, or set it on the node for all"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"sysctls": Marker.UNKNOWN}, "sysctls"),
        ({"sysctls": ["net.core.somaxconn=1"]}, "sysctls"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
