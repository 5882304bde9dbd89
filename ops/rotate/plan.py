"""What a rotation will do, said before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.catalogue.vault import PULUMI_ID
from components.model.secrets import SecretChange
from components.model.specs import ServiceSpec
from ops.rotate.targets import Kind, Target, consumers
from ops.stack import Stack

RESTART = "its own restart"
NONE = "none"
ENGINE = "vllm-"
"""How the short names of all inference engines begin."""

PROGRAM = "pulumi, ./swarm"

_HAPPENS: Mapping[SecretChange, str] = {
    SecretChange.REPLACE: "replaced",
    SecretChange.RELOAD: "reloads its configuration",
    SecretChange.SETTLE: "ALTER ROLE in place",
    SecretChange.NOTICE: "notices its new file",
}
_AFFECTED: Mapping[str, str] = {
    "consul": "the catalogue of services and their checks",
    "haproxy": "everything behind the front door",
    "documents": "files that are being converted",
    "litellm": "every request to the API",
    "open-webui": "its page",
    "postgres": "the gateway's keys and records of spending",
    "postgres-exporter": "figures of the database, and alerts on them",
    "prometheus": "its page, and alerts for that time",
    "rag": "answers from documents",
    "redis": "the gateway's cached answers and shared counters",
    "redis-exporter": "figures of the cache, and alerts on them",
    "vault": "logins of agents; services keep the files that they have",
}
"""What is gone while a service starts again, by its short name."""


@dataclass(frozen=True)
class Effect:
    """What happens to one service."""

    order: int
    """Services with the same number go at once, those with a higher one after them."""

    service: str
    happens: str
    downtime: str
    affected: str
    """Requests that fail meanwhile."""

    @property
    def restarts(self) -> bool:
        """Whether the service is away for a time."""
        return self.downtime != NONE


@dataclass(frozen=True)
class Plan:
    """Everything that one rotation does."""

    name: str
    kind: Kind
    changes: str
    """What is changed in the stack file."""

    effects: tuple[Effect, ...]
    notes: tuple[str, ...]


def plan(stack: Stack, target: Target) -> Plan:
    """The rotation of one target, as it would go now."""
    using = consumers(stack, target.name)
    orders = _orders(using)
    effects = tuple(
        sorted((_effect(target, spec, orders[spec.full_name]) for spec in using), key=lambda each: each.order)
    )
    if target.name == PULUMI_ID:
        effects = (Effect(1, PROGRAM, "log in with another id", NONE, NONE),)
    return Plan(target.name, target.kind, _changes(stack, target), effects, tuple(_notes(stack, effects)))


def next_epoch(stack: Stack, name: str) -> int:
    """Number of the value that a rotation makes; the first value of all has number 1."""
    return stack.settings.epochs.get(name, 1) + 1


def _changes(stack: Stack, target: Target) -> str:
    if target.kind is Kind.CERTIFICATE:
        return "the certificate and its private key"
    epoch = next_epoch(stack, target.name)
    return f"aiswarm:epochs.{target.name}: {epoch - 1} to {epoch}"


def _orders(using: tuple[ServiceSpec, ...]) -> dict[str, int]:
    """Position of each service: one more than the last of those on its node that it starts after."""
    orders: dict[str, int] = {}
    for spec in using:
        before = (orders.get(f"{spec.node}-{name}", 0) for name in spec.after)
        orders[spec.full_name] = max(before, default=0) + 1
    return orders


def _effect(target: Target, spec: ServiceSpec, order: int) -> Effect:
    if target.kind is Kind.SEAL:
        # The key's file is noticed by nobody; the configuration that names it is what replaces the server.
        return Effect(order, spec.full_name, "replaced, unseals by itself", RESTART, _AFFECTED[spec.name])
    if target.kind is Kind.AGENT_ID:
        return Effect(order, spec.full_name, "uses the new id at its next login", NONE, NONE)
    happens = _HAPPENS[spec.on_secret_change]
    if spec.on_secret_change is not SecretChange.REPLACE:
        return Effect(order, spec.full_name, happens, NONE, NONE)
    return Effect(order, spec.full_name, happens, RESTART, _affected(spec))


def _affected(spec: ServiceSpec) -> str:
    if spec.name.startswith(ENGINE):
        return "answers of this engine that are under way"
    return _AFFECTED.get(spec.name, "everything that it answers")


def _notes(stack: Stack, effects: tuple[Effect, ...]) -> Iterator[str]:
    away = {effect.service for effect in effects if effect.restarts}
    if away:
        yield "how long a restart takes stands in docs/measurements.md, as far as it was measured"
    engines = {spec.full_name for spec in stack.services if spec.name.startswith(ENGINE)}
    if engines and engines <= away:
        yield "all engines are replaced at once: no request is answered until the first one is healthy again"
    for spec in stack.services:
        lost = [f"{spec.node}-{name}" for name in spec.after if f"{spec.node}-{name}" in away]
        if lost and spec.full_name not in away:
            yield f"{spec.full_name} stays, and is without {' and '.join(lost)} for that time"
