"""Grafana: where its figures come from, which dashboards it shows, and how it starts."""

from __future__ import annotations

from typing import Final

from components.render.text import as_yaml, from_template

PROMETHEUS_UID: Final = "prometheus"
"""What dashboards name the source of figures by."""

ALERTMANAGER_UID: Final = "alertmanager"
_SCRAPE_INTERVAL: Final = "15s"
"""That of Prometheus: dashboards choose no shorter steps."""


def render_datasources(*, prometheus_url: str, alertmanager_url: str = "") -> str:
    """Text of a file of Grafana's `provisioning/datasources`.

    Args:
        alertmanager_url: Empty where nothing tells people of alerts.
    """
    sources = [
        {
            **_source("Prometheus", PROMETHEUS_UID, "prometheus", prometheus_url),
            "isDefault": True,
            "jsonData": {"httpMethod": "POST", "timeInterval": _SCRAPE_INTERVAL},
        }
    ]
    if alertmanager_url:
        sources.append(
            {
                **_source("Alertmanager", ALERTMANAGER_UID, "alertmanager", alertmanager_url),
                "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
            }
        )
    return as_yaml({"apiVersion": 1, "prune": True, "datasources": sources})


def _source(name: str, uid: str, kind: str, url: str) -> dict[str, object]:
    """`proxy`: Grafana asks, never the browser, which reaches neither of them without a password."""
    return {"name": name, "uid": uid, "type": kind, "access": "proxy", "url": url, "editable": False}


def render_dashboard_provider(*, folder: str) -> str:
    """Text of a file of Grafana's `provisioning/dashboards`: shows every dashboard of a folder."""
    provider = {
        "name": "swarm",
        "type": "file",
        "folder": "Swarm",
        # What is clicked would be gone with the next deployment.
        "allowUiUpdates": False,
        # A dashboard that is no longer among the files goes.
        "disableDeletion": False,
        "options": {"path": folder},
    }
    return as_yaml({"apiVersion": 1, "providers": [provider]})


def render_grafana_start(*, database_password: str, admin_password: str, secret_key: str) -> str:
    """Text of the script that Grafana starts with; the arguments are paths of secret files."""
    return from_template(
        "grafana/start.sh",
        database_password=database_password,
        admin_password=admin_password,
        secret_key=secret_key,
    )
