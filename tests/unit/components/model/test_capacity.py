"""The memory of a card against published figures, and what an operator reads when it is short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalogue.swarm import swarm
from components.config.models import EngineSettings
from components.model.architectures import ARCHITECTURES, MISTRAL, MIXTRAL, NEMO, Architecture
from components.model.capacity import (
    GIB,
    Capacity,
    cache_tokens,
    capacity,
    engine_capacities,
    token_bytes,
)
from components.model.checks import find_problems
from components.model.profiles import PROFILES
from tests.unit.components.stacks import settings

QWEN3_4B = Architecture(
    layers=36, hidden=2560, intermediate=9728, heads=32, kv_heads=8, vocabulary=151936, context=32768
)
RTX_4090, RTX_3080 = 24564, 10240


def of(profile: str, role: str, **changes: object) -> Capacity:
    found = settings("prod", models={"profile": profile, role: changes})
    measured = engine_capacities(found, swarm(found))[role]
    assert measured is not None
    return measured


def problems(**changes: object) -> list[str]:
    found = settings("prod", **changes)
    return [str(problem) for problem in find_problems(found, swarm(found))]


@pytest.mark.parametrize(
    ("repository", "group_size", "gigabytes"),
    [
        (MIXTRAL, None, 23.81),  # sizes of the repositories, which hold tokenizers as well
        (MIXTRAL, 128, 24.70),
        (MISTRAL, 128, 4.17),
    ],
)
def test_weights_are_as_large_as_the_published_ones(
    repository: str, group_size: int | None, gigabytes: float
) -> None:
    architecture = replace(ARCHITECTURES[repository], group_size=group_size)
    assert architecture.weight_bytes / 1e9 == pytest.approx(gigabytes, rel=0.004)


@pytest.mark.parametrize(
    ("repository", "dtype", "kibibytes"),
    [
        (MIXTRAL, "float16", 128),
        (MISTRAL, "fp8", 64),
        (MISTRAL, "int8_per_token_head", 66),
        (MISTRAL, "int4_per_token_head", 34),
        (NEMO, "fp8", 80),
    ],
)
def test_a_token_takes_a_key_and_a_value_in_every_layer(
    repository: str, dtype: str, kibibytes: float
) -> None:
    assert token_bytes(ARCHITECTURES[repository], dtype) == kibibytes * 1024


@pytest.mark.parametrize(("dtype", "tokens", "requests"), [("auto", 83488, 2.55), ("fp8", 166992, 5.10)])
def test_cache_holds_what_vllm_says_of_a_published_start(dtype: str, tokens: int, requests: float) -> None:
    """Qwen3-4B with 11.47 GiB of cache: vLLM's page on quantised caches. The log rounds the gibibytes."""
    each = token_bytes(QWEN3_4B, dtype)
    assert cache_tokens(11.47, each) == pytest.approx(tokens, rel=0.001)
    assert 11.47 * GIB / each / 32768 == pytest.approx(requests, abs=0.01)


def engine(**changes: object) -> EngineSettings:
    return EngineSettings.model_validate(
        {
            "repository": MIXTRAL,
            "served_name": "any",
            "gpu_memory_utilization": 0.85,
            "max_model_len": 32768,
            "max_num_seqs": 8,
            "kv_cache_dtype": "fp8",
            "attention_backend": "FLASHINFER",
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "card_mib", "fits"),
    [
        ({}, RTX_4090, False),  # 22.2 GiB of weights in a share of 20
        ({"gpu_memory_utilization": 0.98}, RTX_4090, False),
        ({"cpu_offload_gib": 5}, RTX_4090, False),
        ({"cpu_offload_gib": 6}, RTX_4090, True),
        ({"repository": MISTRAL, "kv_cache_dtype": "auto"}, RTX_3080, False),  # 128 KiB a token
        ({"repository": MISTRAL}, RTX_3080, True),
    ],
)
def test_what_the_plan_wanted_is_told_from_what_fits(
    changes: dict[str, object], card_mib: int, fits: bool
) -> None:
    found = capacity(engine(**changes), card_mib=card_mib)
    assert found is not None
    assert found.fits is fits


def test_nothing_is_said_of_a_model_that_is_not_known() -> None:
    assert capacity(engine(repository="somebody/something"), card_mib=RTX_3080) is None
    assert problems(models__backup={"repository": "somebody/something", "gpu_memory_utilization": 0.1}) == []


@given(offload=st.integers(min_value=0, max_value=40), share=st.floats(min_value=0.01, max_value=0.99))
def test_what_fits_holds_at_least_one_request_and_nothing_is_below_zero(offload: int, share: float) -> None:
    found = capacity(engine(cpu_offload_gib=offload, gpu_memory_utilization=share), card_mib=RTX_4090)
    assert found is not None
    assert found.weights_gib >= 0
    assert found.tokens >= 0
    assert found.fits == (found.max_concurrency >= 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_fits_the_machines(profile: str) -> None:
    assert problems(models__profile=profile) == []


@pytest.mark.parametrize(
    ("profile", "role", "tokens"),
    [
        ("seed", "primary", 39408),
        ("seed", "secondary", 40752),
        ("fit", "primary", 35184),
        ("long-context", "primary", 141200),
        ("throughput", "primary", 240624),
        ("throughput", "backup", 50096),
    ],
)
def test_cache_of_the_profiles(profile: str, role: str, tokens: int) -> None:
    assert of(profile, role).tokens == tokens


def test_an_engine_without_room_for_one_request_is_refused() -> None:
    assert problems(models__profile="fit", models__primary={"cpu_offload_gib": 5}) == [
        (
            "aiswarm:models.primary: must leave 2.00 GiB of the card for one request of 32768 tokens, got "
            "1.15 GiB beside 17.16 of weights and 1.63 of working memory; raise gpu_memory_utilization or "
            "cpu_offload_gib, or lower max_model_len"
        )
    ]


def test_a_smaller_card_is_refused() -> None:
    small = [{"name": "a smaller one", "memory_mib": 8192}]
    (found,) = problems(nodes__thanos__gpus=small)
    assert found.startswith("aiswarm:models.backup: must leave 2.00 GiB of the card")


def test_a_context_that_the_model_was_not_trained_for_is_refused() -> None:
    changes = {"max_model_len": 40960, "gpu_memory_utilization": 0.9}
    assert problems(models__backup=changes) == [
        (
            "aiswarm:models.backup.max_model_len: must be at most 32768, what the model was trained for, "
            "got 40960"
        )
    ]


def test_many_sequences_cost_working_memory_with_a_large_vocabulary() -> None:
    few, many = of("long-context", "primary"), of("long-context", "primary", max_num_seqs=256)
    assert many.overhead_gib - few.overhead_gib > 1
    assert not many.fits
