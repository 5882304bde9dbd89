"""Every container runs as a numeric user other than root.

The user that an image would choose by itself is not visible at preview, and several images start as root to
drop it later, which fails silently without capabilities (redis docker-entrypoint.sh). A user *name* is
looked up in the image, where it may well be uid 0. So a number must be declared, or be the user in the
image's own configuration, where the image lock proves that for every platform. Group 0 is allowed: images
for arbitrary users (vLLM, Open WebUI) keep their files in it, and without root it grants nothing on the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from pulumi_policy import EnforcementLevel, Severity

from .support import lock
from .support.chain import ChainError
from .support.lock import Proven
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule
from .support.secret_forms import find_form

_NUMERIC = re.compile(r"(?P<uid>[0-9]+)(:[0-9]+)?")
_USER = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,31}(:[a-z0-9_][a-z0-9_.-]{0,31})?", re.ASCII)
_EXPECTED = "must be a numeric uid or uid:gid with a uid other than 0"
_FIX = "declare the user that the image is built for, e.g. 1000:1000"


def check_user(container: Resource) -> Iterator[Problem]:
    """Demand a numeric user that is not root."""
    user = container.fields.text("user")
    if user:
        if not _is_safe(user):
            yield container.problem("user", _EXPECTED, _shown(container, user), _FIX)
        return
    users = _users_of_image(container)
    if not users or not all(map(_is_safe, users)):
        got = f"none, and the image's own is {users[0]!r}" if users else "none"
        yield container.problem("user", _EXPECTED, got, _FIX)


def _shown(container: Resource, user: str) -> str:
    """The user as given, unless it is marked as secret or may be something else by mistake."""
    is_open = not container.is_secret("user")
    is_user = _USER.fullmatch(user) and find_form(user) is None
    return repr(user) if is_open and is_user else "another text, which is not shown"


def _users_of_image(container: Resource) -> list[str]:
    """Who the image runs as by itself on each platform; empty where nothing proves it."""
    with suppress(ChainError):
        locks = lock.of_stack(lock.stack_of(container.urn))
        known = locks.find(container.fields.text("image") or "", lock.today())
        if isinstance(known, Proven):
            return sorted({built.user for built in known.chain.built.values()})
    return []


def _is_safe(user: str) -> bool:
    number = _NUMERIC.fullmatch(user)
    return number is not None and int(number["uid"]) != 0


RULE = ResourceRule(
    id="CTR-002",
    name="non-root-user",
    description="Containers run as a numeric user other than root.",
    severity=Severity.CRITICAL,
    frameworks=(
        "CIS 4.1",
        "PSS runAsNonRoot",
        "PSS runAsUser",
        "NSA 1.0",
        "NSA 1.6",
        "OWASP 2",
        "Trivy DS-0002",
        "Checkov CKV_DOCKER_3",
        "Checkov CKV_DOCKER_8",
    ),
    remediation="Declare the numeric user that the image is built for, e.g. `1000:1000`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_user,)},
)
