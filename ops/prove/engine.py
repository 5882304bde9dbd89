"""The places that the Pulumi engine writes to: its state with all earlier ones, and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.prove.needles import Needles
from ops.prove.report import Outcome, gathered, in_text
from ops.prove.search import SearchError, here, search

_STATE_FOLDERS = ("stacks", "history", "backups", "locks")
"""What a file backend writes, below `.pulumi` (pkg/backend/diy)."""

_PLAIN = ("--non-interactive", "--color", "never")
_QUESTIONS = (("stack", "export"), ("stack", "history", "--json"), ("stack", "output", "--json"))
_PREVIEWS = (("preview", "--diff", "--json", *_PLAIN), ("preview", "--diff", *_PLAIN))


@dataclass(frozen=True, slots=True)
class Said:
    """How a `pulumi` command ended and what it printed."""

    status: int
    output: str
    errors: str = ""


Ask = Callable[..., Said]
"""Runs `pulumi` with these arguments to its end, whatever that is."""


def ask(*arguments: str) -> Said:
    """Run `pulumi` in the current folder."""
    done = subprocess.run(
        ("pulumi", *arguments), capture_output=True, text=True, errors="replace", check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def state(asked: Ask, needles: Needles, stack_name: str) -> Outcome:
    """The state as anyone gets it who may ask for it, and every file of a backend that is a folder."""
    texts = _texts(asked, needles, stack_name, _QUESTIONS)
    folder = _folder(asked)
    if folder is None:
        return Outcome(
            searched=f"{texts.searched}, no files", findings=texts.findings, problems=texts.problems
        )
    present = [name for name in _STATE_FOLDERS if (folder / name).exists()]
    answer = search(here(folder), needles, "folders", *(str(folder / name) for name in present), *_config())
    return Outcome(
        searched=f"{texts.searched}, {answer.count('files')} files",
        findings=(
            *texts.findings,
            *gathered((hit.path, hit.offset, hit.source) for hit in answer.hits),
        ),
        problems=(*texts.problems, *answer.problems),
    )


def previews(asked: Ask, needles: Needles, stack_name: str) -> Outcome:
    """What a preview prints, for people and for programs."""
    return _texts(asked, needles, stack_name, _PREVIEWS)


def _texts(asked: Ask, needles: Needles, stack_name: str, commands: tuple[tuple[str, ...], ...]) -> Outcome:
    found = []
    problems = []
    for command in commands:
        said = asked(*command, "--stack", stack_name)
        title = f"pulumi {' '.join(word for word in command if word not in _PLAIN)}"
        for name, text in (("output", said.output), ("errors", said.errors)):
            found += in_text(f"{title}: {name}", needles.within(text))
        if said.status != 0 or not said.output:
            problems.append(f"{title}: must print its result, got status {said.status}; run it by hand")
    return Outcome(searched=f"{len(commands)} outputs", findings=gathered(found), problems=tuple(problems))


def _folder(asked: Ask) -> Path | None:
    """Where the engine keeps its files; None if that is no folder.

    Raises:
        SearchError: The engine does not say.
    """
    said = asked("whoami", "--json")
    if said.status != 0:
        raise SearchError(f"pulumi whoami: must tell the backend, got status {said.status}")
    scheme, _, path = str(json.loads(said.output)["url"]).partition("://")
    return Path(path).expanduser() / ".pulumi" if scheme == "file" else None


def _config() -> tuple[str, ...]:
    """The stack's configuration file, where it lies outside of the checkout."""
    file = os.environ.get("PULUMI_OPTION_CONFIG_FILE", "")
    return (file,) if file else ()
