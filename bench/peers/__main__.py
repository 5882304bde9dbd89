"""`python -m bench.peers`: the same containers on the same hosts by Pulumi and by OpenTofu, in turns."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import command_line, lab_hosts, machine, pulumi_project
from bench.lab_hosts import Hosts
from bench.peers import alike, build, opentofu
from bench.peers.opentofu import Tofu
from bench.peers.report import Operation, sheets
from bench.pulumi_project import Project
from bench.services import spread_over_nodes
from bench.timing import Subject, take_turns
from lab.steps import Steps

CONTAINERS = 12
PARALLEL = (12, 4)
WAIT = {"wait": True, "waitTimeout": opentofu.WAIT_SECONDS}
"""Inputs that make every container of ours wait for its health, as the peer's do; the swarm itself lets only
those wait that another service needs."""

app = typer.Typer(pretty_exceptions_enable=False)


def pulumi_subject(project: Project, parallel: int, states: dict[str, list[dict[str, Any]]]) -> Subject:
    """Our own program."""

    def up(services: str, *more: str) -> float:
        project.configure(states[services], WAIT)
        return project.run("up", "--yes", "--skip-preview", *more, parallel=parallel)

    quiet = "--expect-no-changes"
    return Subject(
        "Pulumi",
        {
            Operation.FIRST: partial(up, "first"),
            Operation.AGAIN: partial(up, "first", quiet),
            Operation.REFRESH: partial(project.run, "preview", "--refresh", quiet, parallel=parallel),
            Operation.EDIT: partial(up, "edited"),
            Operation.DESTROY: partial(project.run, "destroy", "--yes", "--skip-preview", parallel=parallel),
        },
    )


def tofu_subject(tofu: Tofu, parallel: int, states: dict[str, list[dict[str, Any]]]) -> Subject:
    """The peer; it asks the hosts unless told not to, which is the other way round with Pulumi."""
    at_a_time = f"-parallelism={parallel}"

    def apply(services: str) -> float:
        tofu.configure(states[services])
        return tofu.run("apply", "-auto-approve", "-refresh=false", at_a_time)

    return Subject(
        "OpenTofu",
        {
            Operation.FIRST: partial(apply, "first"),
            Operation.AGAIN: partial(apply, "first"),
            Operation.REFRESH: partial(tofu.run, "plan", "-detailed-exitcode", at_a_time),
            Operation.EDIT: partial(apply, "edited"),
            Operation.DESTROY: partial(tofu.run, "destroy", "-auto-approve", "-refresh=false", at_a_time),
        },
    )


def check_alike(steps: Steps, ours: Subject, theirs: Subject) -> None:
    """Deploy both once and compare the containers.

    Raises:
        StepError: They differ.
    """
    with steps.step("both make the same containers"):
        seen = []
        for subject in (ours, theirs):
            subject.operations[Operation.FIRST]()
            seen.append(alike.look())
            subject.operations[Operation.DESTROY]()
        alike.require(*seen, count=CONTAINERS)


def compare(steps: Steps, hosts: Hosts, programs: Path, rounds: int) -> dict[int, tuple[Subject, Subject]]:
    """Times of both for each parallelism."""
    states = {
        "first": spread_over_nodes(CONTAINERS, hosts.pause, health_seconds=1),
        "edited": spread_over_nodes(CONTAINERS, hosts.pause, health_seconds=1, edited=CONTAINERS),
    }
    project = pulumi_project.create_probe(hosts, "peers")
    tofu = opentofu.tofu(hosts, programs)
    pairs = {
        parallel: (pulumi_subject(project, parallel, states), tofu_subject(tofu, parallel, states))
        for parallel in PARALLEL
    }
    check_alike(steps, *pairs[PARALLEL[0]])
    for pair in pairs.values():
        take_turns(steps, pair, [list(Operation)], rounds=rounds)
    return pairs


@app.command()
def main(
    rounds: Annotated[int, typer.Option(min=1, help="Runs of every operation.")] = 5,
    as_json: command_line.AsJson = False,
    write: command_line.Write = False,
) -> None:
    """Measure the same deployment by Pulumi and by OpenTofu; example: --rounds 3."""
    steps = Steps()
    programs = build.ensure(steps)
    about = machine.describe()
    with lab_hosts.ready(steps) as hosts:
        pairs = compare(steps, hosts, programs, rounds)
    report = sheets(pairs, CONTAINERS)
    every = [
        {"name": subject.name, "parallel": parallel, "seconds": subject.seconds}
        for parallel, pair in pairs.items()
        for subject in pair
    ]
    command_line.show(report, {"machine": about, "subjects": every}, as_json=as_json)
    if write:
        command_line.write("bench.peers", f"python -m bench.peers --rounds {rounds}", about, report)


if __name__ == "__main__":
    command_line.run(app)
