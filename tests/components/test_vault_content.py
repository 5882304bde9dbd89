"""What is declared in the Vault server, with which login, and what a new generation does to it."""

from __future__ import annotations

import json

import pytest

from components.config.settings import VaultSettings
from components.model.secrets import SecretFile, SecretRef, SecretSource
from tests.components.deploying import deployment
from tests.components.recording import Recording, Registration
from tests.components.samples import AUTHORITY, SERVICES, bare, settings

NODES = ("oracle", "starlord")
"""Those whose services have secrets: another one needs neither an agent nor a login for it."""

ADDRESSES = {"oracle": "172.20.11.0/24", "starlord": "198.51.100.12/32"}


def content(recording: Recording) -> dict[str, Registration]:
    """Every object in the server by its name."""
    return {found.name: found for found in recording.registrations if found.type.startswith("vault:")}


def test_the_server_holds_this_and_nothing_else(deployed: Recording) -> None:
    assert set(content(deployed)) == {
        "vault-policy-pulumi",
        "vault-mount",
        "vault-approle",
        "vault-oracle-postgres",
        "vault-oracle-haproxy",
        "vault-starlord-vllm",
        *(f"vault-{kind}-{node}" for kind in ("policy", "role", "id") for node in NODES),
    }


def test_the_engine_logs_in_as_itself_and_asks_for_nothing_more(deployed: Recording) -> None:
    provider = deployed.one("pulumi:providers:vault", "vault")
    login = json.loads(provider.inputs["authLogin"])

    assert provider.inputs["address"] == "https://198.51.100.11:8200"
    assert provider.inputs["skipChildToken"] == "true"
    assert provider.inputs["vaultVersionOverride"] == "1.14.8"
    assert login == {
        "path": "auth/pulumi/login",
        "parameters": {"role_id": "pulumi", "secret_id": "generated-secrets-vault-pulumi-id-e1"},
    }
    assert provider.keeps_secret("authLogin")
    assert not set(provider.inputs) & {"token", "skipTlsVerify"}


def test_the_engine_trusts_the_authority_of_the_settings_and_no_other(deployed: Recording) -> None:
    """The provider takes a file only, and its path must be the same on every machine."""
    provider = deployed.one("pulumi:providers:vault", "vault")

    assert provider.inputs["caCertFile"] == ".vault/test.pem"
    assert deployed.files == {".vault/test.pem": AUTHORITY}


def test_the_first_preview_shows_everything_but_the_login() -> None:
    """An unknown address would show all content as unknown."""
    recording = deployment(preview=True, new=True)
    provider = recording.one("pulumi:providers:vault", "vault")

    assert provider.inputs["address"] == "https://198.51.100.11:8200"
    assert provider.inputs["caCertFile"] == ".vault/test.pem"
    assert UNKNOWN in json.dumps(provider.wire["authLogin"])
    assert set(content(recording)) == set(content(deployment()))


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the protocol writes a value that is not known yet."""


def test_another_login_of_the_engine_follows_its_epoch() -> None:
    recording = deployment(found=settings(epochs={"vault-pulumi-id": 2}))

    assert "vault-pulumi-id-e2" in recording.one("pulumi:providers:vault", "vault").inputs["authLogin"]


def test_the_right_to_do_all_of_it_comes_first_and_is_never_taken_away(deployed: Recording) -> None:
    policy = content(deployed)["vault-policy-pulumi"]

    assert policy.inputs["name"] == "pulumi"
    assert policy.request.retainOnDelete
    assert not policy.request.HasField("replacement_trigger")
    assert not policy.request.deleteBeforeReplace
    assert all(
        "vault-policy-pulumi" in found.needs
        for name, found in content(deployed).items()
        if name != "vault-policy-pulumi"
    )


def generation(number: int) -> dict[str, Registration]:
    vault = VaultSettings(ca_certificate=AUTHORITY, certificate=AUTHORITY, generation=number)
    return content(deployment(found=settings(vault=vault)))


def test_a_new_generation_writes_everything_else_anew() -> None:
    """The server begins empty, and the engine would go on believing in what it held."""
    for number in (1, 2):
        others = {name: found for name, found in generation(number).items() if name != "vault-policy-pulumi"}
        assert len(others) > 10
        for name, found in others.items():
            assert found.request.replacement_trigger.number_value == number, name
            assert found.request.deleteBeforeReplace, name
            assert not found.request.protect, name


def test_the_store_keeps_versions_and_the_agents_have_a_login_of_their_own(deployed: Recording) -> None:
    held = content(deployed)

    assert held["vault-mount"].inputs["path"] == "secret"
    assert held["vault-mount"].inputs["type"] == "kv"
    assert held["vault-mount"].inputs["options"] == {"version": "2"}
    assert held["vault-approle"].inputs["type"] == "approle"
    assert held["vault-approle"].inputs["path"] == "approle"


@pytest.mark.parametrize("node", NODES)
def test_an_agent_logs_in_from_its_node_only_and_for_a_while(deployed: Recording, node: str) -> None:
    assert content(deployed)[f"vault-role-{node}"].inputs == {
        "backend": "approle",
        "roleName": f"node-{node}",
        "roleId": f"node-{node}",
        "tokenPolicies": [f"node-{node}"],
        "tokenTtl": 3600,
        "tokenMaxTtl": 86400,
        "secretIdBoundCidrs": [ADDRESSES[node]],
        "tokenBoundCidrs": [ADDRESSES[node]],
    }


@pytest.mark.parametrize("node", NODES)
def test_an_agents_id_is_a_secret_and_bound_by_its_role_alone(deployed: Recording, node: str) -> None:
    own = content(deployed)[f"vault-id-{node}"]

    assert own.keeps_secret("secretId")
    assert own.inputs == {
        "backend": "approle",
        "roleName": f"node-{node}",
        "secretId": f"generated-secrets-{node}-agent-id",
    }


def readable(recording: Recording, node: str) -> list[str]:
    """Paths that a node's policy opens."""
    policy: str = content(recording)[f"vault-policy-{node}"].inputs["policy"]
    assert policy.count("capabilities") == policy.count('capabilities = ["read"]')
    return [line.split('"')[1] for line in policy.splitlines() if line.startswith("path ")]


def test_a_node_reads_what_its_own_services_need_and_nothing_else() -> None:
    by_hand = SecretRef(name="gemini_api_key", source=SecretSource.VAULT)
    keys = bare("keys", "thanos", entrypoint=("run",), secrets=(SecretFile(name="key", parts=(by_hand,)),))
    recording = deployment({**SERVICES, "thanos": (*SERVICES["thanos"], keys)})

    assert readable(recording, "oracle") == ["secret/data/oracle/haproxy", "secret/data/oracle/postgres"]
    assert readable(recording, "starlord") == ["secret/data/starlord/vllm"]
    assert readable(recording, "thanos") == ["secret/data/external/gemini_api_key", "secret/data/thanos/keys"]


def test_nothing_of_the_server_is_secret_but_values_and_logins(deployed: Recording) -> None:
    """Whatever else is hidden could not be reviewed in a preview."""
    secret = {
        (name, key)
        for name, found in content(deployed).items()
        for key in found.wire
        if found.keeps_secret(key)
    }

    assert secret == {
        *(("vault-id-" + node, "secretId") for node in NODES),
        ("vault-oracle-postgres", "dataJson"),
        ("vault-oracle-haproxy", "dataJson"),
        ("vault-starlord-vllm", "dataJson"),
    }
