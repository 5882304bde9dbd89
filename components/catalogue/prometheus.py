"""Prometheus on oracle: scrapes every service of the swarm that shows metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Probe, Watch
from components.model.endpoints import reach
from components.model.files import ConfigFile, Configuration, Reload
from components.model.mounts import DataVolume
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import Health, Metrics, Port, ServiceSpec
from components.render.prometheus import Job, render_alerts, render_prometheus

PORT: Final = 9090
_FOLDER: Final = "/etc/prometheus"


def prometheus(settings: Settings, *, node: str, watched: Sequence[ServiceSpec]) -> ServiceSpec:
    """The server, watching `watched` and itself.

    Its port is not published: it has no users of its own, so people reach it through the proxy.
    """
    bare = ServiceSpec(
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
        ),
        ports=(Port(name="http", container=PORT),),
        probe=Probe(port="http", path="/-/ready"),
        volumes=(DataVolume(name="data", path="/prometheus", gib=10),),
        metrics=Metrics(port="http"),
        watches=(Watch.METRICS,),
        stop_grace_seconds=60,
    )
    everything = (*watched, bare)
    files = (
        ConfigFile(
            name="prometheus.yml", text=render_prometheus(_jobs(settings, everything, seen_from=node))
        ),
        ConfigFile(name="alerts.yml", text=render_alerts()),
    )
    check = ("promtool", "check", "config", "{folder}/prometheus.yml")
    return replace(
        bare,
        configuration=Configuration(folder=_FOLDER, files=files, reload=Reload(check=check, signal="HUP")),
        secrets=_credentials(everything),
        on_secret_change=SecretChange.RELOAD,
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
