"""The project at Railway: what runs there, how it is reached, and what it may cost."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.catalogue import railway
from components.catalogue.railway import cloud
from components.catalogue.swarm import swarm
from components.model.checks import find_problems
from components.model.cloud import Cloud, CloudRole, CloudService, CloudVolume, bill, monthly_dollars
from components.model.cloud_checks import find_cloud_problems
from components.model.secrets import SecretRef
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import settings

ON = {"enabled": True}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nbWFkZSBmb3IgdGhlIHRlc3Q=\n-----END CERTIFICATE-----\n"
OWN_REGISTRY = {
    "gpt-researcher": {
        "reference": f"registry.test/gpt-researcher:1@sha256:{'a' * 64}",
        "platforms": ["linux/amd64"],
    }
}


def project(**changes: object) -> Cloud:
    found = cloud(settings("prod", railway=ON, **changes))
    assert found is not None
    return found


def service(name: str, **changes: object) -> CloudService:
    (found,) = (one for one in project(**changes).services if one.name == name)
    return found


def changed(one: CloudService, changes: dict[str, Any]) -> CloudService:
    return replace(one, **changes)


def on_oracle(name: str, **changes: object) -> ServiceSpec:
    specs = swarm(settings("prod", **changes))["oracle"]
    (found,) = (spec for spec in specs if spec.name == name)
    return found


def text_of(spec: ServiceSpec, file: str) -> str:
    assert spec.configuration is not None
    (found,) = (one.text for one in spec.configuration.files if one.name == file)
    return found


def deployments(text: str) -> list[dict[str, dict[str, object]]]:
    found = yaml.safe_load(text)["model_list"]
    assert isinstance(found, list)
    return found


def test_switched_off_there_is_nothing_of_it() -> None:
    assert cloud(settings("prod", railway={"enabled": False})) is None
    spec = on_oracle("haproxy", railway={"enabled": False})
    assert "railway" not in text_of(spec, "haproxy.cfg")
    assert "cloud_keys" not in [file.name for file in spec.secrets]


def test_every_part_of_the_plan_is_there() -> None:
    roles = [one.role for one in project(images=OWN_REGISTRY).services]
    assert set(roles) == set(CloudRole)
    assert find_cloud_problems(project(images=OWN_REGISTRY)) == []


def test_without_a_registry_of_ours_no_stranger_is_asked_for_our_image() -> None:
    assert CloudRole.WORKER not in [one.role for one in project().services]


def test_only_the_router_is_public_and_it_asks_for_a_key() -> None:
    (public,) = (one for one in project().services if one.public)
    assert public.role is CloudRole.BACKUP_ROUTER
    assert "LITELLM_MASTER_KEY" in public.secrets
    assert project().domain_label == "aiswarm-router"


def test_the_bill_stays_within_the_plan() -> None:
    assert bill(project(images=OWN_REGISTRY)) == 20.0
    assert monthly_dollars(service("phi-3")) == pytest.approx(3.0)


def test_what_is_used_beyond_the_fee_is_on_the_bill() -> None:
    awake = replace(service("phi-3"), typical_vcpus=1, typical_memory_gb=6)
    assert bill(replace(project(), services=(awake,))) == 80.0


def test_no_secret_stands_in_what_anybody_in_the_project_may_read() -> None:
    for one in project(images=OWN_REGISTRY).services:
        for name in one.secrets:
            assert name not in one.variables
        assert all(any(isinstance(part, SecretRef) for part in parts) for parts in one.secrets.values())


def test_variables_that_start_commands_write_are_there() -> None:
    for one in project(images=OWN_REGISTRY).services:
        named = set(re.findall(r'printf %s "\$(\w+)"', one.start_command))
        assert named <= set(one.variables) | set(one.secrets)


def test_start_commands_end_in_the_program_that_they_start() -> None:
    """Whatever stands behind `exec` in a script never runs."""
    for one in project(images=OWN_REGISTRY).services:
        shell, option, script = shlex.split(one.start_command)
        assert (shell, option) == ("/bin/sh", "-c")
        before, program = script.rsplit("exec ", 1)
        assert "exec" not in before
        assert "&&" not in program


def test_the_router_never_sends_more_than_the_context_holds() -> None:
    (step,) = deployments(service("router").variables["LITELLM_CONFIG"])
    assert step["model_info"]["max_input_tokens"] == railway.QUESTION_TOKENS
    command = service("phi-3").start_command
    size = re.search(r"--ctx-size (\d+) --parallel (\d+)", command)
    assert size is not None
    each = int(size[1]) // int(size[2])
    longest = re.search(r"--n-predict (\d+)", command)
    assert longest is not None
    assert railway.QUESTION_TOKENS + int(longest[1]) <= each <= 4096


def test_the_cascade_on_oracle_ends_there_before_it_costs_money() -> None:
    spec = on_oracle("litellm", railway=ON, keys_in_vault={"openrouter_api_key": 1})
    steps = [one["model_info"]["id"] for one in deployments(text_of(spec, "config.yaml"))]
    assert steps.index("thanos-vllm-backup") + 1 == steps.index("railway-router")
    assert "railway_key" in [file.name for file in spec.secrets]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_routes_that_policies_see_are_those_of_the_configuration(enabled: bool) -> None:
    """Models with names of their own are no steps of the cascade."""
    keys = {"openrouter_api_key": 1, "gemini_api_key": 1, "perplexity_api_key": 1}
    spec = on_oracle("litellm", railway=ON if enabled else {"enabled": False}, keys_in_vault=keys)
    steps = {
        one["model_info"]["id"]: one["litellm_params"]["order"]
        for one in deployments(text_of(spec, "config.yaml"))
        if "order" in one["litellm_params"]
    }
    assert {route.name: route.order for route in spec.routes} == steps
    kinds = [str(route.kind) for route in spec.routes]
    assert kinds == ["local"] * 3 + ["railway"] * enabled + ["remote"] * 2


def test_the_proxy_keeps_it_for_need_and_clients_keys_to_itself() -> None:
    text = text_of(on_oracle("haproxy", railway=ON), "haproxy.cfg")
    servers = [line for line in text.splitlines() if line.strip().startswith("server pool-railway")]
    assert len(servers) == 2
    assert all(line.endswith("backup") and "verify required" in line for line in servers)
    assert "use_backend cloud if { nbsrv(gateway) eq 0 }" in text
    backend = text.split("\nbackend cloud")[1].split("\n\n")[0]
    assert "http-request set-header authorization" in backend


def test_another_way_there_takes_the_place_of_name_servers() -> None:
    edge = {"address": "100.64.0.9", "port": 8443, "ca_certificate": CERTIFICATE}
    spec = on_oracle("haproxy", railway={**ON, "edge": edge})
    text = text_of(spec, "haproxy.cfg")
    assert "server pool-railway 100.64.0.9:8443 ssl verify required ca-file" in text
    assert text_of(spec, "cloud-ca.pem") == CERTIFICATE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vcpus": 40}, "aiswarm:railway: services must fit into 32 vCPU together"),
        ({"memory_gb": 40}, "aiswarm:railway: services must fit into 32 GB together"),
        ({"public": True}, "aiswarm:railway: at most one service may be public"),
        ({"root_reason": ""}, "aiswarm:railway.phi-3.root_reason: must say why it runs as root"),
        ({"after": ("router",)}, "aiswarm:railway.phi-3.after: must name services made before it: cache"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], expected: str) -> None:
    services = tuple(changed(one, changes) if one.name == "phi-3" else one for one in project().services)
    (problem,) = find_cloud_problems(replace(project(), services=services))
    assert str(problem).startswith(expected)


def test_root_needs_a_written_reason_with_a_volume_too_and_nowhere_else() -> None:
    stored = replace(service("cache"), volume=CloudVolume(mount_path="/data"))
    (problem,) = find_cloud_problems(replace(project(), services=(stored,)))
    assert "must say why it runs as root" in str(problem)
    idle = replace(service("cache"), root_reason="once there was a volume")
    (problem,) = find_cloud_problems(replace(project(), services=(idle,)))
    assert "must be empty" in str(problem)


def test_a_public_service_without_a_key_is_refused() -> None:
    services = tuple(replace(one, secrets={}) for one in project().services if one.public)
    (problem,) = find_cloud_problems(replace(project(), services=services))
    assert "must ask for a key" in str(problem)


def test_a_secret_that_is_used_there_alone_may_have_an_epoch() -> None:
    found = settings("prod", railway=ON, epochs={"railway-model-key": 2})
    assert find_problems(found, swarm(found), project()) == []
    (problem,) = find_problems(found, swarm(found))
    assert str(problem).endswith("got 'railway-model-key'")


def test_images_of_the_cloud_may_be_replaced_while_there_is_one() -> None:
    given = {**OWN_REGISTRY["gpt-researcher"], "reference": f"registry.test/llama:1@sha256:{'0' * 64}"}
    found = settings("prod", railway=ON, images={"llama-cpp": given})

    assert find_problems(found, swarm(found), cloud(found)) == []
    (problem,) = find_problems(found, swarm(found))
    assert "'llama-cpp'" in str(problem)
