"""Plans and outcomes as tables for people and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from rich.markup import escape
from rich.table import Column, Table

from ops.rotate.apply import Gap, Outcome
from ops.rotate.plan import Plan
from ops.rotate.targets import Target

Json = dict[str, object]


def list_table(targets: Mapping[str, Target], never: Mapping[str, str]) -> Table:
    """Everything that has a name."""
    table = Table("name", "what a rotation makes")
    for name, target in targets.items():
        table.add_row(escape(name), escape(str(target.kind)))
    for name, reason in never.items():
        table.add_row(escape(name), escape(f"never rotated: {reason}"))
    return table


def list_json(targets: Mapping[str, Target], never: Mapping[str, str]) -> Json:
    """The same for a script."""
    return {"rotatable": {name: str(target.kind) for name, target in targets.items()}, "never": dict(never)}


def plan_table(plan: Plan) -> Table:
    """What will happen, in order."""
    table = Table(
        "order",
        Column("service", no_wrap=True),
        "what happens",
        "downtime",
        "requests affected",
        title=escape(plan.name),
    )
    for effect in plan.effects:
        table.add_row(
            str(effect.order),
            escape(effect.service),
            escape(effect.happens),
            escape(effect.downtime),
            escape(effect.affected),
        )
    return table


def plan_json(plan: Plan) -> Json:
    """The same for a script."""
    return asdict(plan)


def outcome_tables(outcome: Outcome) -> tuple[Table, Table]:
    """The proof, and how long each service was away."""
    proof = Table("where", "old value", "new value", "proven", title=escape(outcome.name))
    for verdict in outcome.verdicts:
        mark = "[green]yes[/green]" if verdict.proven else "[red]no[/red]"
        proof.add_row(escape(verdict.where), escape(verdict.old), escape(verdict.new), mark)
    gaps = Table("service", "away")
    for gap in outcome.gaps:
        gaps.add_row(escape(gap.service), _away(gap))
    return proof, gaps


def outcome_json(outcome: Outcome) -> Json:
    """The same for a script."""
    return {**asdict(outcome), "proven": outcome.proven}


def _away(gap: Gap) -> str:
    if gap.away_seconds is None:
        return "not measured"
    return f"{gap.away_seconds:.1f} s" if gap.away_seconds else "not noticed, asked every 0.1 s"
