"""Which networks a container is on."""

from __future__ import annotations

import pytest

from policy.rules.named_network import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

FIX = "name the node's network in networksAdvanced"


def test_a_named_network_passes_whatever_the_provider_fills_in_beside_it() -> None:
    assert RULE.judge(given.container(networksAdvanced=[{"name": "swarm"}], networkMode="bridge")) == []
    assert RULE.judge(given.container(networksAdvanced=[{"name": "swarm"}], networkMode=None)) == []


def test_a_container_without_any_network_passes() -> None:
    assert RULE.judge(given.container(networksAdvanced=None, networkMode="none")) == []


@pytest.mark.parametrize("networks", [None, []])
@pytest.mark.parametrize("mode", [None, "", "bridge", "default", "swarm"])
def test_no_network_in_the_list_is_refused(networks: object, mode: object) -> None:
    assert RULE.judge(given.container(networksAdvanced=networks, networkMode=mode)) == [
        f"oracle-redis.networksAdvanced on node oracle: must name a network, got none; {FIX}"
    ]


@pytest.mark.parametrize(
    ("name", "got"), [("bridge", "'bridge'"), ("host", "'host'"), ("", "''"), (None, "none")]
)
def test_a_default_network_in_the_list_is_refused(name: object, got: str) -> None:
    assert RULE.judge(given.container(networksAdvanced=[{"name": "swarm"}, {"name": name}])) == [
        (
            f"oracle-redis.networksAdvanced[1].name on node oracle: must be a network of its own, "
            f"got {got}; {FIX}"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"networksAdvanced": Marker.UNKNOWN}, "networksAdvanced"),
        ({"networksAdvanced": [Marker.UNKNOWN]}, "networksAdvanced[0]"),
        ({"networksAdvanced": [{"name": Marker.UNKNOWN}]}, "networksAdvanced[0].name"),
        ({"networksAdvanced": "swarm"}, "networksAdvanced"),
        ({"networksAdvanced": None, "networkMode": Marker.UNKNOWN}, "networkMode"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
