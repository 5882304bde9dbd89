"""Whoever finds a container or a network on a node knows what it is and who looks after it.

A container's name says node and service, as its labels do, and is the resource's own: one word to look for in
the stack, on the node and in the figures. It is started and expected to stay up, and the engine waits for its
health only where there is a check to wait for.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, NETWORK, NODE_LABEL, SERVICE_LABEL, Resource
from .support.rule import ResourceRule

MANAGED_LABEL = "aiswarm.managed-by"
STACK_LABEL = "aiswarm.stack"


def check_name(resource: Resource) -> Iterator[Problem]:
    """Demand a name of one's own."""
    if not resource.fields.text("name"):
        yield resource.problem("name", "must be given", "none", "name it")


def check_service_name(container: Resource) -> Iterator[Problem]:
    """Demand a name that says node and service, and is the resource's own."""
    expected = f"{container.node()}-{container.label(SERVICE_LABEL)}"
    name = container.fields.text("name")
    if name and not name == container.name == expected:
        got = f"{name!r} for the resource {container.name!r}"
        yield container.problem("name", f"must be {expected!r}, as the labels say", got, "rename it")


def check_labels(resource: Resource) -> Iterator[Problem]:
    """Demand the labels by which a resource is known."""
    wanted = [NODE_LABEL, STACK_LABEL, *([SERVICE_LABEL] if resource.type == CONTAINER else [])]
    for label in wanted:
        if not resource.label(label):
            yield resource.problem(f"labels[{label}]", "must be given", "none", "label it")
    manager = resource.label(MANAGED_LABEL)
    if manager != "pulumi":
        got = repr(manager) if manager else "none"
        yield resource.problem(f"labels[{MANAGED_LABEL}]", "must be pulumi", got, "label it")


def check_running(container: Resource) -> Iterator[Problem]:
    """Demand that the container is started and stays up; both are the provider's default."""
    for field in ("start", "mustRun"):
        if container.fields.flag(field) is False:
            yield container.problem(field, "must be true", "false", "remove it")


def check_wait(container: Resource) -> Iterator[Problem]:
    """Refuse to wait for the health of what has no health check: the wait never ends well."""
    tests = container.fields.nested("healthcheck").texts("tests")
    if container.fields.flag("wait") and (not tests or tests[0] == "NONE"):
        fix = "give it a health check"
        yield container.problem("wait", "must be false without a health check", "true", fix)


RULE = ResourceRule(
    id="OPS-004",
    name="known-containers",
    description="Containers and networks say by name and labels what they are; containers are kept running.",
    severity=Severity.MEDIUM,
    frameworks=(),
    remediation="Name the container `<node>-<service>`, label it, and leave `start` and `mustRun` true.",
    level=EnforcementLevel.MANDATORY,
    checks={
        CONTAINER: (check_name, check_service_name, check_labels, check_running, check_wait),
        NETWORK: (check_name, check_labels),
    },
)
