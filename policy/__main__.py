"""Serve the pack to the engine; `pulumi preview --policy-pack policy` starts this file.

Building a `PolicyPack` starts a server and never returns, so nothing else may import this module.
"""

from __future__ import annotations

from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

# The engine puts this folder first on sys.path; seen from the repository's root, it is policy.rules.
from rules.support import assembly, lock  # type: ignore[import-not-found]

rules = assembly.every_rule()
exceptions = assembly.read_exceptions(Path(__file__).with_name("exceptions.yaml"), rules, lock.today())

PolicyPack(
    name="aiswarm",
    # The SDK's own default is advisory, which lets a violation pass.
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=assembly.policies(rules, exceptions),
)
