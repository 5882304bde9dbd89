"""What runs at Railway helps the swarm, computes on no card, and fits what is paid for.

The project's component shows what each service is there for; a service that it does not show is refused. A
limit that is left out is the plan's whole size (Railway, service limits), so each must be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem, UnreadableError
from .support.resources import RAILWAY, RAILWAY_PROJECT, RAILWAY_SETTINGS, Resource
from .support.rule import Placed, StackRule, guarded

ROLES = frozenset({"cache", "worker", "dashboard", "backup-router", "cpu-fallback"})
PLAN = {"vcpus": 32.0, "memory_gb": 32.0}
"""What the account may use at once."""

KINDS = frozenset(
    f"{RAILWAY}{kind}"
    for kind in (
        *("Deployment", "Domain", "Environment", "Project"),
        *("Service", "Settings", "Variables", "Volume"),
    )
)
"""Types of resource at Railway that the rules know; the settings of another one could go unseen."""

_NEEDS_CARD = re.compile(r"vllm|sglang|tensorrt|cuda|rocm|nvidia|(^|[-_./:])gpu", re.IGNORECASE)


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every violation of a stack."""
    cloud = [each for each in resources if each.type.startswith(RAILWAY)]
    services = [each for each in cloud if each.type == RAILWAY_SETTINGS]
    roles = _roles(resources) if services else {}
    for each in cloud:
        yield from ((each.urn, problem) for problem in guarded(check_kind, each))
    for each in services:
        for check in (partial(check_role, roles=roles), check_image, check_limits):
            yield from ((each.urn, problem) for problem in guarded(check, each))
    yield from (("", problem) for problem in check_sums(services))


def check_kind(resource: Resource) -> Iterator[Problem]:
    """Refuse kinds of resource that no rule looks into."""
    if resource.type not in KINDS:
        got = repr(resource.type.removeprefix(RAILWAY))
        yield resource.problem("type", "must be a kind that the rules know", got, "add it to them")


def check_role(settings: Resource, roles: Mapping[str, str]) -> Iterator[Problem]:
    """Demand that a service is there for one of the things that Railway is for."""
    role = roles.get(settings.name)
    if role not in ROLES:
        expected = f"must be one of {', '.join(sorted(ROLES))}"
        fix = f"show the service and its role in the {RAILWAY_PROJECT}"
        yield settings.problem("role", expected, repr(role) if role else "none", fix)


def check_image(settings: Resource) -> Iterator[Problem]:
    """Refuse programs that need a card: Railway has none."""
    image = settings.fields.text("image")
    if not image:
        yield settings.problem("image", "must be given", "none", "name the image")
    elif _NEEDS_CARD.search(image):
        fix = "use one for CPU"
        yield settings.problem("image", "must need no graphics card", repr(image), fix)


def check_limits(settings: Resource) -> Iterator[Problem]:
    """Demand limits, and copies that are counted."""
    for name in (*PLAN, "replicas"):
        amount = settings.fields.number(name)
        if amount is None or not amount > 0:
            got = "none, which is the whole plan" if amount is None else f"{amount:g}"
            yield settings.problem(name, "must be given and more than 0", got, "set it")


def check_sums(services: Sequence[Resource]) -> Iterator[Problem]:
    """Demand that all together fit the plan; what cannot be read is refused where it stands."""
    for name, most in PLAN.items():
        together = sum(_amount(each, name) for each in services)
        if together > most:
            names = ", ".join(sorted(each.name for each in services))
            expected = f"must be at most {most:g} together"
            yield Problem(f"railway.{name}", expected, f"{together:g} of {names}", "lower some")


def _amount(settings: Resource, name: str) -> float:
    try:
        return (settings.fields.number(name) or 0) * (settings.fields.number("replicas") or 0)
    except UnreadableError:
        return 0


def _roles(resources: Sequence[Resource]) -> Mapping[str, str]:
    """What each service is there for, by the name of its settings.

    Raises:
        UnreadableError: A project does not show it.
    """
    return {
        f"{project.name}-{service.text('name')}-settings": service.text("role") or ""
        for project in resources
        if project.type == RAILWAY_PROJECT
        for service in project.fields.objects("services")
    }


RULE = StackRule(
    id="RLW-001",
    name="modest-cloud",
    description="Services at Railway help the swarm, need no graphics card and fit the plan.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Give each service one of the roles, an image for CPU, and limits within the plan.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
