"""Prometheus: what it scrapes and what it warns of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.render.text import as_yaml


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


def render_prometheus(jobs: Sequence[Job]) -> str:
    """Text of prometheus.yml."""
    return as_yaml(
        {
            "global": {"scrape_interval": "15s", "scrape_timeout": "10s", "evaluation_interval": "15s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [_scrape(job) for job in jobs],
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
    scrape["static_configs"] = [{"targets": [job.target], "labels": {"node": job.node}}]
    return scrape


def render_alerts() -> str:
    """Text of alerts.yml."""
    target_down = {
        "alert": "TargetDown",
        "expr": "up == 0",
        "for": "1m",
        "labels": {"severity": "critical"},
        "annotations": {"summary": "{{ $labels.job }} on {{ $labels.node }} shows no metrics"},
    }
    return as_yaml({"groups": [{"name": "swarm", "rules": [target_down]}]})
