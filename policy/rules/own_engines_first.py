"""A request reaches Railway only after every engine of the swarm has been tried.

What is asked of the swarm stays on its own machines while one of them can answer. The gateway's node shows
the steps of the cascade in the order in which a request tries them; a gateway that shows none is refused.
No exception can be granted.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.problems import Problem, UnreadableError
from .support.resources import GATEWAY_NODE, Resource
from .support.rule import ResourceRule

KINDS = ("local", "railway", "remote")


class _Route(NamedTuple):
    path: str
    name: str
    order: float
    kind: str


def check_routes(node: Resource) -> Iterator[Problem]:
    """Demand engines of the swarm first, and Railway behind all of them."""
    routes = sorted((_route(fields) for fields in node.fields.objects("routes")), key=attrgetter("order"))
    own = [route for route in routes if route.kind == "local"]
    if not own:
        fix = "show the cascade of the gateway"
        yield node.problem("routes", "must hold an engine of the swarm", "none", fix)
        return
    if routes[0].order < own[0].order:
        got = f"{routes[0].name}, which is {routes[0].kind}"
        fix = "put an engine of the swarm first"
        yield node.problem(routes[0].path, "must not come before the swarm's own engines", got, fix)
    for route in routes:
        if route.kind == "railway" and route.order <= own[-1].order:
            expected = f"must come after {own[-1].name}, the last engine of the swarm"
            got = f"{route.name} as number {route.order:g}"
            yield node.problem(route.path, expected, got, "use Railway as a fallback only")


def _route(fields: Fields) -> _Route:
    name, order, kind = fields.text("name"), fields.number("order"), fields.text("kind")
    if not name:
        raise UnreadableError(fields.path("name"), "must be given", "none")
    if order is None:
        raise UnreadableError(fields.path("order"), "must be given", "none")
    if kind not in KINDS:
        raise UnreadableError(fields.path("kind"), f"must be one of {', '.join(KINDS)}", repr(kind))
    return _Route(fields.path("order"), name, order, kind)


RULE = ResourceRule(
    id="RLW-002",
    name="own-engines-first",
    description="Railway answers only when no engine of the swarm can.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Put the steps at Railway behind all engines of the swarm.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={GATEWAY_NODE: (check_routes,)},
)
