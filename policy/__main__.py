"""Serve the pack to the engine; `pulumi preview --policy-pack policy` starts this file.

Building a `PolicyPack` starts a server and never returns, so nothing else may import this module. A rule
counts only when it is named here.
"""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, PolicyPack

# The engine puts this folder first on sys.path; seen from the repository's root, it is policy.rules.
from rules import (  # type: ignore[import-not-found]
    arm_image_on_arm_node,
    no_privileged_container,
    non_root_user,
)

PolicyPack(
    name="aiswarm",
    # The SDK's own default is advisory, which lets a violation pass.
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        arm_image_on_arm_node.RULE.policy(),
        no_privileged_container.RULE.policy(),
        non_root_user.RULE.policy(),
    ],
)
