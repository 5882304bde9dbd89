"""What an operator is told before anything is rotated, for the services of the committed lab."""

from __future__ import annotations

import dataclasses

import pytest

from components.model.secrets import SecretSource
from ops.rotate import report
from ops.rotate.plan import NONE, Plan, plan
from ops.rotate.proofs import Surroundings, asks_for
from ops.rotate.targets import Kind, never, rotatable
from ops.stack import Stack

AGENTS = {"oracle-agent-id", "starlord-agent-id", "thanos-agent-id"}
SPECIAL = {"vault-pulumi-id", "vault-seal", "vault-tls", "tls"}


def planned(stack: Stack, name: str) -> Plan:
    return plan(stack, rotatable(stack)[name])


KEPT = {"grafana-secret-key", "litellm-salt-key"}
OWN_ACCOUNTS = {"oracle-grafana", "oracle-open-webui", "thanos-gpt-researcher", "thanos-sillytavern"}
"""Who asks people for the operator's password itself, and so is replaced."""


def test_every_generated_secret_is_rotated_or_refused_with_a_reason(lab_stack: Stack) -> None:
    generated = {
        ref.rotates_as
        for spec in lab_stack.services
        for file in spec.secrets
        for ref in file.references
        if ref.source is SecretSource.GENERATED
    }

    assert set(rotatable(lab_stack)) == (generated - KEPT) | SPECIAL
    assert set(rotatable(lab_stack)) >= AGENTS
    for name in KEPT:
        assert never(lab_stack)[name] == "what is stored under it opens with no other value"
    assert set(never(lab_stack)) == KEPT | {"fingerprint-key"}


def test_somebody_is_known_to_check_every_value(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"stats": "http://a:8888", "prometheus": "http://a:9090"}
    monkeypatch.setattr("ops.stack.output", lambda *_: "https://a")
    monkeypatch.setattr("ops.stack.urls", lambda _: pages)
    proven_otherwise = {Kind.SEAL, Kind.CERTIFICATE}

    without = {
        name
        for name, target in rotatable(lab_stack).items()
        if target.kind not in proven_otherwise and not asks_for(Surroundings(lab_stack), target)
    }

    assert without == set()


def test_services_go_in_the_order_in_which_they_start(lab_stack: Stack) -> None:
    found = planned(lab_stack, "redis-password")

    assert [(each.order, each.service, each.happens) for each in found.effects] == [
        (1, "oracle-redis", "replaced"),
        (2, "oracle-litellm", "replaced"),
    ]
    assert found.effects[1].affected == "every request to the API"
    assert found.effects[0].downtime == "its own restart"
    assert "docs/measurements.md" in found.notes[0]
    assert found.changes == "aiswarm:epochs.redis-password: 1 to 2"


def test_the_next_epoch_follows_the_last_one(lab_stack: Stack) -> None:
    settings = lab_stack.settings.model_copy(update={"epochs": {"redis-password": 4}})

    found = planned(dataclasses.replace(lab_stack, settings=settings), "redis-password")

    assert found.changes == "aiswarm:epochs.redis-password: 4 to 5"


def test_a_database_role_is_altered_while_it_is_used(lab_stack: Stack) -> None:
    (effect,) = planned(lab_stack, "litellm-database-password").effects

    assert (effect.service, effect.happens, effect.downtime) == (
        "oracle-postgres", "ALTER ROLE in place", NONE,
    )  # fmt: skip


def test_pages_are_never_away(lab_stack: Stack) -> None:
    effects = [
        effect
        for effect in planned(lab_stack, "operator-password").effects
        if effect.service not in OWN_ACCOUNTS
    ]

    assert {effect.service for effect in effects} == {"oracle-haproxy", "oracle-prometheus"}
    assert {effect.happens for effect in effects} == {"reloads its configuration"}
    assert {effect.affected for effect in effects} == {NONE}


def test_it_is_said_when_every_engine_goes_at_once(lab_stack: Stack) -> None:
    assert planned(lab_stack, "engine-key").notes[-1].startswith("all engines are replaced at once")


def test_it_is_said_who_loses_a_service_and_stays(lab_stack: Stack) -> None:
    services = tuple(
        dataclasses.replace(spec, secrets=()) if spec.name == "litellm" else spec
        for spec in lab_stack.services
    )

    found = planned(dataclasses.replace(lab_stack, services=services), "redis-password")

    assert found.notes[1:] == (
        "oracle-litellm stays, and is without oracle-redis for that time",
        "oracle-open-webui stays, and is without oracle-redis for that time",
    )


@pytest.mark.parametrize(
    ("name", "service", "happens", "away"),
    [
        ("oracle-agent-id", "oracle-agent", "uses the new id at its next login", False),
        ("vault-pulumi-id", "pulumi, ./swarm", "log in with another id", False),
        ("vault-seal", "oracle-vault", "replaced, unseals by itself", True),
        ("vault-tls", "oracle-vault", "notices its new file", False),
        ("tls", "oracle-haproxy", "reloads its configuration", False),
    ],
)
def test_special_ones(lab_stack: Stack, name: str, service: str, happens: str, away: bool) -> None:
    (effect,) = planned(lab_stack, name).effects

    assert (effect.service, effect.happens, effect.restarts) == (service, happens, away)


def test_the_plan_for_scripts_has_all_that_the_table_has(lab_stack: Stack) -> None:
    found = planned(lab_stack, "redis-password")

    as_json = report.plan_json(found)

    assert as_json["changes"] == found.changes
    assert report.plan_table(found).row_count == len(found.effects) == 2
