"""What counts as proof that what runs on a node was built for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policy.rules.arm_image_on_arm_node import RULE, judge
from policy.rules.support.fields import Marker
from policy.rules.support.lock import Locks
from policy.rules.support.nodes import nodes_of
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import given, locks
from tests.unit.ops.fake_registry import FakeRegistry, document

NODES = nodes_of(given.nodes())
UNPLACED = replace(given.container(), provider=given.provider(host=Marker.UNKNOWN))
NODE = (
    "oracle-redis.labels[aiswarm.node] on {}: must be one of oracle, starlord, got {}; "
    "label every container with its node"
)
NAME = "oracle-redis-image.name on host 100.64.0.1: "


@pytest.fixture
def proven(tmp_path: Path) -> Locks:
    return Locks(locks.write(tmp_path))


@pytest.fixture
def found(proven: Locks) -> Callable[..., list[str]]:
    return lambda *resources: lines(proven, *resources)


def lines(known: Locks, *resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources, NODES, known, locks.DAY)]


def at(resource: Resource, address: str) -> Resource:
    return replace(resource, provider=given.provider(**given.provider_props(address)))


def named(digest: str) -> Resource:
    return given.image(name=f"{locks.TAGGED}@{digest}")


def test_an_index_that_leads_to_the_nodes_platform_passes(found: Callable[..., list[str]]) -> None:
    assert found(given.container(), given.image()) == []
    assert found(at(given.image(), given.AMD_ADDRESS)) == []


def test_the_manifest_of_exactly_the_nodes_platform_passes(tmp_path: Path) -> None:
    registry = FakeRegistry()
    digest = registry.tag("x", registry.image("linux/arm64", "999"))
    assert lines(locks.proven(tmp_path, locks.TAGGED, digest, registry), named(digest)) == []


def test_an_index_for_another_platform_only_is_refused(tmp_path: Path) -> None:
    registry = FakeRegistry()
    digest = registry.index("x", {"linux/amd64": "999"})
    known = locks.proven(tmp_path, locks.TAGGED, digest, registry)
    assert lines(known, named(digest)) == [
        (
            f"{NAME}must be built for linux/arm64, got an index of linux/amd64; "
            "take a tag that is built for it, or build the image for it"
        )
    ]
    assert lines(known, at(named(digest), given.AMD_ADDRESS)) == []


def test_an_index_of_attestations_only_is_refused(tmp_path: Path) -> None:
    registry = FakeRegistry()
    entry = {"digest": locks.DIGEST, "size": 1, "platform": {"os": "unknown", "architecture": "unknown"}}
    digest = registry.tag("x", document(manifests=[entry]))
    assert lines(locks.proven(tmp_path, locks.TAGGED, digest, registry), named(digest)) == [
        (
            f"{NAME}must be proven for linux/arm64: index must list linux/amd64 or linux/arm64, "
            "got attestations only; pin the digest of an image"
        )
    ]


def test_the_digest_of_another_platforms_image_is_refused(tmp_path: Path) -> None:
    registry = FakeRegistry()
    digest = registry.tag("x", registry.image("linux/amd64", "999"))
    assert lines(locks.proven(tmp_path, locks.TAGGED, digest, registry), named(digest)) == [
        (
            f"{NAME}digest must be that of an index, or of the image for linux/arm64, "
            "got the image for linux/amd64; pin the digest of the index"
        )
    ]


def test_a_lock_with_one_flipped_byte_is_refused(tmp_path: Path) -> None:
    file = locks.write(tmp_path)
    index = locks.document(file, locks.DIGEST)
    content = bytearray(index.read_bytes())
    content[40] ^= 1
    index.write_bytes(content)
    (line,) = lines(Locks(file), given.image())
    assert line.startswith(
        f"{NAME}must be proven for linux/arm64: document must have the digest {locks.DIGEST}, got sha256:"
    )


def test_a_claim_counts_for_the_platforms_that_it_names(tmp_path: Path) -> None:
    assert lines(locks.claimed(tmp_path, "linux/amd64", "linux/arm64"), given.image()) == []
    (line,) = lines(locks.claimed(tmp_path, "linux/amd64"), given.image())
    assert line.startswith(f"{NAME}must be built for linux/arm64, got an index of linux/amd64; ")


def test_on_an_arm_node_only_what_is_pinned_can_be_proven(found: Callable[..., list[str]]) -> None:
    bare = given.image(name=locks.TAGGED)
    assert found(bare) == [
        f"{NAME}must be pinned by digest on an ARM node, got {locks.TAGGED!r}; ./swarm images lock"
    ]
    assert found(at(bare, given.AMD_ADDRESS)) == []


@pytest.mark.parametrize(
    ("labels", "place", "got"),
    [
        (given.labels("orakel"), "node orakel", "'orakel'"),
        ([], "host 100.64.0.1", "none"),
        (None, "host 100.64.0.1", "none"),
        ([{"label": "node", "value": "oracle"}], "host 100.64.0.1", "none"),
    ],
)
def test_a_container_without_a_known_node_is_refused(
    found: Callable[..., list[str]], labels: object, place: str, got: str
) -> None:
    assert found(given.container(labels=labels)) == [NODE.format(place, got)]


def test_a_label_cannot_talk_a_container_off_the_arm_node(found: Callable[..., list[str]]) -> None:
    assert found(given.container(labels=given.labels("starlord"))) == [
        (
            f"oracle-redis.provider.host on node starlord: must be the engine on {given.AMD_ADDRESS}, "
            f"got {given.ARM_ADDRESS}; use the docker provider of starlord, or correct the label"
        )
    ]


@pytest.mark.parametrize("resource", [given.container, given.image])
def test_a_host_that_is_no_node_is_refused(
    found: Callable[..., list[str]], resource: Callable[[], Resource]
) -> None:
    for provider in (None, given.provider(host=None), given.provider(host="ssh://root@localhost")):
        (line,) = found(replace(resource(), provider=provider))
        assert ".provider.host on " in line


def test_a_password_in_a_providers_address_is_not_shown(found: Callable[..., list[str]]) -> None:
    provider = given.provider(host="tcp://user:canary@elsewhere:2376")
    (line,) = found(replace(given.container(), provider=provider))
    assert "got elsewhere; " in line
    assert "canary" not in line


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (given.container(labels=Marker.UNKNOWN), "oracle-redis.labels"),
        (given.image(name=Marker.UNKNOWN), "oracle-redis-image.name"),
        (UNPLACED, "oracle-redis.provider.host"),
        (replace(given.image(), provider=UNPLACED.provider), "provider.host on an unnamed"),
    ],
)
def test_what_cannot_be_read_is_refused(
    found: Callable[..., list[str]], resource: Resource, path: str
) -> None:
    got = "got a value that is unknown until the update"
    assert all(path in line and got in line for line in found(resource))
    assert found(resource)


def test_a_stack_without_docker_needs_no_nodes_and_any_other_does() -> None:
    assert list(RULE.check(())) == []
    with pytest.raises(UnreadableError, match="nodes: must be declared in the stack, got none"):
        list(RULE.check((given.image(),)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"address": None}, "oracle.address: must be the node's address, got none"),
        ({"arch": "arm"}, "oracle.arch: must be amd64 or arm64, got 'arm'"),
        ({"arch": None}, "oracle.arch: must be amd64 or arm64, got None"),
        ({"address": Marker.UNKNOWN}, "oracle.address: must be text that is known at preview, got a value"),
        ({"memory_mib": None}, "oracle.memory_mib: must be a number of mebibytes, got None"),
        ({"reserved_mib": -1.0}, "oracle.reserved_mib: must be a number of mebibytes, got -1.0"),
        ({"gpus": "one"}, "oracle.gpus: must be a list that is known at preview, got text"),
        ({"gpus": [{}]}, "oracle.gpus[0].memory_mib: must be a number of mebibytes, got None"),
    ],
)
def test_a_node_that_does_not_show_what_it_is_is_refused(changes: given.Props, message: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        nodes_of([given.node("oracle", **changes)])
    assert str(refused.value).startswith(message)
