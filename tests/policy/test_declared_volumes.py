"""Which named volumes a container may mount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.declared_volumes import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from tests.policy import given

DATA = "oracle-redis-data"
FIX = "declare it as a Volume of the stack with the same docker provider"
MEMORY = {"driverOptions": {"type": "tmpfs", "device": "tmpfs"}}


def judge(container: Resource, *volumes: Resource) -> list[str]:
    return [str(problem) for _, problem in RULE.check([*volumes, container])]


def short(**entry: object) -> Resource:
    return given.container(volumes=[{"containerPath": "/x", **entry}])


def long(**mount: object) -> Resource:
    return given.container(mounts=[{"target": "/x", **mount}])


def volume(address: str = given.ARM_ADDRESS, **changes: object) -> Resource:
    provider = given.fields(given.provider_props(address), "provider")
    return replace(given.volume(**changes), provider=provider)


@pytest.mark.parametrize("container", [short(volumeName=DATA), long(type="volume", source=DATA)])
def test_a_volume_of_the_stack_on_the_same_host_passes(container: Resource) -> None:
    assert judge(container, volume()) == []


@pytest.mark.parametrize(
    "container",
    [
        given.container(volumes=None, mounts=None),
        short(hostPath="/opt/swarm/redis"),
        short(volumeName="/opt/swarm/redis"),
        short(fromContainer="other"),
        long(type="tmpfs"),
        long(type="bind", source="/opt/swarm/redis"),
        long(type="volume", source="/opt/swarm/redis"),
        long(type="volume", volumeOptions=MEMORY),
    ],
)
def test_what_is_no_kept_volume_is_left_to_other_rules(container: Resource) -> None:
    assert judge(container) == []


@pytest.mark.parametrize(
    "volumes",
    [
        (),
        (volume(given.AMD_ADDRESS),),
        (given.volume(),),
        (volume(name="oracle-redis-more"),),
        (volume(name=None),),
        (volume(name=Marker.UNKNOWN),),
    ],
    ids=["none", "other host", "local engine", "other name", "no name", "unknown name"],
)
def test_a_volume_that_is_not_there_is_refused(volumes: tuple[Resource, ...]) -> None:
    refused = "oracle-redis.{} on node oracle: must be a volume of the stack on the same host, got {!r}; {}"
    assert judge(short(volumeName=DATA), *volumes) == [refused.format("volumes[0].volumeName", DATA, FIX)]
    assert judge(long(type="volume", source=DATA), *volumes) == [
        refused.format("mounts[0].source", DATA, FIX)
    ]


@pytest.mark.parametrize(
    ("container", "path"),
    [
        (short(), "volumes[0].volumeName"),
        (short(volumeName=""), "volumes[0].volumeName"),
        (long(type="volume"), "mounts[0].source"),
        (long(type="volume", volumeOptions={"driverOptions": {}}), "mounts[0].source"),
    ],
)
def test_a_volume_without_a_name_is_refused(container: Resource, path: str) -> None:
    assert judge(container) == [f"oracle-redis.{path} on node oracle: must be given, got none; {FIX}"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"volumeName": Marker.UNKNOWN}]}, "volumes[0].volumeName"),
        ({"volumes": [{"hostPath": 1.0}]}, "volumes[0].hostPath"),
        ({"mounts": "none"}, "mounts"),
        ({"mounts": [{"type": Marker.UNKNOWN}]}, "mounts[0].type"),
        ({"mounts": [{"type": "volume", "source": Marker.UNKNOWN}]}, "mounts[0].source"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    (found,) = judge(given.container(**changes), volume())
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
