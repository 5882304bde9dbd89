"""Nothing that could be, or get at, the vector database that is not ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest

from policy.rules.qdrant_untouched import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import (
    BUILT_IMAGE,
    COMMAND,
    LOCAL_COMMAND,
    NETWORK,
    REMOTE_IMAGE,
    VOLUME,
)
from tests.policy import given

EXPECTED = "must have nothing to do with Qdrant, which is not ours"
FIX = "choose another; the database is only ever asked over the network"
NODES = ("oracle", "starlord")


def test_no_exception_can_be_granted() -> None:
    assert not RULE.excusable


def test_services_may_ask_it() -> None:
    asking = given.container(
        envs=["QDRANT_URL=http://100.64.0.2:6333"], hosts=[{"host": "qdrant", "ip": given.AMD_ADDRESS}]
    )
    assert RULE.judge(asking) == []
    assert RULE.judge(given.container(volumes=None, mounts=None, ports=None, networksAdvanced=None)) == []
    for kind in (BUILT_IMAGE, COMMAND, LOCAL_COMMAND, NETWORK, REMOTE_IMAGE):
        assert RULE.judge(given.other(kind, "x", {})) == []
    assert RULE.judge(given.volume()) == []


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    ("changes", "path", "got"),
    [
        ({"name": "Qdrant"}, "name", "'Qdrant'"),
        ({"image": "docker.io/qdrant/qdrant:v1"}, "image", "'docker.io/qdrant/qdrant:v1'"),
        ({"hostname": "qdrant"}, "hostname", "'qdrant'"),
        ({"networkMode": "container:qdrant"}, "networkMode", "'container:qdrant'"),
        ({"pidMode": "container:qdrant"}, "pidMode", "'container:qdrant'"),
        ({"ipcMode": "container:qdrant"}, "ipcMode", "'container:qdrant'"),
        ({"ports": [{"internal": 1.0, "external": 6333.0}]}, "ports[0].external", "6333"),
        ({"ports": [{"internal": 1.0, "external": 6334.0}]}, "ports[0].external", "6334"),
        ({"ports": [{"internal": 6333.0, "external": 1.0}]}, "ports[0].internal", "6333"),
        ({"volumes": [{"volumeName": "qdrant"}]}, "volumes[0].volumeName", "'qdrant'"),
        ({"volumes": [{"volumeName": "/srv/qdrant"}]}, "volumes[0].volumeName", "'/srv/qdrant'"),
        ({"volumes": [{"fromContainer": "qdrant"}]}, "volumes[0].fromContainer", "'qdrant'"),
        ({"volumes": [{"hostPath": "/srv/qdrant"}]}, "volumes[0].hostPath", "'/srv/qdrant'"),
        ({"mounts": [{"type": "volume", "source": "qdrant"}]}, "mounts[0].source", "'qdrant'"),
        ({"mounts": [{"type": "bind", "source": "/srv/qdrant"}]}, "mounts[0].source", "'/srv/qdrant'"),
        ({"networksAdvanced": [{"name": "qdrant_default"}]}, "networksAdvanced[0].name", "'qdrant_default'"),
        (
            {"networksAdvanced": [{"name": "swarm", "aliases": ["redis", "qdrant"]}]},
            "networksAdvanced[0].aliases",
            "'qdrant'",
        ),
    ],
)
def test_a_container_that_gets_at_it_is_refused(changes: given.Props, path: str, got: str, node: str) -> None:
    assert RULE.judge(given.container(**changes, labels=given.labels(node))) == [
        f"oracle-redis.{path} on node {node}: {EXPECTED}, got {got}; {FIX}"
    ]


def test_a_mount_that_makes_a_volume_of_its_folders_is_refused() -> None:
    options = {"driverOptions": {"type": "none", "o": "bind", "device": "/srv/qdrant"}}
    mount = {"type": "volume", "source": "x", "volumeOptions": options}
    (found,) = RULE.judge(given.container(mounts=[mount]))
    assert "oracle-redis.mounts[0].volumeOptions.driverOptions.device on " in found


@pytest.mark.parametrize(
    ("kind", "props", "path"),
    [
        (VOLUME, {"name": "qdrant_storage"}, "name"),
        (VOLUME, {"name": "x", "driverOpts": {"device": "/srv/qdrant", "o": "bind"}}, "driverOpts.device"),
        (NETWORK, {"name": "qdrant"}, "name"),
        (REMOTE_IMAGE, {"name": "qdrant/qdrant@sha256:abc"}, "name"),
        (BUILT_IMAGE, {"imageName": "qdrant"}, "imageName"),
    ],
)
def test_what_stands_beside_containers_is_refused(kind: str, props: given.Props, path: str) -> None:
    (found,) = RULE.judge(given.other(kind, "x", props))
    assert found.startswith(f"x.{path} on an unnamed node: {EXPECTED}, got '")


@pytest.mark.parametrize("kind", [VOLUME, NETWORK, REMOTE_IMAGE, BUILT_IMAGE])
def test_its_name_in_the_stack_is_refused(kind: str) -> None:
    (found,) = RULE.judge(given.other(kind, "starlord-qdrant", {"name": "x"}))
    assert found.startswith(f"starlord-qdrant.logicalName on an unnamed node: {EXPECTED}")
    (found,) = RULE.judge(replace(given.container(), name="starlord-Qdrant"))
    assert found.startswith("starlord-Qdrant.logicalName on node oracle: ")


@pytest.mark.parametrize("kind", [COMMAND, LOCAL_COMMAND])
@pytest.mark.parametrize("field", ["create", "update", "delete"])
def test_a_command_that_names_it_is_refused_and_not_shown(kind: str, field: str) -> None:
    (found,) = RULE.judge(given.other(kind, "x", {field: "docker rm -f qdrant # hunter2"}))
    assert found == f"x.{field} on an unnamed node: {EXPECTED}, got a command that names it; {FIX}"


HIDDEN = base64.b64encode(b"#!/bin/sh\ndocker rm --force Qdrant  # hunter2\n").decode()


@pytest.mark.parametrize("kind", [COMMAND, LOCAL_COMMAND])
@pytest.mark.parametrize(
    ("changes", "path", "got"),
    [
        ({"stdin": "docker stop Qdrant # hunter2"}, "stdin", "a text"),
        ({"stdin": f"{HIDDEN}\n"}, "stdin", "a text"),
        ({"stdin": f"file /etc/x - {HIDDEN}\n"}, "stdin", "a text"),
        ({"stdin": "qdrant" * 8}, "stdin", "a text"),
        ({"environment": {"NAME": "qdrant-hunter2"}}, "environment", "a variable"),
        ({"environment": {"QDRANT": "hunter2"}}, "environment", "a variable"),
    ],
)
def test_what_a_command_is_told_is_searched_and_not_shown(
    kind: str, changes: given.Props, path: str, got: str
) -> None:
    (found,) = RULE.judge(given.other(kind, "x", changes))
    assert found == f"x.{path} on an unnamed node: {EXPECTED}, got {got} that names it; {FIX}"


@pytest.mark.parametrize(
    "told",
    [
        "",
        "oracle-redis-data\n",
        "\n\n" + base64.b64encode(b"an archive in which a service is told to ask qdrant").decode(),
        "aQDrAnT" * 8,
        Marker.UNKNOWN,
    ],
)
def test_a_command_may_be_told_anything_else(told: object) -> None:
    assert RULE.judge(given.other(COMMAND, "x", {"stdin": told, "environment": {"A": "1"}})) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"stdin": 1.0},
        {"environment": Marker.UNKNOWN},
        {"environment": "A=1"},
        {"environment": {"A": Marker.UNKNOWN}},
    ],
)
def test_what_a_command_is_told_and_cannot_be_read_is_refused(changes: given.Props) -> None:
    (found,) = RULE.judge(given.other(COMMAND, "x", changes))
    assert found.startswith(f"x.{next(iter(changes))}")
    assert "that is known at preview" in found


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": Marker.UNKNOWN}, "name"),
        ({"image": 1.0}, "image"),
        ({"networkMode": Marker.UNKNOWN}, "networkMode"),
        ({"ports": Marker.UNKNOWN}, "ports"),
        ({"ports": [{"internal": "6333"}]}, "ports[0].internal"),
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"mounts": [{"source": Marker.UNKNOWN}]}, "mounts[0].source"),
        ({"networksAdvanced": [{"name": "a", "aliases": Marker.UNKNOWN}]}, "networksAdvanced[0].aliases"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: Mapping[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")


@pytest.mark.parametrize(
    ("kind", "field"), [(VOLUME, "name"), (NETWORK, "name"), (REMOTE_IMAGE, "name"), (COMMAND, "create")]
)
def test_what_is_unknown_beside_containers_is_refused(kind: str, field: str) -> None:
    (found,) = RULE.judge(given.other(kind, "x", {field: Marker.UNKNOWN}))
    assert found.startswith(f"x.{field} on an unnamed node: must be text that is known at preview")
