"""The plan as tables for people and as one object for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Column, Table

from components.model.endpoints import external_endpoints
from ops.plan import engines
from ops.plan.blast import Blast, blasts
from ops.plan.capacity import NodeNeeds, needs
from ops.plan.cloud import CloudBill, cloud_bill, cloud_table
from ops.plan.cost import Cost, costs
from ops.plan.engines import EngineFit
from ops.plan.order import waves
from ops.plan.outage import Outage, outages
from ops.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is told of a stack before it is deployed."""

    stack: str
    profile: str
    engines: tuple[EngineFit, ...]
    nodes: tuple[NodeNeeds, ...]
    start_order: tuple[tuple[str, ...], ...]
    restarts: tuple[Blast, ...]
    railway: CloudBill
    outages: tuple[Outage, ...]
    costs: tuple[Cost, ...]

    @property
    def short(self) -> tuple[str, ...]:
        """Nodes whose reserve is touched."""
        return tuple(node.node for node in self.nodes if node.free_mib < 0)


def plan(stack: Stack) -> Plan:
    """Work it out; no host is asked."""
    externals = [endpoint.name for endpoint in external_endpoints(stack.settings)]
    return Plan(
        stack=stack.name,
        profile=stack.settings.models.profile,
        engines=engines.engines(stack),
        nodes=tuple(needs(name, node, stack.on(name)) for name, node in stack.nodes.items()),
        start_order=waves(stack.services),
        restarts=blasts(stack.services, externals),
        railway=cloud_bill(stack.settings),
        outages=outages(stack.services),
        costs=costs(stack.settings),
    )


def as_object(found: Plan) -> dict[str, object]:
    """The plan with its sums, ready for JSON."""
    sums = [
        asdict(node) | {"limits_mib": node.limits_mib, "free_mib": node.free_mib, "disk_gib": node.disk_gib}
        for node in found.nodes
    ]
    return asdict(found) | {"nodes": sums}


def tables(found: Plan) -> tuple[Table, ...]:
    """Sums by node, needs by service, cards, waves, and who is touched by a restart."""
    return (
        _sums(found.nodes),
        _services(found.nodes),
        engines.table(found.engines, profile=found.profile),
        _waves(found.start_order),
        _restarts(found.restarts),
        *((cloud_table(found.railway),) if found.railway.services else ()),
    )


def _right(*names: str) -> list[Column]:
    return [Column(name, justify="right") for name in names]


def _sums(nodes: Sequence[NodeNeeds]) -> Table:
    columns = _right("memory MiB", "reserve MiB", "limits MiB", "free MiB", "volumes GiB")
    table = Table("node", *columns, title="nodes", title_justify="left")
    for node in nodes:
        colour = "red" if node.free_mib < 0 else "green"
        figures = (node.memory_mib, node.reserved_mib, node.limits_mib)
        free = f"[{colour}]{node.free_mib}[/{colour}]"
        table.add_row(node.node, *map(str, figures), free, str(node.disk_gib))
    return table


def _services(nodes: Sequence[NodeNeeds]) -> Table:
    table = Table("service", *_right("limit MiB", "volumes GiB"), title="services", title_justify="left")
    for node in nodes:
        for need in node.services:
            table.add_row(need.service, str(need.memory_mib), str(need.disk_gib or "-"))
        table.add_section()
    return table


def _waves(order: Sequence[Sequence[str]]) -> Table:
    table = Table(*_right("wave"), "starts", title="start order", title_justify="left")
    for number, names in enumerate(order, start=1):
        table.add_row(str(number), ", ".join(names))
    return table


def _restarts(restarts: Sequence[Blast]) -> Table:
    names = ("service", "touches directly", "and through them", "covered by")
    table = Table(*names, title="when one is away", title_justify="left")
    for blast in restarts:
        if blast.direct or blast.covered_by:
            parts = (blast.direct, blast.transitive, blast.covered_by)
            table.add_row(blast.service, *(", ".join(part) or "-" for part in parts))
    alone = [blast.service for blast in restarts if not (blast.direct or blast.covered_by)]
    table.caption = f"touch no other service: {', '.join(alone)}" if alone else None
    table.caption_justify = "left"
    return table
