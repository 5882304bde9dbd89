"""Every way to a path of the host is seen, open or disguised."""

from __future__ import annotations

import pytest

from policy.rules.support.host_paths import clean, in_driver_options, in_mounts, in_volumes, is_in_memory
from tests.policy import given


def volumes(*entries: given.Props) -> list[tuple[str, str, str | None]]:
    container = given.container(volumes=list(entries))
    return [(found.field, found.path, found.target) for found in in_volumes(container)]


def mounts(**mount: object) -> list[tuple[str, str]]:
    return [(found.field, found.path) for found in in_mounts(given.container(mounts=[mount]))]


def options(**options: object) -> list[tuple[str, str]]:
    return [(found.field, found.path) for found in in_driver_options(given.volume(driverOpts=options))]


def test_the_short_form_shows_paths_and_volumes_that_are_paths() -> None:
    assert volumes({"hostPath": "/a", "containerPath": "/x"}) == [("volumes[0].hostPath", "/a", "/x")]
    assert volumes({"volumeName": "/a", "containerPath": "/x"}) == [("volumes[0].volumeName", "/a", "/x")]
    assert volumes({"volumeName": "data", "containerPath": "/x"}, {"fromContainer": "other"}) == []


def test_the_long_form_shows_whatever_is_not_a_volume_or_memory() -> None:
    assert mounts(type="bind", source="/a") == [("mounts[0].source", "/a")]
    assert mounts(type="bind", source="a") == [("mounts[0].source", "a")]
    assert mounts(source="a") == [("mounts[0].source", "a")]
    assert mounts(type="volume", source="/a") == [("mounts[0].source", "/a")]
    assert mounts(type="volume", source="data") == mounts(type="tmpfs") == []


@pytest.mark.parametrize(
    ("given_options", "expected"),
    [
        ({}, []),
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,nodev"}, []),
        ({"type": "none", "o": "bind", "device": "/a"}, [("device", "/a")]),
        ({"type": "tmpfs", "o": "size=1m,rbind", "device": "a"}, [("device", "a")]),
        ({"type": "ext4", "device": "/dev/sda1"}, [("device", "/dev/sda1")]),
        # No folder of the host, but none that is known to be harmless, either.
        ({"type": "nfs", "o": "addr=192.0.2.1", "device": ":/a"}, [("device", ":/a")]),
        ({"type": "proc", "device": "proc"}, [("device", "proc")]),
        ({"type": "devtmpfs", "device": "devtmpfs"}, [("device", "devtmpfs")]),
        ({"type": "tmpfs", "device": "/a"}, [("device", "/a")]),
        ({"type": "overlay", "o": "bind", "device": "a"}, [("device", "a")]),
        ({"mountpoint": "/a"}, [("mountpoint", "/a")]),
        (
            {"type": "overlay", "device": "overlay", "o": "lowerdir=/a:/b,upperdir=/c,workdir=/d"},
            [("o", "/a"), ("o", "/b"), ("o", "/c"), ("o", "/d")],
        ),
    ],
)
def test_the_options_of_a_volume_show_binds_devices_and_overlays(
    given_options: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert options(**given_options) == [(f"driverOpts.{name}", path) for name, path in expected]
    on_the_way = mounts(type="volume", source="data", volumeOptions={"driverOptions": given_options})
    assert on_the_way == [(f"mounts[0].volumeOptions.driverOptions.{name}", path) for name, path in expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"o": "size=1m,nodev"}, True),
        ({"device": None}, True),
        ({"type": None}, False),
        ({"type": "devtmpfs"}, False),
        ({"type": "ramfs"}, False),
        ({"device": "/srv"}, False),
        ({"o": "size=1m,bind"}, False),
        ({"o": "rbind"}, False),
        ({"mountpoint": "/srv"}, False),
    ],
)
def test_only_a_tmpfs_that_binds_nothing_is_in_memory(changes: given.Props, expected: bool) -> None:
    assert is_in_memory(given.fields({"type": "tmpfs", "device": "tmpfs", **changes})) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/run", "/run"),
        ("/var/run/x/", "/run/x"),
        ("/var/runner", "/var/runner"),
        ("//a//b", "/a/b"),
        ("/a/../../b", "/b"),
        ("a", "/a"),
    ],
)
def test_a_path_is_compared_without_detours(path: str, expected: str) -> None:
    assert clean(path) == expected
