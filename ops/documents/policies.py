"""`policy/README.md`, a page for each rule, and which demand of which catalogue a rule holds; pure text."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.documents.services import table

if TYPE_CHECKING:
    from policy.rules.support.frameworks import Framework
    from policy.rules.support.rule import AnyRule

FOLDER = "policy/docs"
INDEX = "policy/README.md"
COVERAGE = "policy/coverage.md"

GROUPS = {
    "CTR": "Containers",
    "IMG": "Images",
    "NET": "Networks and machines",
    "DAT": "Data",
    "SEC": "Secrets",
    "CAP": "Capacity",
    "OPS": "Operation",
    "RLW": "Railway",
    "POL": "The pack itself",
}

_INTRODUCTION = """\
# Policies

Made by `./swarm docs` from the rules themselves; a change here would be lost.

    pulumi preview --policy-pack policy     # contacts no host
    ./swarm gate --stack prod               # the same, and what no policy is asked about: docs/gate.md

A mandatory rule ends the preview or the update; an advisory one is shown. A rule that cannot read what it
needs, or that fails, refuses ([POL-002](docs/POL-002.md), [POL-003](docs/POL-003.md)). To depart from a rule,
grant an exception in `exceptions.yaml`: one rule, one resource, what is found there, a reason, somebody
who answers, 180 days at most ([POL-001](docs/POL-001.md)). Which demand of CIS, KICS, Kubernetes and OWASP is
held by which rule: [coverage.md](coverage.md). Why the pack is built as it is:
`docs/decisions/0005-policy-pack.md`.

    exceptions:
      - rule: CTR-012                      # the id; the table below says which rules may have exceptions
        resource: starlord-vllm-primary    # the exact name in the stack
        stacks: [prod]
        found: ["'all'"]                   # what is excused, as the rule shows it after `got`
        reason: computes on the card       # why the rule cannot be kept, 20 characters at least
        owner: operations
        granted: 2026-11-23
        expires: 2027-05-22

A new rule is one file in `rules/` with a `RULE`, a test beside the others in `tests/policy`, an edit of the
real stack in a `cases_*.py` there, and `./swarm docs`.
"""

_COVERAGE = """\
# Which demand is held by which rule

Made by `./swarm docs` from `coverage.yaml`, which tests compare with the rules; a change here would be lost.
Ids only: the texts belong to their publishers.
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """What the documents are made of.

    Attributes:
        explained: Why a rule is as it is, by its id: the docstring of its module.
        exceptions: Entries of `policy/exceptions.yaml`.
        coverage: Content of `policy/coverage.yaml`.
    """

    rules: Sequence[AnyRule]
    explained: Mapping[str, str]
    frameworks: Mapping[str, Framework]
    exceptions: Sequence[Mapping[str, Any]]
    coverage: Mapping[str, Any]

    def excused(self, rule: str) -> list[Mapping[str, Any]]:
        """Exceptions from a rule."""
        return [entry for entry in self.exceptions if entry["rule"] == rule]


def policy_documents(pack: Pack) -> dict[str, str]:
    """Text of each document by its path in the checkout."""
    return {
        INDEX: "\n".join((_INTRODUCTION, *_groups(pack))),
        COVERAGE: "\n".join((_COVERAGE, *_catalogues(pack))),
        **{f"{FOLDER}/{rule.id}.md": "\n".join(_page(rule, pack)) for rule in pack.rules},
    }


def _groups(pack: Pack) -> Iterator[str]:
    header = ("id", "name", "what it holds", "level", "severity", "the same elsewhere", "exceptions")
    for prefix, title in GROUPS.items():
        rows = [_row(rule, pack) for rule in pack.rules if rule.id.startswith(prefix)]
        yield f"## {title}\n\n{table(header, rows)}"


def _row(rule: AnyRule, pack: Pack) -> tuple[str, ...]:
    granted = len(pack.excused(rule.id))
    return (
        f"[{rule.id}](docs/{rule.id}.md)",
        rule.name,
        rule.description,
        rule.level.value,
        rule.severity.value,
        ", ".join(rule.frameworks) or "-",
        "never" if not rule.excusable else f"{granted} granted" if granted else "allowed",
    )


def _page(rule: AnyRule, pack: Pack) -> Iterator[str]:
    yield f"# {rule.id}: {rule.name}\n"
    yield f"{rule.description}\n"
    yield f"Level {rule.level.value}, severity {rule.severity.value}. {_judged(rule)}\n"
    yield f"## Why\n\n{pack.explained[rule.id]}\n"
    yield f"## What to do\n\n{rule.remediation}\n"
    yield f"## Exceptions\n\n{_exceptions(rule, pack)}"
    if rule.frameworks:
        yield f"## The same elsewhere\n\n{_elsewhere(rule, pack)}"


def _judged(rule: AnyRule) -> str:
    if getattr(rule, "everywhere", ()):
        return "Judged on every resource, before it is changed."
    types: Mapping[str, object] = getattr(rule, "checks", {})
    if not types:
        return "Judged on the whole stack, at the end of a preview."
    return f"Judged before it is changed, on: {', '.join(f'`{kind}`' for kind in types)}."


def _exceptions(rule: AnyRule, pack: Pack) -> str:
    if not rule.excusable:
        return "None can be granted.\n"
    rows = [
        (
            entry["resource"],
            ", ".join(entry["stacks"]),
            str(entry["expires"]),
            ", ".join(entry["found"]),
            entry["owner"],
            entry["reason"],
        )
        for entry in pack.excused(rule.id)
    ]
    return (
        table(("resource", "stacks", "until", "what it excuses", "who answers", "why"), rows)
        if rows
        else "None is granted.\n"
    )


def _elsewhere(rule: AnyRule, pack: Pack) -> str:
    lines = []
    for claimed in rule.frameworks:
        word, _, reference = claimed.partition(" ")
        found = pack.frameworks[word]
        lines.append(f"- {found.name} ({found.version}): {reference}\n")
    return "".join(lines)


def _catalogues(pack: Pack) -> Iterator[str]:
    for word, catalogue in pack.coverage.items():
        found = pack.frameworks[word]
        demands = catalogue["demands"]
        held = sum(isinstance(demand, list) for demand in demands.values())
        rows = (_demand(key, demand) for key, demand in demands.items())
        yield (
            f"## {found.name} ({found.version})\n\n{catalogue['about']} "
            f"{held} of {len(demands)} are held by rules.\n\n{table((word, 'held by', 'why not'), rows)}"
        )


def _demand(key: str, demand: list[str] | str) -> tuple[str, str, str]:
    if isinstance(demand, str):
        return key, "-", demand
    return key, ", ".join(f"[{rule}](docs/{rule}.md)" for rule in demand), "-"


def clean(docstring: str | None) -> str:
    """A docstring as a paragraph or more, without its indentation."""
    return inspect.cleandoc(docstring or "")
