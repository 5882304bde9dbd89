"""Consul on oracle: the catalogue of all services that answer somebody, and whether they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from components.catalogue.credentials import CONSUL_AGENT_TOKEN, CONSUL_GOSSIP_KEY, CONSUL_MANAGEMENT_TOKEN
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol, Watch
from components.model.endpoints import external_endpoints, published, reach
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.consul import Entry, render_agent, render_services, render_start, tokens_parts

PORT: Final = 8500
_NAME: Final = "consul"
_FOLDER: Final = "/consul/config"
_DATA: Final = "/consul/data"
_AUTHORITY: Final = f"{_FOLDER}/ca.pem"
_CURRENT: Final = "/tmp/current"  # noqa: S108 (in the container, where nobody else is)
_LEADER_PATH: Final = "/v1/status/leader"

_TOKENS: Final = SecretFile(
    name="tokens.json",
    parts=tokens_parts(
        gossip_key=CONSUL_GOSSIP_KEY, management=CONSUL_MANAGEMENT_TOKEN, recovery=CONSUL_AGENT_TOKEN
    ),
)
MANAGEMENT: Final = SecretFile(name="management-token", parts=(CONSUL_MANAGEMENT_TOKEN,))
"""For the program's own commands in the container, which read the path from `CONSUL_HTTP_TOKEN_FILE`."""


_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/v1/agent/self",
    open_paths={
        _LEADER_PATH: "says whether the server works, and nothing else",
        "/ui/": "the empty pages; whatever they show needs a token",
    },
    people=True,
)


def consul(settings: Settings, *, node: str) -> ServiceSpec:
    """The server without its catalogue, which `registering` adds: Prometheus is in that, and scrapes this.

    Prometheus sends the recovery token, the least that the program knows without anybody creating it: it
    opens this agent and the names of nodes, and neither services nor keys nor tokens.
    """
    return ServiceSpec(
        node=node,
        name=_NAME,
        image=image(settings, "consul"),
        limits=limits(settings, node, _NAME, memory_mib=512, cpus="1.0"),
        # Without a leader the answer is an empty text, and the status 200 all the same.
        health=Health(
            test=(
                "CMD-SHELL",
                f"test -e {_CURRENT} && wget -q -O - http://127.0.0.1:{PORT}{_LEADER_PATH} | grep -q :",
            ),
            start_period_seconds=60,
        ),
        # Never the image's own: it wants to change users.
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        # The authority that checks over TLS trust: the Vault server's, the only one in the swarm with TLS.
        env={"SSL_CERT_FILE": _AUTHORITY},
        ports=(Port(name="http", container=PORT, published=PORT, access=_ACCESS),),
        secrets=(_TOKENS, MANAGEMENT),
        probe=Probe(port="http", path=_LEADER_PATH),
        watches=(Watch.PROBES,),
        metrics=Metrics(
            port="http",
            path="/v1/agent/metrics",
            params={"format": "prometheus"},
            credentials=SecretFile(name=f"{service_name(node, _NAME)}.token", parts=(CONSUL_AGENT_TOKEN,)),
        ),
        volumes=(DataVolume(name="data", path=_DATA),),
        scratch=(Scratch(size_mib=8),),
    )


def registering(settings: Settings, server: ServiceSpec, services: Sequence[ServiceSpec]) -> ServiceSpec:
    """The server with everything registered that has a probe, and what is on the nodes but not ours."""
    entries = (*_ours(settings, services, seen_from=server.node), *_others(settings))
    config, catalogue, start = "consul.json", "services.json", "start.sh"
    files = (
        ConfigFile(name=config, text=render_agent(node=server.node, data_folder=_DATA, port=PORT)),
        ConfigFile(name=catalogue, text=render_services(entries)),
        ConfigFile(name=_AUTHORITY.rpartition("/")[2], text=settings.vault.ca_certificate),
        ConfigFile(
            name=start,
            text=render_start(
                config_files=(f"{_FOLDER}/{config}", f"{_FOLDER}/{catalogue}", _TOKENS.path),
                management_token_file=MANAGEMENT.path,
                current_file=_CURRENT,
            ),
        ),
    )
    return replace(server, configuration=Configuration(folder=_FOLDER, files=files))


def _ours(settings: Settings, services: Sequence[ServiceSpec], *, seen_from: str) -> Iterator[Entry]:
    for spec in services:
        if spec.probe:
            endpoint = (
                published(settings, spec, spec.probe.port)  # what a certificate names
                if spec.probe.tls
                else reach(settings, spec, spec.probe.port, seen_from=seen_from)
            )
            yield Entry(
                name=spec.full_name,
                node=spec.node,
                host=endpoint.host,
                port=endpoint.port,
                path=spec.probe.path,
                tls=spec.probe.tls,
            )


def _others(settings: Settings) -> Iterator[Entry]:
    for endpoint in external_endpoints(settings):
        yield Entry(
            name=endpoint.name,
            node=endpoint.node,
            host=endpoint.host,
            port=endpoint.port,
            path=endpoint.probe_path,
        )
