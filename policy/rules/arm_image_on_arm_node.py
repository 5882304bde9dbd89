"""Containers on an ARM node run images that were pulled for ARM.

The proof rests on what the engine does, not on a claim. A container is created from whatever its reference
means on that host, and the docker provider takes an image that is already there without looking at its
platform, so:
- every image is pulled on a node's own address, and on an ARM node for linux/arm64, whoever asks for it;
- a container there names one of those images by exactly its reference, pinned by digest, because a tag can
  be moved to other content by hand;
- it waits for that image: without the dependency the container would pull the image itself, for no platform
  in particular (docker provider, resourceDockerContainerCreate);
- the node that a container's label names is the host of its provider, else a wrong label would leave the
  rule.

What stays open, because no preview can see it: whether the registry's index holds an ARM image at all
(pulling then fails, where the digest is that of an index), whether its files are what it says, and whether
somebody pulled the same digest for another platform onto the host by hand before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

import pulumi
from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields, plain
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, NODE_LABEL, REMOTE_IMAGE, Resource
from .support.rule import Check, Placed, StackRule, guarded

ARM_PLATFORMS = frozenset({"linux/arm64", "linux/arm64/v8"})
"""Two spellings of the same platform."""

_PINNED = re.compile(r"@sha256:[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the stack's configuration."""

    address: str
    arch: Literal["amd64", "arm64"]


Nodes = Mapping[str, Node]
Pulled = Mapping[tuple[str | None, str | None], Sequence[Resource]]
"""The images of a stack by the host that they are pulled on and their reference."""


def nodes_from(config: object) -> Nodes:
    """The nodes of `aiswarm:nodes`.

    Raises:
        UnreadableError: There is none, or one of them does not say its address and architecture.
    """
    everything = Fields({"aiswarm:nodes": plain(config)}).nested("aiswarm:nodes")
    nodes = {name: _node(everything.nested(name)) for name in everything}
    if not nodes:
        raise UnreadableError("aiswarm:nodes", "must name the nodes of the stack", "none")
    return nodes


def _node(fields: Fields) -> Node:
    address, arch = fields.text("address"), fields.text("arch")
    if not address:
        raise UnreadableError(fields.path("address"), "must be the node's address", "none")
    if arch not in {"amd64", "arm64"}:
        raise UnreadableError(fields.path("arch"), "must be amd64 or arm64", repr(arch))
    return Node(address, cast("Literal['amd64', 'arm64']", arch))


def check_node(container: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand that a container says which node it is on, and that its provider agrees."""
    name = container.node()
    path = f"labels[{NODE_LABEL}]"
    if name is None or name not in nodes:
        expected = f"must be one of {', '.join(sorted(nodes))}"
        got = "none" if name is None else repr(name)
        yield container.problem(path, expected, got, "label every container with its node")
        return
    address = nodes[name].address
    if container.host() != address:
        fix = f"use the docker provider of {name}, or correct the label"
        yield container.problem("provider.host", f"must be the engine on {address}", _engine(container), fix)


def check_image(image: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand that every image on an ARM node's host is pulled for ARM."""
    addresses = sorted(node.address for node in nodes.values())
    if image.host() not in addresses:
        # The same host under another name could be an ARM node, with another platform already pulled.
        expected = f"must be the engine on one of {', '.join(addresses)}"
        yield image.problem("provider.host", expected, _engine(image), "use the docker provider of a node")
    if not _on_arm(image, nodes):
        return
    if not image.fields.text("name"):
        yield image.problem("name", "must be the image's reference", "none")
    platform = image.fields.text("platform")
    if platform not in ARM_PLATFORMS:
        got = "none" if platform is None else repr(platform)
        yield image.problem("platform", "must be linux/arm64 on an ARM node", got, "set it on the image")
    if image.fields.holds("build"):
        fix = "build it elsewhere and pull it by digest"
        yield image.problem("build", "must be absent on an ARM node", "a build", fix)


def check_reference(container: Resource, nodes: Nodes, pulled: Pulled) -> Iterator[Problem]:
    """Demand that a container on an ARM node uses an image pulled there, by digest, and waits for it."""
    if not _on_arm(container, nodes):
        return
    reference = container.fields.text("image") or ""
    if not _PINNED.search(reference):
        fix = "pin it as repository:tag@sha256:<64 hex digits>"
        yield container.problem("image", "must be pinned by digest on an ARM node", repr(reference), fix)
    images = pulled.get((container.host(), reference), ())
    if not images:
        expected = "must be the exact reference of a RemoteImage on the same host"
        fix = "declare it with the container's provider and platform linux/arm64"
        yield container.problem("image", expected, repr(reference), fix)
    elif not any(image.urn in container.dependencies for image in images):
        fix = f"let the container depend on {images[0].name}"
        yield container.problem(
            "image", "must be pulled before the container is created", "no dependency", fix
        )


def check_platform(container: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Refuse a container on an ARM node that asks for another platform itself.

    The one field that may be unknown: a stack rule sees outputs, and left out, the provider makes it unknown
    until the update and the bare "linux" afterwards, which chooses no architecture. It could not bring in
    another image either: Docker creates no container for a platform that its image is not for.
    """
    platform = None
    with suppress(UnreadableError):
        platform = container.fields.text("platform")
    if _on_arm(container, nodes) and platform and platform not in {"linux", *ARM_PLATFORMS}:
        yield container.problem("platform", "must be linux/arm64 on an ARM node", repr(platform), "remove it")


def judge(resources: Sequence[Resource], nodes: Nodes) -> Iterator[Placed]:
    """Every violation of a stack."""
    images = [resource for resource in resources if resource.type == REMOTE_IMAGE]
    pulled = _pulled(images)
    for image in images:
        yield from _placed(image, partial(check_image, nodes=nodes))
    for container in resources:
        if container.type == CONTAINER:
            yield from _placed(container, partial(check_node, nodes=nodes))
            yield from _placed(container, partial(check_reference, nodes=nodes, pulled=pulled))
            yield from _placed(container, partial(check_platform, nodes=nodes))


def judge_configured(resources: Sequence[Resource]) -> Iterator[Placed]:
    """The same, with the nodes of the stack that is being judged; a stack without Docker needs none."""
    if any(resource.type in {CONTAINER, REMOTE_IMAGE} for resource in resources):
        yield from judge(resources, nodes_from(pulumi.Config("aiswarm").get_object("nodes")))


def _placed(resource: Resource, check: Check) -> Iterator[Placed]:
    return ((resource.urn, problem) for problem in guarded(check, resource))


def _engine(resource: Resource) -> str:
    return resource.host() or "a local engine"


def _on_arm(resource: Resource, nodes: Nodes) -> bool:
    """Tell by the host; `check_node` refuses a container whose label says otherwise."""
    return resource.host() in {node.address for node in nodes.values() if node.arch == "arm64"}


def _pulled(images: Sequence[Resource]) -> Pulled:
    found: dict[tuple[str | None, str | None], list[Resource]] = {}
    for image in images:
        # An image that cannot be read proves nothing for a container; `check_image` reports it.
        with suppress(UnreadableError):
            found.setdefault((image.host(), image.fields.text("name")), []).append(image)
    return found


RULE = StackRule(
    id="IMG-003",
    name="arm-image-on-arm-node",
    description="Containers on an ARM node run images that were pulled for ARM.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Pull the image by digest for `linux/arm64` on the node, and let the container depend on it.",
    level=EnforcementLevel.MANDATORY,
    check=judge_configured,
)
