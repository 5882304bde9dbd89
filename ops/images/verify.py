"""Prove the lock from the kept documents alone: no registry is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from components.model.problems import Problem
from ops.images.chain import Chain
from ops.images.lockfile import LockFile, Statement
from ops.images.names import ImageError

_NUMBERS = re.compile(r"(?P<uid>[0-9]+)(:(?P<gid>[0-9]+))?")
_LOCK_IT = "./swarm images lock, on a machine that reaches the registries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An image that no registry was asked for yet, and how long that may stay so."""

    image: str
    owner: str
    expires: str
    days_left: int


@dataclass(slots=True, kw_only=True)
class Verdict:
    """How the lock stands; images by `repository:tag`."""

    proven: list[str] = field(default_factory=list)
    claimed: list[Claim] = field(default_factory=list)
    """Digests of public pins: nothing proves them."""

    unknown: list[str] = field(default_factory=list)
    """No digest is known."""

    users: dict[str, str] = field(default_factory=dict)
    """The image's own user where it is no number, which the catalogue's takes the place of."""

    problems: list[Problem] = field(default_factory=list)


def verify(
    lock: LockFile, catalogue: Mapping[str, str], day: date, *, allow_claimed: bool = False
) -> Verdict:
    """Follow every chain, and compare the lock with the catalogue.

    Args:
        catalogue: The user of each image by `repository:tag`.
        day: On which claims are judged.
        allow_claimed: Whether an image may be unproven while the statement in its entry holds.
    """
    entries = lock.entries()
    verdict = Verdict(problems=[*_strays(lock, set(catalogue))])
    for tagged, user in catalogue.items():
        if tagged not in entries:
            continue
        entry = entries[tagged]
        if entry is not None and entry["resolved"]:
            _prove(verdict, tagged, user, partial(lock.check, tagged, entry))
            continue
        if entry is None:
            verdict.unknown.append(tagged)
        else:
            _judge_claim(verdict, tagged, lock.statement(entry), day)
        if not allow_claimed:
            got = "no digest" if entry is None else "a claim"
            verdict.problems.append(Problem(tagged, "must be proven by its documents", got, _LOCK_IT))
    verdict.problems.sort()
    return verdict


def _prove(verdict: Verdict, tagged: str, user: str, check: Callable[[], Chain]) -> None:
    try:
        chain = check()
    except ImageError as error:
        verdict.problems.append(error.problem)
        return
    verdict.proven.append(tagged)
    verdict.problems += _other_users(tagged, chain, user)
    own = sorted({built.user for built in chain.platforms.values()})
    if not all(_NUMBERS.fullmatch(name) for name in own):
        verdict.users[tagged] = ", ".join(name or "root" for name in own)


def _other_users(tagged: str, chain: Chain, user: str) -> Iterator[Problem]:
    """An image that is built for one number is not run as another: it could not write its own folders.

    A name, or root, says nothing about which number its files belong to.
    """
    ours = _NUMBERS.fullmatch(user)
    for platform, built in chain.platforms.items():
        own = _NUMBERS.fullmatch(built.user)
        if not (own and ours) or int(own["uid"]) == 0:
            continue
        same_group = own["gid"] is None or own["gid"] == ours["gid"]
        if own["uid"] != ours["uid"] or not same_group:
            fix = "correct it in components/catalogue/images.py; data volumes may need a new owner"
            expected = f"catalogue's user must be {built.user}, which the image for {platform} is built for"
            yield Problem(tagged, expected, user, fix)


def _judge_claim(verdict: Verdict, tagged: str, statement: Statement | None, day: date) -> None:
    if statement is None:
        expected = "must be proven, or say in `unproven` why not, who answers for it, and until when"
        verdict.problems.append(Problem(tagged, expected, "neither", _LOCK_IT))
        return
    left = (statement.expires - day).days
    verdict.claimed.append(
        Claim(image=tagged, owner=statement.owner, expires=statement.expires.isoformat(), days_left=left)
    )
    if left < 0:
        expected = f"must be proven since {statement.expires}, when its statement ended"
        verdict.problems.append(Problem(tagged, expected, "a claim", _LOCK_IT))


def _strays(lock: LockFile, catalogue: set[str]) -> list[Problem]:
    """What one of the two has and the other has not, and documents without an entry."""
    entries = lock.entries()
    name = lock.path.name
    missing = [
        Problem(tagged, f"must be in {name}", fix="./swarm images lock")
        for tagged in catalogue - set(entries)
    ]
    left = [
        Problem(tagged, f"must be in the catalogue to stay in {name}", fix="remove its entry")
        for tagged in set(entries) - catalogue
    ]
    files = [
        Problem(f"{lock.documents.name}/{file.name}", "must belong to an entry", fix="remove it")
        for file in lock.unnamed(entries)
    ]
    return [*missing, *left, *files]
