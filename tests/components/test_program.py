"""The program itself on both committed stacks: what it deploys, by name, and what it exports."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import yaml

from components.config.errors import SettingsError
from tests.components.recording import Recording, record
from tests.golden_files import assert_golden

REPO = Path(__file__).resolve().parents[2]
STACKS = ("prod", "lab")


def committed(stack: str) -> dict[str, str]:
    """The stack file as the engine hands it over: objects as JSON text."""
    values = yaml.safe_load((REPO / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value, default=str)
        for key, value in values.items()
    }


def run(stack: str, *, preview: bool = True, **config: str) -> Recording:
    given = {f"aiswarm:{key}": value for key, value in config.items()}
    return record(
        lambda: runpy.run_path(str(REPO / "__main__.py")) and None,
        config={**committed(stack), **given},
        preview=preview,
        stack=stack,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_names_of_all_resources_are_known(stack: str) -> None:
    """A renamed resource is a deleted and a new one; `REWRITE_GOLDEN=1` writes the list anew."""
    urns = sorted(found.urn for found in run(stack).registrations)
    assert_golden(f"urns-{stack}.txt", "\n".join(urns) + "\n")


@pytest.mark.parametrize("stack", STACKS)
def test_a_committed_stack_previews_without_any_secret(stack: str) -> None:
    recording = run(stack)

    assert all(line.startswith("`up` will refuse to start until this is set:") for line in recording.log)
    asks_railway = "aiswarm:railway" in committed(stack)
    assert len(recording.log) == 3 + asks_railway  # host keys, digests, secrets, Railway's token
    assert recording.all(":Container")


@pytest.mark.parametrize("stack", STACKS)
def test_no_resource_touches_the_vector_database(stack: str) -> None:
    recording = run(stack)

    clients = (
        *("oracle-open-webui", "thanos-rag"),
        *("oracle-consul", "oracle-prometheus", "oracle-blackbox-exporter"),  # ask whether it works
    )
    identity = ("name", "image", "volumes", "mounts", "networksAdvanced", "labels")
    mentioned = [
        found.urn
        for found in recording.registrations
        if "qdrant" in found.name.lower()
        or "qdrant" in json.dumps([found.inputs.get(key) for key in identity], default=str).lower()
        or ("qdrant" in json.dumps(found.inputs, default=str).lower() and not found.name.startswith(clients))
    ]
    published = [
        port["external"]
        for found in recording.all(":Container")
        for port in found.inputs["ports"]
        if found.name.startswith("starlord")
    ]
    assert mentioned == []
    assert not {6333, 6334} & set(published)


def test_a_stack_says_where_it_answers() -> None:
    exports = run("prod").exports
    address = json.loads(committed("prod")["aiswarm:nodes"])["oracle"]["address"]

    assert exports["chat_url"] == (f"https://{address}", False)
    assert exports["urls"][0]["api"] == f"https://{address}"
    assert exports["chat_model"] == ("swarm", False)
    assert set(exports["nodes"][0]) == {"oracle", "starlord", "thanos"}


def test_the_key_is_shown_as_a_secret_only() -> None:
    exports = run("prod").exports

    assert exports["chat_key"] == ("sk-generated-secrets-litellm-master-key", True)
    assert exports["operator_password"] == ("generated-secrets-operator-password", True)


def test_a_secret_that_lives_in_retained_data_is_protected_like_it() -> None:
    """What LiteLLM and Grafana have stored, and the Vault server's data, open with no other."""
    recording = run("prod")
    made = [*recording.all(":RandomPassword"), *recording.all(":RandomBytes")]

    assert {found.name for found in made if found.request.protect} == {
        "secrets-grafana-secret-key",
        "secrets-litellm-salt-key",
        "secrets-vault-seal-k1",
    }


def test_tools_learn_where_the_vault_server_is_and_how_to_log_in() -> None:
    exports = run("lab").exports

    assert exports["vault_address"] == ("https://198.18.0.11:8200", False)
    assert exports["vault_secret_id"] == ("generated-secrets-vault-pulumi-id-e1", True)


def test_everything_that_is_exported_openly_is_known_to_everyone() -> None:
    exports = run("prod").exports

    assert {name for name, (_, secret) in exports.items() if secret} == {
        "chat_key",
        "operator_password",
        "vault_secret_id",
    }
    assert "generated-" not in json.dumps([value for value, secret in exports.values() if not secret])


@pytest.mark.parametrize("stack", STACKS)
def test_every_secret_file_of_a_committed_stack_is_rendered_where_its_service_looks(stack: str) -> None:
    """The same volume is in the agent and in the service, and comes before both."""
    recording = run(stack)
    containers = {found.name: found for found in recording.all(":Container")}
    volumes = [found for found in recording.all(":Volume") if found.name.endswith("-secrets")]

    assert len(volumes) >= 7
    for volume in volumes:
        service = containers[volume.name.removesuffix("-secrets")]
        agent = containers[f"{service.name.partition('-')[0]}-agent"]
        assert volume.name in service.needs & agent.needs
        mounts = [item for item in service.inputs["volumes"] if item.get("volumeName") == volume.name]
        assert mounts == [{"containerPath": "/run/secrets", "volumeName": volume.name, "readOnly": True}]


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_says_what_is_left_out(stack: str) -> None:
    (told,) = run(stack).told

    assert told == (
        "left out, because their keys are not set (./swarm keys list): openrouter_api_key, gemini_api_key, "
        "gemini_alternate_api_key, brave_api_key, perplexity_api_key, qdrant_api_key, alert_webhook_url, "
        "huggingface_token"
    )


def test_a_key_in_the_stack_file_must_be_encrypted() -> None:
    with pytest.raises(SettingsError) as refused:
        run("prod", gemini_api_key="not-to-be-shown")

    assert "aiswarm:gemini_api_key: must be encrypted" in str(refused.value)
    assert "shown" not in str(refused.value)


def test_an_epoch_of_nothing_is_refused_before_anything_is_made() -> None:
    with pytest.raises(SettingsError, match=r"aiswarm:epochs: must name one of .*, got 'redis-pasword'"):
        run("prod", epochs='{"redis-pasword": 2}')


def test_a_real_run_without_keys_and_secrets_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"aiswarm:nodes\.oracle\.ssh\.host_key"):
        run("prod", preview=False)


def test_railway_is_previewed_without_token_and_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_API_TOKEN", raising=False)

    recording = run("prod", railway='{"enabled": true}')

    assert recording.one(":RailwayProject", "railway")
    assert recording.one(":Domain", "railway-router-domain")
    assert "RAILWAY_API_TOKEN" in "\n".join(recording.log)
