"""`python -m bench.policies`: what the policy pack adds to a preview, by the same preview without it.

The swarm of production is filled up with idle services to the size that is asked for; a preview contacts no
host, so this needs the engine and not the lab. Both take turns, and every round begins with the other one.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import yaml

from bench import command_line, machine
from bench.figures import Samples, ratio, spread, times
from bench.tables import Sheet
from bench.timing import Subject, take_turns, timed
from lab import engine, environment, paths, process
from lab.process import StepError
from lab.steps import Steps

SIZES = [28, 300]
PREVIEW = "preview, all new"
STACK = "prod"
MOST_SECONDS = 0.7
"""Target for 300 containers: what the pack may add."""

TARGET_SIZE = 300

app = typer.Typer(pretty_exceptions_enable=False)


def project(folder: Path) -> None:
    """A project with production's name and settings, and an empty state."""
    settings = {"name": "aiswarm", "main": str(paths.REPO / "bench" / "programs" / "many.py")}
    settings["runtime"] = {  # type: ignore[assignment]  # the file's only object
        "name": "python",
        "options": {"toolchain": "pip", "virtualenv": str(paths.REPO / ".venv")},
    }
    (folder / "backend").mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    (folder / f"Pulumi.{STACK}.yaml").write_text((paths.REPO / f"Pulumi.{STACK}.yaml").read_text())
    process.output(("pulumi", "stack", "init", STACK, "--no-select"), cwd=folder, env=_environment(folder))


def configure(folder: Path, containers: int) -> None:
    """Say how many containers there are."""
    file = folder / f"Pulumi.{STACK}.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["bench:containers"] = containers
    file.write_text(yaml.safe_dump(content))


def preview(folder: Path, *more: str) -> float:
    """Seconds of a preview from an empty state."""
    command = (
        "pulumi", "preview", "--stack", STACK, "--non-interactive", "--color", "never",
        "--suppress-outputs", *more,
    )  # fmt: skip
    return timed(command, log="bench-policies", cwd=folder, env=_environment(folder), connect=False)


def compare(steps: Steps, folder: Path, size: int, rounds: int) -> tuple[Samples, Samples]:
    """Seconds without and with the pack."""
    configure(folder, size)
    without = Subject("without the pack", {PREVIEW: partial(preview, folder)})
    pack = ("--policy-pack", str(paths.REPO / "policy"))
    judged = Subject("with the pack", {PREVIEW: partial(preview, folder, *pack)})
    take_turns(steps, (without, judged), [[PREVIEW]], rounds=rounds)
    return without.seconds, judged.seconds


def sheets(found: dict[int, tuple[Samples, Samples]]) -> tuple[Sheet, ...]:
    """The figures, and the target where its size was measured."""
    header = ("containers", "without the pack", "with the pack", "added", "ratio")
    rows = tuple(
        (
            str(size),
            spread(without[PREVIEW]),
            spread(judged[PREVIEW]),
            f"{added(without, judged):.1f}",
            times(ratio(judged, without, PREVIEW)),
        )
        for size, (without, judged) in found.items()
    )
    report = Sheet("Seconds of a preview from an empty state, median (fastest–slowest)", header, rows)
    if TARGET_SIZE not in found:
        return (report,)
    seconds = added(*found[TARGET_SIZE])
    met = "yes" if seconds <= MOST_SECONDS else "no"
    target = f"the pack adds at most {MOST_SECONDS} s to a preview of {TARGET_SIZE} containers"
    return report, Sheet("Target", ("target", "measured", "met"), ((target, f"{seconds:.1f} s", met),))


def added(without: Samples, judged: Samples) -> float:
    """Seconds between the fastest of both: whatever else the machine does only adds."""
    return min(judged[PREVIEW]) - min(without[PREVIEW])


def _environment(folder: Path) -> dict[str, str]:
    """Variables that touch nothing of the user's own, and undo those of `./swarm env`."""
    found = engine.find()
    if found is None:
        raise StepError("the engine must have been built", hint="make up")
    return {
        "PATH": f"{found.bin_dir}:{paths.REPO / '.venv' / 'bin'}:{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(paths.REPO),
        "PULUMI_HOME": str(environment.pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
        "PULUMI_OPTION_CONFIG_FILE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


_PASSPHRASE = secrets.token_urlsafe(32)


@app.command()
def main(
    sizes: Annotated[
        list[int], typer.Option("--size", min=28, help="How many containers; give it once for each size.")
    ] = SIZES,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each.")] = 5,
    as_json: command_line.AsJson = False,
    write: command_line.Write = False,
) -> None:
    """Time previews with and without the policy pack; example: --size 300 --rounds 7."""
    about = machine.describe()
    steps = Steps()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        found = {size: compare(steps, folder, size, rounds) for size in sorted(sizes)}
    report = sheets(found)
    data = {"about": about, "seconds": {size: [dict(each) for each in both] for size, both in found.items()}}
    command_line.show(report, data, as_json=as_json)
    if write:
        words = ("python -m bench.policies", *(f"--size {size}" for size in sizes), f"--rounds {rounds}")
        command_line.write("bench.policies", " ".join(words), about, report)


if __name__ == "__main__":
    command_line.run(app)
