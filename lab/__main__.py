"""`python -m lab`: what the Makefile's targets call."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from components.catalogue.images import IMAGES
from components.config.errors import SettingsError
from lab import checks, docker, engine, environment, images, lock, nodes, paths, plugins, preflight, stack
from lab.images import LabImage, proof
from lab.nodes.images import native_arch
from lab.process import StepError
from lab.steps import Steps
from ops import chat
from ops import stack as deployed
from ops.cli import status_table
from ops.hosts import survey
from ops.session import console

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

QUESTION = "It is {time}. Say hello to the three machines."
"""With the time, so that no cache knows the answer and a model gives it."""


@app.command()
def up() -> None:
    """Bring up the lab and deploy the swarm to it; safe to run again."""
    steps = Steps()
    with lock.held(steps):
        _up(steps)


def _up(steps: Steps) -> None:
    bring_up(steps)
    found = deployed.read(environment.STACK)
    console.print(status_table(survey(found)))
    console.print(_urls())
    question = QUESTION.format(time=time.strftime("%H:%M:%S"))
    with steps.step("one chat request") as step:
        pieces = list(
            chat.ask(
                deployed.output(environment.STACK, "chat_url"),
                key=deployed.output(environment.STACK, "chat_key"),
                model=deployed.output(environment.STACK, "chat_model"),
                prompt=question,
                ca=environment.ca_file(),
            )
        )
        step.note = f"first token after {pieces[0].seconds:.2f} s, last after {pieces[-1].seconds:.2f} s"
    answer = "".join(piece.text for piece in pieces)
    console.print(f"> {question}\n< {answer}", markup=False, highlight=False)
    console.print(steps.table())
    console.print(
        'next: ./swarm chat "…", ./swarm status, eval "$(./swarm env)" && pulumi preview, make down'
    )


def bring_up(steps: Steps) -> None:
    """Everything from nothing to healthy services."""
    preflight.check(steps)
    found = engine.ensure(steps)
    docker.ensure_daemon(steps)
    nodes.ensure_registry(steps)
    built = {**images.ensure(steps), **_foreign_images(steps)}
    lab_nodes = nodes.up(steps)
    nodes.ensure_qdrant(steps, built["qdrant"].reference)
    nodes.ensure_railway(steps, built["railway"].reference)
    with steps.step("engine plugins"):
        engine.install_plugins(found, environment.pulumi_home())
        if found.built_here:
            plugins.install(environment.pulumi_home(), paths.REPO / ".venv" / "bin" / "python")
    archs = {node.name: native_arch() for node in lab_nodes}
    stack.configure(steps, lab_nodes, built, archs | ({"oracle": "arm64"} if _emulates_arm() else {}))
    proof.write_lock(
        steps, (image for name, image in built.items() if name in IMAGES), environment.image_lock()
    )
    stack.deploy(steps)


def _emulates_arm() -> bool:
    """`LAB_ARM=1 make up` gives oracle its true architecture, at a sixth to a sixtieth of the speed."""
    return os.environ.get("LAB_ARM") == "1"


def _foreign_images(steps: Steps) -> Mapping[str, LabImage]:
    """Oracle's images for ARM, if they are asked for; building them under emulation takes an hour."""
    if not _emulates_arm():
        return {}
    oracle = deployed.committed(environment.STACK, paths.REPO).on("oracle")
    return images.ensure_arm64(steps, {spec.image.name for spec in oracle})


@app.command()
def down() -> None:
    """Remove the lab's containers, networks, volumes and Pulumi state; the cache stays."""
    steps = Steps()
    with lock.held(steps):
        tear_down(steps)


def tear_down(steps: Steps) -> None:
    """Everything that `bring_up` made, but for what the cache keeps."""
    nodes.down(steps)
    with steps.step("state of the lab") as step:
        step.note = _remove(paths.state_dir())


@app.command()
def check() -> None:
    """Format, lint, types and the tests that need neither engine nor Docker."""
    steps = Steps()
    checks.all_offline(steps)
    console.print(steps.table())


@app.command()
def test() -> None:
    """All checks, then the end-to-end tests on the lab, which stays up afterwards."""
    steps = Steps()
    checks.all_offline(steps)
    with lock.held(steps):
        bring_up(steps)
        environment.activate()
        checks.tests(steps, "tests/e2e")
    console.print(steps.table())


@app.command("clean-cache")
def clean_cache(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove what can be built again: the cache, the lab's registry and its images in this machine's Docker.

    Nodes that run go on running, but `./swarm` and `pulumi` have no engine until the next `make up`.
    """
    folder = paths.cache_dir()
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove {folder}? Building it again takes about half an hour", abort=True)
    steps = Steps()
    with lock.held(steps):
        with steps.step("registry and images") as step:
            step.note = _remove_built()
        with steps.step("cache") as step:
            step.note = _remove(folder)
    console.print("next: make up, before anything else is done with a lab that runs")


def _remove_built() -> str:
    """The registry goes before its data: it must not serve what is no longer there."""
    if not docker.answers():
        return "no Docker daemon answers, so none were removed"
    registry = "registry removed" if nodes.remove_registry() else "no registry"
    count = docker.remove_images("aiswarm/", f"{nodes.PUSH_REGISTRY}/aiswarm/")
    return f"{registry}, {count} images removed; those of nodes that exist stay"


def _remove(folder: Path) -> str:
    if not folder.exists():
        return "nothing to do"
    shutil.rmtree(folder)
    return f"removed {folder}"


def _urls() -> Table:
    table = Table("what", "where")
    for name, url in sorted(deployed.urls(environment.STACK).items()):
        table.add_row(name, url)
    table.add_row("certificate authority", str(environment.ca_file()))
    return table


def main() -> None:
    """Run a target; a failed step prints what an operator needs and ends with status 1."""
    try:
        app()
    except (StepError, SettingsError, deployed.EngineError, chat.ChatError, OSError) as error:
        console.print(f"\n[red]{type(error).__name__}[/red]")
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
