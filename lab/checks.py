"""What `make check` and `make test` run, in the order in which a failure is cheapest."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lab import paths, process, programs
from lab.docker import machine
from lab.nodes.images import native_arch
from lab.process import StepError
from lab.steps import Steps

PYTHON = sys.executable

TOOLS: Mapping[str, str] = {"openssh-server": "sshd", "openssh-client": "ssh-agent", "iproute2": "ip"}
"""Debian packages, each with a program of it, without which tests would be skipped."""

_INTERRUPTS = "tests/unit/lab/test_process.py"
"""These send their own process an interrupt, which would stop a worker of pytest-xdist."""

_TEMPLATES = paths.REPO / "components" / "render" / "templates"


def all_offline(steps: Steps) -> None:
    """Everything that needs neither engine nor Docker."""
    static(steps)
    install_tools(steps)
    tests(steps, "tests", "--ignore=tests/e2e", f"--ignore={_INTERRUPTS}", "--numprocesses=auto")
    tests(steps, _INTERRUPTS)


def static(steps: Steps) -> None:
    """Format, lint, strict types, the shell scripts, and the workflows of pull requests."""
    _run(steps, "format", PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")
    _run(steps, "lint", PYTHON, "-m", "ruff", "check", "--quiet", ".")
    _run(steps, "types", PYTHON, "-m", "mypy", "--no-error-summary")
    _run(steps, "shell scripts", "shellcheck", *map(str, scripts()))
    workflows(steps)


def workflows(steps: Steps) -> None:
    """Syntax, types and shell by actionlint; what an attacker could use, by zizmor without a network."""
    actionlint = programs.ensure(steps, programs.ACTIONLINT, native_arch())
    _run(steps, "workflows", str(actionlint))
    _run(steps, "security of workflows", "zizmor", "--offline", "--quiet", "--pedantic", ".github/workflows")


def scripts() -> list[Path]:
    """The shell scripts of the checkout; of templates, what they become, which lies among the goldens."""
    found = (
        file.relative_to(paths.REPO)
        for top in paths.REPO.iterdir()
        if top.is_dir() and not top.name.startswith(".")
        for file in top.rglob("*.sh")
        if not file.is_relative_to(_TEMPLATES)
    )
    return sorted((*found, Path("swarm")))


def install_tools(steps: Steps) -> None:
    """Have the programs that tests use, where this process may install them; no service is started.

    Elsewhere, and where no mirror is reached, the tests that need one say so and are skipped.
    """
    missing = [package for package, program in TOOLS.items() if _which(program) is None]
    if not missing or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    with steps.step(f"Debian packages {', '.join(missing)}") as step:
        try:
            machine.install_idle(*missing)
        except StepError as error:
            step.note = f"not installed, so tests are skipped: {error.what}"


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def tests(steps: Steps, *arguments: str) -> None:
    """Run pytest with its output shown as it comes; no test collected counts as a failure."""
    _run(steps, f"pytest {' '.join(arguments)}", PYTHON, "-m", "pytest", *arguments)


def _run(steps: Steps, name: str, *argv: str) -> None:
    """Run a check with the programs of the virtual environment first, as a shell that activated it would."""
    path = f"{Path(PYTHON).parent}:{os.environ.get('PATH', os.defpath)}"
    with steps.step(name):
        status = process.shown(argv, cwd=paths.REPO, env={"PATH": path})
        if status != 0:
            raise StepError(
                f"{name} failed with status {status}", hint=" ".join(("cd", str(paths.REPO), "&&", *argv))
            )
