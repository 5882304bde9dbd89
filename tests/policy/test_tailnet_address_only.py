"""Which address ports are published on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.support.fields import Marker
from policy.rules.tailnet_address_only import RULE
from tests.policy import given

PORT = {"internal": 6379.0, "external": 6379.0, "protocol": "tcp"}


def test_the_address_of_the_provider_and_no_port_at_all_pass() -> None:
    assert RULE.judge(given.container()) == []
    assert RULE.judge(given.container(ports=[])) == []
    assert RULE.judge(given.container(ports=None)) == []


@pytest.mark.parametrize(
    ("ip", "got"),
    [
        (None, "none, which is every address"),
        ("", "none, which is every address"),
        ("0.0.0.0", "'0.0.0.0'"),  # noqa: S104 - what must be refused
        ("::", "'::'"),
        ("127.0.0.1", "'127.0.0.1'"),
        ("192.168.1.7", "'192.168.1.7'"),
        (given.AMD_ADDRESS, f"'{given.AMD_ADDRESS}'"),
    ],
)
def test_any_other_address_is_refused(ip: object, got: str) -> None:
    good = {**PORT, "ip": given.ARM_ADDRESS}
    assert RULE.judge(given.container(ports=[good, {**PORT, "ip": ip}])) == [
        (
            f"oracle-redis.ports[1].ip on node oracle: must be {given.ARM_ADDRESS}, the node's own, "
            f"got {got}; publish it on the address of the node's docker provider"
        )
    ]


@pytest.mark.parametrize("provider", [None, given.fields({}), given.fields({"host": "unix:///x.sock"})])
def test_without_a_machine_no_address_is_right(provider: None) -> None:
    (found,) = RULE.judge(replace(given.container(), provider=provider))
    assert "must be the address of a node, the node's own, got '100.64.0.1'" in found


@pytest.mark.parametrize(
    ("ports", "path"),
    [
        (Marker.UNKNOWN, "ports"),
        ("6379", "ports"),
        ([Marker.UNKNOWN], "ports[0]"),
        ([{**PORT, "ip": Marker.UNKNOWN}], "ports[0].ip"),
        ([{**PORT, "ip": 1.0}], "ports[0].ip"),
        ([{**PORT, "external": Marker.UNKNOWN}], "ports[0].external"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(ports: object, path: str) -> None:
    (found,) = RULE.judge(given.container(ports=ports))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found


def test_an_unknown_machine_is_refused() -> None:
    (found,) = RULE.judge(replace(given.container(), provider=given.provider(host=Marker.UNKNOWN)))
    assert "oracle-redis.provider.host on node oracle: must be text that is known at preview" in found
