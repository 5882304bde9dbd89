"""The gate after `up`: patient with what starts, quick with what never will."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops import probe
from ops.hosts import Container, State
from ops.probe import NotHealthyError
from ops.stack import Stack


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(probe, "logs", lambda _node, name: f"last words of {name}")


def container(state: State, *, restarts: int = 0) -> Container:
    return Container("thanos", "thanos-vllm-backup", state, restarts=restarts)


def sequence(*states: State) -> Iterator[list[Container]]:
    return iter([[container(state)] for state in states])


def test_waits_for_what_starts(lab_stack: Stack) -> None:
    looks = sequence(State.STARTING, State.UNHEALTHY, State.HEALTHY)

    found = probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: next(looks))

    assert [item.state for item in found] == [State.HEALTHY]
    assert next(looks, None) is None


@pytest.mark.parametrize("state", [State.STOPPED, State.MISSING, State.UNREACHABLE])
def test_gives_up_at_once_on_what_is_gone(lab_stack: Stack, state: State) -> None:
    looks = sequence(state)

    with pytest.raises(NotHealthyError, match=f"thanos-vllm-backup: must be healthy, got {state}"):
        probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: next(looks))


def test_gives_up_on_a_crash_loop_with_its_last_words(lab_stack: Stack) -> None:
    looping = container(State.STARTING, restarts=3)

    with pytest.raises(NotHealthyError, match="last words of thanos-vllm-backup"):
        probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: [looping])


def test_time_runs_out(lab_stack: Stack) -> None:
    with pytest.raises(NotHealthyError, match="got unhealthy"):
        probe.wait_healthy(lab_stack, timeout_seconds=0, look=lambda _: [container(State.UNHEALTHY)])
