"""Whether mounts are seen on the other side."""

from __future__ import annotations

import pytest

from policy.rules.private_mounts import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

FIX = "remove it; a container that must see later mounts of the host needs an exception"


def bound(propagation: object) -> list[str]:
    mount = {"type": "bind", "source": "/opt/swarm/redis", "bindOptions": {"propagation": propagation}}
    return RULE.judge(given.container(mounts=[mount]))


@pytest.mark.parametrize("propagation", [None, "", "private", "rprivate"])
def test_private_passes_and_is_dockers_default(propagation: object) -> None:
    assert bound(propagation) == []
    assert RULE.judge(given.container(mounts=None)) == []


@pytest.mark.parametrize("propagation", ["shared", "rshared", "slave", "rslave", "unbindable"])
def test_every_other_propagation_is_refused(propagation: str) -> None:
    assert bound(propagation) == [
        (
            "oracle-redis.mounts[0].bindOptions.propagation on node oracle: must be private or rprivate, "
            f"got {propagation!r}; {FIX}"
        )
    ]


@pytest.mark.parametrize("flag", ["shared", "rshared", "slave", "rslave"])
def test_the_flags_of_a_volume_are_refused_alike(flag: str) -> None:
    options = {"type": "none", "o": f"bind,{flag}", "device": "/opt/swarm/redis"}
    expected = f"must not open the mount to others, got {flag!r}; {FIX}"
    mount = {"type": "volume", "volumeOptions": {"driverOptions": options}}
    assert RULE.judge(given.volume(driverOpts=options)) == [
        f"oracle-redis-data.driverOpts.o on node oracle: {expected}"
    ]
    assert RULE.judge(given.container(mounts=[mount])) == [
        f"oracle-redis.mounts[0].volumeOptions.driverOptions.o on node oracle: {expected}"
    ]


def test_other_flags_of_a_volume_pass() -> None:
    assert RULE.judge(given.volume(driverOpts={"o": "size=1m,nodev", "device": "tmpfs"})) == []
    assert RULE.judge(given.volume()) == []


@pytest.mark.parametrize("value", [Marker.UNKNOWN, True])
def test_a_propagation_that_cannot_be_read_is_refused(value: object) -> None:
    (found,) = bound(value)
    assert "bindOptions.propagation on node oracle: must be text that is known at preview" in found


@pytest.mark.parametrize(("options", "path"), [(Marker.UNKNOWN, ""), ({"o": Marker.UNKNOWN}, ".o")])
def test_options_of_a_volume_that_cannot_be_read_are_refused(options: object, path: str) -> None:
    (found,) = RULE.judge(given.volume(driverOpts=options))
    assert found.startswith(f"oracle-redis-data.driverOpts{path} on node oracle: must be ")
    mount = {"type": "volume", "volumeOptions": {"driverOptions": options}}
    (found,) = RULE.judge(given.container(mounts=[mount]))
    assert f"volumeOptions.driverOptions{path} on node oracle: must be " in found
