"""What the alerts promise whoever reads them; when they come is tried with the real program."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from components.render.alerts import Subjects, render_alerts
from components.render.alerts.rule import HELP, Severity
from tests.unit.components.render.test_texts import text
from tests.unit.components.stacks import ROOT, STACKS


def rules(subjects: Subjects) -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(render_alerts(subjects))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


EVERYTHING = Subjects(
    vault_job="oracle-vault",
    backup_node="oracle",
    card_monitors=("a", "b"),
    pools=("one", "two"),
    budgets={"openrouter": 3.0, "gemini": 0.5},
)
RULES = rules(EVERYTHING)


def test_every_alert_leads_to_its_section() -> None:
    sections = re.findall(r"^### (\w+)$", (ROOT / HELP).read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == list(RULES)
    assert {rule["annotations"]["runbook"] for rule in RULES.values()} == {
        f"{HELP}#{name.lower()}" for name in sections
    }


@pytest.mark.parametrize("name", RULES)
def test_every_alert_says_how_bad_where_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert rule["labels"]["severity"] in set(Severity)
    assert "{{ $labels.node }}" in rule["annotations"]["summary"]
    assert rule["annotations"]["fix"]


def test_a_warning_with_a_worse_one_behind_it_shares_its_topic() -> None:
    topics: dict[str, set[str]] = {}
    for rule in RULES.values():
        if "topic" in rule["labels"]:
            topics.setdefault(rule["labels"]["topic"], set()).add(rule["labels"]["severity"])
    assert set(topics) == {"certificate", "heat", "disk", "memory"}
    assert all(severities == set(Severity) for severities in topics.values())


def test_every_provider_is_watched_with_a_tenth_of_its_own_budget() -> None:
    parts = RULES["BudgetAlmostSpent"]["expr"].split(" or ")
    assert [part[part.index("api_provider=") :] for part in parts] == [
        'api_provider="openrouter"}) < 0.3',
        'api_provider="gemini"}) < 0.05',
    ]


def test_what_is_not_there_has_no_alert() -> None:
    left = set(RULES) - set(rules(Subjects(vault_job="oracle-vault", backup_node="oracle")))
    assert left == {"BudgetAlmostSpent", "CardLost", "OneEngineLeft"}


@pytest.mark.parametrize("stack", STACKS)
def test_cards_and_engines_are_those_of_the_swarm(stack: str) -> None:
    alerts = text(stack, "oracle-prometheus", "alerts.yml")
    assert 'job=~"starlord-gpu-monitor|thanos-thermal-monitor"' in alerts
    assert 'proxy=~"pool-primary|pool-secondary|pool-backup"' in alerts
    assert 'job="oracle-vault"' in alerts
