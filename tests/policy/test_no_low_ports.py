"""Ports that belong to the machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.no_low_ports import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def publishing(*numbers: object, name: str = "oracle-redis") -> list[str]:
    ports = [{"internal": 6379.0, "external": number} for number in numbers]
    return RULE.judge(replace(given.container(ports=ports), name=name))


def test_high_ports_and_ports_that_docker_chooses_pass() -> None:
    assert publishing(1024.0, 65535.0, None, 0.0) == []
    assert RULE.judge(given.container(ports=None)) == []


def test_the_front_door_has_the_two_of_browsers_and_no_other() -> None:
    assert publishing(80.0, 443.0, name="oracle-haproxy") == []
    (found,) = publishing(81.0, name="oracle-haproxy")
    assert "must be at least 1024 or 80 or 443, got 81; publish it higher" in found


@pytest.mark.parametrize("number", [1.0, 80.0, 443.0, 1023.0])
def test_low_ports_of_others_are_refused(number: float) -> None:
    assert publishing(6379.0, number) == [
        (
            f"oracle-redis.ports[1].external on node oracle: must be at least 1024, got {number:g}; "
            "publish it higher; the front door leads to it"
        )
    ]


@pytest.mark.parametrize("number", [Marker.UNKNOWN, "80", True])
def test_a_port_that_cannot_be_read_is_refused(number: object) -> None:
    (found,) = publishing(number)
    assert "oracle-redis.ports[0].external on node oracle: must be a number that is known" in found
