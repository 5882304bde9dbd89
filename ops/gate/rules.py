"""What the pack is made of, by the name under which the engine speaks of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from ops.session import REPO

if TYPE_CHECKING:
    from policy.rules.support.exceptions import Grant
    from policy.rules.support.rule import Rule as Source

FILE = "policy/exceptions.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as reports name it: one of the pack's, or one of the gate's own."""

    id: str
    """For example `CTR-002`."""

    name: str
    """For example `non-root-user`; events hold nothing else of it."""

    description: str
    severity: str
    """`low` to `critical`."""

    level: str
    """`mandatory` or `advisory`."""

    remediation: str
    frameworks: tuple[str, ...] = ()
    page: str
    """Where it is explained, from the root of the repository."""

    judges: Callable[[str], bool] | None = None
    """Whether it judges resources of a type; None for a rule on the stack as a whole."""


@cache
def load() -> Mapping[str, Rule]:
    """Every rule in the pack's folder by name. Loaded when asked for: the pack's SDK takes its time."""
    found = sorted(map(_rule, _pack()), key=lambda rule: rule.id)
    return MappingProxyType({rule.name: rule for rule in found})


def granted(stack: str, today: date) -> tuple[Grant, ...]:
    """The exceptions that the pack grants in a stack; what is wrong with others is the pack's to say."""
    from policy.rules.support import exceptions_file  # noqa: PLC0415  as below

    excusable = {rule.id: rule.excusable for rule in _pack()}
    found = exceptions_file.read(REPO / FILE, excusable, today)
    return tuple(grant for grant in found.grants if stack in grant.stacks)


@cache
def _pack() -> tuple[Source, ...]:
    from policy import rules  # noqa: PLC0415  half a second that no other command should pay

    modules = [found.name for found in iter_modules(rules.__path__) if not found.ispkg]
    return tuple(import_module(f"policy.rules.{name}").RULE for name in modules)


def _rule(source: Source) -> Rule:
    from policy.rules.support.rule import ResourceRule  # noqa: PLC0415  as above

    return Rule(
        id=source.id,
        name=source.name,
        description=source.description,
        severity=source.severity.value,
        level=source.level.value,
        remediation=source.remediation,
        frameworks=tuple(source.frameworks),
        page=f"policy/docs/{source.id}.md",
        judges=source.judges if isinstance(source, ResourceRule) else None,
    )
