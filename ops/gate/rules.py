"""What the pack is made of, by the name under which the engine speaks of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the pack, as reports name it."""

    id: str
    """For example `CTR-002`."""

    name: str
    """For example `non-root-user`; events hold nothing else of it."""

    description: str
    severity: str
    level: str
    remediation: str
    frameworks: tuple[str, ...]
    types: frozenset[str]
    """Types of the resources that it judges one by one; none for a rule on the whole stack."""


@cache
def load() -> dict[str, Rule]:
    """Every rule in the pack's folder by name. Loaded when asked for: the pack's SDK takes its time."""
    from policy import rules  # noqa: PLC0415  half a second that no other command should pay

    modules = [found.name for found in iter_modules(rules.__path__) if not found.ispkg]
    found = [_rule(import_module(f"policy.rules.{name}").RULE) for name in modules]
    return {rule.name: rule for rule in sorted(found, key=lambda rule: rule.id)}


def _rule(source: object) -> Rule:
    from policy.rules.support.rule import ResourceRule, StackRule  # noqa: PLC0415  as above

    if not isinstance(source, ResourceRule | StackRule):
        raise TypeError(f"policy/rules: each RULE must be a rule, got a {type(source).__name__}")
    return Rule(
        id=source.id,
        name=source.name,
        description=source.description,
        severity=source.severity.value,
        level=source.level.value,
        remediation=source.remediation,
        frameworks=tuple(map(str, source.frameworks)),
        types=frozenset(source.checks) if isinstance(source, ResourceRule) else frozenset(),
    )
