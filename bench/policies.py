"""`python -m bench.policies`: what the policy pack adds to a preview, by the same preview without it.

The swarm of production is filled up with idle services to the size that is asked for; a preview contacts no
host, so this needs the engine and not the lab. An idle pack, of one rule that finds nothing, tells how much
of the time is the engine's own: it asks a pack twice about each resource, one call after the other. All take
turns, and the order changes with every round.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import yaml

from bench import command_line, machine
from bench.figures import Samples, spread
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

IDLE_PACK = """\
from pulumi_policy import PolicyPack, ResourceValidationPolicy

PolicyPack("idle", [ResourceValidationPolicy("idle", "finds nothing", lambda args, report: None)])
"""

app = typer.Typer(pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Seconds:
    """What previews of one size took."""

    without: Samples
    idle: Samples
    ours: Samples


def project(folder: Path) -> None:
    """A project with production's name and settings and an empty state, and the idle pack beside it."""
    settings = {"name": "aiswarm", "main": str(paths.REPO / "bench" / "programs" / "many.py")}
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(paths.REPO / ".venv")}}
    settings["runtime"] = runtime  # type: ignore[assignment]  # the file's only object
    (folder / "backend").mkdir()
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    (folder / f"Pulumi.{STACK}.yaml").write_text((paths.REPO / f"Pulumi.{STACK}.yaml").read_text())
    (folder / "idle").mkdir()
    (folder / "idle" / "PulumiPolicy.yaml").write_text(
        yaml.safe_dump({"version": "0.1.0", "runtime": runtime})
    )
    (folder / "idle" / "__main__.py").write_text(IDLE_PACK)
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


def compare(steps: Steps, folder: Path, size: int, rounds: int) -> Seconds:
    """Time previews without a pack, with the idle one and with ours."""
    configure(folder, size)
    packs = {
        "without a pack": (),
        "with an idle pack": ("--policy-pack", str(folder / "idle")),
        "with the pack": ("--policy-pack", str(paths.REPO / "policy")),
    }
    subjects = [Subject(name, {PREVIEW: partial(preview, folder, *more)}) for name, more in packs.items()]
    take_turns(steps, subjects, [[PREVIEW]], rounds=rounds)
    return Seconds(*(subject.seconds for subject in subjects))


def sheets(found: dict[int, Seconds]) -> tuple[Sheet, ...]:
    """The figures, and the target where its size was measured."""
    header = (
        "containers",
        "without a pack",
        "with an idle pack",
        "with the pack",
        "idle adds",
        "ours adds",
    )
    rows = tuple(
        (
            str(size),
            *(spread(samples[PREVIEW]) for samples in (each.without, each.idle, each.ours)),
            f"{added(each.without, each.idle):.1f}",
            f"{added(each.without, each.ours):.1f}",
        )
        for size, each in found.items()
    )
    report = Sheet("Seconds of a preview from an empty state, median (fastest–slowest)", header, rows)
    if TARGET_SIZE not in found:
        return (report,)
    seconds = added(found[TARGET_SIZE].without, found[TARGET_SIZE].ours)
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
    """Time previews without a pack, with an idle one and with ours; example: --size 300 --rounds 7."""
    about = machine.describe()
    steps = Steps()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        found = {size: compare(steps, folder, size, rounds) for size in sorted(sizes)}
    report = sheets(found)
    data = {"about": about, "seconds": {size: asdict(each) for size, each in found.items()}}
    command_line.show(report, data, as_json=as_json)
    if write:
        words = ("python -m bench.policies", *(f"--size {size}" for size in sizes), f"--rounds {rounds}")
        command_line.write("bench.policies", " ".join(words), about, report)


if __name__ == "__main__":
    command_line.run(app)
