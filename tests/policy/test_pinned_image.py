"""Images are pinned, and containers name what was pulled for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.pinned_image import judge
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from tests.policy import given, locks

OTHER = f"{locks.TAGGED}@sha256:{'b' * 64}"
NOT_PULLED = (
    "oracle-redis.image on node oracle: must be the exact reference of a RemoteImage on the same host, "
    "got {!r}; declare it with the container's provider"
)


def found(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


def elsewhere(resource: Resource) -> Resource:
    return replace(resource, provider=given.provider(**given.provider_props(given.AMD_ADDRESS)))


def test_a_pinned_image_pulled_on_the_same_host_before_passes() -> None:
    assert found(given.container(), given.image()) == []


@pytest.mark.parametrize(
    "reference",
    [locks.TAGGED, f"{given.REFERENCE}0", f"{locks.TAGGED}@sha256:", "redis@sha256:" + "a" * 64, ""],
)
def test_a_tag_is_refused_because_it_can_be_moved(reference: str) -> None:
    assert found(given.image(name=reference)) == [
        (
            "oracle-redis-image.name on host 100.64.0.1: must be repository:tag@sha256:<64 hex digits>, "
            f"got {repr(reference) if reference else 'none'}; ./swarm images lock, which finds out the digest"
        )
    ]


@pytest.mark.parametrize(
    "others",
    [
        (),
        (given.image(name=OTHER),),
        (elsewhere(given.image()),),
        (replace(given.image(name=OTHER), urn="urn:third"), elsewhere(given.image())),
    ],
    ids=["no image", "another digest", "elsewhere", "another here and this one elsewhere"],
)
def test_a_container_whose_image_nobody_pulls_there_is_refused(others: tuple[Resource, ...]) -> None:
    assert found(given.container(), *others) == [NOT_PULLED.format(given.REFERENCE)]


def test_a_container_without_an_image_is_refused() -> None:
    assert found(given.container(image=None), given.image()) == [NOT_PULLED.format("")]


def test_a_container_that_does_not_wait_for_its_image_is_refused() -> None:
    (line,) = found(replace(given.container(), dependencies=frozenset()), given.image())
    assert line == (
        "oracle-redis.image on node oracle: must be pulled before the container is created, "
        "got no dependency; let the container depend on oracle-redis-image"
    )


@pytest.mark.parametrize(
    ("container", "image", "path", "got"),
    [
        (given.container(image=Marker.UNKNOWN), given.image(), "oracle-redis.image", "a value"),
        (given.container(image=["redis"]), given.image(), "oracle-redis.image", "a list"),
        (given.container(), given.image(name=Marker.UNKNOWN), "oracle-redis-image.name", "a value"),
    ],
)
def test_what_cannot_be_read_is_refused(container: Resource, image: Resource, path: str, got: str) -> None:
    assert any(line.startswith(path) and f"got {got}" in line for line in found(container, image))
