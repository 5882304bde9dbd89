"""What counts as proof that a container on an ARM node runs an ARM image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from policy.rules.arm_image_on_arm_node import judge, nodes_from
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import given

NODES = nodes_from(given.NODES)
OTHER = "docker.io/library/redis:8.2@sha256:" + "b" * 64
TAG = "docker.io/library/redis:8.2"
UNPLACED = replace(given.container(), provider=given.provider(host=Marker.UNKNOWN))

IMAGE_PLATFORM = (
    "oracle-redis-image.platform on host 100.64.0.1: must be linux/arm64 on an ARM node, got {}; "
    "set it on the image"
)
NOT_PULLED = (
    "oracle-redis.image on node oracle: must be the exact reference of a RemoteImage on the same host, "
    "got {!r}; declare it with the container's provider and platform linux/arm64"
)
NODE = (
    "oracle-redis.labels[aiswarm.node] on {}: must be one of oracle, starlord, got {}; "
    "label every container with its node"
)


def found(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources, NODES)]


def at(resource: Resource, address: str) -> Resource:
    return replace(resource, provider=given.provider(**given.provider_props(address)))


def test_a_pinned_image_pulled_for_arm_on_the_same_host_passes() -> None:
    assert found(given.container(), given.image()) == []
    assert found(given.container(), given.image(platform="linux/arm64/v8")) == []


def test_what_the_provider_makes_of_a_platform_that_was_left_out_passes() -> None:
    before_the_update, after_it = given.container(platform=Marker.UNKNOWN), given.container(platform="linux")
    assert found(before_the_update, given.image()) == []
    assert found(after_it, given.image(build=[])) == []


def test_a_node_of_another_architecture_is_left_alone() -> None:
    container = at(given.container(labels=given.labels("starlord"), image=TAG), given.AMD_ADDRESS)
    assert found(container, at(given.image(platform="linux/amd64"), given.AMD_ADDRESS)) == []


@pytest.mark.parametrize(
    ("platform", "got"), [("linux/amd64", "'linux/amd64'"), (None, "none"), ("linux/arm", None)]
)
def test_an_image_pulled_for_another_platform_is_refused(platform: str | None, got: str | None) -> None:
    image = given.image(platform=platform)
    assert found(given.container(), image) == [IMAGE_PLATFORM.format(got or repr(platform))]


def test_one_reference_for_two_platforms_on_the_host_is_refused_although_one_is_right() -> None:
    second = replace(given.image(platform="linux/amd64"), urn="urn:second", name="other-image")
    ((urn, problem),) = judge([given.container(), given.image(), second], NODES)
    assert urn == "urn:second"
    assert str(problem).startswith("other-image.platform on ")


def test_an_image_built_on_the_host_is_no_proof() -> None:
    (line,) = found(given.container(), given.image(build={"context": "."}))
    assert line == (
        "oracle-redis-image.build on host 100.64.0.1: must be absent on an ARM node, got a build; "
        "build it elsewhere and pull it by digest"
    )


@pytest.mark.parametrize(
    "others",
    [
        (),
        (given.image(name=OTHER),),
        (at(given.image(platform="linux/amd64"), given.AMD_ADDRESS),),
        (replace(given.image(name=OTHER), urn="urn:third"), at(given.image(), given.AMD_ADDRESS)),
    ],
    ids=["no image", "another digest", "amd64 elsewhere", "arm64 elsewhere"],
)
def test_a_container_whose_image_nobody_pulls_there_is_refused(others: tuple[Resource, ...]) -> None:
    assert found(given.container(), *others) == [NOT_PULLED.format(given.REFERENCE)]


@pytest.mark.parametrize("reference", [TAG, f"{given.REFERENCE}0", f"{TAG}@sha256:"])
def test_a_tag_is_refused_because_it_can_be_moved(reference: str) -> None:
    (line,) = found(given.container(image=reference), given.image(name=reference))
    assert line == (
        f"oracle-redis.image on node oracle: must be pinned by digest on an ARM node, got {reference!r}; "
        "pin it as repository:tag@sha256:<64 hex digits>"
    )


def test_a_container_that_does_not_wait_for_its_image_is_refused() -> None:
    (line,) = found(replace(given.container(), dependencies=frozenset()), given.image())
    assert line == (
        "oracle-redis.image on node oracle: must be pulled before the container is created, "
        "got no dependency; let the container depend on oracle-redis-image"
    )


@pytest.mark.parametrize("platform", ["linux/amd64", "amd64", "windows"])
def test_a_container_that_asks_for_another_platform_is_refused(platform: str) -> None:
    (line,) = found(given.container(platform=platform), given.image())
    assert line == (
        "oracle-redis.platform on node oracle: must be linux/arm64 on an ARM node, "
        f"got {platform!r}; remove it"
    )


@pytest.mark.parametrize(
    ("labels", "place", "got"),
    [
        (given.labels("orakel"), "node orakel", "'orakel'"),
        ([], "host 100.64.0.1", "none"),
        (None, "host 100.64.0.1", "none"),
        ([{"label": "node", "value": "oracle"}], "host 100.64.0.1", "none"),
    ],
)
def test_a_container_without_a_known_node_is_refused(labels: object, place: str, got: str) -> None:
    assert found(given.container(labels=labels), given.image()) == [NODE.format(place, got)]


def test_a_label_cannot_talk_a_container_off_the_arm_node() -> None:
    container = given.container(labels=given.labels("starlord"), image=TAG)
    lines = found(container, given.image())
    assert lines[0] == (
        f"oracle-redis.provider.host on node starlord: must be the engine on {given.AMD_ADDRESS}, "
        f"got {given.ARM_ADDRESS}; use the docker provider of starlord, or correct the label"
    )
    assert "must be pinned by digest on an ARM node" in lines[1]


@pytest.mark.parametrize("resource", [given.container, given.image])
def test_a_host_that_is_no_node_is_refused(resource: Callable[[], Resource]) -> None:
    for provider in (None, given.provider(host=None), given.provider(host="ssh://root@localhost")):
        moved = replace(resource(), provider=provider)
        others = [item for item in (given.container(), given.image()) if item.type != moved.type]
        assert any(".provider.host on " in line for line in found(moved, *others))


def test_a_password_in_a_providers_address_is_not_shown() -> None:
    provider = given.provider(host="tcp://user:canary@elsewhere:2376")
    lines = found(replace(given.container(), provider=provider), given.image())
    assert "got elsewhere; " in lines[0]
    assert "canary" not in "".join(lines)


@pytest.mark.parametrize(
    ("container", "image", "path"),
    [
        (given.container(image=Marker.UNKNOWN), given.image(), "oracle-redis.image"),
        (given.container(labels=Marker.UNKNOWN), given.image(), "oracle-redis.labels"),
        (given.container(), given.image(platform=Marker.UNKNOWN), "oracle-redis-image.platform"),
        (given.container(), given.image(name=Marker.UNKNOWN), "oracle-redis-image.name"),
        (UNPLACED, given.image(), "oracle-redis.provider.host"),
        (
            given.container(),
            replace(given.image(), provider=UNPLACED.provider),
            "provider.host on an unnamed",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(container: Resource, image: Resource, path: str) -> None:
    lines = found(container, image)
    assert any(path in line and "got a value that is unknown until the update" in line for line in lines)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "aiswarm:nodes: must name the nodes of the stack, got none"),
        ({}, "aiswarm:nodes: must name the nodes of the stack, got none"),
        ({"oracle": {"arch": "arm64"}}, "aiswarm:nodes.oracle.address: must be the node's address, got none"),
        (
            {"oracle": {"address": "100.64.0.1", "arch": "arm"}},
            "aiswarm:nodes.oracle.arch: must be amd64 or arm64, got 'arm'",
        ),
        (
            {"oracle": {"address": "100.64.0.1"}},
            "aiswarm:nodes.oracle.arch: must be amd64 or arm64, got None",
        ),
        ("oracle", "aiswarm:nodes: must be an object that is known at preview, got text"),
    ],
)
def test_a_stack_that_does_not_name_its_nodes_is_refused(config: object, message: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        nodes_from(config)
    assert str(refused.value) == message
