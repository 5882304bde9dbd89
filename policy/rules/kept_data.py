"""Volumes of data are known by name, listed, labelled and protected from removal.

A volume that is not in memory keeps data. One that is on the pack's list must not be in memory instead: its
content would be gone with the last container that uses it. That a volume stays on its host when it leaves the
stack is an option that the engine does not show to a rule; the gate on events judges it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.host_paths import is_in_memory
from .support.inventory import DATA_VOLUMES
from .support.problems import Problem
from .support.resources import NODE_LABEL, SERVICE_LABEL, VOLUME, Resource
from .support.rule import ResourceRule


def check_kind(volume: Resource) -> Iterator[Problem]:
    """Demand that listed data is not in memory."""
    if volume.name in DATA_VOLUMES and _is_in_memory(volume):
        yield volume.problem("driverOpts", "must keep its data on disk", "a volume in memory", "remove them")


def check_listed(volume: Resource) -> Iterator[Problem]:
    """Demand that data is on the list."""
    if volume.name not in DATA_VOLUMES and not _is_in_memory(volume):
        fix = "list it in policy/rules/support/inventory.py"
        yield volume.problem("logicalName", "must be a listed volume of data", repr(volume.name), fix)


def check_name(volume: Resource) -> Iterator[Problem]:
    """Demand a name: the provider would make one up, which the next volume would not have."""
    name = volume.fields.text("name")
    if name != volume.name and not _is_in_memory(volume):
        got = repr(name) if name else "none"
        yield volume.problem("name", f"must be {volume.name!r}, the resource's own", got, "name it")


def check_labels(volume: Resource) -> Iterator[Problem]:
    """Demand the labels that say whose data it is."""
    if _is_in_memory(volume):
        return
    for label in (NODE_LABEL, SERVICE_LABEL):
        if not volume.label(label):
            yield volume.problem(f"labels[{label}]", "must be given", "none", "label it")


def check_protection(volume: Resource) -> Iterator[Problem]:
    """Demand that the engine refuses to remove it."""
    if not volume.protected and not _is_in_memory(volume):
        fix = "give it the option protect"
        yield volume.problem("protect", "must be true for data", "false", fix)


def _is_in_memory(volume: Resource) -> bool:
    return is_in_memory(volume.fields.nested("driverOpts"))


RULE = ResourceRule(
    id="DAT-002",
    name="kept-data",
    description="Volumes of data are named, listed, labelled and protected.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Name and label the volume, protect it, and list it in `policy/rules/support/inventory.py`.",
    level=EnforcementLevel.MANDATORY,
    checks={VOLUME: (check_kind, check_listed, check_name, check_labels, check_protection)},
)
