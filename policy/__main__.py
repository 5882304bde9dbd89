"""Serve the pack to the engine; `pulumi preview --policy-pack policy` starts this file.

Building a `PolicyPack` starts a server and never returns, so nothing else may import this module.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

# The engine puts this folder first on sys.path; seen from the repository's root, it is policy.rules.
import rules  # type: ignore[import-not-found]
from pulumi_policy import EnforcementLevel, PolicyPack

PolicyPack(
    name="aiswarm",
    # The SDK's own default is advisory, which lets a violation pass.
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        import_module("rules.support.secrets").collector(),
        *(
            import_module(f"rules.{found.name}").RULE.policy()
            for found in iter_modules(rules.__path__)
            if not found.ispkg
        ),
    ],
)
