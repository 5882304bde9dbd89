"""How a service comes by its secrets: the volume, who mounts it, the entry, its version, and the order."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from components.model.naming import service_name
from components.model.secrets import SecretFile, SecretRef, SecretSource
from components.model.specs import ServiceSpec
from tests.components.deploying import deploy_on_oracle, deployment, entry
from tests.components.recording import Recording, Registration
from tests.components.samples import CERTIFICATE, PASSWORD, bare, rich

BY_HAND = SecretRef(name="gemini_api_key", source=SecretSource.VAULT)


def labels(found: Registration) -> dict[str, str]:
    return {item["label"]: item["value"] for item in found.inputs["labels"]}


def container(spec: ServiceSpec, **config: str) -> Registration:
    return deploy_on_oracle(spec, **config).one(":Container", spec.full_name)


def mounted(found: Registration) -> dict[str, Any]:
    return {volume["containerPath"]: volume for volume in found.inputs["volumes"]}


def test_secret_files_lie_in_memory_and_belong_to_agent_and_service(deployed: Recording) -> None:
    volume = deployed.one(":Volume", "oracle-postgres-secrets")

    assert volume.inputs["name"] == "oracle-postgres-secrets"
    assert volume.inputs["driver"] == "local"
    assert volume.inputs["driverOpts"] == {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": "size=1m,uid=100,gid=998,mode=2750,nosuid,nodev,noexec",
    }
    assert volume.request.deleteBeforeReplace
    assert not volume.request.protect
    assert labels(volume)["aiswarm.service"] == "postgres"


def test_every_rendered_service_has_its_volume_and_no_other_has_one(deployed: Recording) -> None:
    found = {volume.name for volume in deployed.all(":Volume") if volume.name.endswith("-secrets")}

    assert found == {"oracle-postgres-secrets", "oracle-haproxy-secrets", "starlord-vllm-secrets"}


def test_a_service_sees_its_own_secrets_read_only(deployed: Recording) -> None:
    for service in ("postgres", "haproxy"):
        own = deployed.one(":Container", f"oracle-{service}")
        volumes = [item["volumeName"] for item in own.inputs["volumes"] if "volumeName" in item]

        assert mounted(own)["/run/secrets"] == {
            "containerPath": "/run/secrets",
            "volumeName": f"oracle-{service}-secrets",
            "readOnly": True,
        }
        assert [name for name in volumes if name.endswith("-secrets")] == [f"oracle-{service}-secrets"]


def test_the_agent_writes_into_the_volumes_of_all_services_that_it_renders_for(deployed: Recording) -> None:
    written = {
        path: volume
        for path, volume in mounted(deployed.one(":Container", "oracle-agent")).items()
        if path.startswith("/secrets/")
    }

    assert written == {
        f"/secrets/{service}": {
            "containerPath": f"/secrets/{service}",
            "volumeName": f"oracle-{service}-secrets",
        }
        for service in ("postgres", "haproxy")
    }


def test_server_entry_agent_files_and_container_follow_each_other(deployed: Recording) -> None:
    """Each may use only what is there before it: otherwise a first `up` would wait for ever."""
    provider = deployed.one("pulumi:providers:vault", "vault")
    agent = deployed.one(":Container", "oracle-agent")
    files = deployed.one(":Command", "oracle-postgres-files")
    service = deployed.one(":Container", "oracle-postgres")

    assert "oracle-vault" in deployed.one(":Command", "oracle-vault-ready").needs
    assert "oracle-vault-ready" in provider.needs
    for found in deployed.registrations:
        if found.type.startswith("vault:"):
            assert found.request.provider.startswith(f"{provider.urn}::")
    assert {"vault-id-oracle", "vault-oracle-postgres", "vault-oracle-haproxy"} <= agent.needs
    assert {"oracle-agent", "vault-oracle-postgres"} <= files.needs
    assert {"oracle-postgres-files", "oracle-postgres-secrets"} <= service.needs


@pytest.mark.parametrize("node", ["starlord", "thanos"])
def test_on_other_nodes_the_order_is_the_same(node: str) -> None:
    recording = deployment({node: (rich(node=node),)})
    name = service_name(node, "postgres")

    assert recording.one(":Container", f"{node}-agent").needs >= {f"vault-id-{node}", f"vault-{name}"}
    assert recording.one(":Command", f"{name}-files").needs >= {f"{node}-agent", f"vault-{name}"}
    assert f"{name}-files" in recording.one(":Container", name).needs


def test_an_entry_has_a_field_for_each_value_and_the_version_and_nothing_else(deployed: Recording) -> None:
    held = deployed.one(":SecretV2", "vault-oracle-postgres")

    assert held.keeps_secret("dataJson")
    assert set(held.inputs) == {"mount", "name", "dataJson", "deleteAllVersions"}
    assert (held.inputs["mount"], held.inputs["name"]) == ("secret", "oracle/postgres")
    assert set(entry(deployed, "oracle-postgres")) == {"postgres-password", "version"}
    assert entry(deployed, "oracle-postgres")["postgres-password"] == "generated-secrets-postgres-password"


def test_a_key_put_in_by_hand_is_no_field_of_the_entry() -> None:
    """The program does not know it; written here, it would be lost in the server."""
    spec = bare(entrypoint=("run",), secrets=(SecretFile(name="keys", parts=(PASSWORD, BY_HAND)),))

    assert set(entry(deploy_on_oracle(spec), "oracle-plain")) == {"postgres-password", "version"}


def version(*files: SecretFile, name: str = "plain", **config: str) -> str:
    recording = deploy_on_oracle(bare(name, entrypoint=("run",), secrets=files), **config)
    return entry(recording, f"oracle-{name}")["version"]


def test_the_version_changes_with_everything_that_is_in_a_file() -> None:
    by_hand_again = replace(BY_HAND, times_set=2)
    versions = [
        version(SecretFile(name="key", parts=("user:", CERTIFICATE))),
        version(SecretFile(name="key", parts=("user:", CERTIFICATE)), tls_certificate="another value"),
        version(SecretFile(name="key", parts=("other:", CERTIFICATE))),
        version(SecretFile(name="other", parts=("user:", CERTIFICATE))),
        version(SecretFile(name="key", parts=("user:", CERTIFICATE, BY_HAND))),
        version(SecretFile(name="key", parts=("user:", CERTIFICATE, by_hand_again))),
        version(SecretFile(name="key", parts=("user:", CERTIFICATE)), name="other"),
    ]

    assert len(set(versions)) == len(versions)


def test_the_version_stays_while_the_files_do() -> None:
    one, other = SecretFile(name="a", parts=(PASSWORD,)), SecretFile(name="b", parts=("x", BY_HAND))

    assert version(one, other) == version(other, one)
    assert version(one) == version(one, tls_certificate="the value of another service")


def test_the_version_may_be_seen_and_tells_nothing() -> None:
    """A bare hash of a value that a human chose could be searched for."""
    seen = version(SecretFile(name="key", parts=(CERTIFICATE,)), tls_certificate="weak")
    found = container(
        bare(entrypoint=("run",), secrets=(SecretFile(name="key", parts=(CERTIFICATE,)),)),
        tls_certificate="weak",
    )

    assert labels(found)["aiswarm.secrets"] == seen
    assert not found.keeps_secret("labels")
    assert seen not in {hashlib.sha256(text.encode()).hexdigest() for text in ("weak", "weak\n")}
