"""Whether a container shows port 22."""

from __future__ import annotations

import pytest

from policy.rules.no_ssh_port import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def ports(**port: object) -> list[str]:
    return RULE.judge(given.container(ports=[{"internal": 6379.0}, port]))


def test_other_ports_pass_and_so_do_none() -> None:
    assert ports(internal=2222.0, external=220.0) == []
    assert ports(internal=8080.0) == []
    assert RULE.judge(given.container(ports=None)) == []


@pytest.mark.parametrize(
    ("internal", "external", "side"), [(22.0, 2222.0, "internal"), (80.0, 22.0, "external")]
)
def test_port_22_is_refused_on_either_side(internal: float, external: float, side: str) -> None:
    assert ports(internal=internal, external=external) == [
        (
            f"oracle-redis.ports[1].{side} on node oracle: must not be SSH's port, got 22; "
            "use `docker exec` on the node"
        )
    ]


def test_both_sides_are_two_problems() -> None:
    assert len(ports(internal=22.0, external=22.0)) == 2


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ports": Marker.UNKNOWN}, "ports"),
        ({"ports": [Marker.UNKNOWN]}, "ports[0]"),
        ({"ports": [{"internal": Marker.UNKNOWN}]}, "ports[0].internal"),
        ({"ports": [{"internal": "22"}]}, "ports[0].internal"),
        ({"ports": [{"internal": 80.0, "external": Marker.UNKNOWN}]}, "ports[0].external"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
