"""`./swarm images`: lock the catalogue's images to exact content, and prove the lock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from components.catalogue.images import OWN, TAGGED
from components.model.problems import Problem
from ops import declared
from ops.images import lock as locking
from ops.images import verify as proving
from ops.images.lock import Outcome
from ops.images.lockfile import Entry, LockFile
from ops.images.names import parse_registries
from ops.images.verify import Verdict
from ops.session import JsonOption, console, progress, refuse_usage, say

images_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Images: lock tags to exact content, and prove offline what is locked.",
)

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Images of the catalogue; without any, all.")
]
StackOption = Annotated[
    str, typer.Option("--stack", "-s", help="Stack whose nodes say which processors are needed.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Ask, and write nothing.")]
RegistryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--registry",
        metavar="HOST=ADDRESS",
        help="Ask for a registry at another address, such as a mirror: docker.io=https://mirror.example.",
    ),
]


AllowClaimedOption = Annotated[
    bool,
    typer.Option("--allow-claimed", help="Accept what no registry was asked for, while its statement holds."),
]


@images_app.command("lock")
def lock_command(
    names: NamesArgument = None,
    *,
    stack_name: StackOption = declared.PRODUCTION,
    registry: RegistryOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the registries what the catalogue's tags mean and lock it; needs no login. Other entries stay.

    Example: ./swarm images lock grafana prometheus --dry-run
    """
    stack = declared.read(stack_name)
    registries, problems = parse_registries(registry or [])
    images, more = locking.wanted(names or [], stack.services, stack.nodes)
    if problems or more:
        raise refuse_usage("\n".join(map(str, [*problems, *more])))
    lock = LockFile()
    before = lock.entries()
    outcomes = locking.ask(images, registries)
    chains = {found.image.tagged: found.chain for found in outcomes if found.chain}
    if chains and not dry_run:
        lock.write(chains)
    _show(outcomes, before, as_json=as_json)
    raise typer.Exit(_complain([found.problem for found in outcomes if found.problem]))


def _show(outcomes: Sequence[Outcome], before: Mapping[str, Entry | None], *, as_json: bool) -> None:
    rows = [
        {
            "image": found.image.name,
            "tagged": found.image.tagged,
            "digest": found.chain.digest,
            "platforms": list(found.chain.platforms),
            "change": str(locking.change(before.get(found.image.tagged), found.chain)),
        }
        for found in outcomes
        if found.chain
    ]
    if as_json:
        print(json.dumps(rows, indent=2))  # noqa: T201 - for scripts
        return
    table = Table("image", "tag", "digest", "platforms", "change")
    for row in rows:
        platforms = ", ".join(row["platforms"])
        table.add_row(
            str(row["image"]),
            escape(str(row["tagged"])),
            str(row["digest"])[:19],
            platforms,
            str(row["change"]),
        )
    console.print(table)
    own = [entry.name for entry in TAGGED if entry.tagged.startswith(OWN)]
    if own:
        say(f"our own, in no registry yet (images/README.md): {', '.join(own)}")


@images_app.command("verify")
def verify_command(*, allow_claimed: AllowClaimedOption = False, as_json: JsonOption = False) -> None:
    """Prove the lock from the documents kept with it; asks no registry.

    Example: ./swarm images verify --allow-claimed
    """
    catalogue = {entry.tagged: entry.user for entry in TAGGED}
    day = datetime.now(UTC).date()
    verdict = proving.verify(LockFile(), catalogue, day, allow_claimed=allow_claimed)
    if as_json:
        print(json.dumps(asdict(verdict), indent=2))  # noqa: T201 - for scripts
    else:
        _tell(verdict, catalogue)
    raise typer.Exit(_complain(verdict.problems))


def _tell(verdict: Verdict, catalogue: Mapping[str, str]) -> None:
    say(f"proven from their documents: {len(verdict.proven)}")
    if verdict.claimed:
        fewest = min(claim.days_left for claim in verdict.claimed)
        names = ", ".join(claim.image for claim in verdict.claimed)
        say(f"digest claimed, no registry was asked yet, {fewest} days left: {names}")
    if verdict.unknown:
        say(f"no digest known: {', '.join(verdict.unknown)}")
    for tagged, own in verdict.users.items():
        say(f"{tagged}: would run as {own}, and runs as {catalogue[tagged]}")


def _complain(problems: Sequence[Problem]) -> int:
    """Every problem in one line of its own; returns the exit status."""
    for problem in sorted(problems):
        progress(str(problem))
    return 1 if problems else 0
