"""The blackbox exporter on oracle: looks at services from outside, as their clients would find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.catalogue import vault
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model import access
from components.model.access import Probe, Protocol
from components.model.endpoints import external_endpoints, reach
from components.model.files import ConfigFile, Configuration, Reload
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.specs import ServiceSpec
from components.render.alerts.services import Watch
from components.render.blackbox import Module, render_blackbox
from components.render.prometheus import Look

NAME: Final = "blackbox-exporter"
PORT: Final = 9115

_FOLDER: Final = "/etc/blackbox_exporter"
_AUTHORITY: Final = "vault-ca.pem"
_PROGRAM: Final = "/bin/blackbox_exporter"


def blackbox(settings: Settings, *, node: str) -> ServiceSpec:
    """The exporter. It looks at what it is told to, so nobody but Prometheus beside it may ask it."""
    text = render_blackbox(
        vault_address=str(settings.nodes.by_name()[vault.SERVER_NODE].address),
        vault_authority_file=f"{_FOLDER}/{_AUTHORITY}",
    )
    files = (
        ConfigFile(name="config.yml", text=text),
        ConfigFile(name=_AUTHORITY, text=settings.vault.ca_certificate),
    )
    check = (_PROGRAM, "--config.check", "--config.file={folder}/config.yml")
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, NAME),
        limits=limits(settings, node, NAME, memory_mib=128, cpus="0.5"),
        health=Health(
            test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}/-/healthy"),
            interval_seconds=30,
            start_period_seconds=10,
        ),
        entrypoint=(_PROGRAM,),
        command=(f"--config.file={_FOLDER}/config.yml", f"--web.listen-address=:{PORT}"),
        ports=(Port(name="http", container=PORT),),
        probe=Probe(port="http", path="/-/healthy"),
        configuration=Configuration(folder=_FOLDER, files=files, reload=Reload(check=check, signal="HUP")),
        metrics=Metrics(port="http"),
        watches=(access.Watch.PROBES,),
    )


def looks(settings: Settings, watched: Sequence[ServiceSpec], *, seen_from: str) -> Iterator[Look]:
    """What is looked at: services without metrics, what is not ours but needed, and certificates."""
    for spec in watched:
        if spec.probe is not None and spec.metrics is None:
            address = reach(settings, spec, spec.probe.port, seen_from=seen_from).address
            module, target = _way(spec.probe, address)
            yield Look(name=spec.full_name, node=spec.node, target=target, module=module)
    for endpoint in external_endpoints(settings):
        yield Look(
            name=service_name(endpoint.node, endpoint.name),
            node=endpoint.node,
            target=f"http://{endpoint.address}{endpoint.probe_path}",
            module=Module.HTTP,
        )
    for spec in watched:
        for port in _with_certificate(spec):
            yield Look(
                name=f"{spec.full_name}-certificate",
                node=spec.node,
                target=reach(settings, spec, port.name, seen_from=seen_from).address,
                module=Module.TLS,
                watch=Watch.CERTIFICATE,
            )


def _way(probe: Probe, address: str) -> tuple[Module, str]:
    """How to look, and at what. The Vault server is the only one whose TLS is of an authority of our own."""
    if not probe.path:
        return Module.TCP, address
    if probe.tls:
        return Module.VAULT, f"https://{address}{probe.path}"
    return Module.HTTP, f"http://{address}{probe.path}"


def _with_certificate(spec: ServiceSpec) -> list[Port]:
    return [port for port in spec.ports if port.access and port.access.protocol is Protocol.HTTPS]
