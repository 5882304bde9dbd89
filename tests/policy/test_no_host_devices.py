"""Ways to a device of the host."""

from __future__ import annotations

import pytest

from policy.rules.no_host_devices import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

CARD = "remove it; a program that computes on a card needs an exception"


@pytest.mark.parametrize("runtime", [None, "", "runc"])
def test_a_container_without_devices_passes(runtime: object) -> None:
    assert RULE.judge(given.container(runtime=runtime)) == []
    assert RULE.judge(given.container(devices=[], deviceCgroupRules=[], deviceRequests=[], gpus="")) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"devices": [{"hostPath": "/dev/kvm"}]},
            "devices[0].hostPath{}must be absent, got '/dev/kvm'; remove",
        ),
        (
            {"deviceCgroupRules": ["a *:* rwm"]},
            "deviceCgroupRules{}must be empty, got 'a *:* rwm'; remove it",
        ),
        ({"gpus": "all"}, "gpus{}must be absent, got 'all'; " + CARD),
        ({"gpus": "device=0"}, "gpus{}must be absent, got 'device=0'; " + CARD),
        ({"deviceRequests": [{}]}, "deviceRequests{}must be empty, got one of any driver; " + CARD),
        (
            {"deviceRequests": [{"driver": "cdi", "deviceIds": ["nvidia.com/gpu=all"]}]},
            "deviceRequests{}must be empty, got one of driver 'cdi'; " + CARD,
        ),
        ({"runtime": "nvidia"}, "runtime{}must be runc or absent, got 'nvidia'; remove it"),
        ({"runtime": "sysbox-runc"}, "runtime{}must be runc or absent, got 'sysbox-runc'; remove it"),
    ],
)
def test_every_way_to_a_device_is_refused(changes: dict[str, object], expected: str) -> None:
    (line,) = RULE.judge(given.container(**changes))
    assert line.startswith("oracle-redis." + expected.format(" on node oracle: "))


def test_every_problem_is_reported_at_once() -> None:
    found = RULE.judge(given.container(gpus="all", runtime="nvidia", devices=[{"hostPath": "/dev/kvm"}]))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"devices": Marker.UNKNOWN}, "devices"),
        ({"devices": [Marker.UNKNOWN]}, "devices[0]"),
        ({"devices": [{"hostPath": Marker.UNKNOWN}]}, "devices[0].hostPath"),
        ({"deviceCgroupRules": Marker.UNKNOWN}, "deviceCgroupRules"),
        ({"gpus": Marker.UNKNOWN}, "gpus"),
        ({"gpus": 1.0}, "gpus"),
        ({"deviceRequests": Marker.UNKNOWN}, "deviceRequests"),
        ({"deviceRequests": [{"driver": Marker.UNKNOWN}]}, "deviceRequests[0].driver"),
        ({"runtime": Marker.UNKNOWN}, "runtime"),
        ({"runtime": ["runc"]}, "runtime"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
