"""Whose folders and volumes a service may mount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.own_files import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.inventory import RENDERS_SECRETS, SHARED_FOLDERS
from policy.rules.support.resources import CONTAINER, Resource
from tests.policy import given
from tests.policy.recorded import stack

FIX = "mount what is the service's own, or list it in policy/rules/support/inventory.py"


def of(service: str, **changes: object) -> Resource:
    """A container of another service."""
    labels = [each for each in given.labels() if each["label"] != "aiswarm.service"]
    return given.container(labels=[*labels, {"label": "aiswarm.service", "value": service}], **changes)


def folder(path: str, service: str = "redis", **fields: object) -> list[str]:
    return RULE.judge(of(service, volumes=[{"hostPath": path, "containerPath": "/x", **fields}]))


def volume(name: str, service: str = "redis") -> list[str]:
    return RULE.judge(of(service, volumes=[{"volumeName": name, "containerPath": "/x"}]))


def bound(device: str, name: str = "oracle-redis-data", **changes: object) -> list[str]:
    options = {"type": "none", "o": "bind", "device": device}
    return RULE.judge(replace(given.volume(driverOpts=options, **changes), name=name))


def test_a_services_own_passes() -> None:
    assert folder("/opt/swarm/redis") == folder("/opt/swarm/redis/config/") == []
    assert folder("/opt/swarm/vault/../redis/config") == []
    assert volume("oracle-redis-data") == volume("oracle-redis-exporter-secrets", "redis-exporter") == []
    assert bound("/opt/swarm/redis/data") == RULE.judge(given.volume()) == []
    assert RULE.judge(given.container(volumes=None, mounts=[{"type": "tmpfs", "source": "x"}])) == []


@pytest.mark.parametrize(
    "path", ["/opt/swarm/vault", "/opt/swarm/redis-exporter/config", "/opt/swarm/redis/../vault/secrets"]
)
def test_a_folder_of_another_is_refused_by_every_way_in(path: str) -> None:
    refused = (
        "oracle-redis.{} on node oracle: must be a folder below /opt/swarm/redis, the service's own, "
        f"got {path!r}; {FIX}"
    )
    assert folder(path, readOnly=True) == [refused.format("volumes[0].hostPath")]
    assert volume(path) == [refused.format("volumes[0].volumeName")]
    mount = {"type": "bind", "source": path, "target": "/x"}
    assert RULE.judge(given.container(mounts=[mount])) == [refused.format("mounts[0].source")]
    assert bound(path) == [
        (
            "oracle-redis-data.driverOpts.device on node oracle: must be a folder below /opt/swarm/redis, "
            f"the volume's own, got {path!r}; {FIX}"
        )
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("oracle-vault-data", "oracle-redis-exporter-secrets", "thanos-redis-data"),
        *("oracle-redis", "oracle-redis-", "redis-data", "data"),
    ],
)
def test_a_volume_of_another_is_refused(name: str) -> None:
    refused = (
        "oracle-redis.{} on node oracle: must be a volume oracle-redis-<word>, the service's own, "
        f"got {name!r}; {FIX}"
    )
    assert volume(name) == [refused.format("volumes[0].volumeName")]
    mount = {"type": "volume", "source": name, "target": "/x"}
    assert RULE.judge(given.container(mounts=[mount])) == [refused.format("mounts[0].source")]


def test_a_volume_that_claims_anothers_folder_by_a_label_is_refused() -> None:
    labels = of("vault").fields.everything()["labels"]
    (found,) = bound("/opt/swarm/vault/data", labels=labels)
    assert "must be a folder below /opt/swarm/vault, the volume's own" in found
    assert bound("/opt/swarm/redis/data", labels=None)


def test_a_shared_folder_is_read_by_those_who_are_listed() -> None:
    assert folder("/opt/swarm/metrics", "node-exporter", readOnly=True) == []
    assert folder("/opt/swarm/vault-bootstrap", "vault", readOnly=True) == []
    assert folder("/opt/swarm/metrics", "vault", readOnly=True)
    assert folder("/opt/swarm/metrics/more", "node-exporter", readOnly=True)
    for writable in ({}, {"readOnly": False}):
        assert folder("/opt/swarm/metrics", "node-exporter", **writable) == [
            (
                "oracle-redis.volumes[0].readOnly on node oracle: must be true for a shared folder, "
                "got false; set it"
            )
        ]


def test_who_renders_secrets_writes_those_of_its_node_alone() -> None:
    assert volume("oracle-postgres-exporter-secrets", RENDERS_SECRETS) == []
    for name in ("starlord-vllm-primary-secrets", "oracle-postgres-data", "oracle--secrets-x", "secrets"):
        assert volume(name, RENDERS_SECRETS)


def test_without_a_service_nothing_is_ones_own() -> None:
    assert RULE.judge(given.container(labels=None))
    assert RULE.judge(given.container(labels=None, volumes=[{"volumeName": "None--data"}]))


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_listed_sharers_still_share(name: str) -> None:
    mounted: dict[str, set[str]] = {}
    for found in stack(name):
        if found.resource.type == CONTAINER:
            service = found.resource.label("aiswarm.service") or ""
            entries = found.resource.fields.objects("volumes")
            mounted.setdefault(service, set()).update(each.text("hostPath") or "" for each in entries)
    assert all(folders <= mounted[service] for service, folders in SHARED_FOLDERS.items())
    assert RENDERS_SECRETS in mounted


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"hostPath": Marker.UNKNOWN}]}, "volumes[0].hostPath"),
        ({"volumes": [{"volumeName": 1.0}]}, "volumes[0].volumeName"),
        ({"mounts": [{"type": Marker.UNKNOWN}]}, "mounts[0].type"),
        ({"mounts": [{"type": "volume", "source": Marker.UNKNOWN}]}, "mounts[0].source"),
        ({"labels": Marker.UNKNOWN}, "labels"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on ")
    assert "that is known at preview, got " in found
