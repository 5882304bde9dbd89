"""The engine's stream as values; and whatever else somebody may feed to the gate."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.gate import events
from ops.gate.events import Op, Preview, Step
from tests.unit.ops import streams
from tests.unit.ops.gate_samples import verdict
from tests.unit.ops.streams import Event
from tests.unit.ops.streams.cut import cut

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        "resourcePreEvent",
        "resOutputsEvent",
        "policyEvent",
        "policyAnalyzeSummaryEvent",
        "policyAnalyzeStackSummaryEvent",
        "diagnosticEvent",
        "errorEvent",
        "summaryEvent",
    ]
)


def preview(name: str) -> Preview:
    return events.read(streams.lines(name))


def step(found: Preview, name: str, op: Op) -> Step:
    (only,) = (each for each in found.steps if each.name == name and each.op == op)
    return only


def test_a_step_tells_what_where_and_why() -> None:
    found = step(preview("image"), "oracle-redis", Op.REPLACE)

    assert (found.node, found.stack, found.type) == ("oracle", "lab", "docker:index/container:Container")
    assert (found.changed, found.forcing) == (("image",), ("image",))
    assert str(found.old["image"]).partition("@")[0] == str(found.new["image"]).partition("@")[0]
    assert found.old["image"] != found.new["image"]
    assert found.label("aiswarm.service") == "redis"


def test_a_replacement_is_counted_once() -> None:
    found = [
        each for each in preview("image").steps if each.name == "oracle-redis" and "Container" in each.type
    ]

    assert Counter((each.op, each.logical) for each in found) == {
        (Op.REPLACE, True): 1,
        (Op.CREATE_REPLACEMENT, False): 1,
        (Op.DELETE_REPLACED, False): 1,
    }


def test_protection_and_retention_are_those_before_and_after() -> None:
    found = step(preview("volume"), "oracle-redis-data", Op.REPLACE)

    assert found.before is not None
    assert found.after is not None
    assert (found.before.protect, found.before.retain_on_delete) == (True, True)
    assert (found.after.protect, found.after.retain_on_delete) == (False, False)
    assert found.protect
    assert not found.retain_on_delete


def test_nothing_that_may_be_secret_is_shown() -> None:
    wanted = {"envs", "command", "entrypoints", "stdin", "dataJson", "connection", "uploads"}

    def secret(kind: str, event: Event) -> Event:
        if kind == "resourcePreEvent" and (after := event["metadata"]["new"]):
            inputs = {
                **after["inputs"],
                **dict.fromkeys(wanted, "plain"),
                "image": {"ciphertext": "[secret]"},
            }
            return {**event, "metadata": {**event["metadata"], "new": {**after, "inputs": inputs}}}
        return event

    found = events.read(streams.changed("quiet", secret))

    assert found.steps
    for each in found.steps:
        assert not (wanted | {"image"}) & each.new.keys()


@pytest.mark.parametrize("name", sorted({*streams.NAMES} - {"gone", "crash", "refused"}))
def test_a_whole_stream_is_complete(name: str) -> None:
    assert preview(name).faults == ()
    assert preview(name).stack == "lab"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone", "cannot be deleted"),
        ("crash", "failed to run policy"),
        ("refused", "problems in the configuration"),
    ],
)
def test_a_preview_that_failed_is_not_and_says_why(name: str, reason: str) -> None:
    found = preview(name)

    (fault,) = found.faults
    assert not found.complete
    assert fault.startswith("must come from a preview that succeeds, got 'failed': ")
    assert any(reason in each.message for each in found.diagnostics if each.severity == "error")


def lost(wanted: str, kind: str, event: Event) -> Event | None:
    return None if kind == wanted else event


def summarised(changes: Event, kind: str, event: Event) -> Event:
    return {**event, **changes} if kind == "summaryEvent" else event


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "must hold one summary, got 0; the preview was cut off, or is none"),
        (streams.lines("image")[:-2], "must hold one summary, got 0; the preview was cut off, or is none"),
        (streams.lines("quiet") * 2, "must hold one summary, got 2; the preview was cut off, or is none"),
        (
            [line for line in streams.lines("image") if '"op":"update"' not in line],
            "must hold 1 steps 'update' as its summary says, got 0",
        ),
        (
            streams.changed("quiet", partial(summarised, {"isPreview": False})),
            "must be a preview, got an update",
        ),
        (
            streams.changed("quiet", partial(summarised, {"maybeCorrupt": True})),
            "must come from a sound state, got one that the engine says may be corrupt",
        ),
        (
            streams.changed("quiet", partial(summarised, {"result": "cancelled"})),
            "must come from a preview that succeeds, got 'cancelled': no reason given",
        ),
        (
            streams.changed("quiet", partial(summarised, {"maybeCorrupt": "perhaps"})),
            "summary: maybeCorrupt: must be true or false, got text",
        ),
        (["{", *streams.lines("quiet")], "line 1: must be a JSON object, got other text"),
        (["[]", *streams.lines("quiet")], "line 1: an event: must be an object, got a list"),
        (
            ['{"sequence":1,"errorEvent":{"error":"panic"}}', *streams.lines("quiet")],
            "the engine must not break off, got: panic",
        ),
        (
            ['{"resOpFailedEvent":{"metadata":{"urn":"urn:x"}}}', *streams.lines("quiet")],
            "no step must fail, got urn:x",
        ),
        (
            ['{"resourcePreEvent":{"metadata":{"op":"erase","urn":"urn:pulumi:a::b::c::d"}}}'],
            "got 'erase'",
        ),
        (['{"resourcePreEvent":{"metadata":{"op":"delete","urn":"postgres"}}}'], "got 'postgres'"),
        (['{"resourcePreEvent":null}'], "an event: must be an object, got nothing"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "stream",
)
def test_what_is_missing_or_unreadable_is_a_fault(lines: list[str], fault: str) -> None:
    found = events.read(lines)

    assert not found.complete
    assert any(fault in each for each in found.faults), found.faults


def test_two_stacks_in_one_stream_are_a_fault() -> None:
    other = [line.replace("urn:pulumi:lab::", "urn:pulumi:prod::") for line in streams.lines("quiet")]

    assert (
        "must be the preview of one stack, got lab, prod"
        in events.read([*streams.lines("quiet"), *other]).faults
    )


def test_the_other_mode_of_the_engine_is_no_evidence() -> None:
    """Without the streaming variable, `--json` prints one document over many lines."""
    digest = json.dumps({"steps": [], "changeSummary": {"create": 3}}, indent=2).splitlines()

    assert verdict(digest).status == 12


@given(kind=st.text(min_size=1).filter(lambda text: not text.endswith("vent")), content=JSON)
def test_kinds_of_a_newer_engine_are_passed_over_and_named(kind: str, content: object) -> None:
    event = json.dumps({"sequence": 1, f"{kind}Event": content})

    found = verdict([event, *streams.lines("quiet")])

    understood = isinstance(content, dict)
    assert found.status == (0 if understood else 12)
    if understood:
        assert any(f"{kind}Event" in note for note in found.notes)


@given(lines=st.lists(st.text()))
def test_any_text_is_judged_and_refused(lines: list[str]) -> None:
    assert verdict(lines).status == 12


@given(kind=KINDS, content=JSON)
def test_any_shape_of_a_known_event_is_judged(kind: str, content: object) -> None:
    found = verdict([json.dumps({kind: content}), *streams.lines("quiet")])

    assert found.status in {0, 10, 12}


@pytest.mark.parametrize("name", streams.NAMES)
def test_the_recorded_streams_are_what_the_helper_leaves(name: str) -> None:
    assert list(map(json.loads, cut(streams.lines(name)))) == list(map(json.loads, streams.lines(name)))
