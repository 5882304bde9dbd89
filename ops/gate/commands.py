"""`./swarm gate`: judge a preview before anybody may act on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ops.gate import events, junit, leaks, report, rules, sarif, source, whole
from ops.gate.base import Base
from ops.gate.events import Preview
from ops.gate.plan import ALL
from ops.gate.verdict import Finding, Verdict
from ops.prove.needles import Needles
from ops.session import JsonOption, refuse_usage

EventsArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[EVENTS]",
        help="Streamed events of a preview, a file or `-`: "
        "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --policy-pack policy.",
        allow_dash=True,
    ),
]
StackOption = Annotated[
    str | None, typer.Option("--stack", "-s", help="Run the preview of this stack instead of reading events.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-replace",
        metavar="URN",
        help=f"A container or network that may be away for a while, by URN or name; `{ALL}` for each.",
    ),
]
CanaryOption = Annotated[
    Path | None,
    typer.Option(
        "--canary-file", exists=True, dir_okay=False, help="Secrets, one a line, that must not show."
    ),
]
MarkdownOption = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Write the verdict as markdown, too.")
]
SarifOption = Annotated[
    Path | None, typer.Option("--sarif", metavar="FILE", help="Write it as SARIF 2.1.0, too.")
]
JunitOption = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write it as JUnit XML, too.")
]

BaseOption = Annotated[
    Path | None,
    typer.Option("--base", metavar="FILE", help="Events of the base's preview: what holds data there stays."),
]
BaseJudgedOption = Annotated[
    Path | None,
    typer.Option("--base-judged", metavar="FILE", help="Events of this change, judged by the base's pack."),
]
LossOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-loss",
        metavar="URN",
        help=f"What holds data in the base's preview and may be missing, by URN or name; `{ALL}` for each.",
    ),
]
PolicyChangeOption = Annotated[
    bool, typer.Option("--allow-policy-change", help="What the base's pack refuses is advice.")
]


def gate_command(  # noqa: PLR0913  an option of the command line is an argument here
    events_file: EventsArgument = None,
    *,
    stack_name: StackOption = None,
    allow_replace: AllowOption = None,
    canary_file: CanaryOption = None,
    markdown: MarkdownOption = None,
    sarif_file: SarifOption = None,
    junit_file: JunitOption = None,
    base_file: BaseOption = None,
    base_judged: BaseJudgedOption = None,
    allow_loss: LossOption = None,
    allow_policy_change: PolicyChangeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Refuse a plan that breaks a rule, takes data away, stops a service unasked, or tells too little.

    Exit status: 0 may go on, 10 a policy refuses, 11 the plan is refused, 12 the evidence is incomplete;
    1 the gate could not judge, 2 usage.

    Example: ./swarm gate --stack prod --allow-replace oracle-redis --sarif gate.sarif
    """
    if (events_file is None) == (stack_name is None):
        raise refuse_usage("gate: must get either EVENTS or --stack, got both or none")
    wanted = _canaries(canary_file)
    # Paths count from where the operator stands, and a preview goes elsewhere.
    written = {
        kind: file.resolve() for kind, file in _named(markdown, sarif_file, junit_file).items() if file
    }
    base = Base(
        preview=_compared(base_file, wanted),
        judged=_compared(base_judged, wanted),
        allow_loss=allow_loss or (),
        allow_policy_change=allow_policy_change,
    )
    verdict = whole.judged(_lines(events_file, stack_name), allow_replace or [], wanted, base)
    _write(verdict, written)
    if as_json:
        print(json.dumps(_plain(verdict), indent=2))  # noqa: T201 - for scripts
    else:
        whole.show(verdict)
    raise typer.Exit(verdict.status)


def _canaries(file: Path | None) -> Needles | None:
    if file is None:
        return None
    try:
        return leaks.canaries(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise refuse_usage(f"--canary-file: {error}") from error


def _lines(file: Path | None, stack: str | None) -> list[str]:
    if stack is not None:
        return source.from_preview(stack)
    return source.from_file(None if file == Path("-") else file)


def _compared(file: Path | None, wanted: Needles | None) -> Preview | None:
    """A preview to compare with. A file that cannot be read says nothing, which is refused."""
    if file is None:
        return None
    try:
        lines = source.from_file(file)
    except source.SourceError:
        lines = []
    return events.read(leaks.search(lines, wanted).lines)


def _named(markdown: Path | None, sarif_file: Path | None, junit_file: Path | None) -> dict[str, Path | None]:
    return {"markdown": markdown, "sarif": sarif_file, "junit": junit_file}


def _write(verdict: Verdict, files: Mapping[str, Path]) -> None:
    pack = rules.load()
    if file := files.get("markdown"):
        file.write_text(report.markdown(verdict), encoding="utf-8")
    if file := files.get("sarif"):
        file.write_text(json.dumps(sarif.document(verdict, pack), indent=2) + "\n", encoding="utf-8")
    if file := files.get("junit"):
        junit.document(verdict, pack).write(str(file), pretty=True)


def _plain(verdict: Verdict) -> dict[str, object]:
    """The verdict as scripts read it."""
    return {
        "stack": verdict.stack,
        "status": verdict.status,
        "findings": [_finding(found) for found in report.ordered(verdict.findings)],
        "excused": [
            {**asdict(each), "rule": each.rule.id, "resource": each.urn.rpartition("::")[2]}
            for each in verdict.excused
        ],
        "changes": verdict.changes,
        "outages": verdict.outages,
        "evaluated": verdict.evaluated,
        "notes": verdict.notes,
    }


def _finding(found: Finding) -> dict[str, object]:
    return {
        "kind": found.kind,
        "rule": found.rule.id,
        "severity": found.severity,
        "refused": found.refused,
        "resource": found.resource,
        "urn": found.urn,
        "message": found.message,
    }
