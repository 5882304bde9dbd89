"""The policies' documents: every rule and every demand of the catalogues is in them, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lab import paths
from ops.documents.pack import read_pack
from ops.documents.policies import COVERAGE, GROUPS, INDEX, policy_documents

PACK = read_pack()
TEXTS = policy_documents(PACK)
IDS = {rule.id for rule in PACK.rules}
OF_THE_GATE = {"DAT-003", "DAT-004", "SEC-005", "EVI-001"}
"""Judged from the engine's events: docs/gate.md."""

SIZES = {"CIS": 48, "KICS": 22, "PSS": 16, "OWASP": 15}
"""Demands of each catalogue: CIS 4.1 to 4.12, 5.1 to 5.32 and four on Swarm; Kubernetes' level `restricted`
with `baseline`; the cheat sheet's rules 0 to 13 and 5a."""


def claims(word: str) -> set[tuple[str, str]]:
    """Demands of a catalogue and the rules that say they hold them."""
    return {
        (claimed.partition(" ")[2], rule.id)
        for rule in PACK.rules
        for claimed in rule.frameworks
        if claimed.partition(" ")[0] == word
    }


def listed(word: str) -> set[tuple[str, str]]:
    """The same as the table has it."""
    demands = PACK.coverage[word]["demands"].items()
    return {(str(key), rule) for key, held in demands if isinstance(held, list) for rule in held}


def reasons() -> Iterator[tuple[str, str]]:
    for word, catalogue in PACK.coverage.items():
        for key, held in catalogue["demands"].items():
            if not isinstance(held, list):
                yield f"{word} {key}", held


@pytest.mark.parametrize("word", SIZES)
def test_the_table_and_the_rules_say_the_same(word: str) -> None:
    assert listed(word) == claims(word)


@pytest.mark.parametrize("word", SIZES)
def test_no_demand_is_left_out(word: str) -> None:
    assert len(PACK.coverage[word]["demands"]) == SIZES[word]
    assert PACK.coverage.keys() == SIZES.keys()


def test_each_demand_has_rules_or_a_reason() -> None:
    for demand, reason in reasons():
        assert isinstance(reason, str), demand
        assert len(reason) > 20, demand
    assert all(held for catalogue in PACK.coverage.values() for held in catalogue["demands"].values())


@pytest.mark.parametrize("path", sorted(TEXTS))
def test_every_rule_that_is_named_is_there(path: str) -> None:
    named = set(re.findall(r"\b[A-Z]{3}-\d{3}\b", TEXTS[path]))
    assert named <= IDS | OF_THE_GATE


def test_every_link_leads_somewhere() -> None:
    for path, text in TEXTS.items():
        folder = path.rpartition("/")[0]
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert f"{folder}/{target}" in TEXTS, f"{path}: {target}"
    named = re.findall(r"\bdocs/[\w/-]+\.md", TEXTS[INDEX].replace("(docs/", "("))
    assert {path for path in named if not (paths.REPO / path).exists()} == set()


def test_every_rule_has_a_row_in_its_group_and_a_page() -> None:
    assert {rule.id.partition("-")[0] for rule in PACK.rules} == GROUPS.keys()
    for rule in PACK.rules:
        assert f"\n| [{rule.id}](docs/{rule.id}.md) | {rule.name} |" in TEXTS[INDEX]
        page = TEXTS[f"policy/docs/{rule.id}.md"]
        assert page.startswith(f"# {rule.id}: {rule.name}\n\n{rule.description}\n")
        assert rule.remediation in page
    assert TEXTS.keys() - {INDEX, COVERAGE} == {f"policy/docs/{rule}.md" for rule in IDS}


def test_a_page_explains_more_than_the_rule_says() -> None:
    assert all(len(PACK.explained[rule.id]) > 20 for rule in PACK.rules)


def test_what_has_exceptions_lists_them_and_what_may_have_none_says_so() -> None:
    assert "None can be granted." in TEXTS["policy/docs/CTR-001.md"]
    assert "None is granted." in TEXTS["policy/docs/CTR-002.md"]
    page = TEXTS["policy/docs/CTR-012.md"]
    for entry in PACK.excused("CTR-012"):
        assert f"| {entry['resource']} | {', '.join(entry['stacks'])} | {entry['expires']} |" in page
    assert f"| {len(PACK.excused('CTR-012'))} granted |" in TEXTS[INDEX]


def test_every_id_of_another_catalogue_says_whose_it_is() -> None:
    words = {claimed.partition(" ")[0] for rule in PACK.rules for claimed in rule.frameworks}
    assert words <= PACK.frameworks.keys()
    assert "- CIS Docker Benchmark (1.6.0): 5.18\n" in TEXTS["policy/docs/CTR-012.md"]
