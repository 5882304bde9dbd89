"""Consul: the agent's configuration, the catalogue of services with their checks, and the file of tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.model.secrets import SecretRef
from components.render.text import from_template

_CHECK: Final = {"interval": "15s", "timeout": "5s"}
_OFF: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One service of the catalogue, as oracle reaches it."""

    name: str
    """Name and id: the same string as its container, or the name of a service that is not ours."""

    node: str
    host: str
    port: int
    path: str = ""
    """What must answer with a status of 2xx; empty only connects."""

    tls: bool = False


def render_agent(*, node: str, data_folder: str, port: int) -> str:
    """The agent's own settings.

    Everything but HTTP stays inside the container: a server alone gossips with nobody, and with the loopback
    as its address it still knows itself when its container comes back with another one. The key of the gossip
    is read on every start, because the file that would keep the first one is switched off.
    """
    ports = {"http": port, **dict.fromkeys(("dns", "grpc", "grpc_tls", "serf_wan"), _OFF)}
    return _as_json(
        {
            "datacenter": "swarm",
            "node_name": node,
            "data_dir": data_folder,
            "server": True,
            "bootstrap_expect": 1,
            "bind_addr": "127.0.0.1",
            "client_addr": "0.0.0.0",  # noqa: S104 (in the container; Docker publishes it on one address)
            "ports": ports,
            "ui_config": {"enabled": True},
            "connect": {"enabled": False},
            "acl": {"enabled": True, "default_policy": "deny"},
            "disable_keyring_file": True,
            "disable_update_check": True,
            "enable_script_checks": False,
            "enable_local_script_checks": False,
            # Figures are forgotten after this time without a new one; Prometheus asks far more often.
            "telemetry": {"prometheus_retention_time": "10m", "disable_hostname": True},
        }
    )


def render_services(entries: Sequence[Entry]) -> str:
    """Definitions of all services, each with one check that the agent performs."""
    return _as_json({"services": [_definition(entry) for entry in entries]})


def _definition(entry: Entry) -> Mapping[str, object]:
    return {
        "id": entry.name,
        "name": entry.name,
        "tags": [entry.node],
        "address": entry.host,
        "port": entry.port,
        "check": {"id": entry.name, **_question(entry), **_CHECK},
    }


def _question(entry: Entry) -> Mapping[str, object]:
    address = f"{entry.host}:{entry.port}"
    if not entry.path:
        return {"name": f"connects to port {entry.port}", "tcp": address}
    scheme = "https" if entry.tls else "http"
    return {"name": f"GET {entry.path}", "http": f"{scheme}://{address}{entry.path}"}


def tokens_parts(
    *, gossip_key: SecretRef, management: SecretRef, recovery: SecretRef
) -> tuple[str | SecretRef, ...]:
    """The part of the configuration that is secret.

    The agent registers with the management token: it is the only server, so whoever reads this file holds
    that token anyhow, and another one would protect nothing. There is no `default` token, which would be
    everybody's. None of the values needs quoting.
    """
    tokens = {"initial_management": management, "agent": management}
    tokens |= {"config_file_service_registration": management, "agent_recovery": recovery}
    parts: list[str | SecretRef] = ['{\n  "encrypt": "', gossip_key, '",\n  "acl": {"tokens": {']
    for number, (name, token) in enumerate(tokens.items()):
        parts += [f'{"," if number else ""}\n    "{name}": "', token, '"']
    return (*parts, "\n  }}\n}\n")


def render_start(*, config_files: Sequence[str], management_token_file: str, current_file: str) -> str:
    """Text of the script that ends former tokens and becomes the agent.

    Args:
        config_files: Paths, in the order in which the agent reads them.
        management_token_file: Holds nothing but the management token.
        current_file: Made once no management token but this one opens the server.
    """
    return from_template(
        "consul/start.sh",
        config_files=" ".join(f"-config-file={file}" for file in config_files),
        management_token_file=management_token_file,
        current_file=current_file,
    )


def _as_json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2) + "\n"
