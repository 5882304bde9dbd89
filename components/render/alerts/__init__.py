"""What Prometheus warns of: the rules of every topic, as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from components.render.alerts import cards, machines, requests, services, watchers
from components.render.alerts.rule import Rule
from components.render.text import as_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Whom the alerts are about, where names matter."""

    vault_job: str
    backup_node: str
    """Node that would know of a backup."""

    card_monitors: Sequence[str] = ()
    """Jobs that watch a card."""

    pools: Sequence[str] = ()
    """The proxy's pools that lead to an engine."""

    budgets: Mapping[str, float] = field(default_factory=dict)
    """Dollars a day by provider."""


def render_alerts(subjects: Subjects) -> str:
    """Text of alerts.yml."""
    groups: Mapping[str, Iterable[Rule]] = {
        "services": services.rules(vault_job=subjects.vault_job),
        "requests": requests.rules(pools=subjects.pools, budgets=subjects.budgets),
        "cards": cards.rules(monitors=subjects.card_monitors),
        "machines": machines.rules(backup_node=subjects.backup_node),
        "watchers": watchers.rules(),
    }
    return as_yaml(
        {
            "groups": [
                {"name": name, "rules": [rule.written() for rule in rules]} for name, rules in groups.items()
            ]
        }
    )
