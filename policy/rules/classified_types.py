"""Nothing is deployed that nobody has thought about.

A rule looks at the types that it knows. A new type (a Docker service, a plugin, a command on the operator's
own machine) would pass all of them unseen, so each type stands in a list here: rules judge it, or there is a
reason why none has to. Nothing is harmless by its beginning alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import (
    BUILT_IMAGE,
    COMMAND,
    CONTAINER,
    GATEWAY_NODE,
    NETWORK,
    RAILWAY,
    RAILWAY_PROJECT,
    RAILWAY_SETTINGS,
    RAILWAY_VARIABLES,
    REMOTE_IMAGE,
    STACK,
    VOLUME,
    Resource,
)
from .support.rule import ResourceRule

JUDGED = frozenset(
    {
        BUILT_IMAGE,
        COMMAND,
        CONTAINER,
        GATEWAY_NODE,
        NETWORK,
        RAILWAY_PROJECT,
        RAILWAY_SETTINGS,
        RAILWAY_VARIABLES,
        REMOTE_IMAGE,
        STACK,
        VOLUME,
        "aiswarm:index:StarlordNode",
        "aiswarm:index:ThanosNode",
        "pulumi:providers:docker",
        "pulumi:providers:vault",
        "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId",
        "vault:generic/secret:Secret",
        "vault:kv/secret:Secret",
        "vault:kv/secretV2:SecretV2",
    }
)
"""Types of which at least one rule reads the inputs."""

_PARTS = "a component: its parts are judged"
_RANDOM = "a value that is made at random and marked as secret; nothing runs"
_ACCESS = "who may read what in Vault; nothing runs, and no secret stands in it"
_CLOUD = "a place at Railway: what runs there stands in its settings, what it is told in its variables"

HARMLESS = {
    "aiswarm:index:HostPreparation": _PARTS,
    "aiswarm:index:RailwayService": _PARTS,
    "aiswarm:index:Secrets": _PARTS,
    "aiswarm:index:Service": _PARTS,
    "aiswarm:index:SwarmSecrets": _PARTS,
    "aiswarm:index:VaultServer": _PARTS,
    f"{RAILWAY}Deployment": _CLOUD,
    f"{RAILWAY}Domain": _CLOUD,
    f"{RAILWAY}Environment": _CLOUD,
    f"{RAILWAY}Project": _CLOUD,
    f"{RAILWAY}Service": _CLOUD,
    f"{RAILWAY}Volume": _CLOUD,
    "pulumi:providers:command": "it has no settings",
    "pulumi:providers:pulumi-python": "it runs the program's own code; what that makes is judged by its type",
    "pulumi:providers:random": "it has no settings",
    "random:index/randomBytes:RandomBytes": _RANDOM,
    "random:index/randomPassword:RandomPassword": _RANDOM,
    "random:index/randomUuid:RandomUuid": "the public half of a login, made at random; nothing runs",
    "vault:appRole/authBackendRole:AuthBackendRole": _ACCESS,
    "vault:index/authBackend:AuthBackend": _ACCESS,
    "vault:index/mount:Mount": _ACCESS,
    "vault:index/policy:Policy": _ACCESS,
}
"""Why no rule has to read the inputs of a type."""


def check_type(resource: Resource) -> Iterator[Problem]:
    """Refuse what stands in neither list."""
    if resource.type not in JUDGED and resource.type not in HARMLESS:
        expected = "must be of a type that rules judge or that is known as harmless"
        fix = "see policy/rules/classified_types.py, and give the type its rules first"
        yield resource.problem("type", expected, repr(resource.type), fix)


RULE = ResourceRule(
    id="POL-004",
    name="classified-types",
    description="Nothing is deployed of a type that the rules do not know.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Write the rules that the type needs, then add it to `policy/rules/classified_types.py`.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={},
    everywhere=(check_type,),
)
