"""What only the operator can give: a preview goes on without it and says so, a real run refuses."""

from __future__ import annotations

import pulumi
import pytest

from components.config.errors import SettingsError, refuse
from components.config.settings import RailwaySettings
from components.deploy.inputs import find_missing_inputs
from components.deploy.outputs import nodes, urls
from components.deploy.railway import find_railway_problems
from components.deploy.secrets import Secrets
from components.model.problems import SpecError
from components.model.secrets import SecretFile, SecretRef, SecretSource
from components.model.specs import Port
from tests.components.recording import Recording, record
from tests.components.samples import SWARM, bare, reloading, settings

GIVEN = {"aiswarm:tls_certificate": "certificate"}


def run(*, preview: bool, config: dict[str, str], **ssh: object) -> Recording:
    def program() -> None:
        refuse(find_missing_inputs(settings(**ssh), SWARM))
        Secrets("secrets", SWARM)

    return record(program, config=config, preview=preview)


def test_a_complete_configuration_passes_without_a_word() -> None:
    assert run(preview=False, config=GIVEN).log == []


def test_a_preview_without_host_keys_warns_once_for_all_nodes() -> None:
    recording = run(preview=True, config=GIVEN, host_key=None)

    (warning,) = recording.log
    assert recording.all(":Secrets")
    for name, address in (("oracle", 11), ("starlord", 12), ("thanos", 13)):
        assert f"aiswarm:nodes.{name}.ssh.host_key: must be the node's public host key" in warning
        assert f"ssh-keyscan -t ed25519 198.51.100.{address}" in warning
        assert f"pulumi config set --path aiswarm:nodes.{name}.ssh.host_key" in warning


@pytest.mark.parametrize("config", [{}, {"aiswarm:tls_certificate": ""}])
def test_a_preview_without_secrets_warns_and_shows_everything(config: dict[str, str]) -> None:
    recording = run(preview=True, config=config)

    (warning,) = recording.log
    assert "aiswarm:tls_certificate: must be set" in warning
    assert recording.all(":Secrets")


def test_a_real_run_refuses_with_everything_that_is_missing() -> None:
    with pytest.raises(SettingsError) as refused:
        run(preview=False, config={}, host_key=None)

    text = str(refused.value)
    assert text.startswith("4 problems in the configuration, no host was touched:")
    assert "aiswarm:nodes.thanos.ssh.host_key" in text
    assert "pulumi config set --secret aiswarm:tls_certificate < FILE" in text


def test_a_refused_run_has_registered_nothing() -> None:
    made: list[str] = []

    def program() -> None:
        try:
            refuse(find_missing_inputs(settings(host_key=None), SWARM))
        except SettingsError:
            made.append("refused")

    recording = record(program, config=GIVEN)

    assert made == ["refused"]
    assert recording.registrations == []


def test_a_generated_secret_is_made_once_and_marked() -> None:
    shared = SecretRef(name="shared", length=48)
    specs = tuple(bare(name, secrets=(SecretFile(name="key", parts=(shared,)),)) for name in ("one", "other"))

    def program() -> None:
        pulumi.export("value", Secrets("secrets", {"oracle": specs}).value(shared))

    recording = record(program)

    password = recording.one(":RandomPassword", "secrets-shared")
    assert password.inputs == {"length": 48, "special": False}
    assert recording.exports["value"] == ("generated-secrets-shared", True)
    assert "result" in password.request.additionalSecretOutputs


def test_a_configured_secret_is_no_resource() -> None:
    def program() -> None:
        Secrets("secrets", {"oracle": (reloading(),)})

    recording = record(program, config=GIVEN)

    assert [found.name for found in recording.registrations] == ["secrets", "secrets-fingerprint-key"]


def test_one_name_with_two_meanings_is_refused() -> None:
    meanings = (
        SecretRef(name="key"),
        SecretRef(name="key", length=64),
        SecretRef(name="key", kept_with_data=True),
        SecretRef(name="key", source=SecretSource.CONFIGURED),
    )
    for other in meanings[1:]:
        specs = tuple(
            bare(name, secrets=(SecretFile(name="key", parts=(ref,)),))
            for name, ref in (("one", meanings[0]), ("other", other))
        )

        with pytest.raises(
            SpecError, match=r"secrets\.key: must have the same source, length and protection"
        ):
            record(lambda specs=specs: Secrets("secrets", {"oracle": specs}))  # type: ignore[misc]  # bound now


def test_railway_is_refused_and_not_ignored() -> None:
    (problem,) = find_railway_problems(RailwaySettings(enabled=True))

    assert str(problem).startswith("aiswarm:railway.enabled: must be false")
    assert find_railway_problems(RailwaySettings()) == []


def test_outputs_say_where_the_swarm_answers() -> None:
    proxy = reloading(
        ports=(
            Port(name="https", container=8443, published=443),
            Port(name="stats", container=8888, published=8888),
            Port(name="prometheus", container=9090, published=9090),
        )
    )
    swarm = {**SWARM, "oracle": (proxy,)}

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
