"""Run `search.sh` somewhere and read its answer: which secret was found in which file at which place."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from components.config.settings import NodeSettings
from ops.errors import SwarmError
from ops.hosts import as_root, on_node
from ops.prove.needles import Needles, Source

Runner = Callable[[str, str], str]
"""Runs a shell command with a text as its standard input and returns what it printed."""

TIMEOUT_SECONDS = 1800
"""For one place; a node with its models on disk has some tens of gigabytes to read."""

_FOLDER = Path(__file__).parent
_RECORD = re.compile(r"([^\0]*)\0(\d+):(.*)\n")
_CANARY = "canary"


@dataclass
class SearchError(SwarmError):
    """A search did not work, so it proves nothing."""

    said: str

    def __str__(self) -> str:
        """What did not work."""
        return self.said


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern in a file. The match itself is not kept."""

    path: str
    offset: int
    source: Source


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found, and what else it noted."""

    hits: tuple[Hit, ...]
    facts: Mapping[str, tuple[tuple[int, str], ...]]
    """Numbers and texts by name, in the order in which they were noted."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What programs complained about: parts that could not be read."""
        return tuple(text for _, text in self.facts.get("problem", ()))

    def count(self, name: str) -> int:
        """The number of a fact that is there once."""
        return self.facts[name][0][0] if name in self.facts else 0


def search(run: Runner, needles: Needles, function: str, *arguments: str) -> Answer:
    """Call a function of `search.sh`.

    Raises:
        SearchError: The answer is incomplete, or the search cannot even find what it was handed.
    """
    call = shlex.join((function, *arguments))
    script = f"{(_FOLDER / 'search.sh').read_text()}\n{call}\n"
    return _read(run(_for_any_shell(script), needles.lines), needles)


def describe(run: Runner) -> str:
    """What a node's Docker tells of all its objects: the output of `describe.sh`."""
    return run(_for_any_shell((_FOLDER / "describe.sh").read_text()), "")


def on(node: NodeSettings) -> Runner:
    """Runs commands on a node as root, who alone sees everything; raises `NodeError` as `on_node` does."""
    return lambda command, stdin: on_node(
        node, as_root(node, command), stdin=stdin, timeout_seconds=TIMEOUT_SECONDS
    )


def here(folder: Path) -> Runner:
    """Runs commands on this machine, in a folder; one that cannot be run raises `SearchError`."""

    def run(command: str, stdin: str) -> str:
        try:
            done = subprocess.run(
                ("sh", "-c", command), input=stdin, cwd=folder, capture_output=True, check=False,
                text=True, errors="replace", timeout=TIMEOUT_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SearchError(f"{folder}: {error}") from error
        if done.returncode != 0:
            raise SearchError(done.stderr.strip() or f"status {done.returncode}")
        return done.stdout

    return run


def _for_any_shell(script: str) -> str:
    """A command for whatever shell the user of a node has."""
    return f"exec sh -c {shlex.quote(script)}"


def _read(printed: str, needles: Needles) -> Answer:
    hits: list[Hit] = []
    facts: dict[str, tuple[tuple[int, str], ...]] = {}
    strange = 0
    for path, number, text in _records(printed):
        if path.startswith("!"):
            facts[path[1:]] = (*facts.get(path[1:], ()), (number, text))
        elif source := needles.source(text):
            hits.append(Hit(path, number, source))
        elif (path, text) == (_CANARY, needles.canary):
            facts[_CANARY] = ((number, ""),)
        else:
            strange += 1
    if strange or _CANARY not in facts:
        raise SearchError("the search must find what it was handed and nothing else, got another answer")
    return Answer(tuple(hits), facts)


def _records(printed: str) -> Iterator[tuple[str, int, str]]:
    for record in _RECORD.finditer(printed):
        path, number, text = record.groups()
        yield path, int(number), text
