"""Roles, images and sizes at Railway."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as examples
from hypothesis import strategies

from policy.rules.modest_cloud import PLAN, judge
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import RAILWAY, RAILWAY_PROJECT, RAILWAY_SETTINGS, Resource
from tests.policy import given

QUARTERS = strategies.integers(min_value=1, max_value=64)


def settings(**changes: object) -> Resource:
    props = {"image": "redis:8", "vcpus": 1.0, "memory_gb": 0.5, "replicas": 1.0, **changes}
    return given.other(RAILWAY_SETTINGS, "railway-cache-settings", props)


def named(service: str, **changes: object) -> Resource:
    return replace(settings(**changes), name=f"railway-{service}-settings")


def project(**roles: object) -> Resource:
    services = [{"name": name, "role": role} for name, role in roles.items()]
    return given.other(RAILWAY_PROJECT, "railway", {"services": services})


def lines(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


@pytest.mark.parametrize("role", ["cache", "worker", "dashboard", "backup-router", "cpu-fallback"])
def test_a_helper_of_modest_size_passes(role: str) -> None:
    assert lines(project(cache=role), settings(), given.container()) == []


def test_without_railway_there_is_nothing_to_judge() -> None:
    assert lines(given.container(), given.other(RAILWAY_PROJECT, "railway", {})) == []


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ([project(cache="inference")], "'inference'"),
        ([project(cache="")], "none"),
        ([project(other="cache")], "none"),
        ([given.other(RAILWAY_PROJECT, "other", {"services": [{"name": "cache", "role": "cache"}]})], "none"),
        ([], "none"),
    ],
)
def test_another_role_or_none_is_refused(shown: list[Resource], got: str) -> None:
    assert lines(*shown, settings()) == [
        (
            "railway-cache-settings.role on an unnamed node: must be one of backup-router, cache, "
            f"cpu-fallback, dashboard, worker, got {got}; show the service and its role in the "
            "aiswarm:index:RailwayProject"
        )
    ]


@pytest.mark.parametrize(
    "image",
    [
        *("vllm/vllm-openai:v0.31.0", "ghcr.io/ggml-org/llama.cpp:server-cuda", "nvidia/dcgm", "x:1-gpu"),
        *("lmsysorg/sglang", "NVCR.io/tensorrt-llm", "rocm/pytorch", "gpu-exporter"),
    ],
)
def test_an_image_for_a_card_is_refused(image: str) -> None:
    (found,) = lines(project(cache="cache"), settings(image=image))
    assert f"image on an unnamed node: must need no graphics card, got {image!r}; use one for CPU" in found


@pytest.mark.parametrize("image", ["ghcr.io/ggml-org/llama.cpp:server", "ghcr.io/x/tgpux", "redis:8"])
def test_an_image_for_cpu_passes(image: str) -> None:
    assert lines(project(cache="cache"), settings(image=image)) == []


def test_an_image_must_be_given() -> None:
    (found,) = lines(project(cache="cache"), settings(image=None))
    assert "image on an unnamed node: must be given, got none" in found


@pytest.mark.parametrize("field", ["vcpus", "memory_gb", "replicas"])
@pytest.mark.parametrize(
    ("value", "got"), [(None, "none, which is the whole plan"), (0.0, "0"), (-1.0, "-1")]
)
def test_a_limit_must_be_given(field: str, value: object, got: str) -> None:
    assert lines(project(cache="cache"), settings(**{field: value})) == [
        (
            f"railway-cache-settings.{field} on an unnamed node: must be given and more than 0, got {got}; "
            "set it"
        )
    ]


@pytest.mark.parametrize("field", ["vcpus", "memory_gb", "replicas", "image"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, True, ["1"]])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    (found,) = lines(project(cache="cache"), settings(**{field: value}))
    assert f"{field} on an unnamed node: must be " in found
    assert "that is known at preview" in found


def test_roles_that_cannot_be_read_refuse_the_stack() -> None:
    with_unknown = given.other(RAILWAY_PROJECT, "railway", {"services": Marker.UNKNOWN})
    with pytest.raises(UnreadableError, match="services: must be a list that is known at preview"):
        lines(with_unknown, settings())


def test_a_kind_that_no_rule_knows_is_refused() -> None:
    (found,) = lines(given.other(f"{RAILWAY}Function", "x", {}))
    assert found.startswith("x.type on an unnamed node: must be a kind that the rules know, got 'Function'")


def test_more_than_the_plan_is_refused_with_the_names() -> None:
    many = [named(name, vcpus=8.0, replicas=3.0) for name in ("router", "cache")]
    assert lines(project(router="backup-router", cache="cache"), *many) == [
        (
            "railway.vcpus: must be at most 32 together, got 48 of railway-cache-settings, "
            "railway-router-settings; lower some"
        )
    ]


@examples(strategies.lists(strategies.tuples(QUARTERS, QUARTERS, strategies.integers(1, 4)), max_size=6))
def test_exactly_what_fits_passes(services: list[tuple[int, int, int]]) -> None:
    """Sizes in quarters, so that sums are exact; each copy counted by itself."""
    made = {
        f"s{index}": named(f"s{index}", vcpus=vcpus / 4, memory_gb=memory / 4, replicas=float(copies))
        for index, (vcpus, memory, copies) in enumerate(services)
    }
    found = lines(project(**dict.fromkeys(made, "worker")), *made.values())
    every = [quarters[:2] for quarters in services for _ in range(quarters[2])]
    too_large = {
        f"railway.{name}"
        for index, name in enumerate(("vcpus", "memory_gb"))
        if sum(copy[index] for copy in every) > 4 * PLAN[name]
    }
    assert {line.partition(":")[0] for line in found} == too_large
