"""What must hold of names and variables at Railway: mistakes that show halfway through an `up`, or never."""

from __future__ import annotations

import re
from collections.abc import Iterator

from components.model.cloud import Cloud, CloudService
from components.model.problems import Problem
from components.model.secrets import SecretRef, SecretSource

_PATH = "aiswarm:railway"
_SERVICE = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE = re.compile(r"\$\{\{\s*([^}.\s]+)\.[^}]*\}\}")
MARKS = "AISWARM_"
"""Beginning of the variables in which this program notes what it did."""

_RESERVED = ("RAILWAY_", MARKS)
_INSTRUCTION = "RAILWAY_RUN_UID"
"""Read by Railway from the service's own variables, unlike the others that begin so: those it sets itself."""

_SHARED = "shared"
"""Stands in a reference for the environment's own variables."""


def flaw_of_service(name: str) -> str:
    """What a service's name must be, which is also a host name; empty if it is."""
    rule = "must be lower-case letters, digits and -, 32 at most, a letter first"
    return "" if _SERVICE.fullmatch(name) else rule


def flaw_of_variable(name: str) -> str:
    """What a variable's name must be; empty if it is."""
    if not _VARIABLE.fullmatch(name):
        return "must be a variable's name"
    if name.startswith(_RESERVED) and name != _INSTRUCTION:
        return f"must not begin with {' or '.join(_RESERVED)}"
    return ""


def find_variable_problems(cloud: Cloud) -> list[Problem]:
    """Every problem of the services' names, variables and references."""
    names = [service.name for service in cloud.services]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [Problem(_PATH, "services must have different names", f"{name} twice") for name in twice]
    for service in cloud.services:
        path = f"{_PATH}.{service.name}"
        problems += [*_of_name(path, service), *_of_variables(path, service), *_of_references(path, service)]
    return problems


def _of_name(path: str, service: CloudService) -> Iterator[Problem]:
    if flaw := flaw_of_service(service.name):
        yield Problem(f"{path}.name", flaw, repr(service.name))
    if service.public and service.port is None:
        yield Problem(f"{path}.port", "must be set, because the service has a domain", "none")


def _of_variables(path: str, service: CloudService) -> Iterator[Problem]:
    for name in sorted({*service.variables, *service.secrets}):
        if flaw := flaw_of_variable(name):
            yield Problem(f"{path}.variables.{name}", flaw)
    for name in sorted(set(service.variables) & set(service.secrets)):
        yield Problem(f"{path}.variables.{name}", "must not be both readable and sealed")
    for name, parts in sorted(service.secrets.items()):
        for part in parts:
            if isinstance(part, SecretRef) and part.source is SecretSource.VAULT:
                expected = (
                    "must be known to the program: what the Vault server alone has never leaves the swarm"
                )
                yield Problem(f"{path}.secrets.{name}", expected, part.name)


def _of_references(path: str, service: CloudService) -> Iterator[Problem]:
    """A reference to a variable that is not there yet stays empty for good (wasp-lang/wasp 4291)."""
    texts = [*service.variables.values(), *(part for parts in service.secrets.values() for part in parts)]
    referred = {name for text in texts if isinstance(text, str) for name in _REFERENCE.findall(text)}
    for name in sorted(referred - {*service.after, service.name, _SHARED}):
        yield Problem(f"{path}.after", "must name every service that its variables refer to", f"no {name}")
