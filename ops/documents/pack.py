"""Read the policy pack for its documents; the pack's SDK is loaded here, when it is asked for."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from ops.documents.policies import Pack, clean
from ops.session import REPO


def read_pack() -> Pack:
    """Rules, exceptions and coverage as they are in the checkout."""
    from policy.rules.support import assembly, frameworks  # noqa: PLC0415  no other command should pay for it

    rules = sorted(assembly.every_rule(), key=lambda rule: rule.id)
    modules = {rule.id: sys.modules[f"policy.rules.{rule.name.replace('-', '_')}"] for rule in rules}
    return Pack(
        rules=rules,
        explained={rule: clean(module.__doc__) for rule, module in modules.items()},
        frameworks=frameworks.FRAMEWORKS,
        exceptions=_read("policy/exceptions.yaml")["exceptions"],
        coverage=_read("policy/coverage.yaml"),
    )


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPO / path).read_text(encoding="utf-8"))
    return found
