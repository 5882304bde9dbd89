"""Who works on a card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from policy.rules.users_of_card import judge
from tests.policy import cards, given
from tests.policy.cards import MISTRAL, arguments, engine, monitor

GOOD = arguments(MISTRAL, 0.5)
SHARE = "e.command --gpu-memory-utilization on node starlord: must be "


def found(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge([*given.nodes(), *resources])]


def test_engines_with_their_share_and_monitors_pass() -> None:
    assert found(engine("e", GOOD), monitor(), monitor("thermal-monitor"), given.container()) == []


@pytest.mark.parametrize(
    "command",
    [
        [MISTRAL, "--gpu-memory-utilization", "0.5"],
        [
            MISTRAL,
            "--gpu-memory-utilization=2",
            "--gpu-memory-utilization=.5",
            "--gpu-memory-utilization=0.5",
        ],
    ],
)
def test_a_share_is_read_as_the_engine_reads_it(command: list[str]) -> None:
    assert found(engine("e", command)) == []


def test_an_engine_that_says_nothing_is_refused() -> None:
    assert found(engine("e", [MISTRAL])) == [f"{SHARE}a part of the card, between 0 and 1, got none; set it"]
    assert found(engine("e", [MISTRAL], gpus=None)) != []


@pytest.mark.parametrize(("share", "got"), [("0", "0"), ("1", "1"), ("1.5", "1.5")])
def test_a_share_that_is_no_part_is_refused(share: str, got: str) -> None:
    (line,) = found(engine("e", arguments(MISTRAL, share)))
    assert line == f"{SHARE}a part of the card, between 0 and 1, got {got}; set it"


@pytest.mark.parametrize("share", ["half", "", "-0.5", "canary"])
def test_a_share_that_is_no_number_is_refused_and_not_shown(share: str) -> None:
    (line,) = found(engine("e", arguments(MISTRAL, share)))
    assert line == f"{SHARE}a decimal number, got another text (POL-002)"


def test_an_engine_is_known_by_its_argument_too() -> None:
    assert found(engine("e", GOOD, image="other:1")) == []
    assert found(engine("e", [], image="198.18.0.10:5000/aiswarm/vllm:1", gpus=None)) != []


def test_the_card_is_for_nobody_else() -> None:
    assert found(monitor("documents")) == [
        (
            "starlord-documents.gpus on host 100.64.0.2: must be handed to an engine or to gpu-monitor or "
            "thermal-monitor, got another service; plan its memory in policy/rules/support/engines.py"
        )
    ]


def test_a_command_that_was_left_out_is_nothing_to_read() -> None:
    """The provider fills it in, so that a rule on the stack sees it as unknown."""
    left_out: given.Props = {"command": Marker.UNKNOWN, "entrypoints": Marker.UNKNOWN}
    assert found(monitor("gpu-monitor", **left_out), given.container(**left_out)) == []
    assert found(monitor("documents", **left_out)) != []
    (line,) = found(engine("e", [], entrypoints=Marker.UNKNOWN))
    assert line == f"{SHARE}a part of the card, between 0 and 1, got none; set it"


def test_a_node_without_a_card_has_none_to_hand_out() -> None:
    provider = given.provider()
    (line,) = found(replace(engine("e", GOOD), provider=provider))
    assert line == "e.gpus on node starlord: must be a card of its node, got card 0 of 0 (POL-002)"
    (line,) = found(replace(monitor(), provider=provider))
    assert "must be on a node with a graphics card, got none on oracle" in line


@pytest.mark.parametrize(
    ("gpus", "passes"), [("device=1", True), ("device=2", False), ("all", False), (None, False)]
)
def test_of_several_cards_one_is_named(gpus: str | None, passes: bool) -> None:
    nodes = cards.on_card(24576.0, 24576.0)
    lines = [str(problem) for _, problem in judge([*nodes, engine("e", GOOD, gpus=gpus)])]
    assert (lines == []) == passes


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"command": [*GOOD, Marker.UNKNOWN]}, "command[5]"),
        ({"command": "serve"}, "command"),
        ({"gpus": Marker.UNKNOWN}, "gpus"),
        ({"gpus": ["0"]}, "gpus"),
    ],
)
def test_what_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    values: given.Props = {"command": GOOD, **changes}
    command = values.pop("command")
    lines = found(engine("e", command, **values))  # type: ignore[arg-type]  # on purpose
    assert any(line.startswith(f"e.{path} on node starlord: must be ") for line in lines)


def test_an_image_that_is_unknown_is_an_engines_where_it_has_a_card() -> None:
    assert found(engine("e", [], image=Marker.UNKNOWN)) != []
    assert found(engine("e", [], image=Marker.UNKNOWN, gpus=None)) == []


def test_cards_need_nodes() -> None:
    assert list(judge([given.container()])) == []
    with pytest.raises(UnreadableError, match="nodes: must be declared"):
        list(judge([monitor()]))
