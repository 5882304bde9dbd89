"""Secret files reach a container closed to others and, where the program can be asked, never on a disk.

Two ways are known. `uploads` writes a file into the container: its content must be marked as secret, so that
the state keeps it encrypted, and its mode must shut out others; Docker's own default is 0644. Or the node's
agent renders files into a volume in memory, `<node>-<service>-secrets`, which the service mounts read-only;
what the agent itself and the Vault server need comes from a folder `…/secrets` of the host.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.host_paths import clean, is_in_memory, mount_flags
from .support.problems import Problem
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import ResourceRule
from .support.secret_forms import known_form, names_secret

MODES = frozenset({"0400", "0440", "0600", "400", "440", "600"})
VOLUME_SUFFIX, FOLDER_SUFFIX = "-secrets", "/secrets"

_POINTER = re.compile(r"(?P<name>\w+?)_{1,2}FILE=(?P<path>.*)", re.DOTALL)
_CLOSED = re.compile(r"mode=0?[0-7]?[0-7]{2}0")


class _Mount(NamedTuple):
    target: str
    holds_secrets: bool


def check_uploads(container: Resource) -> Iterator[Problem]:
    """Demand that a secret file is marked as secret, and closed."""
    for upload in container.fields.objects("uploads"):
        marked = any(container.is_secret(upload.path(name)) for name in ("content", "contentBase64"))
        if not marked and _is_telling(upload):
            yield container.problem(
                upload.path("content"), "must be marked as secret", "plain content", "pass it as a secret"
            )
        if marked or _is_telling(upload):
            yield from _check_mode(container, upload)


def _check_mode(container: Resource, upload: Fields) -> Iterator[Problem]:
    mode = upload.text("permissions")
    if mode not in MODES:
        got = "none, which is 0644" if mode is None else repr(mode)
        yield container.problem(upload.path("permissions"), "must be 0400, 0440 or 0600", got, "set it")
    if upload.text("source"):
        fix = "give the content, marked as secret"
        yield container.problem(upload.path("source"), "must be absent for a secret", "a path", fix)


def _is_telling(upload: Fields) -> bool:
    """Tell whether a file is secret by its place, its name or its content."""
    path = clean(upload.text("file") or "")
    name, extension = posixpath.splitext(posixpath.basename(path))
    content = None if upload.is_unknown("content") else upload.text("content")
    named = path.startswith("/run/secrets/") or extension == ".key" or names_secret(name)
    return named or known_form(content or "") is not None


def check_named_files(container: Resource) -> Iterator[Problem]:
    """Demand that the secret files that a program is told of come by one of the known ways."""
    mounts = tuple(_mounts(container))
    files = {clean(upload.text("file") or "") for upload in container.fields.objects("uploads")}
    for index, entry in enumerate(container.fields.texts("envs")):
        pointer = _POINTER.fullmatch(entry)
        if pointer is None or not names_secret(pointer["name"]):
            continue
        path = clean(pointer["path"])
        # The longest target is the one that is seen there.
        over = max((mount for mount in mounts if _is_in(path, mount.target)), key=_depth, default=None)
        if path not in files and (over is None or not over.holds_secrets):
            yield container.problem(
                f"envs[{index}]",
                "must name a file among the uploads or in a read-only mount of secrets",
                "a file from elsewhere",
                f"mount a volume *{VOLUME_SUFFIX} there, read-only",
            )


def check_volume(volume: Resource) -> Iterator[Problem]:
    """Demand that a volume for secrets is in memory, and closed to others."""
    if not (volume.fields.text("name") or volume.name).endswith(VOLUME_SUFFIX):
        return
    options = volume.fields.nested("driverOpts")
    if options.text("type") != "tmpfs":
        got = "another type" if options.holds("type") else "none"
        fix = "keep secrets in memory"
        yield volume.problem("driverOpts.type", "must be tmpfs for secrets", got, fix)
    elif not is_in_memory(options):
        yield volume.problem("driverOpts", "must be memory for secrets", "a folder", "keep device tmpfs")
    if not any(_CLOSED.fullmatch(flag) for flag in mount_flags(options)):
        expected = "must have a mode that shuts out others"
        yield volume.problem("driverOpts.o", expected, "none such", "add e.g. mode=2750")


def _mounts(container: Resource) -> Iterator[_Mount]:
    for volume in container.fields.objects("volumes"):
        source = volume.text("volumeName") or volume.text("hostPath")
        yield _mount(volume, source, volume.text("containerPath"))
    for mount in container.fields.objects("mounts"):
        yield _mount(mount, mount.text("source"), mount.text("target"))


def _mount(fields: Fields, source: str | None, target: str | None) -> _Mount:
    kept = (source or "").endswith((VOLUME_SUFFIX, FOLDER_SUFFIX))
    return _Mount(clean(target or ""), kept and fields.flag("readOnly") is True)


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") or path == folder


def _depth(mount: _Mount) -> int:
    return len(mount.target)


RULE = ResourceRule(
    id="SEC-003",
    name="guarded-secret-files",
    description="Secret files are marked as secret, closed to others, and mounted read-only.",
    severity=Severity.HIGH,
    frameworks=("OWASP 12",),
    remediation="Let the node's agent render the file, or upload it as a secret with mode 0400.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_uploads, check_named_files), VOLUME: (check_volume,)},
)
