"""Prometheus: what it scrapes, what it has looked at from outside, and whom it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.render.alerts.services import Watch
from components.render.blackbox import Module
from components.render.text import as_yaml

_CERTIFICATE_INTERVAL = "1m"
"""A value that is older than five minutes counts as gone, so it is asked for more often than it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One service that shows metrics."""

    name: str
    """Full name of the service: the same string as its container."""

    node: str
    target: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    credentials_file: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One service that is looked at from outside."""

    name: str
    """Full name of the service; with the word `certificate` behind it where that is looked at."""

    node: str
    target: str
    """An address, with scheme and path where the module speaks HTTP."""

    module: Module
    watch: Watch = Watch.PROBE


def render_prometheus(jobs: Sequence[Job], looks: Sequence[Look], *, prober: str, alertmanager: str) -> str:
    """Text of prometheus.yml.

    Args:
        prober: Address of the blackbox exporter.
        alertmanager: Its address.
    """
    return as_yaml(
        {
            "global": {"scrape_interval": "15s", "scrape_timeout": "10s", "evaluation_interval": "15s"},
            "rule_files": ["alerts.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": [
                *(_scrape(job) for job in jobs),
                *(_look(look, prober=prober) for look in looks),
            ],
        }
    )


def _scrape(job: Job) -> dict[str, object]:
    scrape: dict[str, object] = {"job_name": job.name, "metrics_path": job.path}
    if job.params:
        scrape["params"] = {name: [value] for name, value in job.params.items()}
    if job.username:
        scrape["basic_auth"] = {"username": job.username, "password_file": job.credentials_file}
    elif job.credentials_file:
        scrape["authorization"] = {"credentials_file": job.credentials_file}
    labels = {"node": job.node, "watch": str(Watch.METRICS)}
    scrape["static_configs"] = [{"targets": [job.target], "labels": labels}]
    return scrape


def _look(look: Look, *, prober: str) -> dict[str, object]:
    slowly = {"scrape_interval": _CERTIFICATE_INTERVAL} if look.watch is Watch.CERTIFICATE else {}
    labels = {"node": look.node, "watch": str(look.watch), "instance": look.target}
    return {
        "job_name": look.name,
        **slowly,
        "metrics_path": "/probe",
        "params": {"module": [str(look.module)], "target": [look.target]},
        "static_configs": [{"targets": [prober], "labels": labels}],
    }
