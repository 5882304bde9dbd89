"""Databases are reached from inside their node, not over the tailnet.

Advisory: where a service on another node needs one, its own passwords and the tailnet's rules protect it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.ports import published
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, NETWORK, SERVICE_LABEL, Resource
from .support.rule import Placed, StackRule, guarded

PROGRAMS = frozenset({"mariadb", "mongo", "mysql", "pgvector", "postgres", "redis", "valkey"})
"""Names of images, and of services where another image has been put."""

Internal = frozenset[tuple[str | None, str | None]]
"""Networks without a way out, by host and name."""


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every database that is published."""
    internal = frozenset(_internal(resources))
    for container in resources:
        if container.type == CONTAINER:
            check = partial(check_ports, internal=internal)
            yield from ((container.urn, problem) for problem in guarded(check, container))


def check_ports(container: Resource, internal: Internal) -> Iterator[Problem]:
    """Refuse published ports of a database, but where Docker publishes none: on an internal network."""
    if not _is_database(container):
        return
    networks = {
        (container.host(), each.text("name")) for each in container.fields.objects("networksAdvanced")
    }
    if networks and networks <= internal:
        return
    for port in published(container):
        expected = "must not be published, or its network must be internal"
        fix = "let other nodes ask a service in front of it"
        yield container.problem(f"{port.path}.external", expected, str(port), fix)


def _is_database(container: Resource) -> bool:
    repository = (container.fields.text("image") or "").partition("@")[0]
    program = posixpath.basename(repository).partition(":")[0]
    return not PROGRAMS.isdisjoint({program, container.label(SERVICE_LABEL)})


def _internal(resources: Sequence[Resource]) -> Iterator[tuple[str | None, str | None]]:
    for network in resources:
        # A network that does not say so until the update is not taken for internal.
        with suppress(UnreadableError):
            if network.type == NETWORK and network.fields.flag("internal"):
                yield network.host(), network.fields.text("name")


RULE = StackRule(
    id="NET-006",
    name="unpublished-data",
    description="Databases are not published.",
    severity=Severity.MEDIUM,
    frameworks=(),
    remediation="Remove the database's published port.",
    level=EnforcementLevel.ADVISORY,
    check=judge,
)
