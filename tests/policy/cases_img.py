"""One edit of a real stack each, and the rules on images that must then fire, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policy.rules.support.resources import CONTAINER, REMOTE_IMAGE
from tests.policy import given, locks
from tests.policy.cases_ctr import setting
from tests.policy.recorded import stack

IMAGE = "oracle-redis-image"
CONTAINER_OF_IT = "oracle-redis"


class Case(NamedTuple):
    """An edit of one resource's inputs."""

    rule: str
    """Id of the rule that must fire at this resource."""

    type: str
    name: str
    edit: Callable[[given.Props], None]
    """Changes the inputs in place."""

    also: tuple[tuple[str, str], ...] = ()
    """What else must fire: an image and its container name the same content."""


def image(rule: str, edit: Callable[[given.Props], None], *also: tuple[str, str]) -> Case:
    """An edit of an image on the ARM node."""
    return Case(rule, REMOTE_IMAGE, IMAGE, edit, also)


def _pin(name: str) -> str:
    """The reference that a container of the stack names."""
    (found,) = (
        each for each in stack("prod") if each.resource.name == name and each.resource.type == CONTAINER
    )
    return str(found.inputs["image"])


def without_digest(inputs: given.Props) -> None:
    """Only the tag."""
    inputs["name"] = str(inputs["name"]).partition("@")[0]


def another_digest(inputs: given.Props) -> None:
    """The same tag with other content."""
    inputs["name"] = str(inputs["name"]).partition("@")[0] + f"@{locks.DIGEST}"


def another_tag(inputs: given.Props) -> None:
    """A tag that nobody has locked."""
    inputs["name"] = str(inputs["name"]).replace("-alpine", "-bookworm")


LOST = ("IMG-001", CONTAINER_OF_IT)
"""The container names what nobody pulls any more."""

CASES = (
    image("IMG-001", without_digest, LOST, ("IMG-003", IMAGE)),
    Case("IMG-001", CONTAINER, CONTAINER_OF_IT, setting(image=_pin("oracle-postgres"))),
    Case("IMG-001", CONTAINER, CONTAINER_OF_IT, setting(image="redis:8")),
    image("IMG-002", another_digest, LOST, ("IMG-003", IMAGE)),
    image("IMG-002", another_tag, LOST, ("IMG-003", IMAGE)),
    Case("IMG-003", CONTAINER, CONTAINER_OF_IT, setting(labels=given.labels("starlord"))),
    Case("IMG-003", CONTAINER, CONTAINER_OF_IT, setting(labels=[])),
    image("IMG-004", setting(platform="linux/amd64")),
    image("IMG-004", setting(platform=None)),
    Case("IMG-004", CONTAINER, CONTAINER_OF_IT, setting(platform="linux/amd64")),
    image("IMG-005", setting(build={"context": "."})),
    image("IMG-006", setting(keepLocally=False)),
)
