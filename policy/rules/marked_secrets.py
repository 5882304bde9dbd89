"""What is secret by its nature is marked so, and commands on a node get secrets on standard input alone.

A remote command's text stands in every error message and in `ps` on the node, its environment is sent as
plain text over the session, and `triggers` are shown in every diff. Standard input is none of that, as long
as the output of the command is not logged (pulumi-command, `remote.Command`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import COMMAND, LOCAL_COMMAND, Resource
from .support.rule import Check, ResourceRule
from .support.secret_forms import find_form, is_harmless, named_values, names_secret

_TEXTS = ("create", "update", "delete")
_OPEN = ("create", "update", "delete", "environment", "triggers", "dir", "interpreter", "assetPaths")
_FIX = "hand it over on standard input"

BY_NATURE: Mapping[str, tuple[str, ...]] = {
    COMMAND: ("connection.password", "connection.privateKey", "connection.privateKeyPassword"),
    "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId": ("secretId",),
    "vault:generic/secret:Secret": ("dataJson",),
    "vault:kv/secret:Secret": ("dataJson",),
    "vault:kv/secretV2:SecretV2": ("dataJson",),
    "pulumi:providers:vault": ("token", "authLogin", "authLoginUserpass", "clientAuth"),
    "pulumi:providers:docker": ("keyMaterial", "registryAuth"),
}
"""Inputs that hold nothing but secrets, by type of resource."""


def check_marks(resource: Resource) -> Iterator[Problem]:
    """Demand that what is secret by nature is marked; judged in the update where it is unknown before."""
    for path in BY_NATURE[resource.type]:
        outer, _, inner = path.rpartition(".")
        fields = resource.fields.nested(outer) if outer else resource.fields
        if fields.holds(inner) and not fields.is_unknown(inner) and not resource.is_secret(path):
            fix = "pass it as a secret"
            yield resource.problem(path, "must be marked as secret", "a plain value", fix)


def check_open_fields(command: Resource) -> Iterator[Problem]:
    """Refuse marked secrets in all that is shown of a command."""
    fields = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in command.secrets}
    for field in sorted(fields & set(_OPEN)):
        got = "a value that is marked as secret"
        yield command.problem(field, "must hold nothing secret", got, _FIX)


def check_texts(command: Resource) -> Iterator[Problem]:
    """Refuse what looks like a secret in the text of a command."""
    for field in _TEXTS:
        text = command.fields.text(field) or ""
        named = any(names_secret(name) and not is_harmless(value) for name, value in named_values([text]))
        kind = "a value with the name of a secret" if named else find_form(text)
        if kind:
            yield command.problem(field, "must hold nothing secret", kind, _FIX)


def check_environment(command: Resource) -> Iterator[Problem]:
    """Refuse what looks like a secret in a command's environment."""
    environment = command.fields.nested("environment")
    for name in environment:
        value = environment.text(name) or ""
        kind = "the name of a secret" if names_secret(name) and not is_harmless(value) else find_form(value)
        if kind:
            yield command.problem("environment", "must hold nothing secret", kind, _FIX)


def check_logging(command: Resource) -> Iterator[Problem]:
    """Demand that a command which is given a secret logs nothing; what is unknown may become one."""
    given = command.is_secret("stdin") or command.fields.is_unknown("stdin")
    logging = command.fields.text("logging")
    if given and logging != "none":
        got = "nothing, which logs everything" if logging is None else repr(logging)
        yield command.problem(
            "logging", "must be none with a secret on standard input", got, "set it to none"
        )


_COMMAND_CHECKS: tuple[Check, ...] = (check_open_fields, check_texts, check_environment, check_logging)

RULE = ResourceRule(
    id="SEC-004",
    name="marked-secrets",
    description="Secrets are marked as such; commands get them on standard input alone and do not log them.",
    severity=Severity.CRITICAL,
    frameworks=("OWASP 12",),
    remediation="Pass the value as a secret; give it to a command on `stdin`, with `logging` none.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={
        **dict.fromkeys(BY_NATURE, (check_marks,)),
        COMMAND: (check_marks, *_COMMAND_CHECKS),
        LOCAL_COMMAND: _COMMAND_CHECKS,
    },
)
