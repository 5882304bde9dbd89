"""The auxiliary cloud: not part of what this version deploys, and it says so instead of doing nothing."""

from __future__ import annotations

from components.config.settings import NAMESPACE, RailwaySettings
from components.model.problems import Problem


def find_railway_problems(settings: RailwaySettings) -> list[Problem]:
    """Refuse what cannot be done yet; a switch that is on and has no effect would be a lie."""
    if not settings.enabled:
        return []
    return [
        Problem(
            f"{NAMESPACE}:railway.enabled",
            "must be false, because this version deploys nothing to Railway",
            "true",
        )
    ]
