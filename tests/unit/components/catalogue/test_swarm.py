"""What holds for every service of the swarm, in both committed stacks."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from components.catalogue.images import IMAGES
from components.catalogue.railway import cloud
from components.catalogue.swarm import swarm
from components.model.endpoints import external_endpoints
from components.model.flows import flows
from components.model.secrets import SECRETS_PATH, SecretChange, SecretSource
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import ROOT, STACKS, settings

DIGEST = "0" * 64


def services(stack: str, **changes: object) -> dict[str, ServiceSpec]:
    """Every service by its full name."""
    return {spec.full_name: spec for specs in swarm(settings(stack, **changes)).values() for spec in specs}


def texts(spec: ServiceSpec) -> list[str]:
    """Everything of a spec that is shown to whoever may inspect its container."""
    files = [file.text for file in spec.configuration.files] if spec.configuration else []
    return [*files, *spec.env.values(), *spec.command, *spec.entrypoint, *spec.health.test]


EVERY_SERVICE = [
    pytest.param(spec, id=f"{stack}-{name}") for stack in STACKS for name, spec in services(stack).items()
]


@pytest.mark.parametrize("stack", STACKS)
def test_ports_are_those_of_the_plan(stack: str) -> None:
    published = {
        name: [port.published for port in spec.ports if port.published]
        for name, spec in services(stack).items()
    }
    assert published == {
        "oracle-vault": [8200],
        "oracle-agent": [],
        "starlord-agent": [],
        "thanos-agent": [],
        "oracle-postgres": [5432],
        "oracle-redis": [6379],
        "oracle-litellm": [],
        "oracle-haproxy": [80, 443, 8888, 4000, 9090, 9093],
        "oracle-prometheus": [],
        "oracle-open-webui": [3000],
        "oracle-grafana": [3001],
        "oracle-consul": [8500],
        "oracle-postgres-exporter": [],
        "oracle-redis-exporter": [],
        "oracle-node-exporter": [],
        "oracle-alertmanager": [],
        "oracle-blackbox-exporter": [],
        "starlord-node-exporter": [9100],
        "thanos-node-exporter": [9100],
        "thanos-thermal-monitor": [9092],
        "starlord-gpu-monitor": [9091],
        "starlord-vllm-primary": [8000],
        "starlord-vllm-secondary": [8001],
        "thanos-vllm-backup": [8002],
        "thanos-documents": [5001],
        "thanos-rag": [9621],
        "thanos-sillytavern": [8080],
        "thanos-gpt-researcher": [8001],
    }


@pytest.mark.parametrize("spec", EVERY_SERVICE)
def test_programs_without_root_listen_on_ports_they_may_take(spec: ServiceSpec) -> None:
    assert all(port.container >= 1024 for port in spec.ports)


@pytest.mark.parametrize("spec", EVERY_SERVICE)
def test_every_secret_file_that_is_read_is_delivered(spec: ServiceSpec) -> None:
    read = {found for text in texts(spec) for found in re.findall(rf"{SECRETS_PATH}/[\w.-]+", text)}
    assert read == {file.path for file in spec.secrets}


@pytest.mark.parametrize("spec", EVERY_SERVICE)
def test_every_configuration_file_that_is_named_exists(spec: ServiceSpec) -> None:
    if spec.configuration is None:
        assert all("/etc/" not in text for text in texts(spec))
        return
    folder = spec.configuration.folder
    named = {found for text in texts(spec) for found in re.findall(rf"{folder}/([\w./-]+)", text)}
    given = {file.name for file in spec.configuration.files}
    folders = {str(parent) for name in given for parent in PurePosixPath(name).parents} - {"."}
    assert named <= given | folders
    # Grafana finds what it is given by folders of its own names.
    assert not folders or spec.renders_for or spec.name == "grafana"


@pytest.mark.parametrize("spec", EVERY_SERVICE)
def test_every_service_tells_whether_it_is_healthy(spec: ServiceSpec) -> None:
    assert spec.health.test[0] != "NONE"
    assert spec.writable_root_reason == ""
    assert spec.added_capabilities == ()


@pytest.mark.parametrize("spec", EVERY_SERVICE)
def test_scripts_that_the_image_runs_itself_are_executable(spec: ServiceSpec) -> None:
    files = spec.configuration.files if spec.configuration else ()
    by_others = (*spec.settle, *(spec.bootstrap.ready if spec.bootstrap else ()))
    started = " ".join((*spec.entrypoint, *spec.command, *by_others))
    assert all(file.executable or file.name in started for file in files if file.name.endswith(".sh"))


@pytest.mark.parametrize("stack", STACKS)
def test_secrets_are_generated_except_the_certificates(stack: str) -> None:
    references = {reference for spec in services(stack).values() for reference in spec.all_references}
    configured = {item.name for item in references if item.source is SecretSource.CONFIGURED}
    assert configured == {"tls_certificate", "tls_private_key", "vault_private_key"}
    assert len({item.name for item in references}) == len(references)
    assert min(item.length for item in references) >= 32


@pytest.mark.parametrize("stack", STACKS)
def test_qdrant_is_known_and_only_those_that_talk_to_it_mention_it(stack: str) -> None:
    (qdrant,) = external_endpoints(settings(stack))
    assert qdrant.address == f"{settings(stack).nodes.starlord.address}:6333"
    talking = {
        flow.source for flow in flows(settings(stack), swarm(settings(stack))) if flow.target == "qdrant"
    }
    naming = {
        name
        for name, spec in services(stack).items()
        if any("qdrant" in text.lower() for text in texts(spec))
    }
    # Prometheus tells the blackbox exporter what to look at.
    assert naming - {"oracle-prometheus"} == talking - {"oracle-blackbox-exporter"}
    assert not [name for name in services(stack) if "qdrant" in name]


def test_engines_on_one_card_start_one_after_the_other() -> None:
    assert services("prod")["starlord-vllm-secondary"].after == ("vllm-primary",)
    assert services("prod")["starlord-vllm-primary"].start_timeout_seconds >= 1800


def test_engines_on_one_card_start_one_after_the_other_after_a_reboot_too() -> None:
    waiting = [
        name
        for name, spec in services("prod").items()
        if any("http://vllm-primary:8000/health" in text for text in texts(spec))
    ]
    assert waiting == ["starlord-vllm-secondary"]


def test_engines_get_the_card_and_stand_ins_do_not() -> None:
    engine = {
        "reference": f"registry:5000/engine:1@sha256:{DIGEST}",
        "platforms": ["linux/amd64"],
        "stand_in": True,
    }
    real = services("prod")
    pretended = services("prod", images={"vllm": engine, "gpu-exporter": engine})
    with_card = [name for name, spec in real.items() if spec.gpu]
    assert with_card == [
        "starlord-gpu-monitor",
        "starlord-vllm-primary",
        "starlord-vllm-secondary",
        "thanos-thermal-monitor",
        "thanos-vllm-backup",
    ]
    assert not any(spec.gpu for spec in pretended.values())
    assert [spec.gpu_share for spec in pretended.values()] == [spec.gpu_share for spec in real.values()]


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_starts_before_any_agent_has_secrets_on_the_disk(stack: str) -> None:
    from_disk = {name for name, spec in services(stack).items() if spec.secrets and not spec.rendered}
    assert from_disk == {"oracle-vault", "oracle-agent", "starlord-agent", "thanos-agent"}


def test_another_password_reaches_its_program_with_as_little_harm_as_it_allows() -> None:
    changes = {name: spec.on_secret_change for name, spec in services("prod").items() if spec.rendered}
    assert changes == {
        "oracle-postgres": SecretChange.SETTLE,
        "oracle-redis": SecretChange.REPLACE,
        "oracle-grafana": SecretChange.REPLACE,
        "oracle-postgres-exporter": SecretChange.REPLACE,
        "oracle-redis-exporter": SecretChange.REPLACE,
        "oracle-litellm": SecretChange.REPLACE,
        "oracle-haproxy": SecretChange.RELOAD,
        "oracle-prometheus": SecretChange.RELOAD,
        "oracle-consul": SecretChange.REPLACE,
        "starlord-vllm-primary": SecretChange.REPLACE,
        "starlord-vllm-secondary": SecretChange.REPLACE,
        "thanos-vllm-backup": SecretChange.REPLACE,
        "oracle-open-webui": SecretChange.REPLACE,
        "thanos-documents": SecretChange.REPLACE,
        "thanos-rag": SecretChange.REPLACE,
        "thanos-sillytavern": SecretChange.REPLACE,
        "thanos-gpt-researcher": SecretChange.REPLACE,
    }


def test_a_program_that_settles_does_so_with_the_script_it_is_given() -> None:
    spec = services("prod")["oracle-postgres"]
    assert spec.configuration is not None
    shell, script = spec.settle
    assert shell == "sh"
    assert script in {f"{spec.configuration.folder}/{file.name}" for file in spec.configuration.files}


def test_host_memory_holds_the_weights_that_are_kept_there() -> None:
    without = services("prod", models__primary__cpu_offload_gib=0)["starlord-vllm-primary"].limits
    with_weights = services("prod", models__primary__cpu_offload_gib=14)["starlord-vllm-primary"].limits
    assert with_weights.memory_mib - without.memory_mib == 14 * 1024
    assert without.memory_mib >= without.shm_mib + 4096


def test_host_memory_holds_the_second_tier_of_the_cache_as_a_file_in_shared_memory() -> None:
    without = services("prod", models__primary__kv_offloading_gib=0)["starlord-vllm-primary"].limits
    with_tier = services("prod", models__primary__kv_offloading_gib=9)["starlord-vllm-primary"].limits
    assert with_tier.memory_mib - without.memory_mib == 9 * 1024
    assert with_tier.shm_mib - without.shm_mib == 9 * 1024


def test_a_stand_in_keeps_nothing_in_host_memory() -> None:
    stand_in = {
        "reference": f"registry:5000/vllm:1@sha256:{DIGEST}",
        "platforms": ["linux/amd64"],
        "stand_in": True,
    }
    real = services("prod")["starlord-vllm-primary"]
    pretended = services("prod", images={"vllm": stand_in})["starlord-vllm-primary"]
    assert real.least_memory_mib > 14 * 1024
    assert pretended.least_memory_mib == services("prod")["oracle-redis"].least_memory_mib


def test_engine_is_started_with_the_flags_of_its_settings() -> None:
    spec = services("prod")["starlord-vllm-primary"]
    assert spec.command == (
        "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ",
        "--host=0.0.0.0",
        "--port=8000",
        "--served-model-name=mixtral-8x7b",
        "--gpu-memory-utilization=0.52",
        "--max-model-len=32768",
        "--max-num-seqs=16",
        "--kv-cache-dtype=fp8",
        "--attention-backend=FLASHINFER",
        "--cpu-offload-gb=14",
        "--kv-offloading-size=16",
        "--enable-prefix-caching",
    )
    in_lab = services("lab")["starlord-vllm-primary"].command
    assert [flag for flag in in_lab if "offload" in flag] == []


def test_another_image_keeps_the_user_unless_it_brings_its_own() -> None:
    image = {"reference": f"registry:5000/redis:1@sha256:{DIGEST}", "platforms": ["linux/amd64"]}
    same = services("lab", images={"redis": image})["oracle-redis"].image
    other = services("lab", images={"redis": {**image, "user": "100:100"}})["oracle-redis"].image
    assert (same.reference, same.user) == (image["reference"], IMAGES["redis"].user)
    assert other.user == "100:100"


def test_other_limits_reach_the_container_and_its_configuration() -> None:
    spec = services("prod", limits={"oracle-redis": {"memory_mib": 500, "cpus": "0.5"}})["oracle-redis"]
    assert (spec.limits.memory_mib, spec.limits.cpus) == (500, "0.5")
    assert spec.configuration is not None
    assert "maxmemory 300mb" in spec.configuration.files[0].text


def test_every_image_of_the_catalogue_is_used_and_followed_by_updates() -> None:
    other = {"product": "vault", "transit": {"address": "https://transit.test:8200", "key_name": "swarm"}}
    swarms = (
        services("prod"),
        services("prod", vault=other, optional={"sillytavern_extras": True}),
    )
    used = {spec.image.name for specs in swarms for spec in specs.values()}
    at_railway = cloud(settings("prod", railway={"enabled": True}))
    assert at_railway is not None
    assert used | {service.image.name for service in at_railway.services} == set(IMAGES)
    source = (ROOT / "components/catalogue/images.py").read_text(encoding="utf-8")
    followed = re.findall(r"# renovate: datasource=docker depName=(\S+)", source)
    repositories = [image.reference.split("@")[0].rsplit(":", 1)[0] for image in IMAGES.values()]
    assert followed == [name for name in repositories if not name.startswith("aiswarm/")]


def test_without_database_the_gateway_neither_waits_for_it_nor_knows_it() -> None:
    spec = services("prod", gateway__database=False)["oracle-litellm"]
    assert spec.after == ("redis",)
    assert "database_url" not in [file.name for file in spec.secrets]
    assert services("prod")["oracle-litellm"].after == ("postgres", "redis")
