"""What runs is named by its content, and pulled before anything is stopped for it.

A container is created from whatever its reference means on that host, and a tag can be moved to other content
by hand. So each image is pulled as `repository:tag@sha256:digest`; a container names one of the images pulled
on its own host by exactly that text, and waits for it: without the dependency the container would pull the
image itself, for no platform in particular (docker provider, resourceDockerContainerCreate).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.lock import pinned
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, REMOTE_IMAGE, Resource
from .support.rule import Placed, StackRule, guarded

Pulled = Mapping[tuple[str | None, str | None], Sequence[Resource]]
"""The images of a stack by the host that they are pulled on and their reference."""


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every image that is not pinned, and every container with another image than was pulled for it."""
    images = [resource for resource in resources if resource.type == REMOTE_IMAGE]
    of_container = partial(check_container, pulled=_pulled(images))
    for image in images:
        yield from ((image.urn, problem) for problem in guarded(check_image, image))
    for container in resources:
        if container.type == CONTAINER:
            yield from ((container.urn, problem) for problem in guarded(of_container, container))


def check_image(image: Resource) -> Iterator[Problem]:
    """Demand a digest."""
    reference = image.fields.text("name") or ""
    if pinned(reference) is None:
        fix = "./swarm images lock, which finds out the digest"
        got = repr(reference) if reference else "none"
        yield image.problem("name", "must be repository:tag@sha256:<64 hex digits>", got, fix)


def check_container(container: Resource, pulled: Pulled) -> Iterator[Problem]:
    """Demand an image that is pulled on the same host, and before."""
    reference = container.fields.text("image") or ""
    images = pulled.get((container.host(), reference), ())
    if not images:
        expected = "must be the exact reference of a RemoteImage on the same host"
        fix = "declare it with the container's provider"
        yield container.problem("image", expected, repr(reference), fix)
    elif not any(image.urn in container.dependencies for image in images):
        fix = f"let the container depend on {images[0].name}"
        expected = "must be pulled before the container is created"
        yield container.problem("image", expected, "no dependency", fix)


def _pulled(images: Sequence[Resource]) -> Pulled:
    found: dict[tuple[str | None, str | None], list[Resource]] = {}
    for image in images:
        # An image that cannot be read is nobody's; `check_image` reports it.
        with suppress(UnreadableError):
            found.setdefault((image.host(), image.fields.text("name")), []).append(image)
    return found


RULE = StackRule(
    id="IMG-001",
    name="pinned-image",
    description="Containers run images that are pinned by digest and pulled before.",
    severity=Severity.HIGH,
    frameworks=(
        "CIS 4.2",
        "CIS 5.28",
        "Trivy DS-0001",
        "Checkov CKV_DOCKER_7",
        "Kyverno require-image-checksum",
    ),
    remediation="Pull it as `repository:tag@sha256:…` with the container's provider, and depend on it.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
