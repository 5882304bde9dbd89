"""What runs on a node was built for its processors; on an ARM node, nothing else gets there.

The argument rests on documents and on what the engine does, not on a claim:
- the documents in the image lock lead from the pinned digest to the configuration of the image for the node's
  platform, which names its processors (rule `locked-image` checks every link);
- an image is pulled on a node's own address, so that no node hides behind another name of its host;
- the node that a container's label names is the host of its provider, else a wrong label would lead out of
  the rule;
- the container names exactly such an image (`pinned-image`), pulled for the node's platform
  (`platform-of-node`).

A digest that is not that of an index leads to one platform only, and Docker pulls it for any: what was built
for another machine is then noticed when it is started.

Where no registry was asked yet, the platforms are the lock's claim, for as long as its statement allows. What
stays open, because no preview can see it: whether the image's files are what its configuration says, and
whether somebody pulled the same digest for another platform onto the host by hand before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support import lock
from .support.chain import ChainError
from .support.lock import Known, Locks, Proven
from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem
from .support.resources import CONTAINER, NODE_LABEL, REMOTE_IMAGE, Resource
from .support.rule import Placed, StackRule, guarded

_ADVICE = "take a tag that is built for it, or build the image for it"


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


def check_host(image: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand that an image is pulled on a node, and not built there."""
    if name_at(nodes, image.host()) is None:
        # The same host under another name could be an ARM node, with another platform already pulled.
        addresses = ", ".join(sorted(node.address for node in nodes.values()))
        expected = f"must be the engine on one of {addresses}"
        yield image.problem("provider.host", expected, _engine(image), "use the docker provider of a node")


def check_built_for(image: Resource, nodes: Nodes, locks: Locks, day: date) -> Iterator[Problem]:
    """Demand that the lock has the image for the node's platform."""
    name = name_at(nodes, image.host())
    reference = image.fields.text("name") or ""
    if name is None:
        return
    platform = f"linux/{nodes[name].arch}"
    if lock.pinned(reference) is None:
        if nodes[name].arch == "arm64":
            got = repr(reference) if reference else "none"
            yield image.problem("name", "must be pinned by digest on an ARM node", got, "./swarm images lock")
        return
    try:
        yield from _judge_known(image, platform, locks.find(reference, day))
    except ChainError as error:
        yield image.problem("name", f"must be proven for {platform}: {error.expected}", error.got, error.fix)


def _judge_known(image: Resource, platform: str, known: Known) -> Iterator[Problem]:
    platforms: Collection[str] = known.chain.built if isinstance(known, Proven) else known.platforms
    if platform in platforms:
        return
    listed = ", ".join(sorted(platforms)) or "none"
    if isinstance(known, Proven) and not known.chain.is_index:
        expected = f"digest must be that of an index, or of the image for {platform}"
        yield image.problem("name", expected, f"the image for {listed}", "pin the digest of the index")
    else:
        yield image.problem("name", f"must be built for {platform}", f"an index of {listed}", _ADVICE)


def judge(resources: Sequence[Resource], nodes: Nodes, locks: Locks, day: date) -> Iterator[Placed]:
    """Every violation of a stack."""
    checks = {
        CONTAINER: (partial(check_node, nodes=nodes),),
        REMOTE_IMAGE: (
            partial(check_host, nodes=nodes),
            partial(check_built_for, nodes=nodes, locks=locks, day=day),
        ),
    }
    for resource in resources:
        for check in checks.get(resource.type, ()):
            yield from ((resource.urn, problem) for problem in guarded(check, resource))


def judge_stack(resources: Sequence[Resource]) -> Iterator[Placed]:
    """The same with the stack's own nodes and locks, today; a stack without Docker needs none."""
    judged = [resource for resource in resources if resource.type in {CONTAINER, REMOTE_IMAGE}]
    if not judged:
        return
    try:
        locks = lock.of_stack(lock.stack_of(judged[0].urn))
    except ChainError as error:
        yield "", Problem("image lock", error.expected, error.got, error.fix)
        return
    yield from judge(resources, nodes_of(resources), locks, lock.today())


def _engine(resource: Resource) -> str:
    return resource.host() or "a local engine"


RULE = StackRule(
    id="IMG-003",
    name="arm-image-on-arm-node",
    description="What runs on a node is proven to be built for its processors, on an ARM node above all.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Take an image that is built for the node, and lock it with `./swarm images lock`.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=judge_stack,
)
