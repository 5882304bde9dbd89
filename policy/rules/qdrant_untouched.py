"""Nothing of the swarm takes the name, image, storage or ports of the Qdrant that was there before.

It runs on starlord and is in no stack, so no other rule sees it. A resource that names it would adopt it,
replace it, or fail on it in the middle of an update. All nodes are judged alike: the swarm has no Qdrant of
its own anywhere, a label may lie about the node, and an image has no label at all.

That services ask it over the network is meant: their environment may name it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.host_paths import in_driver_options, in_mounts, in_volumes
from .support.inventory import QDRANT_PORTS
from .support.problems import Problem
from .support.resources import (
    BUILT_IMAGE,
    COMMAND,
    CONTAINER,
    LOCAL_COMMAND,
    NETWORK,
    REMOTE_IMAGE,
    VOLUME,
    Resource,
)
from .support.rule import Check, ResourceRule

MARK = "qdrant"
_LONGEST_NAME = 40
"""Signs of a word that is no base64."""

_EXPECTED = "must have nothing to do with Qdrant, which is not ours"
_FIX = "choose another; the database is only ever asked over the network"


def _name(field: str) -> Check:
    """Judge a field that holds a name."""

    def check_name(resource: Resource) -> Iterator[Problem]:
        yield from _refuse(resource, field, resource.fields.text(field))

    return check_name


def check_logical_name(resource: Resource) -> Iterator[Problem]:
    """Refuse a name in the stack that would be taken for it."""
    if MARK in resource.name.lower():
        yield resource.problem("logicalName", _EXPECTED, repr(resource.name), _FIX)


def check_ports(container: Resource) -> Iterator[Problem]:
    """Refuse its ports, on either side."""
    for port in container.fields.objects("ports"):
        for side in ("internal", "external"):
            number = port.number(side)
            if number in QDRANT_PORTS:
                yield container.problem(port.path(side), _EXPECTED, f"{number:g}", _FIX)


def check_storage(container: Resource) -> Iterator[Problem]:
    """Refuse its volume and its folders, however they are mounted."""
    for volume in container.fields.objects("volumes"):
        for name in ("volumeName", "fromContainer"):
            yield from _refuse(container, volume.path(name), volume.text(name))
    for mount in container.fields.objects("mounts"):
        yield from _refuse(container, mount.path("source"), mount.text("source"))
    for found in (*in_volumes(container), *in_mounts(container)):
        if found.field.rpartition(".")[2] not in {"volumeName", "source"}:
            yield from _refuse(container, found.field, found.path)


def check_network_names(container: Resource) -> Iterator[Problem]:
    """Refuse its network, and a name on ours under which others would find a false one."""
    for network in container.fields.objects("networksAdvanced"):
        yield from _refuse(container, network.path("name"), network.text("name"))
        for alias in network.texts("aliases"):
            yield from _refuse(container, network.path("aliases"), alias)


def check_options(volume: Resource) -> Iterator[Problem]:
    """Refuse a volume that shows its folders."""
    for found in in_driver_options(volume):
        yield from _refuse(volume, found.field, found.path)


def _script(field: str) -> Check:
    """Judge what a shell runs, which is not shown: it may hold a secret."""

    def check_script(command: Resource) -> Iterator[Problem]:
        if MARK in (command.fields.text(field) or "").lower():
            yield command.problem(field, _EXPECTED, "a command that names it", _FIX)

    return check_script


def check_input(command: Resource) -> Iterator[Problem]:
    """Judge what a shell is told besides; unknown input holds secrets, and waits for the update (OPS-005)."""
    environment = command.fields.nested("environment")
    for name in environment:
        if MARK in f"{name} {environment.text(name)}".lower():
            yield command.problem("environment", _EXPECTED, "a variable that names it", _FIX)
    if not command.fields.is_unknown("stdin"):
        text = command.fields.text("stdin") or ""
        if any(_names_it(line, is_first=not number) for number, line in enumerate(text.split("\n"))):
            yield command.problem("stdin", _EXPECTED, "a text that names it", _FIX)


def _names_it(line: str, *, is_first: bool) -> bool:
    """Whether a line of input names it, in a word or in the base64 of a text.

    A long word alone in a line is a piece of an archive, unless it is the script, which comes first. What a
    service is told there may name it, and in base64 any six letters turn up once in a while.
    """
    words = line.split()
    is_archive = len(words) == 1 and not is_first
    return any(
        MARK in (word if len(word) > _LONGEST_NAME else word.lower())
        or (not is_archive and MARK.encode() in _decoded(word).lower())
        for word in words
    )


def _decoded(word: str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _refuse(resource: Resource, path: str, value: str | None) -> Iterator[Problem]:
    if value and MARK in value.lower():
        yield resource.problem(path, _EXPECTED, repr(value), _FIX)


_NAMED = (check_logical_name, _name("name"))
_COMMAND = (*map(_script, ("create", "update", "delete")), check_input)

RULE = ResourceRule(
    id="DAT-001",
    name="qdrant-untouched",
    description="Nothing takes the name, image, storage or ports of the existing Qdrant.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Remove it. The existing Qdrant is asked over the network and never managed.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={
        CONTAINER: (
            *_NAMED,
            *map(_name, ("image", "hostname", "networkMode", "pidMode", "ipcMode")),
            check_ports,
            check_storage,
            check_network_names,
        ),
        VOLUME: (*_NAMED, check_options),
        NETWORK: _NAMED,
        REMOTE_IMAGE: _NAMED,
        BUILT_IMAGE: (check_logical_name, _name("imageName")),
        COMMAND: _COMMAND,
        LOCAL_COMMAND: _COMMAND,
    },
)
