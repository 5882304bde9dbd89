"""Each check of the whole swarm: what passes, and what the operator reads when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalogue.swarm import swarm
from components.config.load import parse
from components.config.settings import Settings
from components.model.checks import find_problems
from components.model.mounts import DataVolume
from components.model.parts import Health, Port
from components.model.specs import ServiceSpec
from tests.ports import ANYONE
from tests.unit.components.stacks import STACKS, raw, settings

Swarm = Mapping[str, tuple[ServiceSpec, ...]]
DIGEST = "0" * 64


def problems(of: Settings, services: Swarm | None = None) -> list[str]:
    return [str(problem) for problem in find_problems(of, services or swarm(of))]


def with_spec(of: Settings, full_name: str, **changes: object) -> Swarm:
    """The swarm of `of`, with fields of one service replaced."""

    def changed(spec: ServiceSpec) -> ServiceSpec:
        # The keywords are fields of the spec, which each case names.
        return replace(spec, **changes) if spec.full_name == full_name else spec  # type: ignore[arg-type]

    return {node: tuple(changed(spec) for spec in specs) for node, specs in swarm(of).items()}


@pytest.mark.parametrize("stack", STACKS)
def test_committed_stacks_have_no_problem(stack: str) -> None:
    assert problems(settings(stack)) == []


def test_port_published_twice() -> None:
    prod = settings("prod")
    services = with_spec(
        prod, "oracle-redis", ports=(Port(name="redis", container=6379, published=5432, access=ANYONE),)
    )
    assert problems(prod, services) == [
        "oracle.services: published ports must be unique, got 5432 twice (postgres and redis)"
    ]


def test_port_inside_the_network_may_repeat() -> None:
    prod = settings("prod")
    services = with_spec(prod, "oracle-redis", ports=(Port(name="redis", container=5432),))
    assert problems(prod, services) == []


@given(number=st.integers(min_value=1, max_value=65535))
def test_only_free_ports_of_starlord_pass(number: int) -> None:
    prod = settings("prod")
    services = with_spec(
        prod,
        "starlord-gpu-monitor",
        ports=(Port(name="http", container=9091, published=number, access=ANYONE),),
    )
    assert (problems(prod, services) == []) == (number not in {6333, 8000, 8001, 9100})


def test_port_of_a_service_that_is_not_ours() -> None:
    prod = settings("prod")
    services = with_spec(
        prod,
        "starlord-vllm-primary",
        ports=(Port(name="http", container=8000, published=6333, access=ANYONE),),
    )
    assert problems(prod, services) == [
        (
            "starlord.services: published ports must be unique, got 6333 twice "
            "(qdrant, which is not ours and vllm-primary)"
        )
    ]


def test_the_same_port_on_another_node_is_free() -> None:
    prod = settings("prod")
    services = with_spec(
        prod, "thanos-vllm-backup", ports=(Port(name="http", container=8000, published=6333, access=ANYONE),)
    )
    assert problems(prod, services) == []


def test_memory_of_a_node() -> None:
    specs = swarm(settings("prod"))["thanos"]
    needed = sum(spec.limits.memory_mib for spec in specs)
    each = ", ".join(f"{spec.name} {spec.limits.memory_mib}" for spec in specs)
    assert problems(settings("prod", nodes__thanos__memory_mib=needed + 4096)) == []
    assert problems(settings("prod", nodes__thanos__memory_mib=needed - 1 + 4096)) == [
        (
            "aiswarm:nodes.thanos.memory_mib: less reserved_mib must hold the limits of all services, "
            f"{needed} MiB ({each}), got {needed - 1} MiB; lower some in aiswarm:limits"
        )
    ]


@pytest.mark.parametrize(
    ("service", "least"), [("starlord-vllm-primary", (14 + 16) * 1024 + 4096), ("oracle-litellm", 800)]
)
def test_limit_below_what_the_settings_need(service: str, least: int) -> None:
    def with_limit(memory_mib: int) -> list[str]:
        return problems(settings("prod", limits={service: {"memory_mib": memory_mib, "cpus": "1.0"}}))

    assert with_limit(least) == []
    assert with_limit(least - 1) == [
        (
            f"aiswarm:limits.{service}.memory_mib: must be at least {least} for the service's settings, "
            f"got {least - 1}"
        )
    ]


def test_limit_of_the_catalogue_below_what_the_service_needs() -> None:
    prod = settings("prod")
    assert problems(prod, with_spec(prod, "oracle-redis", least_memory_mib=2000)) == [
        "oracle-redis.limits.memory_mib: must be at least 2000 for the service's settings, got 1024"
    ]


def test_shares_of_a_card() -> None:
    assert problems(settings("prod", models__primary__gpu_memory_utilization=0.62)) == []
    assert problems(settings("prod", models__primary__gpu_memory_utilization=0.7)) == [
        (
            "aiswarm:models: gpu_memory_utilization on starlord must sum to at most 0.958, got 1.030 "
            "(vllm-primary 0.70, vllm-secondary 0.33); each engine takes 512 MiB of the card's "
            "24564 beside its share"
        )
    ]


def test_shares_are_checked_for_stand_ins_too() -> None:
    changes = {"models__backup__gpu_memory_utilization": 0.99, "images__vllm": stand_in()}
    assert problems(settings("lab", **changes)) == [
        (
            "aiswarm:models: gpu_memory_utilization on thanos must sum to at most 0.950, got 0.990 "
            "(vllm-backup 0.99); each engine takes 512 MiB of the card's 10240 beside its share"
        )
    ]


def stand_in() -> dict[str, object]:
    return {
        "reference": f"registry:5000/engine:1@sha256:{DIGEST}",
        "platforms": ["linux/amd64"],
        "stand_in": True,
    }


def test_engine_without_card() -> None:
    assert problems(settings("prod", nodes__thanos__gpus=[])) == [
        "aiswarm:nodes.thanos.gpus: must list the card that thermal-monitor, vllm-backup need"
    ]


@pytest.mark.parametrize("subnet", ["172.20.9.0/25", "172.20.0.0/16", "172.21.3.0/24", "10.0.0.0/24"])
def test_subnet_outside_the_plan(subnet: str) -> None:
    assert f"aiswarm:nodes.thanos.subnet: must be a /24 of 172.20.0.0/16, got {subnet}" in problems(
        settings("prod", nodes__thanos__subnet=subnet)
    )


def test_overlapping_subnets() -> None:
    assert problems(settings("prod", nodes__thanos__subnet="172.20.1.0/24")) == [
        (
            "aiswarm:nodes.thanos.subnet: must not overlap another node's, got 172.20.1.0/24, "
            "which overlaps 172.20.1.0/24 of oracle"
        )
    ]


@given(third=st.integers(min_value=0, max_value=255))
def test_any_free_slash_24_of_the_plan_passes(third: int) -> None:
    subnet = IPv4Network(f"172.20.{third}.0/24")
    found = problems(settings("prod", nodes__oracle__subnet=str(subnet)))
    assert (found == []) == (third not in {2, 3})


def test_node_addresses_differ() -> None:
    assert problems(settings("prod", nodes__thanos__address="100.72.73.3")) == [
        "aiswarm:nodes: addresses must differ, got 100.72.73.3 for starlord and thanos"
    ]


def test_image_for_other_processors() -> None:
    image = {"reference": f"registry:5000/redis:1@sha256:{DIGEST}", "platforms": ["linux/amd64"]}
    assert problems(settings("prod", images={"redis": image})) == [
        "aiswarm:images.redis.platforms: must include linux/arm64 for oracle-redis, got linux/amd64"
    ]
    assert problems(settings("lab", images={"redis": image})) == []


def test_image_of_the_catalogue_for_other_processors() -> None:
    prod = settings("prod")
    (redis,) = (spec for spec in swarm(prod)["oracle"] if spec.name == "redis")
    services = with_spec(prod, "oracle-redis", image=replace(redis.image, platforms=("linux/amd64",)))
    assert problems(prod, services) == [
        "oracle-redis.image: must include linux/arm64 for oracle-redis, got linux/amd64"
    ]


def test_unknown_names_in_overrides() -> None:
    image = {"reference": f"registry:5000/x:1@sha256:{DIGEST}", "platforms": ["linux/amd64"]}
    limits = {"oracle-postgress": {"memory_mib": 64, "cpus": "1.0"}}
    specs = [spec for specs in swarm(settings("prod")).values() for spec in specs]
    known_images = ", ".join(sorted({spec.image.name for spec in specs}))
    known_services = ", ".join(sorted(spec.full_name for spec in specs))
    assert problems(settings("prod", images={"postgress": image}, limits=limits)) == [
        f"aiswarm:images: must name one of {known_images}, got 'postgress'",
        f"aiswarm:limits: must name one of {known_services}, got 'oracle-postgress'",
    ]


def test_waiting_for_what_is_not_there() -> None:
    prod = settings("prod")
    assert problems(prod, with_spec(prod, "starlord-vllm-secondary", after=("postgres",))) == [
        "starlord.vllm-secondary.after: must name services of starlord that stand before it, got postgres"
    ]


def test_waiting_for_what_never_becomes_healthy() -> None:
    prod = settings("prod")
    assert problems(prod, with_spec(prod, "starlord-vllm-primary", health=Health(test=("NONE",)))) == [
        "starlord.vllm-secondary.after: must name services with a health check, got vllm-primary"
    ]


def test_waiting_in_a_circle() -> None:
    prod = settings("prod")
    assert problems(prod, with_spec(prod, "starlord-vllm-primary", after=("vllm-secondary",))) == [
        "starlord.vllm-primary.after: must name services of starlord that stand before it, got vllm-secondary"
    ]


def test_names_of_what_is_not_ours() -> None:
    prod = settings("prod")
    services = with_spec(prod, "oracle-redis", volumes=(DataVolume(name="qdrant", path="/data"),))
    assert problems(prod, services) == [
        "oracle-redis.name: must not contain 'qdrant', got 'oracle-redis-qdrant'"
    ]
    services = with_spec(prod, "oracle-redis", name="qdrant", volumes=())
    assert "oracle-qdrant.name: must not contain 'qdrant', got 'oracle-qdrant'" in problems(prod, services)


ROTATING = (
    "consul-agent-token, consul-gossip-key, consul-management-token, documents-key, engine-key, "
    "grafana-database-password, grafana-metrics-password, litellm-database-password, litellm-master-key, "
    "open-webui-database-password, open-webui-redis-password, open-webui-session-key, operator-password, "
    "oracle-agent-id, postgres-exporter-password, postgres-password, rag-key, redis-exporter-password, "
    "redis-password, starlord-agent-id, thanos-agent-id, vault-pulumi-id, vault-seal"
)


@pytest.mark.parametrize(
    "name",
    [
        "redis-pasword",
        "litellm-salt-key",  # what is stored with it opens with no other
        "vault-seal-k1",  # counted together, as vault-seal
        "tls_private_key",  # the operator's
    ],
)
def test_an_epoch_of_what_cannot_be_renewed(name: str) -> None:
    assert problems(settings("prod", epochs={name: 2, "redis-password": 2})) == [
        f"aiswarm:epochs: must name one of {ROTATING}, got {name!r}"
    ]


def test_everything_that_rotates_may_have_an_epoch() -> None:
    epochs = dict.fromkeys(ROTATING.split(", "), 7)
    assert problems(settings("prod", epochs=epochs)) == []


def test_a_key_in_two_places() -> None:
    values = {**raw("prod", keys_in_vault={"gemini_api_key": 1}), "gemini_api_key": "not-to-be-shown"}
    assert problems(parse(values, encrypted=["gemini_api_key"])) == [
        (
            "aiswarm:gemini_api_key: must not be in the stack file and in Vault, got both; "
            "`pulumi config rm aiswarm:gemini_api_key` or `./swarm keys remove gemini_api_key`"
        )
    ]
    del values["keys_in_vault"]
    assert problems(parse(values, encrypted=["gemini_api_key"])) == []
