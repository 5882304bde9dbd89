"""What fits on a card."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from components.model.architectures import ARCHITECTURES
from components.model.profiles import PROFILES, ProfileName
from policy.rules.models_on_card import judge
from policy.rules.support.engines import MODELS
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import cards, given
from tests.policy.cards import MISTRAL, MIXTRAL, arguments, engine

CARD = 24564.0
"""MiB of an RTX 4090."""


def found(*resources: Resource, card: float = CARD) -> list[str]:
    return [str(problem) for _, problem in judge([*cards.on_card(card), *resources])]


def pair(first: list[str], second: list[str]) -> list[str]:
    return found(engine("primary", first), engine("secondary", second))


def test_the_weights_are_those_that_the_plan_computes_with() -> None:
    computed = {name: round(each.weight_bytes / 2**20) for name, each in ARCHITECTURES.items()}
    assert {name: model.weights_mib for name, model in MODELS.items() if model.weights_mib} == computed


def test_both_models_fit_with_14_gib_in_host_memory() -> None:
    assert pair(arguments(MIXTRAL, 0.52, 14), arguments(MISTRAL, 0.33)) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_fits_its_cards(profile: ProfileName) -> None:
    for role, card in (("primary", CARD), ("secondary", CARD), ("backup", 10240.0)):
        values = PROFILES[profile].get(role)
        if values:
            share, kept = values["gpu_memory_utilization"], values.get("cpu_offload_gib", 0)
            assert found(engine(role, arguments(str(values["repository"]), share, kept)), card=card) == []


def test_the_plan_as_it_was_written_does_not_fit() -> None:
    """Mixtral with 85 % of the card, and Mistral beside it."""
    assert pair(arguments(MIXTRAL, 0.85), arguments(MISTRAL, 0.85)) == [
        (
            "primary.command --gpu-memory-utilization on node starlord: must leave 24365 MiB for weights and "
            "working memory, got 0.85 of card 0, 20420 MiB; raise it, keep more in host memory "
            "(--cpu-offload-gb), or serve a smaller model"
        ),
        (
            "starlord.gpus[0].memory_mib: must hold all shares (primary 0.85, secondary 0.85) and 512 MiB "
            "beside each, 42783 MiB, got 24564 MiB; lower a share"
        ),
    ]


@pytest.mark.parametrize(("first", "second"), [("0.65", "0.2"), ("0.7", "0.25"), ("0.5", "0.35")])
def test_no_division_of_the_card_holds_both(first: str, second: str) -> None:
    lines = pair(arguments(MIXTRAL, first), arguments(MISTRAL, second))
    assert any(line.startswith("primary.command --gpu-memory-utilization") for line in lines)


def test_mixtral_does_not_even_fit_alone() -> None:
    (line,) = found(engine("primary", arguments(MIXTRAL, "0.97")))
    assert "must leave 24365 MiB for weights and working memory, got 0.97 of card 0, 23303 MiB" in line


def test_engines_on_cards_of_their_own_share_nothing() -> None:
    nodes = cards.on_card(CARD, CARD)
    both = [
        engine(name, arguments(MISTRAL, "0.85"), gpus=f"device={number}")
        for number, name in enumerate(("primary", "secondary"))
    ]
    assert list(judge([*nodes, *both])) == []


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "someone/unknown", "--gpu-memory-utilization=0.5"],
        ["serve", "--gpu-memory-utilization=0.5"],
        ["serve", MISTRAL, MIXTRAL, "--gpu-memory-utilization=0.5"],
        ["--model=someone/unknown", MISTRAL, "--gpu-memory-utilization=0.5"],
    ],
)
def test_a_model_whose_weights_nobody_knows_is_refused_and_not_shown(command: list[str]) -> None:
    (line,) = found(engine("e", command))
    assert line.startswith("e.command on node starlord: must name one model whose weights are known, got ")
    assert "someone" not in line


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"command": [*arguments(MISTRAL, 0.5), Marker.UNKNOWN]}, "e.command[5]"),
        ({"gpus": Marker.UNKNOWN}, "e.gpus"),
        ({"gpus": "device=4"}, "e.gpus"),
        ({"command": arguments(MISTRAL, 0.5, "much")}, "e.command --cpu-offload-gb"),
    ],
)
def test_what_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    values: given.Props = {"command": arguments(MISTRAL, 0.5), **changes}
    command = values.pop("command")
    (line,) = found(engine("e", command, **values))  # type: ignore[arg-type]  # on purpose
    assert line.startswith(f"{path} on node starlord: must be ")


def test_what_has_no_share_or_no_node_is_left_to_the_rules_on_that() -> None:
    assert found(engine("e", ["serve", MISTRAL])) == []
    elsewhere = given.container(image=cards.IMAGE, command=arguments(MISTRAL, 2))
    assert [str(each) for _, each in judge([given.node("starlord"), elsewhere])] == []


def test_engines_need_nodes() -> None:
    assert list(judge([given.container()])) == []
    with pytest.raises(UnreadableError, match="nodes: must be declared"):
        list(judge([engine("e", arguments(MISTRAL, 0.5))]))


@over(
    st.integers(1, 400).map(lambda hundreds: hundreds * 100),
    st.lists(
        st.tuples(st.sampled_from(sorted(MODELS)), st.integers(1, 99), st.integers(0, 24)),
        min_size=1,
        max_size=4,
    ),
)
def test_any_plan_is_judged_as_filling_the_card_does(card: int, plan: list[tuple[str, int, int]]) -> None:
    placed = [
        engine(f"e{number}", arguments(model, f"0.{share:02}", kept))
        for number, (model, share, kept) in enumerate(plan)
    ]

    expected = set()
    left = card
    for number, (model, share, kept) in enumerate(plan):
        mine = card // 100 * share  # whole, because cards are multiples of 100
        left -= mine + 512
        weights = MODELS[model].weights_mib
        for _ in range(kept):
            weights -= min(1024, weights)
        if Fraction(mine * 978, 1000) - weights - MODELS[model].overhead_mib < 0:
            expected.add(f"e{number}")
    if left < 0:
        expected.add("starlord")

    assert {urn.rpartition("::")[2] for urn, _ in judge([*cards.on_card(float(card)), *placed])} == expected
