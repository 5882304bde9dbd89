"""The rules on networks and data against the real stacks: little to find there, and each edit is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.no_low_ports import LISTED
from policy.rules.support.inventory import DATA_VOLUMES, OFF_BY_DEFAULT, PUBLISHED
from policy.rules.support.ports import published
from policy.rules.support.resources import CONTAINER, VOLUME
from policy.rules.support.rule import ResourceRule
from tests.policy import cases_dat, cases_mounts, cases_net
from tests.policy.cases_img import Case
from tests.policy.cases_net import PROVIDERS, Provider
from tests.policy.recorded import Recorded, find, rules_of, stack

RULES = [*rules_of("NET-"), *rules_of("DAT-")]
CASES = (*cases_net.CASES, *cases_dat.CASES)
MOUNTS = tuple(case for case in cases_mounts.CASES if case.rule.startswith("DAT-"))
ADVISED = {("NET-006", "oracle-postgres"), ("NET-006", "oracle-redis")}
"""The plan publishes both; other nodes and operators use them, with passwords."""

WITHOUT_DOCUMENTS = {"DAT-005"}


def test_the_groups_are_complete() -> None:
    """DAT-003 and DAT-004 are about operations, which no rule sees: `./swarm gate` does."""
    ids = [rule.id for rule in RULES if rule.id not in {"DAT-003", "DAT-004"}]
    assert ids == [
        *(f"NET-{number:03}" for number in range(1, 8)),
        *("DAT-001", "DAT-002", "DAT-005", "DAT-006", "DAT-007", "DAT-008"),
    ]


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_stacks_keep_all_rules_but_for_advice(name: str) -> None:
    assert find(RULES, stack(name)) == ADVISED


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_no_rule_is_dead(name: str) -> None:
    types = {found.resource.type for found in stack(name)}
    assert all(any(map(rule.judges, types)) for rule in RULES if isinstance(rule, ResourceRule))


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_what_is_listed_is_what_the_stacks_have(name: str) -> None:
    resources = [each.resource for each in stack(name)]
    ports = {
        each.name: tuple(sorted(port.number or 0 for port in published(each)))
        for each in resources
        if each.type == CONTAINER and each.fields.holds("ports")
    }
    assert ports == {key: numbers for key, numbers in PUBLISHED.items() if key not in OFF_BY_DEFAULT}
    assert {each.name for each in resources if each.type == VOLUME and each.protected} == DATA_VOLUMES
    assert all(low <= set(ports[each]) for each, low in LISTED.items())


@pytest.mark.parametrize("case", [*CASES, *MOUNTS], ids=lambda case: f"{case.rule}-{case.name}")
def test_one_edit_makes_exactly_its_rules_fire(case: Case) -> None:
    whole = stack("prod")
    edited = tuple(found.edited(case.edit) if is_meant(found, case) else found for found in whole)
    assert find(RULES, edited) - ADVISED == {(case.rule, case.name), *case.also}


@pytest.mark.parametrize("case", PROVIDERS, ids=lambda case: f"{case.name}-{PROVIDERS.index(case)}")
def test_one_setting_of_a_provider_makes_the_rule_on_hosts_fire(case: Provider) -> None:
    rules = [rule for rule in RULES if rule.id == "NET-007"]
    edited = tuple(with_provider(found, case) for found in stack("prod"))
    assert find(rules, edited) == {("NET-007", case.name)}


def test_unprotected_data_is_found() -> None:
    edited = tuple(
        replace(each, resource=replace(each.resource, protected=False))
        if each.resource.name == cases_dat.DATA
        else each
        for each in stack("prod")
    )
    assert find(RULES, edited) - ADVISED == {("DAT-002", cases_dat.DATA)}


def test_an_update_without_host_keys_is_refused_at_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_DRY_RUN", "false")
    commands = {each.resource.name for each in stack("prod") if each.resource.type.endswith(":Command")}
    assert len(commands) > 20
    assert find(RULES, stack("prod")) - ADVISED == {("NET-007", name) for name in commands}


def test_every_rule_has_an_edit() -> None:
    assert {case.rule for case in (*CASES, *MOUNTS)} == {rule.id for rule in RULES} - WITHOUT_DOCUMENTS


def is_meant(found: Recorded, case: Case) -> bool:
    return (found.resource.type, found.resource.name) == (case.type, case.name)


def with_provider(found: Recorded, case: Provider) -> Recorded:
    if found.resource.name != case.name or found.resource.provider is None:
        return found
    provider = {**found.resource.provider.everything(), **case.changes}
    return replace(
        found, resource=replace(found.resource, provider=type(found.resource.provider)(provider, "provider"))
    )
