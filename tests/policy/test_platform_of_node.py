"""Which platform images are pulled for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.platform_of_node import judge
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import given


def found(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge([*given.nodes(), *resources])]


def at(resource: Resource, address: str) -> Resource:
    return replace(resource, provider=given.provider(**given.provider_props(address)))


@pytest.mark.parametrize("platform", ["linux/arm64", "linux/arm64/v8"])
def test_the_platform_of_the_node_passes(platform: str) -> None:
    assert found(given.image(platform=platform), given.container(platform=platform)) == []
    assert found(at(given.image(platform="linux/amd64"), given.AMD_ADDRESS)) == []


def test_what_the_provider_makes_of_a_containers_platform_that_was_left_out_passes() -> None:
    before_the_update, after_it = given.container(platform=Marker.UNKNOWN), given.container(platform="linux")
    assert found(before_the_update) == found(after_it) == found(given.container()) == []


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm", "linux", "arm64", "", None])
def test_an_image_for_another_platform_or_none_is_refused(platform: str | None) -> None:
    assert found(given.image(platform=platform)) == [
        (
            "oracle-redis-image.platform on host 100.64.0.1: must be linux/arm64, the platform of its node, "
            f"got {'none' if platform is None else repr(platform)}; set it on the image"
        )
    ]


def test_an_image_for_arm_on_another_node_is_refused() -> None:
    (line,) = found(at(given.image(), given.AMD_ADDRESS))
    assert "must be linux/amd64, the platform of its node, got 'linux/arm64'" in line


@pytest.mark.parametrize("platform", ["linux/amd64", "amd64", "windows"])
def test_a_container_that_asks_for_another_platform_is_refused(platform: str) -> None:
    assert found(given.container(platform=platform)) == [
        (
            "oracle-redis.platform on node oracle: must be linux/arm64, the platform of its node, "
            f"got {platform!r}; remove it"
        )
    ]


@pytest.mark.parametrize("platform", [Marker.UNKNOWN, 1.0])
def test_an_images_platform_that_cannot_be_read_is_refused(platform: object) -> None:
    (line,) = found(given.image(platform=platform))
    assert line.startswith("oracle-redis-image.platform on host 100.64.0.1: must be text that is known")


def test_a_host_that_is_no_node_is_left_to_the_rule_on_nodes() -> None:
    assert found(at(given.image(platform=None), "100.64.0.9")) == []


def test_a_stack_without_docker_needs_no_nodes_and_any_other_does() -> None:
    assert list(judge([])) == []
    with pytest.raises(UnreadableError, match="nodes: must be declared in the stack"):
        list(judge([given.image()]))
