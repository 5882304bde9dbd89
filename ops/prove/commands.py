"""`./swarm secrets prove`: parse, search, print; exit 0 nothing found, 1 found or not proven, 2 usage."""

from __future__ import annotations

import json
from collections.abc import Iterator

import typer
from rich.markup import escape
from rich.table import Column, Table

from ops import lab_bridge
from ops.prove.proof import prove
from ops.prove.report import Report, Scan
from ops.secret_values import known_secrets
from ops.session import REPO, JsonOption, StackOption, console, open_stack, progress, say

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)


@app.callback()
def secrets() -> None:
    """What becomes of the swarm's secrets."""


@app.command("prove")
def prove_command(stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False) -> None:
    """Look for every secret everywhere it must not be: nodes, state, previews, logs, git. Found must be 0.

    Nothing is changed and no value is shown. Every search must also find the values where they belong, or it
    counts as failed. Exit status: 0 nothing found, 1 found or not proven.

    To be looked for, all values of this program's configuration and state go to every node, into memory that
    no file name leads to, for the minute of the search: whoever is root on one node could then read those of
    the others, too. Secrets of other namespaces of the configuration stay here and are not looked for.

    Example: ./swarm secrets prove --stack prod
    """
    stack = open_stack(stack_name)
    report = prove(stack, known_secrets(stack_name, warn=progress), checkout=REPO, say=progress)
    if as_json:
        print(json.dumps(report.as_json(), indent=2))  # noqa: T201 - for scripts
    else:
        for part in tables(report):
            console.print(part)
        for line in notes(report):
            say(line)
    raise typer.Exit(0 if report.holds else 1)


def tables(report: Report) -> Iterator[Table]:
    """All places; then where secrets belong and are; then, if there are any, findings."""
    places = Table("place", "where", "searched", "found", "at home", "seconds", title="searched")
    for scan in report.scans:
        outcome = scan.outcome
        at_home = sum(len(each.names) for each in outcome.allowed)
        places.add_row(
            scan.place, scan.where, outcome.searched, _verdict(scan),
            str(at_home or "-"), f"{scan.seconds:.1f}",
        )  # fmt: skip
    yield places
    allowed = Table("where", _whole("home"), _whole("secrets"), "because", title="found where they belong")
    for scan in report.scans:
        for each in scan.outcome.allowed:
            allowed.add_row(scan.where, escape(each.home), escape(", ".join(each.names)), each.reason)
    yield allowed
    if report.found:
        columns = ("where", _whole("secret"), "form", _whole("path"), "at", "times")
        found = Table(*columns, title="[red]FOUND[/red]")
        for scan in report.scans:
            for finding in scan.outcome.findings:
                found.add_row(
                    scan.where, escape(" = ".join(finding.source.names)), finding.source.form,
                    escape(finding.path), str(finding.offset), str(finding.times),
                )  # fmt: skip
        yield found


def _whole(title: str) -> Column:
    """A column whose texts are broken, never cut: a name that ends in dots proves nothing."""
    return Column(title, overflow="fold")


def notes(report: Report) -> Iterator[str]:
    """What does not fit a table, the sum last."""
    for scan in report.scans:
        for problem in scan.outcome.problems:
            yield f"not proven: {scan.where}: {scan.place}: {problem}"
    for name in report.unknown:
        yield f"not looked for: {name} (its value stands in the Vault server alone)"
    yield (
        f"{len(report.secrets)} secrets in {report.forms} forms at {len(report.scans)} places: "
        f"{report.found} found, {report.problems} problems ({report.seconds:.1f} s)"
    )


def _verdict(scan: Scan) -> str:
    if scan.outcome.findings:
        return f"[red]{len(scan.outcome.findings)}[/red]"
    return "[red]not proven[/red]" if scan.outcome.problems else "[green]0[/green]"
