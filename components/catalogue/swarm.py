"""The whole swarm: which services run on which node, in the order in which they start."""

from __future__ import annotations

from collections.abc import Mapping

from components.catalogue import oracle, starlord, thanos, vault
from components.config.settings import Settings
from components.model.specs import ServiceSpec


def swarm(settings: Settings) -> Mapping[str, tuple[ServiceSpec, ...]]:
    """Services by node, each node's in start order.

    The engines come first in the making: the gateway and Prometheus on oracle are pointed at them.
    """
    on_starlord = starlord.services(settings)
    on_thanos = thanos.services(settings)
    server = vault.server(settings)
    on_oracle = oracle.services(settings, peers=(server, *on_starlord, *on_thanos))
    return {
        "oracle": (server, *_with_agent(settings, "oracle", on_oracle)),
        "starlord": _with_agent(settings, "starlord", on_starlord),
        "thanos": _with_agent(settings, "thanos", on_thanos),
    }


def _with_agent(settings: Settings, node: str, services: tuple[ServiceSpec, ...]) -> tuple[ServiceSpec, ...]:
    return (*vault.agents(settings, node=node, services=services), *services)
