"""What the comment says of previews, plans and exceptions; and that nothing keeps it from being written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ops import cli
from ops.comment.changes import Change, Kind
from ops.comment.compose import Comment, Report
from ops.comment.exceptions import Exceptions
from ops.comment.forge import MARK
from ops.comment.gather import gather
from ops.gate import events
from tests.golden_files import FOLDER

TODAY = date(2026, 11, 23)
SEEN = FOLDER / "comments"
CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"

IN_MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}

Declared = Mapping[str, Mapping[str, object]]
"""Inputs by `TYPE NAME`."""


def stream(declared: Declared, *, op: str = "create") -> str:
    """Events of a preview in which all resources of oracle go the same way."""
    steps = []
    for key, inputs in declared.items():
        kind, name = key.split(" ")
        urn = f"urn:pulumi:prod::aiswarm::aiswarm:index:OracleNode${kind}::{name}"
        new = {"urn": urn, "type": kind, "inputs": inputs}
        steps.append({"metadata": {"op": op, "urn": urn, "type": kind, "new": new, "logical": True}})
    summary = {"isPreview": True, "result": "succeeded", "resourceChanges": {op: len(steps)} if steps else {}}
    lines = [*({"resourcePreEvent": step} for step in steps), {"summaryEvent": summary}]
    return "\n".join(map(json.dumps, lines))


def comment(folder: Path, *, after: str, before: str | None = None, **files: str) -> str:
    """The comment on a stream, and on what else there is by the name of its argument."""
    (folder / "prod.ndjson").write_text(after)
    if before is not None:
        (folder / "base-prod.ndjson").write_text(before)
    for name, text in files.items():
        (folder / name).write_text(text)
    return gather(
        [folder / "prod.ndjson"],
        base_events=[folder / "base-prod.ndjson"] if before is not None else [],
        plans=[folder / "plan"] if "plan" in files else [],
        base_plans=[folder / "base_plan"] if "base_plan" in files else [],
        gates=[folder / "gate"] if "gate" in files else [],
        exceptions=folder / "exceptions",
        today=TODAY,
    ).render()


REDIS = f"{CONTAINER} oracle-redis"
DATA = f"{VOLUME} oracle-redis-data"


def test_two_previews_from_nothing_are_compared(tmp_path: Path) -> None:
    before = {REDIS: {"image": "redis:8", "memory": 128}, DATA: {}, f"{VOLUME} oracle-old": {}}
    after = {REDIS: {"image": "redis:9", "memory": 128}, DATA: {}, f"{VOLUME} oracle-new": {}}

    text = comment(tmp_path, before=stream(before), after=stream(after))

    assert "| <code>prod</code> | ⚠️ data would go | 1 | – | 1 | 1 |" in text
    assert "<code>oracle-redis</code> | <code>Container</code> | replace | <code>image</code> |" in text
    assert "<code>oracle-old</code> | <code>Volume</code> | delete |" in text
    assert "<code>oracle-new</code> | <code>Volume</code> | create |" in text
    assert "oracle-redis-data" not in text
    assert "redis:9" not in text, "values may be secret"
    assert "Compared with a preview of the base" in text


def test_data_that_would_go_stands_above_everything_else(tmp_path: Path) -> None:
    before = {REDIS: {}, DATA: {}, f"{VOLUME} oracle-redis-secrets": {"driverOpts": IN_MEMORY}}

    text = comment(tmp_path, before=stream(before), after=stream({REDIS: {"image": "redis:9"}}))

    first = text.index("####")
    assert text[first:].startswith("#### ⚠️ Data that would go")
    table = text[first : text.index("####", first + 1)]
    assert "| <code>oracle</code> | <code>oracle-redis-data</code> | <code>Volume</code> | delete |" in table
    assert "oracle-redis-secrets" not in table


def test_new_data_is_nothing_to_warn_of(tmp_path: Path) -> None:
    text = comment(tmp_path, before=stream({REDIS: {}}), after=stream({REDIS: {}, DATA: {}}))

    assert "| ✅ good |" in text
    assert "Data that would go" not in text


def test_what_the_gate_refuses_and_what_a_label_allowed_is_told(tmp_path: Path) -> None:
    def found(rule: str, message: str, *, refused: bool) -> Mapping[str, object]:
        return {"rule": rule, "severity": "high", "refused": refused, "resource": "x", "message": message}

    findings = [
        found("DAT-004", "oracle-redis-data: must stay as the base has it", refused=True),
        found("CHG-001", "policy changed: the base's rule refuses it", refused=False),
        found("CTR-002", "is in the table of policies", refused=True),
    ]
    gate = json.dumps({"stack": "prod", "status": 11, "findings": findings})

    text = comment(tmp_path, after=stream({DATA: {}}), gate=gate)

    assert "❌ refused by the gate" in text
    refused, _, allowed = text.partition("#### The gate would refuse, but a label allows it")
    assert "oracle-redis-data: must stay as the base has it" in refused.partition("#### The gate refuses")[2]
    assert "policy changed: the base" in allowed
    assert "is in the table of policies" not in text
    assert "<code>gate</code>" in comment(tmp_path, after=stream({DATA: {}}), gate="{}"), "it is named"


def test_a_container_s_memory_changes_while_it_runs(tmp_path: Path) -> None:
    before, after = ({REDIS: {"memory": size, "memorySwap": size}} for size in (128, 192))

    text = comment(tmp_path, before=stream(before), after=stream(after))

    assert "| update | <code>memory</code>, <code>memorySwap</code> |" in text
    assert "While it happens" not in text


def test_the_same_twice_is_no_change(tmp_path: Path) -> None:
    same = stream({REDIS: {"image": "redis:8"}})

    assert "No resource changes." in comment(tmp_path, before=same, after=same)


def test_over_a_real_state_the_engine_itself_is_believed(tmp_path: Path) -> None:
    given = stream({REDIS: {"image": "redis:8"}})

    text = comment(tmp_path, before=given, after=stream({REDIS: {}}, op="update"))

    assert "| <code>prod</code> | ✅ good | – | 1 | – | – |" in text
    assert "Compared with" not in text


def test_a_broken_base_compares_nothing(tmp_path: Path) -> None:
    text = comment(tmp_path, before="", after=stream({REDIS: {}}))

    assert "A new stack of 1 resource." in text


@pytest.mark.parametrize("rest", ["", "Traceback: it broke\n", '{"summaryEvent": 7}\n', "[1]\n\x00\n"])
def test_whatever_is_left_of_a_preview_there_is_a_comment(tmp_path: Path, rest: str) -> None:
    text = comment(tmp_path, after=rest)

    assert text.startswith(MARK)
    assert "| <code>prod</code> | ❌ failed |" in text


def test_a_preview_that_wrote_no_file_at_all_has_a_comment(tmp_path: Path) -> None:
    out = tmp_path / "comment.md"

    done = CliRunner().invoke(
        cli.app, ["comment", "--events", str(tmp_path / "lab.ndjson"), "--out", str(out)]
    )

    assert done.exit_code == 0
    assert "| <code>lab</code> | ❌ failed |" in out.read_text()


def test_plans_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    text = comment(tmp_path, after=stream({}), plan='{"stack": 1}', base_plan="")

    assert (
        "Not usable, so what they would show is missing: <code>base&#95;plan</code>, <code>plan</code>."
        in text
    )


def test_a_replacement_that_no_plan_knows_is_unknown_not_harmless(tmp_path: Path) -> None:
    text = comment(tmp_path, after=stream({REDIS: {}}, op="replace"))

    assert "| <code>oracle-redis</code> | unknown | unknown | unknown | unknown |" in text


def test_a_container_that_goes_is_away_for_good(tmp_path: Path) -> None:
    plan = (SEEN / "prod.plan.json").read_text()

    text = comment(tmp_path, after=stream({REDIS: {}}, op="delete"), plan=plan)

    assert "| <code>oracle-redis</code> | for good | <code>oracle-haproxy http</code>," in text


def test_an_engine_that_is_replaced_names_what_answers_meanwhile(tmp_path: Path) -> None:
    plan = (SEEN / "prod.plan.json").read_text()

    text = comment(
        tmp_path, after=stream({f"{CONTAINER} starlord-vllm-primary": {}}, op="replace"), plan=plan
    )

    covered = "<code>starlord-vllm-secondary</code>, <code>thanos-vllm-backup</code> |"
    assert f"≤ 1860 (60 + 1800) | – | <code>oracle-haproxy</code> | {covered}" in text


def test_a_raised_budget_is_told_by_the_month(tmp_path: Path) -> None:
    plan = json.loads((SEEN / "prod.plan.json").read_text())
    after = json.loads(json.dumps(plan))
    after["costs"] = [{**plan["costs"][0], "dollars_per_month": 120.0}, *plan["costs"][1:3]]

    text = comment(tmp_path, after=stream({}), plan=json.dumps(after), base_plan=json.dumps(plan))

    assert "| <code>openrouter</code> | 90.00 | 120.00 | +30.00 |" in text
    assert "| <code>embedding</code> | 30.00 | 0.00 | -30.00 |" in text
    assert "| all | 180.00 | 180.00 | +0.00 |" in text


def test_an_unchanged_bill_is_not_told(tmp_path: Path) -> None:
    plan = (SEEN / "prod.plan.json").read_text()

    assert "Cost a month" not in comment(tmp_path, after=stream({}), plan=plan, base_plan=plan)


def test_a_plan_of_an_older_checkout_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    plan = json.loads((SEEN / "prod.plan.json").read_text())
    old = {key: plan[key] for key in ("stack", "nodes", "restarts")}

    text = comment(tmp_path, after=stream({}), plan=json.dumps(plan), base_plan=json.dumps(old))

    assert "#### Capacity" in text
    assert "Not usable" not in text


def test_exceptions_that_cannot_be_read_are_no_sign_of_none(tmp_path: Path) -> None:
    text = comment(tmp_path, after=stream({}), exceptions="exceptions: [{rule: CTR-001}]")

    assert "`policy/exceptions.yaml` cannot be read" in text


def test_the_last_day_of_an_exception_counts(tmp_path: Path) -> None:
    entry = "{rule: CTR-009, resource: r, stacks: [prod], owner: o, expires: 2026-11-23}"

    text = comment(tmp_path, after=stream({}), exceptions=f"exceptions: [{entry}]")

    assert "| 0 | <code>CTR-009</code> |" in text
    assert "1 exception, the first for 0 days more" in text


@settings(deadline=None)
@given(
    names=st.lists(st.text(min_size=1, max_size=600), max_size=10),
    times=st.integers(min_value=1, max_value=100),
    stacks=st.integers(min_value=1, max_value=5),
)
def test_a_comment_never_outgrows_the_forge(names: list[str], times: int, stacks: int) -> None:
    changed = tuple(
        Change(name=name, type=name, node=name, kind=Kind.REPLACE, fields=(name,)) for name in names * times
    )
    preview = events.read(["@somebody " * 1000])
    report = Report(stack="prod", preview=preview, changes=changed, compared=False)

    text = Comment(reports=(report,) * stacks, exceptions=Exceptions(()), today=TODAY).render()

    assert len(text) < 60_000
    assert text.startswith(MARK)
    assert f"| {len(changed) or '–'} |" in text, "figures are told in full"


def test_a_cut_comment_says_so() -> None:
    changed = tuple(
        Change(name=f"oracle-{n}", type=CONTAINER, node="oracle", kind=Kind.CREATE) for n in range(2000)
    )
    report = Report(stack="prod", preview=events.read([]), changes=changed, compared=False)

    text = Comment(reports=(report,), exceptions=Exceptions(()), today=TODAY).render()

    assert "… and 1800 more." in text
    assert text.endswith("Tables are cut to make this a comment; the files of the run hold everything.\n")


@pytest.mark.parametrize("arguments", [[], ["--events", "x"], ["--out", "x"]])
def test_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli.app, ["comment", *arguments]).exit_code == 2
