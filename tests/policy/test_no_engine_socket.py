"""Ways to the engine's socket, and ways past it."""

from __future__ import annotations

import pytest

from policy.rules.no_engine_socket import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

SOCKET = (
    "{} on node oracle: must not reach the container engine's socket, got {!r}; "
    "who may talk to the engine owns the host; mount the one folder that is needed"
)
SOCKET_PATHS = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/user/1000/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman",
    "/run",
    "/run/",
    "/var/run",
    "/var",
    "/",
    "//run",
    "//run//docker.sock",
    "/opt/../var/run/docker.sock",
]
HARMLESS_PATHS = [
    "/opt/swarm/redis",
    "/var/lib/data",
    "/run/tailscale",
    "/ru",
    "/runner",
    "/var/runner",
    "data",
]


def test_containers_and_volumes_without_a_path_of_the_host_pass() -> None:
    assert RULE.judge(given.container(volumes=None, mounts=None)) == []
    assert RULE.judge(given.volume()) == []


@pytest.mark.parametrize("path", SOCKET_PATHS)
def test_the_engines_socket_is_refused_by_every_way_in(path: str) -> None:
    bound = given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])
    disguised = {"driverName": "local", "driverOptions": {"type": "none", "o": "bind", "device": path}}
    hidden = given.container(mounts=[{"type": "volume", "source": "data", "volumeOptions": disguised}])
    named = given.container(volumes=[{"volumeName": path, "containerPath": "/x"}])
    short = given.container(volumes=[{"hostPath": path, "containerPath": "/x", "readOnly": True}])
    volume = given.volume(driverOpts={"type": "none", "o": "bind", "device": path})
    assert RULE.judge(bound) == [SOCKET.format("oracle-redis.mounts[0].source", path)]
    assert RULE.judge(hidden) == [
        SOCKET.format("oracle-redis.mounts[0].volumeOptions.driverOptions.device", path)
    ]
    assert RULE.judge(short) == [SOCKET.format("oracle-redis.volumes[0].hostPath", path)]
    assert RULE.judge(named) == [SOCKET.format("oracle-redis.volumes[0].volumeName", path)]
    assert RULE.judge(volume) == [SOCKET.format("oracle-redis-data.driverOpts.device", path)]


@pytest.mark.parametrize("path", HARMLESS_PATHS)
def test_other_paths_pass(path: str) -> None:
    assert RULE.judge(given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])) == []
    assert RULE.judge(given.container(volumes=[{"hostPath": path, "containerPath": "/x"}])) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"mounts": "none"}, "mounts"),
        ({"mounts": [{"source": Marker.UNKNOWN}]}, "mounts[0].source"),
        ({"mounts": [{"type": "volume", "volumeOptions": Marker.UNKNOWN}]}, "mounts[0].volumeOptions"),
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"hostPath": Marker.UNKNOWN}]}, "volumes[0].hostPath"),
        ({"volumes": [{"volumeName": Marker.UNKNOWN}]}, "volumes[0].volumeName"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found


@pytest.mark.parametrize(("options", "path"), [(Marker.UNKNOWN, ""), ({"device": 1.0}, ".device")])
def test_options_of_a_volume_that_cannot_be_read_are_refused(options: object, path: str) -> None:
    (found,) = RULE.judge(given.volume(driverOpts=options))
    assert found.startswith(f"oracle-redis-data.driverOpts{path} on node oracle: must be ")


def mounted(path: str, target: str, *covers: str) -> list[str]:
    volume = {"hostPath": path, "containerPath": target, "readOnly": True}
    return RULE.judge(given.container(volumes=[volume], tmpfs=dict.fromkeys(covers, "size=1m")))


def test_a_folder_with_the_socket_passes_where_the_socket_is_covered() -> None:
    assert mounted("/", "/host", "/host/run") == []
    assert mounted("/", "/host", "/tmp", "/host/run/") == []
    assert mounted("/run", "/x", "/x/docker.sock", "/x/containerd", "/x/podman") != []


@pytest.mark.parametrize(
    ("path", "target", "cover"),
    [
        ("/", "/host", "/run"),
        ("/", "/host", "/host"),
        ("/", "/host", "/host/runner"),
        ("/", "/host", "/host/run/containerd"),
        ("/", "/host/run", "/host"),
        ("/run/docker.sock", "/x/docker.sock", "/x"),
        ("/var", "/x", "/x/run"),
    ],
)
def test_a_cover_elsewhere_helps_nothing(path: str, target: str, cover: str) -> None:
    assert mounted(path, target, cover) == [SOCKET.format("oracle-redis.volumes[0].hostPath", path)]
