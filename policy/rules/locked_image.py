"""Images are those of the image lock, and what the lock keeps of them holds.

The lock has the documents of an image byte for byte as a registry sent them, and each is checked against the
digest that leads to it. Where no registry was asked yet, the entry states why, who answers for that, and the
day on which it ends: from then on the image is refused.

What is not pinned is in no lock, and is refused by the rule on pinned images.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pulumi_policy import EnforcementLevel, Severity

from .support import lock
from .support.chain import ChainError
from .support.lock import Locks
from .support.problems import Problem
from .support.resources import REMOTE_IMAGE, Resource
from .support.rule import ResourceRule


def check_image(image: Resource) -> Iterator[Problem]:
    """Judge by the locks of the image's stack, today."""
    try:
        yield from check_against(image, lock.of_stack(lock.stack_of(image.urn)), lock.today())
    except ChainError as error:
        yield image.problem("name", error.expected, error.got, error.fix)


def check_against(image: Resource, locks: Locks, day: date) -> Iterator[Problem]:
    """Demand an entry that holds."""
    reference = image.fields.text("name") or ""
    if lock.pinned(reference) is None:
        return
    try:
        locks.find(reference, day)
    except ChainError as error:
        yield image.problem("name", error.expected, error.got, error.fix)


RULE = ResourceRule(
    id="IMG-002",
    name="locked-image",
    description="Images are in the image lock, and the documents kept there prove them.",
    severity=Severity.HIGH,
    frameworks=("CIS 4.2",),
    remediation="Run `./swarm images lock` where the registries can be reached, and commit what it writes.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={REMOTE_IMAGE: (check_image,)},
)
