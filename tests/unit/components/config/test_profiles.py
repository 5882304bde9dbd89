"""One word of the stack file says which engines run; single values of them may be others."""

from __future__ import annotations

import pytest

from components.catalogue.swarm import swarm
from components.config.errors import SettingsError
from components.model.profiles import PROFILES
from components.model.specs import ServiceSpec
from lab.fakes.vllm import arguments
from tests.unit.components.render.test_texts import gateway, haproxy
from tests.unit.components.stacks import settings


def engines(profile: str) -> dict[str, ServiceSpec]:
    found = swarm(settings("prod", models__profile=profile))
    return {spec.full_name: spec for specs in found.values() for spec in specs if "vllm" in spec.name}


@pytest.mark.parametrize(
    ("profile", "served"),
    [
        ("seed", {"primary": "mixtral-8x7b", "secondary": "mistral-7b", "backup": "mistral-7b"}),
        ("fit", {"primary": "mixtral-8x7b", "backup": "mistral-7b"}),
        ("long-context", {"primary": "mistral-nemo-12b", "backup": "mistral-7b"}),
        ("throughput", {"primary": "mistral-7b", "backup": "mistral-7b"}),
    ],
)
def test_a_profile_says_which_engines_run(profile: str, served: dict[str, str]) -> None:
    models = settings("prod", models__profile=profile).models
    assert {role: engine.served_name for role, engine in models.by_role().items()} == served
    names = [f"{'thanos' if role == 'backup' else 'starlord'}-vllm-{role}" for role in served]
    assert list(engines(profile)) == names


@pytest.mark.parametrize("profile", PROFILES)
def test_the_cascade_and_its_pools_are_those_of_the_engines(profile: str) -> None:
    steps = gateway(models__profile=profile)["model_list"]
    pools = [name for name in haproxy(models__profile=profile) if name.startswith("listen pool-")]
    assert [step["model_info"]["id"] for step in steps] == list(engines(profile))
    assert [name.removeprefix("listen pool-") for name in pools] == [
        name.partition("vllm-")[2] for name in engines(profile)
    ]
    lengths = [step["model_info"]["max_input_tokens"] for step in steps]
    assert max(lengths) == (131072 if profile == "long-context" else 32768)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_flag_of_a_profile_is_one_that_the_engine_knows(profile: str) -> None:
    """The stand-in refuses what vLLM would refuse."""
    for spec in engines(profile).values():
        options = arguments.parse(["serve", *spec.command])
        assert options.kv_cache_dtype == "fp8"
        assert f"--max-num-seqs={options.max_num_seqs}" in spec.command


def test_without_a_profile_it_is_the_plan() -> None:
    named, unnamed = settings("prod").models, settings("prod", models={}).models
    assert named == unnamed
    assert named.profile == "seed"


def test_single_values_of_an_engine_may_be_others() -> None:
    models = settings("prod", models__primary={"max_num_seqs": 3}).models
    plain = settings("prod").models
    assert models.primary == plain.primary.model_copy(update={"max_num_seqs": 3})
    assert models.backup == plain.backup


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "seed"])
def test_an_engine_that_the_profile_leaves_out_cannot_be_configured(profile: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings("prod", models__profile=profile, models__secondary={"max_num_seqs": 3})
    assert [str(problem) for problem in caught.value.problems] == [
        (f"aiswarm:models.secondary: must be left out: profile {profile} has no such engine, got an object")
    ]


def test_an_unknown_profile_is_named_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError) as caught:
        settings("prod", models__profile="fast")
    assert [str(problem) for problem in caught.value.problems] == [
        "aiswarm:models.profile: must be 'seed', 'fit', 'long-context' or 'throughput', got 'fast'"
    ]
