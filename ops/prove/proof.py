"""The proof: all places, searched side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ops import hosts, lab_bridge
from ops.prove import checkout as git
from ops.prove import engine, nodes
from ops.prove.engine import Ask
from ops.prove.needles import Needles, needles
from ops.prove.report import Outcome, Report, Scan
from ops.prove.search import Runner, SearchError, on
from ops.stack import EngineError, Stack

AT_A_TIME = 8
HERE = "here"


@dataclass(frozen=True, slots=True)
class Task:
    """One place that is to be searched."""

    place: str
    where: str
    work: Callable[[], Outcome]


def prove(
    stack: Stack,
    values: Mapping[str, str],
    *,
    checkout: Path,
    asked: Ask = engine.ask,
    reach: Callable[[str], Runner] | None = None,
    say: Callable[[str], None],
) -> Report:
    """Look for every value in every place.

    Args:
        values: Secrets by name, as `known_secrets` gives them.
        checkout: The git tree that is searched.
        reach: Gives the way to a node by its name; by default SSH.
        say: Takes one line as soon as a place has been searched.

    Raises:
        EngineError: There is nothing to look for.
    """
    if not values:
        raise EngineError(f"stack {stack.name}: must have secrets to look for, got none; pulumi up")
    wanted = needles(values)
    begin = time.monotonic()
    way = reach or (lambda node: on(stack.nodes[node]))
    tasks = [
        *_on_nodes(stack, wanted, tuple(values), way),
        *_on_this_machine(stack, wanted, checkout, asked),
    ]
    return Report(
        stack=stack.name,
        secrets=tuple(values),
        unknown=tuple(sorted(stack.settings.keys_in_vault)),
        forms=len(wanted.sources),
        scans=tuple(_all(tasks, wanted, say)),
        seconds=time.monotonic() - begin,
    )


def _on_nodes(
    stack: Stack, wanted: Needles, known: tuple[str, ...], way: Callable[[str], Runner]
) -> Iterator[Task]:
    """The nodes' files first: they take longest."""
    runners = {node: way(node) for node in stack.nodes}
    for node, run in runners.items():
        yield Task("files", node, partial(nodes.files, run, wanted, stack.on(node), known))
    for node, run in runners.items():
        yield Task("docker objects", node, partial(nodes.docker_objects, run, wanted))
        yield Task("processes", node, partial(nodes.processes, run, wanted, stack.on(node), known))
        yield Task("container logs", node, partial(nodes.container_logs, run, wanted))
        if volume := nodes.audit_volume(stack.on(node)):
            yield Task("audit log", node, partial(nodes.audit_log, run, wanted, volume))


def _on_this_machine(stack: Stack, wanted: Needles, checkout: Path, asked: Ask) -> Iterator[Task]:
    yield Task("previews", HERE, partial(engine.previews, asked, wanted, stack.name))
    yield Task("pulumi state", HERE, partial(engine.state, asked, wanted, stack.name))
    yield Task("git files", HERE, partial(git.git_files, checkout, wanted))
    yield Task("git history", HERE, partial(git.git_objects, checkout, wanted))
    if stack.name == lab_bridge.STACK:
        from lab import paths  # noqa: PLC0415 - an operator of another stack needs no lab

        yield Task("lab logs", HERE, partial(git.logs, paths.log_dir(), wanted))


def _all(tasks: list[Task], wanted: Needles, say: Callable[[str], None]) -> list[Scan]:
    """Every task's result, in the order of the tasks."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {pool.submit(_searched, task, wanted): task for task in tasks}
        done = {}
        for future in as_completed(running):
            scan = done[id(running[future])] = future.result()
            say(line(scan))
    return [done[id(task)] for task in tasks]


def _searched(task: Task, wanted: Needles) -> Scan:
    begin = time.monotonic()
    try:
        outcome = task.work()
    except (hosts.NodeError, EngineError, SearchError, OSError) as error:
        # What a program said could hold a value.
        outcome = Outcome(searched="nothing", problems=(wanted.cleaned(str(error)),))
    return Scan(place=task.place, where=task.where, seconds=time.monotonic() - begin, outcome=outcome)


def line(scan: Scan) -> str:
    """One line about a place, for people."""
    found = f"{len(scan.outcome.findings)} FOUND" if scan.outcome.findings else "nothing found"
    problems = f", {len(scan.outcome.problems)} PROBLEMS" if scan.outcome.problems else ""
    return f"{scan.where}: {scan.place}: {scan.outcome.searched}, {found}{problems} ({scan.seconds:.1f} s)"
