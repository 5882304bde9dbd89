"""Serve the pack to the engine; `pulumi preview --policy-pack policy` starts this file.

Building a `PolicyPack` starts a server and never returns, so nothing else may import this module.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

# The engine puts this folder first on sys.path; seen from the repository's root, it is policy.rules.
import rules  # type: ignore[import-not-found]
from pulumi_policy import EnforcementLevel, PolicyPack
from rules.support import exceptions_file  # type: ignore[import-not-found]  # (as above)
from rules.support.rule import RunRule  # type: ignore[import-not-found]  # (as above)
from rules.support.run import Run  # type: ignore[import-not-found]  # (as above)
from rules.support.secrets import collector  # type: ignore[import-not-found]  # (as above)

found = [
    import_module(f"rules.{module.name}").RULE for module in iter_modules(rules.__path__) if not module.ispkg
]
exceptions = exceptions_file.read(
    Path(__file__).with_name("exceptions.yaml"),
    {rule.id: rule.excusable for rule in found},
    datetime.now().astimezone().date(),
)
run = Run(exceptions)

PolicyPack(
    name="aiswarm",
    # The SDK's own default is advisory, which lets a violation pass.
    enforcement_level=EnforcementLevel.MANDATORY,
    # The engine asks in this order: what is secret is noted first; rules on the pack's own work come last.
    policies=[
        collector(),
        *(rule.policy(run) for rule in sorted(found, key=lambda rule: isinstance(rule, RunRule))),
    ],
)
