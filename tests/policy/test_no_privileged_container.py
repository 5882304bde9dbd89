"""What amounts to a privileged container, and what does not."""

from __future__ import annotations

import pytest

from policy.rules.no_privileged_container import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

CAPABILITY = (
    "oracle-redis.capabilities.adds on node oracle: must add no capability that amounts to privileged, "
    "got {}; none of ALL, BPF, DAC_READ_SEARCH, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO may be added"
)
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


def test_a_hardened_container_and_its_volume_pass() -> None:
    assert RULE.judge(given.container(privileged=False, ipcMode="private", pidMode="")) == []
    assert RULE.judge(given.volume()) == []


def test_privileged_is_refused() -> None:
    (line,) = RULE.judge(given.container(privileged=True))
    assert line == (
        "oracle-redis.privileged on node oracle: must be false, got true; "
        "remove it; what the program needs is a single capability or device"
    )


@pytest.mark.parametrize("name", ["ALL", "all", "CAP_SYS_ADMIN", "SYS_ADMIN", "cap_sys_module", "SYS_PTRACE"])
def test_a_capability_that_amounts_to_privileged_is_refused_in_any_spelling(name: str) -> None:
    found = RULE.judge(given.container(capabilities={"adds": ["CAP_CHOWN", name], "drops": ["ALL"]}))
    assert found == [CAPABILITY.format(repr(name))]


@pytest.mark.parametrize("field", ["ipcMode", "networkMode", "pidMode", "usernsMode"])
def test_a_namespace_of_the_host_is_refused(field: str) -> None:
    assert RULE.judge(given.container(**{field: "host"})) == [
        f"oracle-redis.{field} on node oracle: must not be the host's namespace, got 'host'; remove it"
    ]


@pytest.mark.parametrize("path", SOCKET_PATHS)
def test_the_engines_socket_is_refused_by_every_way_in(path: str) -> None:
    bound = given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])
    disguised = {"driverName": "local", "driverOptions": {"type": "none", "o": "bind", "device": path}}
    hidden = given.container(mounts=[{"type": "volume", "source": "data", "volumeOptions": disguised}])
    short = given.container(volumes=[{"hostPath": path, "containerPath": "/x", "readOnly": True}])
    volume = given.volume(driverOpts={"type": "none", "o": "bind", "device": path})
    assert RULE.judge(bound) == [SOCKET.format("oracle-redis.mounts[0].source", path)]
    assert RULE.judge(hidden) == [
        SOCKET.format("oracle-redis.mounts[0].volumeOptions.driverOptions.device", path)
    ]
    assert RULE.judge(short) == [SOCKET.format("oracle-redis.volumes[0].hostPath", path)]
    assert RULE.judge(volume) == [SOCKET.format("oracle-redis-data.driverOpts.device", path)]


@pytest.mark.parametrize("path", HARMLESS_PATHS)
def test_other_paths_pass(path: str) -> None:
    assert RULE.judge(given.container(mounts=[{"type": "bind", "source": path, "target": "/x"}])) == []
    assert RULE.judge(given.container(volumes=[{"hostPath": path, "containerPath": "/x"}])) == []


def test_every_problem_is_reported_at_once() -> None:
    found = RULE.judge(
        given.container(privileged=True, pidMode="host", capabilities={"adds": ["ALL", "SYS_ADMIN"]})
    )
    assert [line.split(":")[0] for line in found] == [
        "oracle-redis.privileged on node oracle",
        "oracle-redis.capabilities.adds on node oracle",
        "oracle-redis.capabilities.adds on node oracle",
        "oracle-redis.pidMode on node oracle",
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"privileged": Marker.UNKNOWN}, "privileged"),
        ({"privileged": "false"}, "privileged"),
        ({"capabilities": Marker.UNKNOWN}, "capabilities"),
        ({"capabilities": {"adds": Marker.UNKNOWN}}, "capabilities.adds"),
        ({"capabilities": {"adds": [Marker.UNKNOWN]}}, "capabilities.adds[0]"),
        ({"networkMode": Marker.UNKNOWN}, "networkMode"),
        ({"mounts": [{"source": Marker.UNKNOWN}]}, "mounts[0].source"),
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"hostPath": Marker.UNKNOWN}]}, "volumes[0].hostPath"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found


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
