"""The image lock's command line, and what an entry without proof says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from typer.testing import CliRunner, Result

from components.catalogue.images import TAGGED
from ops import cli

REDIS = next(entry.tagged for entry in TAGGED if entry.name == "redis")
GRAFANA = next(entry.tagged for entry in TAGGED if entry.name == "grafana")


def statement(days: int = 5) -> dict[str, str]:
    """Why an image is only claimed, for some days from today."""
    today = datetime.now(UTC).date()
    until = {"granted": today.isoformat(), "expires": (today + timedelta(days=days)).isoformat()}
    return {"reason": "no registry was asked yet", "owner": "operator", **until}


def swarm(*arguments: str) -> Result:
    """Run `./swarm images …`."""
    return CliRunner().invoke(cli.app, ["images", *arguments], env={"COLUMNS": "200"})
