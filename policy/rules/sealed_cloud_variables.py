"""Secrets go to Railway sealed and marked as such, and Railway's token goes nowhere at all.

A sealed variable can be written and never read again; any other can be read by everyone in the project. The
token is taken from the environment of whoever runs the program: in the configuration of a stack it would also
stand in the state, and as a property of a resource in every diff.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping

import pulumi
from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import RAILWAY, RAILWAY_VARIABLES, STACK, Resource
from .support.rule import ResourceRule
from .support.secret_forms import is_harmless, known_form, names_secret

TOKEN_VARIABLES = ("RAILWAY_API_TOKEN", "RAILWAY_TOKEN")

_NAMES_TOKEN = re.compile(r"RAILWAY[\w.-]*TOKEN", re.IGNORECASE)
_PROPERTY = re.compile(r"(\w+_)?token|api_?key", re.IGNORECASE)
_SHORTEST_TOKEN = 8
"""A shorter text could stand in any resource by accident."""

_FIX = "seal it, and pass it as a secret"


def check_sealed(variables: Resource) -> Iterator[Problem]:
    """Demand that what is sealed is marked as secret; judged in the update where it is unknown before."""
    if variables.fields.is_unknown("sealed"):
        return
    sealed = variables.fields.nested("sealed")
    for name in sealed:
        if not sealed.is_unknown(name) and not variables.is_secret(f"sealed.{name}"):
            yield variables.problem(sealed.path(name), "must be marked as secret", "a plain value", _FIX)


def check_readable(variables: Resource) -> Iterator[Problem]:
    """Refuse secrets among the variables that everyone may read."""
    readable = variables.fields.nested("variables")
    for name in readable:
        path = readable.path(name)
        if any(mark == "variables" or mark.startswith(path) for mark in variables.secrets):
            yield variables.problem(path, "must be sealed", "a value that is marked as secret", _FIX)
            continue
        if readable.is_unknown(name):
            continue
        value = readable.text(name) or ""
        named = names_secret(name) and not is_harmless(value)
        kind = "the name of a secret" if named else known_form(value)
        if kind:
            yield variables.problem(path, "must be sealed", kind, _FIX)


def check_token(resource: Resource) -> Iterator[Problem]:
    """Refuse Railway's token in any input of any resource, under whatever name."""
    tokens = _tokens()
    for path, text in _walk(resource.fields.everything()):
        got = None
        if resource.type.startswith(RAILWAY) and _PROPERTY.fullmatch(path):
            got = "a property for it"
        elif _NAMES_TOKEN.search(path) or _NAMES_TOKEN.search(text):
            got = "its name"
        elif any(token in text for token in tokens):
            got = "the token itself"
        if got:
            fix = f"remove it; the program takes it from {TOKEN_VARIABLES[0]} of its environment"
            field = re.sub(r"\W.*", "", path)
            yield resource.problem(field, "must not hold Railway's token", got, fix)


def check_configuration(stack: Resource) -> Iterator[Problem]:
    """Refuse the token in the configuration of the stack; a state file that is judged has none."""
    tokens = _tokens()
    for key, text in pulumi.runtime.get_config_env().items():
        named = any(_NAMES_TOKEN.search(path) for path, _ in _walk({key: _parsed(text)}))
        if named or any(token in text for token in tokens):
            got = "its name or the token itself"
            fix = f"remove it, and set {TOKEN_VARIABLES[0]} in the environment"
            yield stack.problem(f"config[{key}]", "must not hold Railway's token", got, fix)


def _tokens() -> list[str]:
    values = [os.environ.get(name, "") for name in TOKEN_VARIABLES]
    return [value for value in values if len(value) >= _SHORTEST_TOKEN]


def _parsed(text: str) -> object:
    """An object of the configuration, which the engine hands over as text; other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _walk(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Where each value stands, and its text; an empty one where it is none."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{index}]")
    else:
        yield path, value if isinstance(value, str) else ""


RULE = ResourceRule(
    id="RLW-003",
    name="sealed-cloud-variables",
    description="Secrets are sealed at Railway and marked as secret; Railway's token is in no resource.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Seal the variable and pass it as a secret; give the token in the environment only.",
    level=EnforcementLevel.MANDATORY,
    checks={RAILWAY_VARIABLES: (check_sealed, check_readable), STACK: (check_configuration,)},
    everywhere=(check_token,),
)
