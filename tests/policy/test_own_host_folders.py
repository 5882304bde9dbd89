"""Which folders of the host a container may see."""

from __future__ import annotations

import pytest

from policy.rules.own_host_folders import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from tests.policy import given

_REFUSED = (
    "{} on node oracle: must be a folder below /opt/swarm, got {!r}{}; "
    "deliver what the program needs there, or use a volume"
)


def refused(field: str, path: object, how: str = "") -> str:
    return _REFUSED.format(field, path, how)


NOT_MEMORY = (
    "oracle-redis.mounts[0].volumeOptions.driverOptions on node oracle: must be absent, or those of a tmpfs, "
    "got others; declare a volume, and name it here"
)
OUTSIDE = [
    *("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/run", "/sys", "/usr", "/var/lib/docker"),
    *("/home/swarm", "/opt", "/opt/swarm", "/opt/swarm/", "/opt/swarmer/x"),
    *("/opt/swarm/../etc", "//etc", "/opt/swarm/redis/../.."),
]


@pytest.mark.parametrize("path", ["/opt/swarm/redis", "/opt/swarm/redis/config/", "/opt/swarm/metrics"])
def test_the_swarms_own_folders_pass(path: str) -> None:
    assert RULE.judge(given.container(volumes=[{"hostPath": path, "containerPath": "/x"}])) == []
    assert RULE.judge(given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])) == []
    assert RULE.judge(given.volume(driverOpts={"type": "none", "o": "bind", "device": path})) == []


def test_volumes_and_memory_pass() -> None:
    volumes = [{"volumeName": "oracle-redis-data", "containerPath": "/data"}]
    mounts = [{"type": "tmpfs", "target": "/tmp"}, {"type": "volume", "source": "data", "target": "/x"}]
    assert RULE.judge(given.container(volumes=volumes, mounts=mounts)) == []
    assert RULE.judge(given.container(volumes=None, mounts=None)) == []
    assert RULE.judge(given.volume(driver="local", driverOpts={"type": "tmpfs", "device": "tmpfs"})) == []
    assert RULE.judge(given.volume()) == []


@pytest.mark.parametrize("path", OUTSIDE)
def test_every_other_path_is_refused_by_every_way_in(path: str) -> None:
    short = given.container(volumes=[{"hostPath": path, "containerPath": "/x", "readOnly": True}])
    named = given.container(volumes=[{"volumeName": path, "containerPath": "/x"}])
    bound = given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])
    options = "mounts[0].volumeOptions.driverOptions"
    disguised = {"driverName": "local", "driverOptions": {"type": "none", "o": "bind", "device": path}}
    hidden = given.container(mounts=[{"type": "volume", "source": "data", "volumeOptions": disguised}])
    volume = given.volume(driverOpts={"type": "none", "o": "bind", "device": path})
    assert RULE.judge(short) == [refused("oracle-redis.volumes[0].hostPath", path, ", read-only")]
    assert RULE.judge(named) == [refused("oracle-redis.volumes[0].volumeName", path)]
    assert RULE.judge(bound) == [refused("oracle-redis.mounts[0].source", path)]
    assert RULE.judge(hidden) == [
        refused(f"oracle-redis.{options}.device", path),
        NOT_MEMORY,
    ]
    assert RULE.judge(volume) == [refused("oracle-redis-data.driverOpts.device", path)]


def test_an_overlay_of_the_hosts_folders_is_refused_folder_by_folder() -> None:
    options = {"type": "overlay", "device": "overlay", "o": "lowerdir=/opt/swarm/x:/etc"}
    assert RULE.judge(given.volume(driverOpts=options)) == [refused("oracle-redis-data.driverOpts.o", "/etc")]


@pytest.mark.parametrize(
    "options",
    [
        {"type": "proc", "device": "proc"},
        {"type": "proc", "device": "/opt/swarm/redis"},
        {"type": "devtmpfs", "device": "devtmpfs"},
        {"type": "devtmpfs", "device": "tmpfs"},
        {"type": "sysfs"},
        {"type": "nfs", "o": "addr=192.0.2.1", "device": ":/srv"},
        {"type": "ext4", "device": "/dev/sda1"},
        {"type": "cgroup2", "device": "tmpfs"},
    ],
)
def test_a_file_system_that_does_not_show_what_it_brings_is_refused(options: given.Props) -> None:
    kind = options["type"]
    unknown = (
        f"oracle-redis-data.driverOpts.type on node oracle: must be none, overlay or tmpfs, got {kind!r}; "
        "what another brings of the host cannot be judged"
    )
    assert unknown in RULE.judge(given.volume(driverOpts=options))
    assert NOT_MEMORY in RULE.judge(brought(options))


@pytest.mark.parametrize(
    "options",
    [
        {"type": "tmpfs", "o": "bind", "device": "/etc"},
        {"type": "tmpfs", "o": "size=1m,rbind", "device": "etc"},
        {"type": "tmpfs", "o": "bind", "device": "tmpfs"},
        {"type": "overlay", "o": "bind", "device": "/etc"},
        {"device": "tmpfs"},
    ],
)
def test_a_bind_that_calls_itself_memory_is_refused(options: given.Props) -> None:
    device = options["device"]
    assert RULE.judge(given.volume(driverOpts=options)) == [
        refused("oracle-redis-data.driverOpts.device", device)
    ]
    assert NOT_MEMORY in RULE.judge(brought(options))


def test_a_mount_may_bring_memory_and_nothing_that_is_kept() -> None:
    assert RULE.judge(brought({"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})) == []
    assert RULE.judge(brought({})) == []
    own: given.Props = {"type": "none", "o": "bind", "device": "/opt/swarm/redis/config"}
    assert RULE.judge(brought(own)) == [NOT_MEMORY]


def brought(options: given.Props) -> Resource:
    """A container whose mount makes its volume on the way."""
    mount = {"type": "volume", "target": "/x", "volumeOptions": {"driverOptions": options}}
    return given.container(mounts=[mount])


def test_what_is_declared_or_made_elsewhere_is_refused() -> None:
    taken = given.container(volumes=[{"fromContainer": "qdrant"}])
    mount = {"type": "volume", "source": "data", "volumeOptions": {"driverName": "sshfs"}}
    assert RULE.judge(taken) == [
        (
            "oracle-redis.volumes[0].fromContainer on node oracle: must be absent, got 'qdrant'; "
            "name each volume that is needed"
        )
    ]
    fix = "use the local driver; what another mounts cannot be judged"
    assert RULE.judge(given.container(mounts=[mount])) == [
        f"oracle-redis.mounts[0].volumeOptions.driverName on node oracle: must be local, got 'sshfs'; {fix}"
    ]
    assert RULE.judge(given.volume(driver="sshfs")) == [
        f"oracle-redis-data.driver on node oracle: must be local, got 'sshfs'; {fix}"
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"hostPath": Marker.UNKNOWN}]}, "volumes[0].hostPath"),
        ({"volumes": [{"volumeName": 1.0}]}, "volumes[0].volumeName"),
        ({"volumes": [{"fromContainer": Marker.UNKNOWN}]}, "volumes[0].fromContainer"),
        ({"mounts": "none"}, "mounts"),
        ({"mounts": [{"source": Marker.UNKNOWN}]}, "mounts[0].source"),
        ({"mounts": [{"source": "data", "type": Marker.UNKNOWN}]}, "mounts[0].type"),
        (
            {"mounts": [{"type": "volume", "volumeOptions": {"driverOptions": {"type": Marker.UNKNOWN}}}]},
            "mounts[0].volumeOptions.driverOptions.type",
        ),
        (
            {"mounts": [{"type": "volume", "volumeOptions": {"driverName": Marker.UNKNOWN}}]},
            "mounts[0].volumeOptions.driverName",
        ),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    found = RULE.judge(given.container(**changes))
    assert found
    for line in found:
        assert line.startswith(f"oracle-redis.{path} on node oracle: must be ")
        assert "that is known at preview, got " in line


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"driver": Marker.UNKNOWN}, "driver"),
        ({"driverOpts": "none"}, "driverOpts"),
        ({"driverOpts": {"device": Marker.UNKNOWN}}, "driverOpts.device"),
        ({"driverOpts": {"o": Marker.UNKNOWN}}, "driverOpts.o"),
    ],
)
def test_a_volume_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.volume(**changes))
    assert found.startswith(f"oracle-redis-data.{path} on node oracle: must be ")
