"""`./swarm up`: deploy with the policies, with the existing Qdrant guarded, and wait until all is healthy."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from components.model.problems import Problem
from ops import hosts, lab_bridge, probe
from ops.guard import watch
from ops.session import StackOption, open_stack, refuse_usage, say
from ops.stack import EngineError

POLICIES: Final = ("--policy-pack", "policy")

REFUSED: Final = {
    "ignore-protect": "it lets data be removed; unprotect the one resource with `pulumi state unprotect`",
    "skip-preview": "some policies are asked in a preview only; with --yes it asks nobody",
    "policy-pack": "it is the repository's own",
    "policy-pack-config": "exceptions stand in policy/exceptions.yaml",
    "stack": "give it to ./swarm up itself",
    "cwd": "./swarm up works on its own repository",
}
"""Flags of the engine, each with what to do instead."""

_SHORT: Final = {"f": "skip-preview", "s": "stack", "C": "cwd"}
_LONG: Final = re.compile(r"--(?P<name>[a-z-]+)(=.*)?", re.DOTALL)
_CLUSTER: Final = re.compile(r"-(?P<letters>[A-Za-z]+)(=.*)?", re.DOTALL)
_VARIABLE: Final = "PULUMI_OPTION_"
"""Before the name of a flag: the engine takes it from there as well."""

FlagsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[-- FLAGS]", help="Flags for `pulumi up`, after two dashes.")
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait afterwards until every service is healthy.")
]


def up_command(
    flags: FlagsArgument = None, stack_name: StackOption = lab_bridge.STACK, wait: WaitOption = 1800
) -> None:
    """Deploy: `pulumi up` with the policies, between two looks at the existing Qdrant, until all is healthy.

    Where Qdrant is absent or cannot be looked at, nothing is run; where it is different afterwards, that is
    said and the status is 1, however the update ended.

    Example: ./swarm up --stack prod -- --yes --parallel 12
    """
    words = flags or []
    if problems := sorted({*refused_flags(words), *refused_variables()}):
        raise refuse_usage("\n".join(["nothing was run:", *(f"  {problem}" for problem in problems)]))
    found = open_stack(stack_name)
    hosts.connect(found)
    with watch.guarded(found) as before:
        names = ", ".join(each.name for each in before.containers)
        say(f"guarding {names}: {len(before.collections)} collections")
        run(("up", "--stack", stack_name, *POLICIES, *words))
    say(f"{names}: as it was before")
    try:
        services = probe.wait_healthy(found, timeout_seconds=wait)
    except probe.NotHealthyError as error:
        say(str(error))
        raise typer.Exit(1) from error
    say(f"{len(services)} services are healthy")


def refused_flags(words: Sequence[str]) -> Iterator[Problem]:
    """Flags that would lead around a guard."""
    for word in words:
        long, cluster = _LONG.fullmatch(word), _CLUSTER.fullmatch(word)
        names = [long["name"]] if long else []
        names += [_SHORT[letter] for letter in (cluster["letters"] if cluster else "") if letter in _SHORT]
        for name in names:
            if name in REFUSED:
                yield Problem(f"--{name}", "must not be given", word.partition("=")[0], REFUSED[name])


def refused_variables() -> Iterator[Problem]:
    """The same flags as variables of the environment."""
    for name, fix in REFUSED.items():
        variable = _VARIABLE + name.upper().replace("-", "_")
        if variable in os.environ:
            yield Problem(variable, "must not be set", "a value", fix)


def run(arguments: Sequence[str]) -> None:
    """Run the engine on the operator's terminal.

    ^C reaches it, too: it finishes what it has begun, and is waited for, because what comes after it must not
    be left out. From before it begins: a ^C while it is being started would leave it running alone. A signal
    with a handler, unlike one that is ignored, reaches it as ever.

    Raises:
        EngineError: It is not on PATH or ended with another status than 0.
    """
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.call(("pulumi", *arguments))
    except FileNotFoundError as error:
        raise EngineError("pulumi: must be on PATH, got nothing") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if status != 0:
        sys.stdout.flush()
        raise EngineError(f"pulumi up: must end with status 0, got {status}; see above")
