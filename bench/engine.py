"""`python -m bench.engine`: how long the engine takes for the swarm's components, and how that grows.

The probe program (the swarm's own components around containers that do nothing) runs in turn with an empty
program on the same hosts, so that what engine and language cost can be told from what the containers cost. A
deployed lab stack is measured too, by runs that change nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bench import command_line, engine_report, lab_hosts, machine, pulumi_project
from bench.engine_report import Comparison, Operation
from bench.lab_hosts import Hosts
from bench.pulumi_project import PARALLEL, Project
from bench.services import spread_over_nodes
from bench.timing import Subject, take_turns, timed
from lab import environment, paths, process
from lab.steps import Steps

SIZES = [10, 50, 100, 300]
UP = ("up", "--yes")
QUIET = "--expect-no-changes"
UNCHANGED = {
    Operation.UP_AGAIN: (*UP, "--skip-preview", QUIET),
    Operation.UP_AGAIN_PREVIEWED: (*UP, QUIET),
    Operation.PREVIEW: ("preview", QUIET),
    Operation.PREVIEW_REFRESH: ("preview", "--refresh", QUIET),
}
"""Operations that must find nothing to change; the engine fails them otherwise, and the bench with it."""

app = typer.Typer(pretty_exceptions_enable=False)


def subject_of(project: Project, name: str) -> Subject:
    """A project with every operation but the edit, which an empty program does not have."""
    arguments = {
        Operation.PREVIEW_NEW: ("preview",),
        Operation.FIRST_UP: (*UP, "--skip-preview"),
        **UNCHANGED,
        Operation.DESTROY: ("destroy", "--yes", "--skip-preview"),
    }
    return Subject(name, {item: partial(project.run, *words) for item, words in arguments.items()})


def compare(steps: Steps, hosts: Hosts, size: int, rounds: int) -> Comparison:
    """Deploy `size` containers, look at them, edit one and remove them all, `rounds` times."""
    project = pulumi_project.create_probe(hosts, f"probe-{size}")
    empty = pulumi_project.create_empty(hosts, f"empty-{size}")
    first = spread_over_nodes(size, hosts.pause)
    edited = spread_over_nodes(size, hosts.pause, edited=1)
    project.configure(first)

    def edit() -> float:
        project.configure(edited)
        try:
            return project.run(*UP, "--skip-preview")
        finally:
            project.configure(first)

    ours = subject_of(project, f"{size} containers")
    ours.operations = {**ours.operations, Operation.EDIT: edit}
    theirs = subject_of(empty, "empty")
    take_turns(steps, (theirs, ours), [[item] for item in Operation], rounds=rounds)
    return Comparison(name=ours.name, containers=size, seconds=ours.seconds, empty=theirs.seconds)


def compare_lab(steps: Steps, hosts: Hosts, rounds: int) -> Comparison | None:
    """Measure the deployed lab stack by operations that change nothing; None where there is no such stack.

    Raises:
        StepError: Something would change, so there is no quiet second `up` to measure.
    """
    if not environment.config_file().exists():
        return None
    environment.activate()
    env = environment.variables()
    rest = ("--stack", environment.STACK, "--non-interactive", "--color", "never")
    with steps.step("the lab's stack is as its program says"):
        process.logged(("pulumi", "preview", QUIET, *rest), log="bench-lab", cwd=paths.REPO, hint="make up")

    def run(*words: str) -> float:
        command = ("pulumi", *words, *rest, "--suppress-outputs", "--parallel", str(PARALLEL))
        return timed(command, log="bench-lab", cwd=paths.REPO, env=env)

    empty = subject_of(pulumi_project.create_empty(hosts, "empty-lab"), "empty")
    empty.operations[Operation.FIRST_UP]()
    lab = Subject("lab stack", {item: partial(run, *words) for item, words in UNCHANGED.items()})
    take_turns(steps, (empty, lab), [[item] for item in UNCHANGED], rounds=rounds)
    return Comparison(name=lab.name, containers=None, seconds=lab.seconds, empty=empty.seconds)


@app.command()
def main(
    sizes: Annotated[
        list[int], typer.Option("--size", min=1, help="How many containers; give it once for each size.")
    ] = SIZES,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of every operation.")] = 3,
    as_json: command_line.AsJson = False,
    write: command_line.Write = False,
) -> None:
    """Measure preview and up for growing numbers of containers; example: --size 10 --size 50 --rounds 5."""
    about = machine.describe()
    steps = Steps()
    with lab_hosts.ready(steps) as hosts:
        lab = compare_lab(steps, hosts, rounds)  # first, because it may refuse
        found = [compare(steps, hosts, size, rounds) for size in sorted(sizes)]
    if lab is not None:
        found.append(lab)
    report = engine_report.sheets(found)
    command = " ".join(
        ("python -m bench.engine", *(f"--size {size}" for size in sizes), f"--rounds {rounds}")
    )
    command_line.show(report, engine_report.data(found, about), as_json=as_json)
    if lab is None:
        steps.console.print("the lab's stack is not deployed, so it was not measured; `make up` deploys it")
    if write:
        command_line.write("bench.engine", command, about, report)


if __name__ == "__main__":
    command_line.run(app)
