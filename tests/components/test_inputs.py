"""What only the operator can give: a preview goes on without it and says so, a real run refuses."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

import pulumi
import pytest

from components.config.errors import SettingsError, refuse
from components.config.settings import RailwaySettings, VaultSettings
from components.deploy.inputs import find_missing_inputs, secret_references
from components.deploy.outputs import nodes, urls
from components.deploy.railway import find_railway_problems
from components.deploy.secrets import Secrets
from components.model.external_keys import EXTERNAL_KEYS
from components.model.parts import Port
from components.model.problems import SpecError
from components.model.secrets import SecretForm, SecretRef, SecretSource
from ops import certificates
from tests.components.deploying import complete
from tests.components.recording import Recording, record
from tests.components.samples import SERVICES, reloading, settings
from tests.ports import ANYONE

NO_HOST_KEY: Mapping[str, object] = {"host_key": None}


class Pair(NamedTuple):
    """A certificate and its key, in the settings and in the stack's configuration."""

    settings: VaultSettings
    config: dict[str, str]


@functools.cache
def pair() -> Pair:
    """One that belongs together; made on demand because it takes its time."""
    authority = certificates.make_authority("test")
    made = certificates.issue_for_vault(authority, "198.51.100.11")
    config = {"aiswarm:tls_certificate": made.certificate, "aiswarm:vault_private_key": made.private_key}
    return Pair(VaultSettings(ca_certificate=authority.certificate, certificate=made.certificate), config)


def run(
    *,
    preview: bool,
    config: dict[str, str],
    vault: VaultSettings | None = None,
    ssh: Mapping[str, object] | None = None,
    **changes: object,
) -> Recording:
    def program() -> None:
        found = settings(ssh=ssh, vault=vault or pair().settings, **changes)
        swarm = complete(found, SERVICES)
        refuse(find_missing_inputs(found, swarm))
        Secrets("secrets", secret_references(swarm), {})

    return record(program, config=config, preview=preview)


def refusal(config: dict[str, str], **changes: object) -> str:
    with pytest.raises(SettingsError) as refused:
        run(preview=False, config=config, **changes)  # type: ignore[arg-type]  # each case names settings
    return str(refused.value)


def test_a_complete_configuration_passes_without_a_warning() -> None:
    assert run(preview=False, config=pair().config).log == []


def test_a_preview_without_host_keys_warns_once_for_all_nodes() -> None:
    recording = run(preview=True, config=pair().config, ssh=NO_HOST_KEY)

    (warning,) = recording.log
    assert recording.all(":Secrets")
    for name, address in (("oracle", 11), ("starlord", 12), ("thanos", 13)):
        assert f"aiswarm:nodes.{name}.ssh.host_key: must be the node's public host key" in warning
        assert f"ssh-keyscan -t ed25519 198.51.100.{address}" in warning
        assert f"pulumi config set --path aiswarm:nodes.{name}.ssh.host_key" in warning


@pytest.mark.parametrize("config", [{}, {"aiswarm:tls_certificate": "", "aiswarm:vault_private_key": ""}])
def test_a_preview_without_secrets_warns_and_shows_everything(config: dict[str, str]) -> None:
    recording = run(preview=True, config=config)

    (warning,) = recording.log
    assert "aiswarm:tls_certificate: must be set" in warning
    assert "aiswarm:vault_private_key: must be set" in warning
    assert recording.all(":Secrets")


def test_a_preview_without_the_servers_certificates_warns_and_shows_everything() -> None:
    recording = run(preview=True, config=pair().config, vault=VaultSettings())

    (warning,) = recording.log
    for name in ("ca_certificate", "certificate"):
        assert f"aiswarm:vault.{name}: must be a certificate as PEM text, got none" in warning
    assert "./swarm rotate vault-tls --apply" in warning
    assert recording.all(":Secrets")


def test_a_real_run_refuses_with_everything_that_is_missing() -> None:
    text = refusal({}, ssh=NO_HOST_KEY, vault=VaultSettings())

    assert text.startswith("7 problems in the configuration, no host was touched:")
    assert "aiswarm:nodes.thanos.ssh.host_key" in text
    assert "pulumi config set --secret aiswarm:tls_certificate < FILE" in text
    assert "pulumi config set --secret aiswarm:vault_private_key < FILE" in text
    assert "aiswarm:vault.ca_certificate" in text
    assert "aiswarm:vault.certificate" in text


def other_key() -> str:
    return certificates.issue_for_vault(certificates.make_authority("other"), "198.51.100.11").private_key


def test_a_real_run_refuses_a_key_of_another_certificate() -> None:
    """A server would refuse to start with them, after everything before it was changed."""
    key = other_key()

    text = refusal({**pair().config, "aiswarm:vault_private_key": key})

    assert text == (
        "1 problem in the configuration, no host was touched:\n"
        "  aiswarm:vault_private_key: must be the private key of aiswarm:vault.certificate, got another one"
    )
    assert "must be the private key of aiswarm:tls_certificate" in refusal(
        {**pair().config, "aiswarm:tls_private_key": key}
    )


@pytest.mark.parametrize(
    "key", ["no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    text = refusal({**pair().config, "aiswarm:vault_private_key": key})

    assert text.startswith("1 problem")
    assert key not in text


def test_a_refused_run_has_registered_nothing() -> None:
    made: list[str] = []

    def program() -> None:
        try:
            refuse(find_missing_inputs(settings(ssh=NO_HOST_KEY), SERVICES))
        except SettingsError:
            made.append("refused")

    recording = record(program, config=pair().config)

    assert made == ["refused"]
    assert recording.registrations == []


def test_a_preview_names_the_keys_that_are_not_set_and_a_real_run_does_not_repeat_it() -> None:
    def told(*, preview: bool = True, **changes: object) -> list[str]:
        return run(preview=preview, config=pair().config, **changes).told  # type: ignore[arg-type]  # settings

    assert told(preview=False) == []
    assert told(keys_in_stack=("gemini_api_key",), keys_in_vault={"brave_api_key": 1}) == [
        (
            "left out, because their keys are not set (./swarm keys list): openrouter_api_key, "
            "gemini_alternate_api_key, perplexity_api_key, qdrant_api_key, alert_webhook_url, "
            "huggingface_token"
        )
    ]
    assert told(keys_in_stack=tuple(EXTERNAL_KEYS)) == []


def test_a_generated_secret_is_made_once_and_marked() -> None:
    shared = SecretRef(name="shared", length=48)

    def program() -> None:
        pulumi.export("value", Secrets("secrets", (shared, shared), {}).value(shared))

    recording = record(program)

    password = recording.one(":RandomPassword", "secrets-shared")
    assert password.inputs == {"length": 48, "special": False}
    assert recording.exports["value"] == ("generated-secrets-shared", True)
    assert "result" in password.request.additionalSecretOutputs


def test_a_key_of_so_many_bytes_is_made_as_hex() -> None:
    seal = SecretRef(name="seal", length=32, form=SecretForm.HEX, kept_with_data=True)

    def program() -> None:
        pulumi.export("value", Secrets("secrets", (seal,), {}).value(seal))

    recording = record(program)

    made = recording.one(":RandomBytes", "secrets-seal")
    assert made.inputs == {"length": 32}
    assert made.request.protect
    assert recording.exports["value"] == ("generated-secrets-seal", True)


def test_a_raised_epoch_makes_another_value_and_the_first_one_does_not() -> None:
    """To begin counting must not change a value that was made before anybody counted."""

    def made(**epochs: int) -> Mapping[str, object]:
        recording = record(
            lambda: Secrets("secrets", (SecretRef(name="key"), SecretRef(name="other")), epochs)
        )
        assert recording.one(":RandomPassword", "secrets-other").inputs == {"length": 32, "special": False}
        return recording.one(":RandomPassword", "secrets-key").inputs

    assert made() == made(key=1)
    assert [made(key=epoch)["keepers"] for epoch in (2, 3)] == [{"epoch": "2"}, {"epoch": "3"}]


def test_a_configured_secret_is_no_resource() -> None:
    recording = record(lambda: Secrets("secrets", reloading().all_references, {}), config=pair().config)

    assert [found.name for found in recording.registrations] == ["secrets", "secrets-fingerprint-key"]


def test_a_key_that_only_the_server_has_never_passes_through_the_program() -> None:
    by_hand = SecretRef(name="gemini_api_key", source=SecretSource.VAULT)
    made: list[Secrets] = []

    def program() -> None:
        made.append(Secrets("secrets", (by_hand,), {}))

    recording = record(program, config={"aiswarm:gemini_api_key": "must not be read"})

    assert [found.name for found in recording.registrations] == ["secrets", "secrets-fingerprint-key"]
    assert made[0].names == []
    with pytest.raises(KeyError):
        made[0].value(by_hand)


def test_one_name_with_two_meanings_is_refused() -> None:
    meanings = (
        SecretRef(name="key"),
        SecretRef(name="key", length=64),
        SecretRef(name="key", kept_with_data=True),
        SecretRef(name="key", source=SecretSource.CONFIGURED),
        SecretRef(name="key", form=SecretForm.HEX),
    )
    for other in meanings[1:]:
        with pytest.raises(
            SpecError, match=r"secrets\.key: must have the same source, form, length and protection"
        ):
            record(lambda other=other: Secrets("secrets", (meanings[0], other), {}))  # type: ignore[misc]  # bound now


def test_railway_is_refused_and_not_ignored() -> None:
    (problem,) = find_railway_problems(RailwaySettings(enabled=True))

    assert str(problem).startswith("aiswarm:railway.enabled: must be false")
    assert find_railway_problems(RailwaySettings()) == []


def test_outputs_say_where_the_swarm_answers() -> None:
    proxy = reloading(
        ports=(
            Port(name="https", container=8443, published=443, access=ANYONE),
            Port(name="stats", container=8888, published=8888, access=ANYONE),
            Port(name="prometheus", container=9090, published=9090, access=ANYONE),
        )
    )
    swarm = {**SERVICES, "oracle": (proxy,)}

    assert urls(settings(), swarm) == {
        "api": "https://198.51.100.11",
        "prometheus": "http://198.51.100.11:9090",
        "stats": "http://198.51.100.11:8888",
    }
    assert nodes(swarm) == {
        "oracle": ["oracle-haproxy"],
        "starlord": ["starlord-vllm"],
        "thanos": ["thanos-chat"],
    }
