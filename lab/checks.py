"""What `make check` and `make test` run, in the order in which a failure is cheapest."""

from __future__ import annotations

import subprocess
import sys

from lab import paths
from lab.process import StepError
from lab.steps import Steps

PYTHON = sys.executable


def static(steps: Steps) -> None:
    """Format, lint and strict types."""
    _run(steps, "format", PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")
    _run(steps, "lint", PYTHON, "-m", "ruff", "check", "--quiet", ".")
    _run(steps, "types", PYTHON, "-m", "mypy", "--no-error-summary")


def tests(steps: Steps, *arguments: str) -> None:
    """Run pytest with its output shown as it comes; no test collected counts as a failure."""
    _run(steps, f"pytest {' '.join(arguments)}", PYTHON, "-m", "pytest", *arguments)


def _run(steps: Steps, name: str, *argv: str) -> None:
    with steps.step(name):
        done = subprocess.run(argv, cwd=paths.REPO, check=False)
        if done.returncode != 0:
            raise StepError(
                f"{name} failed with status {done.returncode}",
                hint=" ".join(("cd", str(paths.REPO), "&&", *argv)),
            )
