"""Prometheus on oracle: scrapes every service of the swarm that shows metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from components.catalogue import alertmanager, blackbox, gpu, vault
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.catalogue.litellm import daily_budgets
from components.config.settings import Settings
from components.model.access import Flow, Probe, Watch
from components.model.endpoints import reach
from components.model.files import ConfigFile, Configuration, Reload
from components.model.mounts import DataVolume
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import ServiceSpec
from components.render.alerts import Subjects, render_alerts
from components.render.prometheus import Job, render_prometheus

PORT: Final = 9090
_ASKED: Final = (blackbox.NAME, alertmanager.NAME)
_FOLDER: Final = "/etc/prometheus"


def prometheus(
    settings: Settings, *, node: str, watched: Sequence[ServiceSpec], pools: Sequence[str]
) -> ServiceSpec:
    """The server, watching `watched` and itself, through the blackbox exporter on its node where needed.

    Its port is not published: it has no users of its own, so people reach it through the proxy.

    Args:
        pools: The proxy's names of the pools that lead to engines.
    """
    bare = _bare(settings, node)
    everything = (*watched, bare)
    files = (
        ConfigFile(name="prometheus.yml", text=_config(settings, everything, node=node)),
        ConfigFile(name="alerts.yml", text=render_alerts(_subjects(settings, watched, pools))),
    )
    check = ("promtool", "check", "config", "{folder}/prometheus.yml")
    return replace(
        bare,
        configuration=Configuration(folder=_FOLDER, files=files, reload=Reload(check=check, signal="HUP")),
        secrets=_credentials(everything),
        on_secret_change=SecretChange.RELOAD,
    )


def _bare(settings: Settings, node: str) -> ServiceSpec:
    """The service, as far as it does not depend on what it watches."""
    return ServiceSpec(
        node=node,
        name="prometheus",
        image=image(settings, "prometheus"),
        limits=limits(settings, node, "prometheus", memory_mib=2048, cpus="1.0"),
        health=Health(test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}/-/ready")),
        entrypoint=("prometheus",),
        command=(
            f"--config.file={_FOLDER}/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=30d",
            "--storage.tsdb.retention.size=8GB",
            f"--web.external-url=http://{settings.nodes.by_name()[node].address}:{PORT}/",
        ),
        ports=(Port(name="http", container=PORT),),
        probe=Probe(port="http", path="/-/ready"),
        volumes=(DataVolume(name="data", path="/prometheus", gib=10),),
        metrics=Metrics(port="http"),
        watches=(Watch.METRICS,),
        talks_to=tuple(Flow(to=service_name(node, name), port="http") for name in _ASKED),
        stop_grace_seconds=60,
    )


def _config(settings: Settings, specs: Sequence[ServiceSpec], *, node: str) -> str:
    prober, teller = service_name(node, blackbox.NAME), service_name(node, alertmanager.NAME)
    return render_prometheus(
        _jobs(settings, specs, seen_from=node),
        list(blackbox.looks(settings, specs, seen_from=node)),
        prober=f"{prober}:{blackbox.PORT}",
        alertmanager=f"{teller}:{alertmanager.PORT}",
    )


def _subjects(settings: Settings, watched: Sequence[ServiceSpec], pools: Sequence[str]) -> Subjects:
    """Whom the alerts are about."""
    return Subjects(
        vault_job=service_name(vault.SERVER_NODE, vault.SERVER),
        backup_node=vault.SERVER_NODE,
        card_monitors=[spec.full_name for spec in watched if spec.image.name == gpu.IMAGE],
        pools=pools,
        budgets=daily_budgets(settings),
    )


def _jobs(settings: Settings, specs: Sequence[ServiceSpec], *, seen_from: str) -> list[Job]:
    return [
        Job(
            name=spec.full_name,
            node=spec.node,
            target=reach(settings, spec, spec.metrics.port, seen_from=seen_from).address,
            path=spec.metrics.path,
            params=spec.metrics.params,
            credentials_file=spec.metrics.credentials.path if spec.metrics.credentials else "",
            username=spec.metrics.username,
        )
        for spec in specs
        if spec.metrics
    ]


def _credentials(specs: Sequence[ServiceSpec]) -> tuple[SecretFile, ...]:
    return tuple(spec.metrics.credentials for spec in specs if spec.metrics and spec.metrics.credentials)
