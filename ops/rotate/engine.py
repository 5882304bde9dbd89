"""The engine during a rotation: whether it may begin, and the one `up` that carries it out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

from ops import hosts
from ops.rotate.errors import RotationError
from ops.stack import EngineError, Stack, pulumi

_PLAIN = ("--non-interactive", "--color", "never", "--parallel", "12")


def refuse_unless_ready(stack: Stack) -> None:
    """Make sure that nothing but the rotation can go wrong, or will happen, in its `up`.

    Raises:
        RotationError: A service is not healthy, an operation was broken off, or other changes wait.
        EngineError: The engine does not know the stack.
    """
    problems = [*_unhealthy(stack), *_broken_off(stack)]
    if not problems:
        problems = [*_waiting(stack)]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise RotationError(f"nothing was rotated, because the swarm is not as it should be:\n{lines}")


def _unhealthy(stack: Stack) -> Iterator[str]:
    for container in hosts.survey(stack):
        if not container.state.good:
            yield f"{container.name}: must be healthy, got {container.state} {container.detail}".rstrip()


def _broken_off(stack: Stack) -> Iterator[str]:
    deployment = json.loads(pulumi("stack", "export", "--stack", stack.name))["deployment"]
    if count := len(deployment.get("pending_operations") or []):
        fix = f"./swarm recover --stack {stack.name}"
        yield f"state: must have no pending operations, got {count}; {fix}"


def _waiting(stack: Stack) -> Iterator[str]:
    """Other changes would be carried out beside the rotation without anybody having seen them."""
    try:
        pulumi("preview", "--expect-no-changes", *_PLAIN, "--stack", stack.name)
    except EngineError as error:
        last = error.said.strip().splitlines()[-1:]
        fix = f"pulumi up --stack {stack.name}"
        yield f"program: must propose no changes, got {' '.join(last)}; {fix}"


def up(stack: Stack, say: Callable[[str], None]) -> int:
    """Deploy without questions, pass every line on, and return the engine's status.

    ^C reaches the engine as well, which finishes what it has begun; this waits for it.
    """
    for node, refusal in hosts.connect(stack).items():
        if refusal:
            say(f"{node}: {refusal}")
    argv = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", *_PLAIN, "--stack", stack.name)
    with subprocess.Popen(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        lines = running.stdout or iter(())
        while True:
            try:
                for line in lines:
                    say(line.rstrip())
                break
            except KeyboardInterrupt:
                say("interrupted; waiting for the engine to finish what it has begun")
    return running.returncode
