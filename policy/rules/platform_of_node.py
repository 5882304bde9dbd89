"""Images are pulled for the platform of their node, said aloud.

Left out, Docker takes the platform of its own host, but an image that is already there is taken as it is:
the docker provider does not look at the platform of what it finds. Building on a node needs no registry's
answer and proves nothing, so it is refused; so is an image that is built by the program for no platform.

A container's own `platform` is compared where it names one. A stack rule sees outputs: left out, the provider
makes it unknown until the update and the bare "linux" afterwards, which chooses no architecture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, REMOTE_IMAGE, Resource
from .support.rule import Placed, StackRule, guarded

_SPELLINGS = {
    "amd64": frozenset({"linux/amd64"}),
    # Two spellings of the same platform.
    "arm64": frozenset({"linux/arm64", "linux/arm64/v8"}),
}


def check_image(image: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand the platform of the node that the image is pulled on."""
    arch = _arch(image, nodes)
    platform = image.fields.text("platform")
    if arch is not None and platform not in _SPELLINGS[arch]:
        got = "none" if platform is None else repr(platform)
        expected = f"must be linux/{arch}, the platform of its node"
        yield image.problem("platform", expected, got, "set it on the image")


def check_container(container: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Refuse another platform than that of the container's node."""
    platform = None
    with suppress(UnreadableError):  # unknown where it was left out
        platform = container.fields.text("platform")
    arch = _arch(container, nodes)
    if arch is not None and platform and platform not in {"linux", *_SPELLINGS[arch]}:
        expected = f"must be linux/{arch}, the platform of its node"
        yield container.problem("platform", expected, repr(platform), "remove it")


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every image and container of a stack."""
    checks = {REMOTE_IMAGE: check_image, CONTAINER: check_container}
    judged = [resource for resource in resources if resource.type in checks]
    nodes = nodes_of(resources) if judged else {}
    for resource in judged:
        check = partial(checks[resource.type], nodes=nodes)
        yield from ((resource.urn, problem) for problem in guarded(check, resource))


def _arch(resource: Resource, nodes: Nodes) -> str | None:
    """Processors of the host; None on one that is no node, which rule `arm-image-on-arm-node` refuses."""
    name = name_at(nodes, resource.host())
    return None if name is None else nodes[name].arch


RULE = StackRule(
    id="IMG-004",
    name="platform-of-node",
    description="Images are pulled for the platform of their node.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Set `platform` of the RemoteImage to that of its node, e.g. `linux/arm64`.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
