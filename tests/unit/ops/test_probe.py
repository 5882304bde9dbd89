"""The gate after `up`: patient with what starts, quick with what never will."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

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


def test_gives_up_at_once_on_what_has_stopped(lab_stack: Stack) -> None:
    looks = sequence(State.STOPPED)

    with pytest.raises(NotHealthyError, match="thanos-vllm-backup: must be healthy, got stopped"):
        probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: next(looks))


GONE = [State.MISSING, State.UNREACHABLE, State.DOCKER_FAILED]


@pytest.mark.parametrize("state", GONE)
def test_looks_again_at_what_is_away_for_a_moment(lab_stack: Stack, state: State) -> None:
    looks = sequence(state, State.STARTING, state, State.HEALTHY)

    found = probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: next(looks))

    assert [item.state for item in found] == [State.HEALTHY]


@pytest.mark.parametrize("state", GONE)
def test_gives_up_on_what_stays_away(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch, state: State) -> None:
    clock = itertools.count(step=probe.GONE_GRACE_SECONDS / 2)
    monkeypatch.setattr(probe, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None))
    looks = sequence(*[state] * 4)

    with pytest.raises(NotHealthyError, match=f"thanos-vllm-backup: must be healthy, got {state}"):
        probe.wait_healthy(lab_stack, timeout_seconds=600, look=lambda _: next(looks))

    assert next(looks, None) is None


def test_gives_up_on_a_crash_loop_with_its_last_words(lab_stack: Stack) -> None:
    counts = itertools.count(7)

    with pytest.raises(NotHealthyError, match="last words of thanos-vllm-backup"):
        probe.wait_healthy(
            lab_stack, timeout_seconds=60, look=lambda _: [container(State.STARTING, restarts=next(counts))]
        )

    assert next(counts) == 7 + probe.RESTARTS_GIVEN_UP_AT + 1


def test_restarts_of_before_do_not_count(lab_stack: Stack) -> None:
    looks = iter([[container(state, restarts=9)] for state in (State.STARTING, State.HEALTHY)])

    found = probe.wait_healthy(lab_stack, timeout_seconds=60, look=lambda _: next(looks))

    assert [item.restarts for item in found] == [9]


def test_time_runs_out(lab_stack: Stack) -> None:
    with pytest.raises(NotHealthyError, match="got unhealthy"):
        probe.wait_healthy(lab_stack, timeout_seconds=0, look=lambda _: [container(State.UNHEALTHY)])
