"""What is sent becomes plain values: unknowns are markers, and marks of secrets are told by their paths."""

from __future__ import annotations

import pytest
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy.rules.nothing_secret_in_docker import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import CONTAINER, Resource
from policy.rules.support.wire import UNKNOWNS, read
from tests.policy import given, pack

SIGNATURE = "4dabf18193072939515e22adb298388d"
MARK = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
"""How the engine marks a secret."""

UNKNOWN = UNKNOWN_STRING_VALUE


def sent(props: given.Props) -> Resource:
    """A container with these inputs, as rules see it."""
    return read(analyzer_pb2.AnalyzeRequest(type=CONTAINER, name="x", properties=pack.struct(props)))


def secret(value: object) -> given.Props:
    return {**MARK, "value": value}


@pytest.mark.parametrize("unknown", sorted(UNKNOWNS))
def test_unknowns_become_markers_at_any_depth_and_the_rest_stays(unknown: str) -> None:
    props: given.Props = {
        "a": unknown,
        "b": [{"c": unknown, "d": 1}, unknown, [unknown]],
        "e": {"f": [True, None, "x", {}, []]},
        "g": f"{unknown} ",
    }
    assert sent(props).fields.everything() == {
        "a": Marker.UNKNOWN,
        "b": [{"c": Marker.UNKNOWN, "d": 1.0}, Marker.UNKNOWN, [Marker.UNKNOWN]],
        "e": {"f": [True, None, "x", {}, []]},
        "g": f"{unknown} ",
    }


def test_a_number_is_a_float_and_a_flag_is_not_a_number() -> None:
    fields = sent({"port": 80, "on": True}).fields
    assert (type(fields.number("port")), fields.flag("on")) == (float, True)
    with pytest.raises(UnreadableError):
        fields.number("on")


def test_marks_are_found_at_any_depth_and_beside_unknowns() -> None:
    resource = sent(
        {
            "plain": "a",
            "unknown": UNKNOWN,
            "whole": secret(["a", {"b": "c"}]),
            "entry": {"known": "a", "marked": secret("b")},
            "list": ["a", UNKNOWN, secret(1.0), {"deep": [secret("c"), None]}],
            "later": secret(UNKNOWN),
            "twice": secret({"inner": secret("d")}),
            "nothing": MARK,
        }
    )
    assert resource.secrets == {
        *("whole", "entry.marked", "list[2]", "list[3].deep[0]", "later", "twice", "twice.inner", "nothing"),
    }
    assert resource.fields.everything()["whole"] == ["a", {"b": "c"}]
    assert resource.fields.is_unknown("later")


def test_a_rule_sees_the_marks_and_never_shows_the_value() -> None:
    (found,) = RULE.judge(sent({"envs": secret(["PASSWORD=canary"])}))
    assert found.startswith("x.envs on an unnamed node: must hold nothing secret")
    assert "canary" not in found
    assert RULE.judge(sent({"envs": ["A=b"]})) == []


def test_a_file_is_no_text() -> None:
    asset = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "canary"}
    with pytest.raises(UnreadableError) as refused:
        sent({"content": asset}).fields.text("content")
    assert "canary" not in str(refused.value)


def test_provider_and_links_are_kept_apart_from_the_inputs() -> None:
    found = read(
        pack.resource(CONTAINER, given.CONTAINER_URN, {}, depends_on=(given.IMAGE_URN,), host=UNKNOWN)
    )
    assert found.dependencies == {given.IMAGE_URN}
    assert found.provider is not None
    assert found.provider.is_unknown("host")
    assert sent({}).provider is None


@pytest.mark.parametrize(
    ("path", "secret_too"),
    [
        ("a", True),
        ("a.b", True),
        ("a[0].b", True),
        ("ab", False),
        ("c.d", True),
        ("c", False),
        ("c.de", False),
    ],
)
def test_a_part_of_something_secret_is_secret(path: str, secret_too: bool) -> None:
    assert given.marked(given.container(), "a", "c.d").is_secret(path) is secret_too
