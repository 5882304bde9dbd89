"""What a deployed stack tells its operators and their tools."""

from __future__ import annotations

from collections.abc import Mapping

from components.config.settings import Settings
from components.model.checks import Swarm
from components.model.problems import Problem, SpecError
from components.model.specs import ServiceSpec

_PROXY = "haproxy"
_PAGES = {"api": ("https", "https"), "prometheus": ("http", "prometheus"), "stats": ("http", "stats")}
"""What people open, with its scheme and the name of the proxy's port: TLS for clients, and plain text for
operators, whose way through the tailnet is encrypted already."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def urls(settings: Settings, swarm: Swarm) -> dict[str, str]:
    """Addresses of the pages for people, by name; all of them go through the proxy.

    Raises:
        SpecError: No service is the proxy.
    """
    proxy = _proxy(swarm)
    address = settings.gateway.public_host or settings.nodes.by_name()[proxy.node].address
    return {
        page: f"{scheme}://{address}{_port_suffix(scheme, proxy.port(port).published)}"
        for page, (scheme, port) in _PAGES.items()
    }


def nodes(swarm: Swarm) -> Mapping[str, list[str]]:
    """Names of the containers on each node, in the order in which they start."""
    return {node: [spec.full_name for spec in specs] for node, specs in swarm.items()}


def _proxy(swarm: Swarm) -> ServiceSpec:
    for specs in swarm.values():
        for spec in specs:
            if spec.name == _PROXY:
                return spec
    raise SpecError(Problem("swarm", f"must hold a service named {_PROXY}"))


def _port_suffix(scheme: str, port: int | None) -> str:
    return "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
