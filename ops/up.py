"""`./swarm up`: through the gate, deploy with the existing Qdrant guarded, and wait until all is healthy."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from ops import hosts, lab_bridge, probe, up_flags
from ops.gate import source, whole
from ops.gate.commands import AllowOption
from ops.guard import watch
from ops.session import StackOption, open_stack, refuse_usage, say
from ops.stack import EngineError

POLICIES: Final = ("--policy-pack", "policy")

FlagsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[-- FLAGS]", help="Flags for `pulumi up`, after two dashes.")
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait afterwards until every service is healthy.")
]


def up_command(
    flags: FlagsArgument = None,
    *,
    stack_name: StackOption = lab_bridge.STACK,
    allow_replace: AllowOption = None,
    wait: WaitOption = 1800,
) -> None:
    """Deploy: `pulumi up` with the policies, between two looks at the existing Qdrant, until all is healthy.

    Before it a preview must pass the gate, or nothing is run and the status is 1. With --yes it stands in
    place of the engine's own preview; without, the engine shows its own and asks. Where Qdrant is absent or
    cannot be looked at, nothing is run; where it is different afterwards, that is said and the status is 1,
    however the update ended.

    Example: ./swarm up --stack prod --allow-replace oracle-redis -- --yes --parallel 12
    """
    words = flags or []
    if problems := sorted({*up_flags.refused_flags(words), *up_flags.refused_variables()}):
        raise refuse_usage("\n".join(["nothing was run:", *(f"  {problem}" for problem in problems)]))
    found = open_stack(stack_name)
    hosts.connect(found)
    with watch.guarded(found) as before:
        names = ", ".join(each.name for each in before.containers)
        say(f"guarding {names}: {len(before.collections)} collections")
        through_the_gate(stack_name, words, allow_replace or [])
        seen = ("--skip-preview",) if up_flags.asks_nobody(words) else ()
        run(("up", "--stack", stack_name, *POLICIES, *seen, *words))
    say(f"{names}: as it was before")
    try:
        services = probe.wait_healthy(found, timeout_seconds=wait)
    except probe.NotHealthyError as error:
        say(str(error))
        raise typer.Exit(1) from error
    say(f"{len(services)} services are healthy")


def through_the_gate(stack: str, words: Sequence[str], allowed: Sequence[str]) -> None:
    """Have the gate judge what the engine would do with these flags.

    Raises:
        typer.Exit: It refuses, and nothing may be run.
    """
    say("asking the engine what would change, and the policies what they say of it")
    verdict = whole.judged(source.from_preview(stack, tuple(up_flags.for_preview(words))), allowed)
    whole.show(verdict)
    if verdict.status:
        say("nothing was run: the gate refuses it, docs/gate.md; if an outage is meant: --allow-replace URN")
        raise typer.Exit(1)


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
        status = subprocess.call(("pulumi", *arguments), env=source.environment())
    except FileNotFoundError as error:
        raise EngineError("pulumi: must be on PATH, got nothing") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if status != 0:
        sys.stdout.flush()
        raise EngineError(f"pulumi up: must end with status 0, got {status}; see above")
