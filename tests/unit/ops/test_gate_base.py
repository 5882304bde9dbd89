"""What a change takes away, and which rule it loosens, beside the preview of its base."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops import cli
from ops.gate import events, rules, whole
from ops.gate.base import Base
from ops.gate.verdict import Verdict
from tests.unit.ops import streams
from tests.unit.ops.gate_samples import GRANTS, PACK, refusals
from tests.unit.ops.streams import Event

DATA = "oracle-redis-data"
LOST = f"DAT-004 {DATA} on node oracle: must stay as the base has it, because it holds data, got "
FIX = f"; where its data is no longer needed, `--allow-loss {DATA}`"


@pytest.fixture(autouse=True)
def recorded_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack as it was when the stream was recorded."""
    monkeypatch.setattr(rules, "load", lambda: PACK)
    monkeypatch.setattr(rules, "granted", lambda *_: GRANTS)


def as_new(kind: str, event: Event) -> Event:
    """As a preview from an empty state tells it."""
    if kind == "resourcePreEvent":
        return {**event, "metadata": {**event["metadata"], "op": "create", "old": None}}
    if kind == "summaryEvent":
        return {**event, "resourceChanges": {"create": event["resourceChanges"]["same"]}}
    return event


def without(name: str, kind: str, event: Event) -> Event | None:
    """As it tells a change that leaves a resource out."""
    here = event.get("metadata", event)
    if (here.get("urn") or here.get("resourceUrn") or "").endswith(f"::{name}"):
        return None
    new = as_new(kind, event)
    if kind == "summaryEvent":
        return {**new, "resourceChanges": {"create": new["resourceChanges"]["create"] - 1}}
    return new


def with_state(name: str, state: Event, kind: str, event: Event) -> Event:
    """As it tells a change of a resource; inputs are added to those there are."""
    new = as_new(kind, event)
    if kind != "resourcePreEvent" or not event["metadata"]["urn"].endswith(f"::{name}"):
        return new
    after = new["metadata"]["new"]
    changed = {**after, **state, "inputs": {**after["inputs"], **state.get("inputs", {})}}
    return {**new, "metadata": {**new["metadata"], "new": changed}}


BASE = streams.changed("quiet", as_new)


def judged(lines: list[str], base: Base) -> Verdict:
    return whole.judged(lines, (), None, base)


def against(lines: list[str], *allowed: str) -> Verdict:
    return judged(lines, Base(preview=events.read(BASE), allow_loss=allowed))


def test_the_same_as_the_base_may_go_on() -> None:
    assert refusals(against(BASE)) == []


def test_a_volume_with_data_that_the_base_has_and_the_change_lacks_is_refused() -> None:
    lines = streams.changed("quiet", partial(without, DATA))

    found = against(lines)

    assert refusals(whole_alone(lines)) == [], "alone it is seen by nobody"
    assert refusals(found) == [f"{LOST}no such resource{FIX}"]
    assert found.status == 11


def whole_alone(lines: list[str]) -> Verdict:
    return whole.judged(lines, ())


@pytest.mark.parametrize(
    ("state", "got"),
    [
        ({"inputs": {"name": "elsewhere"}}, "another volume of Docker under its name"),
        ({"inputs": {"driverOpts": {"type": "tmpfs"}}}, "a volume in memory"),
        ({"protect": False}, "no protect"),
    ],
)
def test_so_is_one_that_is_no_longer_the_same(state: Event, got: str) -> None:
    lines = streams.changed("quiet", partial(with_state, DATA, state))

    assert refusals(against(lines)) == [f"{LOST}{got}{FIX}"]


def test_a_mount_of_the_vault_stays_and_a_volume_in_memory_may_go() -> None:
    mount = streams.changed("quiet", partial(without, "vault-mount"))
    memory = streams.changed("quiet", partial(without, "oracle-redis-secrets"))

    assert [each.split(":")[0] for each in refusals(against(mount))] == ["DAT-004 vault-mount on node oracle"]
    assert refusals(against(memory)) == []


@pytest.mark.parametrize("allowed", [DATA, "all"])
def test_a_loss_that_is_meant_is_told_and_passes(allowed: str) -> None:
    found = against(streams.changed("quiet", partial(without, DATA)), allowed)

    assert found.status == 0
    assert [each.message for each in found.findings if each.resource == DATA] == [
        f"{LOST.removeprefix('DAT-004 ')}no such resource{FIX}"
    ]


def test_a_loss_that_is_meant_covers_no_other() -> None:
    assert against(streams.changed("quiet", partial(without, DATA)), "oracle-postgres-data").status == 11


def test_a_base_that_tells_only_half_is_no_base() -> None:
    half = Base(preview=events.read(BASE[:-1]))

    found = judged(BASE, half)

    assert found.status == 12
    assert refusals(found)[0].startswith("EVI-001 events: the base must be previewed as well, got: ")
    assert judged(BASE, Base(preview=half.preview, allow_loss=["all"])).status == 0


VIOLATION = {
    "resourceUrn": "urn:pulumi:lab::aiswarm::docker:index/container:Container::oracle-redis",
    "message": "What it demands.\noracle-redis.user: must not be root, got 'root'",
    "policyName": "non-root-user",
    "policyPackName": "aiswarm",
    "enforcementLevel": "mandatory",
    "severity": "critical",
}


def violated(**more: str) -> list[str]:
    return [json.dumps({"policyEvent": {**VIOLATION, **more}}), *BASE]


def test_what_the_rules_of_the_base_refuse_is_shown_as_a_change_of_policy() -> None:
    found = judged(BASE, Base(judged=events.read(violated())))

    assert refusals(found) == [
        (
            "CHG-001 policy changed: the base's non-root-user refuses oracle-redis.user: must not be root, "
            "got 'root'; where the policies are to change, `--allow-policy-change`"
        )
    ]
    assert found.status == 10


def test_a_change_of_policy_that_is_meant_is_told_and_passes() -> None:
    found = judged(BASE, Base(judged=events.read(violated()), allow_policy_change=True))

    assert found.status == 0
    assert "CHG-001" in {each.rule.id for each in found.findings}


def test_what_both_refuse_is_said_once_and_advice_is_none() -> None:
    both = judged(violated(), Base(judged=events.read(violated())))
    advice = judged(BASE, Base(judged=events.read(violated(enforcementLevel="advisory"))))

    assert [each.rule.id for each in both.refusals] == ["CTR-002"]
    assert advice.status == 0


@pytest.mark.parametrize("lines", [[], BASE[:-1], [line for line in BASE if "policyAnalyze" not in line]])
def test_a_base_whose_pack_said_nothing_has_not_judged(lines: list[str]) -> None:
    found = judged(BASE, Base(judged=events.read(lines)))

    assert found.status == 12
    assert "the change must be judged by the base's pack as well" in refusals(found)[0]


def test_the_command_takes_both_from_files(tmp_path: Path) -> None:
    files = {
        "head": streams.changed("quiet", partial(without, DATA)),
        "base": BASE,
        "judged": violated(),
    }
    for name, lines in files.items():
        (tmp_path / name).write_text("\n".join(lines))
    compared = ("--base", str(tmp_path / "base"), "--base-judged", str(tmp_path / "judged"))
    allowed = ("--allow-loss", "all", "--allow-policy-change")

    def gate(*arguments: str) -> int:
        return CliRunner().invoke(cli.app, ["gate", str(tmp_path / "head"), *arguments]).exit_code

    assert gate() == 0
    assert gate(*compared) == 10
    assert gate(*compared, "--allow-policy-change") == 11
    assert gate(*compared, *allowed) == 0
    assert gate("--base", str(tmp_path / "none")) == 12
