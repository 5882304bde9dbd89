"""All edits of the real stacks that some rule must find: every `cases_<group>.py` beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.policy.recorded import Recorded, stack


@dataclass(frozen=True, slots=True)
class Mutation:
    """One edit of one resource, and what must then be found."""

    id: str
    rule: str
    stack: str
    type: str
    name: str
    edit: object
    """A function that changes inputs, or the paths that are marked as secret instead of those that are."""

    also: frozenset[str]
    """Ids of other rules that the same edit breaks, as its group knows."""

    def edited(self) -> tuple[Recorded, ...]:
        """The whole stack with the edit."""
        return tuple(self.of(found) if self.is_meant(found) else found for found in stack(self.stack))

    def is_meant(self, found: Recorded) -> bool:
        """Whether this is the resource."""
        return (found.resource.type, found.resource.name) == (self.type, self.name)

    def of(self, found: Recorded) -> Recorded:
        """The resource after the edit."""
        return found.edited(self.edit) if callable(self.edit) else found.remarked(*_paths(self.edit))


def every_mutation() -> list[Mutation]:
    """All of them, in the order of the files."""
    files = sorted(Path(__file__).parent.glob("cases_*.py"))
    return [mutation for file in files for mutation in _of(file.stem)]


def _of(module: str) -> Iterator[Mutation]:
    found = import_module(f"tests.policy.{module}")
    for number, case in enumerate([*found.CASES, *getattr(found, "MARKS", ())]):
        yield Mutation(
            id=f"{module.removeprefix('cases_')}-{number}-{case.rule}",
            rule=case.rule,
            stack=getattr(found, "STACK", "prod"),
            type=case.type,
            name=case.name,
            edit=case.edit if hasattr(case, "edit") else case.paths,
            also=frozenset(rule for rule, _ in getattr(case, "also", ())),
        )


def _paths(edit: object) -> tuple[str, ...]:
    assert isinstance(edit, tuple)
    return edit
