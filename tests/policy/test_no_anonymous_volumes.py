"""Volumes that images declare, and what containers mount there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy.rules.no_anonymous_volumes import RULE, check_against, check_container
from policy.rules.support import lock
from policy.rules.support.fields import Marker
from policy.rules.support.lock import Locks
from policy.rules.support.rule import guarded
from tests.policy import given, locks
from tests.unit.ops.fake_registry import INDEX, MANIFEST, FakeRegistry, document, link, platform

TAGGED = "docker.io/library/redis:8.4"


def proven(folder: Path, *volumes: str) -> tuple[str, Locks]:
    """An image of both platforms, of which one declares the volumes."""
    registry = FakeRegistry()
    entries = []
    for architecture, paths in (("amd64", ()), ("arm64", volumes)):
        settings = {"User": "999", "Volumes": {path: {} for path in paths}}
        config = registry.keep(document(os="linux", architecture=architecture, config=settings))
        manifest = registry.keep(document(mediaType=MANIFEST, config=link(config)))
        entries.append(link(manifest, platform=platform(f"linux/{architecture}")))
    digest = registry.tag(TAGGED, document(mediaType=INDEX, manifests=entries))
    return f"{TAGGED}@{digest}", locks.proven(folder, TAGGED, digest, registry)


def lines(folder: Path, *volumes: str, **changes: object) -> list[str]:
    reference, known = proven(folder, *volumes)
    container = given.container(**({"image": reference} | changes))
    return [str(found) for found in guarded(lambda one: check_against(one, known, locks.DAY), container)]


@pytest.mark.parametrize(
    "changes",
    [
        {"volumes": [{"volumeName": "x", "containerPath": "/data"}]},
        {"volumes": [{"hostPath": "/x", "containerPath": "/data/"}]},
        {"mounts": [{"type": "volume", "source": "x", "target": "/data"}]},
        {"tmpfs": {"/data": "size=1m"}},
    ],
)
def test_a_mount_at_the_very_path_passes(tmp_path: Path, changes: given.Props) -> None:
    assert lines(tmp_path, "/data", **changes) == []


def test_images_without_volumes_pass(tmp_path: Path) -> None:
    assert lines(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"volumes": None, "mounts": None, "tmpfs": None},
        {"volumes": [{"volumeName": "x", "containerPath": "/"}]},
        {"volumes": [{"volumeName": "x", "containerPath": "/data/redis"}]},
    ],
)
def test_a_path_without_a_mount_is_refused(tmp_path: Path, changes: given.Props) -> None:
    assert lines(tmp_path, "/data/", **changes) == [
        (
            "oracle-redis.volumes on node oracle: must mount /data, a volume of the image, "
            "got nothing there; mount a data volume there, or a tmpfs for what need not be kept"
        )
    ]


def test_every_path_is_asked_for(tmp_path: Path) -> None:
    assert len(lines(tmp_path, "/data", "/logs")) == 2


def test_of_images_without_documents_nothing_is_known(tmp_path: Path) -> None:
    claims = locks.claimed(tmp_path, "linux/arm64")
    assert list(check_against(given.container(), claims, locks.DAY)) == []
    assert list(check_against(given.container(image="redis:8"), claims, locks.DAY)) == []


def test_the_lock_of_the_stack_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, _ = proven(tmp_path, "/data")
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.prod.yaml"))
    monkeypatch.setattr(lock, "today", lambda: locks.DAY)
    lock.of_stack.cache_clear()
    try:
        (found,) = RULE.judge(given.container(image=reference))
        assert "must mount /data" in found
        # What is in no lock is refused by the rule on the lock.
        assert RULE.judge(given.container(image=f"{TAGGED}-other@{locks.DIGEST}")) == []
    finally:
        lock.of_stack.cache_clear()


def test_a_damaged_lock_is_left_to_the_rule_on_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / locks.FILE).write_text(json.dumps([]))
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.prod.yaml"))
    lock.of_stack.cache_clear()
    try:
        assert list(check_container(given.container())) == []
    finally:
        lock.of_stack.cache_clear()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"mounts": [{"target": Marker.UNKNOWN}]}, "mounts[0].target"),
        ({"tmpfs": Marker.UNKNOWN}, "tmpfs"),
        ({"tmpfs": "/data"}, "tmpfs"),
        ({"image": Marker.UNKNOWN}, "image"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(tmp_path: Path, changes: given.Props, path: str) -> None:
    (found,) = lines(tmp_path, "/data", **changes)
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
