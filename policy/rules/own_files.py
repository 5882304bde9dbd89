"""A service mounts its own folders and volumes, and not those of another.

Its own are `/opt/swarm/<service>` and below it, and the volumes `<node>-<service>-<word>`, with one word at
the end: `oracle-postgres-exporter-secrets` is not postgres's. Who shares what is listed with the reason in
`policy/rules/support/inventory.py`. Folders outside of `/opt/swarm` are refused by `own-host-folders`, and
that the labels name the container is held by `known-containers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.host_paths import clean, in_driver_options
from .support.inventory import RENDERS_SECRETS, SHARED_FOLDERS
from .support.problems import Problem
from .support.resources import CONTAINER, SERVICE_LABEL, VOLUME, Resource
from .support.rule import ResourceRule

ROOT = "/opt/swarm"
_WORD = re.compile(r"[a-z0-9]+", re.ASCII)
_FIX = "mount what is the service's own, or list it in policy/rules/support/inventory.py"


def check_volumes(container: Resource) -> Iterator[Problem]:
    """Judge the short form of a mount."""
    for volume in container.fields.objects("volumes"):
        for field in ("hostPath", "volumeName"):
            yield from _check(container, volume, field)


def check_mounts(container: Resource) -> Iterator[Problem]:
    """Judge the long form."""
    for mount in container.fields.objects("mounts"):
        if mount.text("type") != "tmpfs":
            yield from _check(container, mount, "source")


def check_volume(volume: Resource) -> Iterator[Problem]:
    """Judge a volume that is a folder of the host: its name says whose it is."""
    for found in in_driver_options(volume):
        path, service = clean(found.path), volume.label(SERVICE_LABEL) or ""
        if _is_ours(path) and not (_is_below(path, service) and _is_volume_of(volume, service, volume.name)):
            expected = f"must be a folder below {ROOT}/{service or '<service>'}, the volume's own"
            yield volume.problem(found.field, expected, repr(found.path), _FIX)


def _check(container: Resource, mount: Fields, field: str) -> Iterator[Problem]:
    source = mount.text(field)
    if not source:
        return
    service, path = container.label(SERVICE_LABEL) or "", clean(source)
    if not source.startswith("/"):
        if not _is_volume_of(container, service, source) and not _renders(container, service, source):
            expected = f"must be a volume {container.node()}-{service}-<word>, the service's own"
            yield container.problem(mount.path(field), expected, repr(source), _FIX)
    elif path in SHARED_FOLDERS.get(service, ()):
        if not mount.flag("readOnly"):
            path = mount.path("readOnly")
            yield container.problem(path, "must be true for a shared folder", "false", "set it")
    elif _is_ours(path) and not _is_below(path, service):
        expected = f"must be a folder below {ROOT}/{service}, the service's own"
        yield container.problem(mount.path(field), expected, repr(source), _FIX)


def _is_ours(path: str) -> bool:
    return path.startswith(f"{ROOT}/")


def _is_below(path: str, service: str) -> bool:
    return bool(service) and f"{path}/".startswith(f"{ROOT}/{service}/")


def _is_volume_of(resource: Resource, service: str, name: str) -> bool:
    prefix = f"{resource.node()}-{service}-"
    return bool(service) and name.startswith(prefix) and bool(_WORD.fullmatch(name.removeprefix(prefix)))


def _renders(container: Resource, service: str, name: str) -> bool:
    return service == RENDERS_SECRETS and bool(
        re.fullmatch(rf"{re.escape(container.node() or '')}-[a-z0-9-]+-secrets", name, re.ASCII)
    )


RULE = ResourceRule(
    id="DAT-008",
    name="own-files",
    description="A service mounts its own folders and volumes, and not those of another.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Mount what is the service's own, or list what is shared in the pack's inventory.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_volumes, check_mounts), VOLUME: (check_volume,)},
)
