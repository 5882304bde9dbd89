"""Drive the real `pulumi` on the lab stack, and describe altered configurations of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from lab import environment, nodes, paths

Config = dict[str, Any]
UP = ("up", "--yes", "--skip-preview", "--parallel", "12", "--suppress-outputs")
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Answer:
    """How a `pulumi` command ended and what it printed on both streams."""

    status: int
    text: str


@dataclass(frozen=True)
class Engine:
    """The engine on one stack: its program folder and its environment."""

    cwd: Path
    env: Mapping[str, str]
    stack: str

    def argv(self, arguments: Sequence[str]) -> list[str]:
        """The command line, with the stack and without colours."""
        return ["pulumi", *arguments, "--stack", self.stack, "--non-interactive", "--color", "never"]

    def run(self, *arguments: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Answer:
        """Run a command to its end, whatever that is."""
        done = subprocess.run(
            self.argv(arguments), cwd=self.cwd, env=dict(self.env), text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout_seconds,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout)

    def ok(self, *arguments: str) -> str:
        """Run a command that must succeed and return what it printed."""
        answer = self.run(*arguments)
        assert answer.status == 0, answer.text
        return answer.text

    @contextmanager
    def started(self, *arguments: str, until: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command in a process group of its own and hand it over once it has printed `until`.

        The command is over when the block is left, killed if need be.
        """
        with subprocess.Popen(
            self.argv(arguments), cwd=self.cwd, env=dict(self.env), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as running:  # fmt: skip
            try:
                assert running.stdout is not None
                said = list(takewhile(lambda line: until not in line, running.stdout))
                assert running.poll() is None, "".join(said)
                yield running
                running.communicate(timeout=TIMEOUT_SECONDS)
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)

    def up(self, *options: str) -> str:
        """Deploy; the connections are opened first, as `make up` does it."""
        nodes.open_masters()
        return self.ok(*UP, *options)

    def resources(self) -> dict[str, Config]:
        """The resources of the state, by URN."""
        exported = json.loads(self.ok("stack", "export"))
        return {item["urn"]: item for item in exported["deployment"].get("resources", [])}

    def identities(self) -> dict[str, tuple[object, object]]:
        """Id and time of the last change of every resource; texts alone differ, each save encrypts anew."""
        return {urn: (item.get("id"), item.get("modified")) for urn, item in self.resources().items()}

    def altered(self, folder: Path, change: Callable[[Config], None]) -> Engine:
        """The same engine with a changed copy of the stack's configuration, and its image lock beside it."""
        document = yaml.safe_load(Path(self.env["PULUMI_OPTION_CONFIG_FILE"]).read_text())
        change(document["config"])
        file = folder / f"Pulumi.{self.stack}.yaml"
        file.write_text(yaml.safe_dump(document))
        lock = environment.image_lock()
        for part in (lock, lock.with_suffix(".d")):
            (folder / part.name).unlink(missing_ok=True)
            (folder / part.name).symlink_to(part)
        return Engine(self.cwd, {**self.env, "PULUMI_OPTION_CONFIG_FILE": str(file)}, self.stack)


def lab_engine() -> Engine:
    """The engine on the lab stack, as `./swarm env` sets it up."""
    environment.activate()
    return Engine(paths.REPO, dict(os.environ), environment.STACK)


def inspect(node: str, container: str) -> Config:
    """What the node's Docker engine says of a container."""
    found = json.loads(nodes.ssh(node, f"docker inspect {container}"))
    assert isinstance(found[0], dict)
    return found[0]
