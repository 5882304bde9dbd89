"""Carry one rotation out: check, change, deploy, wait, prove. Every way to stop says how things stand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ops import probe
from ops.rotate import engine
from ops.rotate.changes import Change
from ops.rotate.errors import RotationError
from ops.rotate.gap import watching
from ops.rotate.proofs import Surroundings, Verdict
from ops.rotate.targets import Kind, consumers
from ops.stack import EngineError, Stack

PROOF_WITHIN_SECONDS = 180.0
"""An agent looks for new values once a minute, and may be half a minute late after a failure."""

POLL_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Gap:
    """How long a service was away; None where only a holder of a secret could have asked it."""

    service: str
    away_seconds: float | None


@dataclass(frozen=True)
class Outcome:
    """What a rotation has done."""

    name: str
    verdicts: tuple[Verdict, ...]
    gaps: tuple[Gap, ...]
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether every program that checks the value has refused the old one and taken the new one."""
        return bool(self.verdicts) and all(verdict.proven for verdict in self.verdicts)


def apply(change: Change, around: Surroundings, say: Say) -> Outcome:
    """Rotate, and prove it.

    Raises:
        RotationError: Nothing was begun, or something is left to do; the message says which.
    """
    stack, target = around.stack, change.target
    engine.refuse_unless_ready(stack)
    using = consumers(stack, target.name)
    begun = time.monotonic()
    with watching(around, using) as watches:
        change.write()
        say(f"{target.name}: the stack file is changed; deploying")
        _deploy(change, stack, say)
        say("waiting until every service is healthy, then for the proof")
        _wait_healthy(change, stack)
        verdicts = _proven(change)
    seconds = time.monotonic() - begun
    gaps = tuple(
        Gap(spec.full_name, watches[spec.full_name].away_seconds if spec.full_name in watches else None)
        for spec in using
    )
    return Outcome(target.name, verdicts, gaps, seconds)


def _deploy(change: Change, stack: Stack, say: Say) -> None:
    status = engine.up(stack, say)
    if status != 0:
        raise RotationError(
            f"{change.target.name}: `pulumi up` ended with status {status}\n{_where(change, stack)}"
        )


def _wait_healthy(change: Change, stack: Stack) -> None:
    limit = max(spec.start_timeout_seconds for spec in stack.services)
    try:
        probe.wait_healthy(stack, timeout_seconds=limit)
    except probe.NotHealthyError as error:
        raise RotationError(f"{error}\n{_where(change, stack)}") from error


def _where(change: Change, stack: Stack) -> str:
    """How things stand after a failure, as far as the state can tell, and the way on."""
    name, onward = change.target.name, f"pulumi up --stack {stack.name}"
    try:
        made = change.is_made()
    except EngineError as error:
        unread = f"whether the next value exists could not be read: {error}"
        return f"{name}: the stack file is changed; {unread}\nfinish with: {onward}"
    if change.target.kind is Kind.CERTIFICATE:
        return f"{name}: the stack file holds the new certificate and not the old one\nfinish with: {onward}"
    if not made:
        return (
            f"{name}: the epoch is raised in the stack file, and no new value was made: the old one holds"
            f"\nfinish with: {onward}"
        )
    return (
        f"{name}: the epoch is raised and the state holds the new value in place of the old one: there is no "
        f"way back, and services may hold either\nfinish with: {onward}; ./swarm status --stack {stack.name}"
    )


def _proven(change: Change) -> tuple[Verdict, ...]:
    """The verdicts once all are proven, or those at the end of the time."""
    deadline = time.monotonic() + PROOF_WITHIN_SECONDS
    while True:
        verdicts = change.prove()
        if time.monotonic() > deadline or all(verdict.proven for verdict in verdicts):
            return verdicts
        time.sleep(POLL_SECONDS)
