"""A rotation from its first check to its proof, with a stand-in for the engine; and every way to stop."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ops import hosts, probe
from ops.hosts import Container, State
from ops.rotate import apply as applying
from ops.rotate import gap
from ops.rotate.apply import Gap, Outcome, apply
from ops.rotate.errors import RotationError
from ops.rotate.proofs import Surroundings, Verdict
from ops.rotate.targets import Target, rotatable
from ops.stack import EngineError, Stack

PULUMI = """#!/bin/sh
echo "$*" >>"$0.log"
case $1 in
    stack) cat "$0.state" ;;
    preview) [ ! -e "$0.other" ] || { echo 'error: no changes were expected'; exit 1; } ;;
    up) echo ' ~ oracle-redis replaced'; echo 'Resources: 1 replaced' >&2; exit "$(cat "$0.status")" ;;
esac
"""


ALIVE = {"haproxy": lambda: True}
"""Who can be asked without a secret."""


@dataclass
class Engine:
    """A `pulumi` on PATH, and how the swarm is."""

    program: Path
    unhealthy: tuple[Container, ...] = ()

    def interrupted(self, count: int) -> None:
        """Leave so many operations behind."""
        state = {"deployment": {"pending_operations": [{"type": "creating"}] * count}}
        self.program.with_suffix(".state").write_text(json.dumps(state))

    def ends(self, status: int) -> None:
        """Let `up` end so."""
        self.program.with_suffix(".status").write_text(str(status))

    def other_changes(self) -> None:
        """Somebody has changed the program."""
        self.program.with_suffix(".other").touch()

    @property
    def commands(self) -> list[str]:
        """What was run, by its first word."""
        log = self.program.with_suffix(".log")
        return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    program = tmp_path / "pulumi"
    program.write_text(PULUMI)
    program.chmod(0o755)
    found = Engine(program)
    found.interrupted(0)
    found.ends(0)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(hosts, "survey", lambda _: list(found.unhealthy))
    monkeypatch.setattr(hosts, "connect", lambda _: {"oracle": "", "thanos": "198.51.100.13: no route"})
    monkeypatch.setattr(probe, "wait_healthy", lambda *_, **__: [])
    monkeypatch.setattr(gap, "_alive", lambda _, __, spec: ALIVE.get(spec.name))
    monkeypatch.setattr(applying, "PROOF_WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(applying, "POLL_SECONDS", 0.01)
    return found


@dataclass
class Change:
    """A rotation whose proof comes after some looks."""

    target: Target
    proven_after: int = 0
    made: bool = True
    unreadable: bool = False
    written: int = 0
    looks: list[bool] = field(default_factory=list)

    def write(self) -> None:
        """Change the stack file."""
        self.written += 1

    def is_made(self) -> bool:
        """What the state says."""
        if self.unreadable:
            raise EngineError("error: no state")
        return self.made

    def prove(self) -> tuple[Verdict, ...]:
        """Look once more."""
        self.looks.append(len(self.looks) >= self.proven_after)
        return (Verdict("redis", "refused", "accepted", self.looks[-1]),)


@pytest.fixture
def change(lab_stack: Stack) -> Change:
    return Change(rotatable(lab_stack)["operator-password"])


def rotate(change: Change, stack: Stack) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    return apply(change, Surroundings(stack), said.append), said


def refusal(change: Change, stack: Stack) -> str:
    with pytest.raises(RotationError) as caught:
        rotate(change, stack)
    return str(caught.value)


def test_a_rotation_is_checked_deployed_and_proven(engine: Engine, change: Change, lab_stack: Stack) -> None:
    outcome, said = rotate(change, lab_stack)

    assert engine.commands == ["stack", "preview", "up"]
    assert (outcome.proven, change.written) == (True, 1)
    assert Gap("oracle-haproxy", 0.0) in outcome.gaps
    assert {gap for gap in outcome.gaps if gap.away_seconds is None} >= {Gap("oracle-prometheus", None)}
    assert " ~ oracle-redis replaced" in said
    assert "Resources: 1 replaced" in said
    assert "thanos: 198.51.100.13: no route" in said


def test_the_deployment_asks_nothing_and_goes_in_parallel(
    engine: Engine, change: Change, lab_stack: Stack
) -> None:
    rotate(change, lab_stack)

    last = engine.program.with_suffix(".log").read_text().splitlines()[-1]
    assert last.startswith("up --yes --skip-preview ")
    assert "--parallel 12" in last
    assert last.endswith("--stack lab")


def test_the_proof_may_take_a_while(engine: Engine, change: Change, lab_stack: Stack) -> None:
    change.proven_after = 3

    outcome, _ = rotate(change, lab_stack)

    assert outcome.proven
    assert change.looks == [False, False, False, True]
    assert engine.commands[-1] == "up"


def test_what_is_not_proven_in_time_is_not_proven(engine: Engine, change: Change, lab_stack: Stack) -> None:
    change.proven_after = 1000

    outcome, _ = rotate(change, lab_stack)

    assert not outcome.proven
    assert engine.commands[-1] == "up"


def test_nothing_is_begun_while_a_service_is_not_healthy_or_an_operation_is_pending(
    engine: Engine, change: Change, lab_stack: Stack
) -> None:
    engine.unhealthy = (
        Container("oracle", "oracle-redis", State.STOPPED, detail="exited, exit code 137"),
        Container("oracle", "oracle-vault", State.HEALTHY),
    )
    engine.interrupted(2)

    said = refusal(change, lab_stack)

    assert said.splitlines() == [
        "nothing was rotated, because the swarm is not as it should be:",
        "  oracle-redis: must be healthy, got stopped exited, exit code 137",
        "  state: must have no pending operations, got 2; ./swarm recover --stack lab",
    ]
    assert (change.written, "up" in engine.commands) == (0, False)


def test_other_changes_are_not_carried_out_beside_it(
    engine: Engine, change: Change, lab_stack: Stack
) -> None:
    engine.other_changes()

    assert "program: must propose no changes" in refusal(change, lab_stack)
    assert (change.written, "up" in engine.commands) == (0, False)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (True, "there is no way back, and services may hold either\nfinish with: pulumi up --stack lab"),
        (False, "no new value was made: the old one holds\nfinish with: pulumi up --stack lab"),
    ],
)
def test_a_failed_deployment_says_which_value_is_in_force(
    engine: Engine, change: Change, lab_stack: Stack, made: bool, told: str
) -> None:
    engine.ends(255)
    change.made = made

    said = refusal(change, lab_stack)

    assert "`pulumi up` ended with status 255" in said
    assert "the epoch is raised" in said
    assert told in said
    assert change.looks == []


def test_a_failed_deployment_with_an_unreadable_state_says_so(
    engine: Engine, change: Change, lab_stack: Stack
) -> None:
    engine.ends(1)
    change.unreadable = True

    assert "could not be read: error: no state" in refusal(change, lab_stack)


def test_a_failed_deployment_of_a_certificate(engine: Engine, lab_stack: Stack) -> None:
    engine.ends(1)

    assert "holds the new certificate and not the old one" in refusal(
        Change(rotatable(lab_stack)["tls"]), lab_stack
    )


def test_a_service_that_stays_sick_is_named_with_what_it_said(
    engine: Engine, change: Change, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = Container("oracle", "oracle-redis", State.STOPPED, detail="exited")

    def never(*_: object, **__: object) -> list[Container]:
        raise probe.NotHealthyError((sick,), {"oracle-redis": "cannot read users.acl"})

    monkeypatch.setattr(probe, "wait_healthy", never)

    said = refusal(change, lab_stack)

    assert "cannot read users.acl" in said
    assert "there is no way back" in said
    assert engine.commands[-1] == "up"
