"""Somebody has asked the registries lately, and proven every image.

A tag gets its security updates under the same name, so a lock that nobody renews keeps old content. And an
image that is only claimed must not be forgotten until the day on which its statement ends: how many there
are, and how many days are left, is one remark in every preview. Advisory.

Whether an image was scanned or signed is in no document of the lock, and is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta

from pulumi_policy import EnforcementLevel, Severity

from .support import lock
from .support.chain import ChainError
from .support.lock import Known, Locks, Proven
from .support.problems import Problem, UnreadableError
from .support.resources import REMOTE_IMAGE, Resource
from .support.rule import Placed, StackRule

OLDEST = timedelta(days=90)
_FIX = "./swarm images lock, on a machine that reaches the registries"


def judge(resources: Sequence[Resource], locks: Locks, day: date) -> Iterator[Placed]:
    """One problem for what is claimed, one for what is old."""
    known = _known(resources, locks, day)
    ends = [each.statement.expires for each in lock.claims(list(known.values()))]
    if ends:
        got = f"{len(ends)} of {len(known)} images only claimed, {(min(ends) - day).days} days left"
        yield "", Problem("image lock", "must prove every image by its documents", got, _FIX)
    old = sorted(tagged for tagged, each in known.items() if isinstance(each, Proven) and _is_old(each, day))
    if old:
        expected = f"must be asked for again within {OLDEST.days} days"
        yield "", Problem("image lock", expected, f"older answers for {', '.join(old)}", _FIX)


def judge_stack(resources: Sequence[Resource]) -> Iterator[Placed]:
    """The same with the stack's own locks, today."""
    images = [resource for resource in resources if resource.type == REMOTE_IMAGE]
    if images:
        with suppress(ChainError):  # no lock at all: rule `locked-image` says so
            yield from judge(images, lock.of_stack(lock.stack_of(images[0].urn)), lock.today())


def _known(resources: Sequence[Resource], locks: Locks, day: date) -> dict[str, Known]:
    """What the locks know, by `repository:tag`; what they do not know is refused by `locked-image`."""
    found: dict[str, Known] = {}
    for image in resources:
        if image.type != REMOTE_IMAGE:
            continue
        with suppress(ChainError, UnreadableError):
            reference = image.fields.text("name") or ""
            found[reference.partition("@")[0]] = locks.find(reference, day)
    return found


def _is_old(known: Proven, day: date) -> bool:
    return known.asked is None or known.asked + OLDEST < day


RULE = StackRule(
    id="IMG-007",
    name="fresh-image-lock",
    description="The image lock is proven and not old.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 4.4",),
    remediation="Run `./swarm images lock` where the registries can be reached, and commit what it writes.",
    level=EnforcementLevel.ADVISORY,
    check=judge_stack,
)
