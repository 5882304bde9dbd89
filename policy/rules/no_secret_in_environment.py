"""No secret in a container's environment, command or labels, whether or not anybody marked it as one.

SEC-001 knows what the program marked. This rule looks at what it did not: at names that say `password`, and
at values with the form of a key. `NAME_FILE=/run/secrets/name` is how a program is told where its secret is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule
from .support.secret_forms import find_form, is_harmless, known_form, named_values, names_secret

_FIX = "put it into a file, and name the file (NAME_FILE)"
_SHOWABLE = re.compile(r"[A-Za-z][A-Za-z_-]*")
"""A name of letters alone: what stands before `=` may be the start of a secret, too."""


def check_environment(container: Resource) -> Iterator[Problem]:
    """Refuse secrets in variables."""
    for index, entry in enumerate(container.fields.texts("envs")):
        name, _, value = entry.partition("=")
        yield from _check_name(container, f"envs[{index}]", name, value)
        yield from _check_text(container, f"envs[{index}]", entry)


def check_commands(container: Resource) -> Iterator[Problem]:
    """Refuse secrets in what the container runs."""
    healthcheck = container.fields.nested("healthcheck")
    for fields, field in (
        (container.fields, "command"),
        (container.fields, "entrypoints"),
        (healthcheck, "tests"),
    ):
        words = fields.texts(field)
        for name, value in named_values(words):
            yield from _check_name(container, fields.path(field), name, value)
        for index, word in enumerate(words):
            yield from _check_text(container, f"{fields.path(field)}[{index}]", word)


def check_labels(container: Resource) -> Iterator[Problem]:
    """Refuse known forms of secrets in labels, which carry random text of their own: digests.

    A digest may be unknown at preview; the label is judged in the update then.
    """
    for label in container.fields.objects("labels"):
        kind = None if label.is_unknown("value") else known_form(label.text("value") or "")
        if kind:
            yield container.problem(label.path("value"), "must hold nothing secret", kind, _FIX)


def _check_name(container: Resource, path: str, name: str, value: str) -> Iterator[Problem]:
    if names_secret(name) and not is_harmless(value):
        shown = f"a value for {name}" if _SHOWABLE.fullmatch(name) else "a value with the name of a secret"
        yield container.problem(path, "must hold nothing secret", shown, _FIX)


def _check_text(container: Resource, path: str, text: str) -> Iterator[Problem]:
    kind = find_form(text)
    if kind:
        yield container.problem(path, "must hold nothing secret", kind, _FIX)


RULE = ResourceRule(
    id="SEC-002",
    name="no-secret-in-environment",
    description="No container is given a secret in its environment, command or labels.",
    severity=Severity.CRITICAL,
    frameworks=("CIS 4.10", "OWASP 12"),
    remediation="Put the secret into a file, and tell the program the file's name.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_environment, check_commands, check_labels)},
)
