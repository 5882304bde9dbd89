"""`docs/services.md`: what runs where, who may reach it, and who talks to whom; pure text from specs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from components.config.settings import OptionalSettings
from components.model.access import Access, Protocol
from components.model.endpoints import ExternalEndpoint, external_endpoints
from components.model.parts import Health, Port
from components.model.specs import ServiceSpec
from ops.documents.diagram import flow_diagram
from ops.plan.cloud import CloudBill, CloudCost, cloud_bill
from ops.stack import Stack

_LONGEST_CHECK = 60
"""Characters of a health check that fit into a table."""

_URL = re.compile(r"https?://[\w./:?=&-]+")
_PROTOCOLS = {
    Protocol.HTTP: "HTTP",
    Protocol.HTTPS: "HTTPS",
    Protocol.POSTGRES: "PostgreSQL",
    Protocol.REDIS: "Redis",
}

_INTRODUCTION = """\
# Services

Made by `./swarm docs` from the specs and `Pulumi.prod.yaml`; a change here would be lost. Memory is a limit,
not what is used. `./swarm plan --stack prod` adds it up, says in which order services start, and who is
touched when one is away.
"""

_RAILWAY = """\
## At Railway

Answers when the swarm's own services cannot, and is never asked first. Limits are the most that a service may
take; the cost is that of what it takes on an average day, and the plan's fee pays for as much usage.
"""

_ACCESS = """\
## Who may reach what

Ports are published on the node's tailnet address and nowhere else. A stranger who gets that far, without
credentials, finds what stands here; an end-to-end test asks each port. Ports of a node's own Docker network
are left out: only services of the same node reach those. Monitoring is what reads metrics and probes.
"""

_FLOWS = """\
## Who talks to whom

Metrics and health checks are left out: Prometheus reads those of every service.
"""


def services_document(stack: Stack) -> str:
    """The whole document."""
    specs = stack.services
    externals = external_endpoints(stack.settings)
    sections = (
        _INTRODUCTION,
        _services(specs),
        _off(stack.settings.optional),
        *_railway(cloud_bill(stack.settings)),
        _ACCESS,
        _reach(specs, externals),
        _FLOWS,
        flow_diagram(specs, externals),
    )
    return "\n".join(section for section in sections if section)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells would end them."""
    lines = [header, ["---"] * len(header), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _services(specs: Sequence[ServiceSpec]) -> str:
    header = ("service", "node", "ports", "image", "user", "memory", "volumes", "health", "depends on")
    return table(header, (_service(spec) for spec in specs))


def _service(spec: ServiceSpec) -> tuple[str, ...]:
    awaited = [f"{name} (first)" for name in spec.after]
    targets = [flow.to.removeprefix(f"{spec.node}-") for flow in spec.talks_to]
    return (
        spec.name,
        spec.node,
        ", ".join(_port(port) for port in spec.ports) or "-",
        _code(spec.image.reference.partition("@")[0]),
        spec.image.user,
        f"{spec.limits.memory_mib} MiB",
        ", ".join(f"{volume.name} {volume.gib} GiB" for volume in spec.volumes) or "-",
        _health(spec.health),
        ", ".join(dict.fromkeys([*awaited, *(name for name in targets if name not in spec.after)])) or "-",
    )


def _port(port: Port) -> str:
    return str(port.published) if port.published else f"({port.container})"


def _health(health: Health) -> str:
    if health.test == ("NONE",):
        return "none"
    command = " ".join(" ".join(health.test[1:]).split())
    if asked := _URL.search(command):
        command = asked[0]
    short = command if len(command) <= _LONGEST_CHECK else f"{command[: _LONGEST_CHECK - 1]}…"
    return f"{_code(short)} every {health.interval_seconds} s"


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"


def _off(optional: OptionalSettings) -> str:
    """Services that the stack file could switch on."""
    off = {name: field for name, field in type(optional).model_fields.items() if not getattr(optional, name)}
    lines = [f"- `aiswarm:optional.{name}`: {field.description}.\n" for name, field in off.items()]
    notes = "A port in brackets is not published.\n"
    return f"{notes}\nOff, and switched on in the stack file:\n\n{''.join(lines)}" if lines else notes


def _railway(found: CloudBill) -> tuple[str, ...]:
    if not found.services:
        return ()
    header = ("service", "role", "image", "most", "in the internet", "sleeps unasked", "dollars a month")
    total = f"Used: ${found.usage_dollars:.2f} a month; paid: ${found.bill_dollars:.2f}.\n"
    return (_RAILWAY, table(header, (_cloud_service(cost) for cost in found.services)), total)


def _cloud_service(cost: CloudCost) -> tuple[str, ...]:
    return (
        cost.service,
        cost.role,
        _code(cost.image),
        f"{cost.vcpus:g} vCPU, {cost.memory_gb:g} GB",
        "with its key" if cost.public else "no",
        "yes" if cost.sleeps else "no",
        f"{cost.dollars_per_month:.2f}",
    )


def _reach(specs: Sequence[ServiceSpec], externals: Sequence[ExternalEndpoint]) -> str:
    header = ("service", "port", "protocol", "who", "without credentials", "open to whoever reaches it")
    ours = (
        _published(spec, port, port.access, specs) for spec in specs for port in spec.ports if port.access
    )
    return table(header, [*ours, *(_other(endpoint, specs) for endpoint in externals)])


def _published(
    spec: ServiceSpec, port: Port, access: Access, specs: Sequence[ServiceSpec]
) -> tuple[str, ...]:
    number, protocol = str(port.published), _PROTOCOLS[access.protocol]
    return (spec.full_name, number, protocol, _who(spec, port, access, specs), *_stranger(access))


def _who(spec: ServiceSpec, port: Port, access: Access, specs: Sequence[ServiceSpec]) -> str:
    people = ["people"] if access.people else []
    watched = {part.port for part in (spec.metrics, spec.probe) if part}
    monitoring = ["monitoring"] if port.name in watched else []
    return ", ".join([*people, *_callers(spec.full_name, port.name, specs), *monitoring]) or "nobody"


def _callers(target: str, port: str | None, specs: Sequence[ServiceSpec]) -> Iterator[str]:
    for spec in specs:
        if any(flow.to == target and port in {None, flow.port} for flow in spec.talks_to):
            yield spec.full_name


def _stranger(access: Access) -> tuple[str, str]:
    """What is refused, and what is open with the reason."""
    login = access.protocol in {Protocol.POSTGRES, Protocol.REDIS}
    refused = "login refused" if login else f"{_code(access.refused)} refused" if access.refused else "-"
    reasons: dict[str, list[str]] = {}
    for path, reason in access.open_paths.items():
        reasons.setdefault(reason, []).append(_code(path))
    return refused, "; ".join(f"{', '.join(paths)}: {reason}" for reason, paths in reasons.items()) or "-"


def _other(endpoint: ExternalEndpoint, specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
    who = ", ".join(_callers(endpoint.name, None, specs)) or "nobody"
    return (f"{endpoint.name} on {endpoint.node}", str(endpoint.port), "HTTP", who, "not ours", "not ours")
