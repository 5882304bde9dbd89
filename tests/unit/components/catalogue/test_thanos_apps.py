"""SillyTavern, its Extras and GPT Researcher, as far as it can be said without running them."""

from __future__ import annotations

import json

import pytest
import yaml

from components.catalogue import extras
from components.catalogue.swarm import swarm
from components.config.settings import Settings
from components.model.checks import find_problems
from components.model.secrets import SECRETS_PATH, SecretRef, SecretSource
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, settings

EXTRAS = "thanos-sillytavern-extras"


def services(found: Settings) -> dict[str, ServiceSpec]:
    return {spec.full_name: spec for spec in swarm(found)["thanos"]}


def file(spec: ServiceSpec, name: str) -> str:
    assert spec.configuration is not None
    (text,) = (each.text for each in spec.configuration.files if each.name == name)
    return text


@pytest.mark.parametrize("stack", STACKS)
def test_sillytavern_lets_nobody_in_without_the_password(stack: str) -> None:
    spec = services(settings(stack))["thanos-sillytavern"]
    (login,) = (each for each in spec.secrets if each.name == "login.yaml")
    secret = "".join(part if isinstance(part, str) else "0123" for part in login.parts)
    config = yaml.safe_load(file(spec, "config.yaml") + secret)

    assert config["listen"]
    assert config["basicAuthMode"]
    assert config["basicAuthUser"] == {"username": "operator", "password": "0123"}
    assert config["hostWhitelist"] == {"enabled": True, "hosts": ["thanos", ".ts.net"]}
    assert spec.port("http").access is not None
    assert not [access.open_paths for access in [spec.port("http").access] if access and access.open_paths]
    assert int(spec.env["SILLYTAVERN_HEARTBEATINTERVAL"]) > 0, "without it the health check always passes"


@pytest.mark.parametrize("stack", STACKS)
def test_sillytavern_is_connected_to_the_gateway_and_may_call_it(stack: str) -> None:
    found = settings(stack)
    spec = services(found)["thanos-sillytavern"]
    oracle = str(found.nodes.oracle.address)

    connection = json.loads(file(spec, "connection.json"))["oai_settings"]

    assert connection["custom_url"] == f"http://{oracle}:4000/v1"
    assert connection["custom_model"] == found.models.public_name
    assert yaml.safe_load(file(spec, "config.yaml"))["privateAddressWhitelist"]["allowedRanges"] == [oracle]
    (keys,) = (each for each in spec.secrets if each.name == "keys.json")
    text = "".join(part if isinstance(part, str) else "x" for part in keys.parts)
    (entry,) = json.loads(text)["api_key_custom"]
    assert (entry["value"], entry["active"]) == ("sk-x", True)


def test_secrets_of_sillytavern_stay_out_of_its_volumes() -> None:
    """They hold what is kept: the start script copies and links secrets into memory alone."""
    spec = services(settings("prod"))["thanos-sillytavern"]
    (scratch,) = (each.path for each in spec.scratch)
    script = file(spec, "start.sh")
    read = [line for line in script.splitlines() if SECRETS_PATH in line]

    assert len(read) == len(spec.secrets)
    assert [line for line in read if not line.split()[-1].lstrip(">").startswith(f"{scratch}/")] == []
    assert "export" not in script, "a process's environment is readable from the node"


def test_extras_are_off_and_say_why() -> None:
    assert EXTRAS not in services(settings("prod"))
    assert list(extras.OFF) == [EXTRAS]
    assert "April 2024" in extras.OFF[EXTRAS]


def test_extras_can_be_wanted_but_have_no_image_to_run() -> None:
    wanted = settings("prod", optional__sillytavern_extras=True)
    spec = services(wanted)[EXTRAS]

    assert [port.published for port in spec.ports] == [5100]
    assert "--secure" in file(spec, "start.sh")
    assert not spec.image.pinned
    assert find_problems(wanted, swarm(wanted)) == []


def test_research_searches_the_web_once_there_is_a_key() -> None:
    without = services(settings("prod"))["thanos-gpt-researcher"]
    with_key = services(settings("prod", keys_in_vault={"brave_api_key": 2}))["thanos-gpt-researcher"]

    assert "BRAVE_API_KEY_FILE" not in without.env
    assert with_key.env["BRAVE_API_KEY_FILE"] == "/run/secrets/brave_key"
    assert (
        SecretRef(name="brave_api_key", source=SecretSource.VAULT, times_set=2) in with_key.secret_references
    )


@pytest.mark.parametrize("stack", STACKS)
def test_research_asks_the_gateway_for_everything(stack: str) -> None:
    found = settings(stack)
    env = services(found)["thanos-gpt-researcher"].env

    assert env["OPENAI_BASE_URL"] == f"http://{found.nodes.oracle.address}:4000/v1"
    assert {env[f"{kind}_LLM"] for kind in ("FAST", "SMART", "STRATEGIC")} == {
        f"openai:{found.models.public_name}"
    }
    assert env["EMBEDDING"] == f"custom:{found.models.embedding_name}"
    assert [name for name in env if name.endswith(("KEY", "PASSWORD"))] == []
