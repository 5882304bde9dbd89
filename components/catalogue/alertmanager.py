"""Alertmanager on oracle: tells people what Prometheus warns of."""

from __future__ import annotations

from typing import Final

from components.catalogue.images import image
from components.catalogue.keys import external_key
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Probe
from components.model.external_keys import ALERT_WEBHOOK
from components.model.files import ConfigFile, Configuration, Reload
from components.model.mounts import DataVolume
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import ServiceSpec
from components.render.alertmanager import render_alertmanager

NAME: Final = "alertmanager"
PORT: Final = 9093

_FOLDER: Final = "/etc/alertmanager"
_DATA: Final = DataVolume(name="data", path="/alertmanager")


def alertmanager(settings: Settings, *, node: str) -> ServiceSpec:
    """The server, alone: its cluster is switched off. It has no users, so people reach it through the proxy.

    Where no address for alerts is set, they are only shown. The address is read anew for every message.
    """
    key = external_key(settings, ALERT_WEBHOOK)
    webhook = SecretFile(name="webhook_url", parts=(key,)) if key else None
    text = render_alertmanager(webhook_file=webhook.path if webhook else "")
    address = settings.nodes.by_name()[node].address
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, NAME),
        limits=limits(settings, node, NAME, memory_mib=128, cpus="0.5"),
        health=Health(test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}/-/ready")),
        entrypoint=("/bin/alertmanager",),
        command=(
            f"--config.file={_FOLDER}/alertmanager.yml",
            f"--storage.path={_DATA.path}",
            "--cluster.listen-address=",
            f"--web.listen-address=:{PORT}",
            f"--web.external-url=http://{address}:{PORT}/",
        ),
        ports=(Port(name="http", container=PORT),),
        probe=Probe(port="http", path="/-/ready"),
        configuration=Configuration(
            folder=_FOLDER,
            files=(ConfigFile(name="alertmanager.yml", text=text),),
            reload=Reload(check=("amtool", "check-config", "{folder}/alertmanager.yml"), signal="HUP"),
        ),
        secrets=(webhook,) if webhook else (),
        on_secret_change=SecretChange.NOTICE if webhook else SecretChange.REPLACE,
        volumes=(_DATA,),
        metrics=Metrics(port="http"),
    )
