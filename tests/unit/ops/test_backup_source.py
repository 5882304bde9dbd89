"""Where keys and ids come from: the state, or the nodes when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from components.config.settings import NodeSettings
from lab import paths
from ops import lab_bridge
from ops.backup import declared, source
from ops.backup.declared import AgentId, Entry, differing
from ops.backup.snapshot import BackupError
from ops.stack import EngineError, Stack
from tests.unit.ops.accounts import with_account

KNOWN = {
    "vault-seal-k1": "the first key",
    "vault-pulumi-id-e1": "id of the program",
    "thanos-agent-id": "id of thanos",
}


def secret(value: object) -> dict[str, str]:
    """As the engine shows a secret."""
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(value),
    }


STATE: list[dict[str, object]] = [
    {"type": "pulumi:pulumi:Stack", "urn": "urn of the stack"},
    {
        "type": "vault:kv/secretV2:SecretV2",
        "urn": "urn of the entry",
        "inputs": {"name": "thanos/vllm", "dataJson": secret('{"key": "value"}')},
    },
    {"type": "vault:kv/secretV2:SecretV2", "urn": "urn of the one before", "inputs": {}, "delete": True},
    {
        "type": "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId",
        "urn": "urn of the id",
        "outputs": {"roleName": "node-thanos", "accessor": secret("a1"), "secretId": secret("id of thanos")},
    },
]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "known_secrets", lambda _: KNOWN)
    monkeypatch.setattr(declared, "pulumi", lambda *_: json.dumps({"deployment": {"resources": STATE}}))


def test_what_the_state_declares() -> None:
    found = declared.read("lab")

    assert found.entries == {"thanos/vllm": Entry("urn of the entry", {"key": "value"})}
    assert found.ids == (AgentId("node-thanos", "a1", "id of thanos"),)
    assert "id of thanos" not in repr(found)


def test_a_value_that_the_engine_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {**secret(""), "ciphertext": "v1:…"}
    del hidden["plaintext"]
    item = {**STATE[1], "inputs": {"name": "thanos/vllm", "dataJson": hidden}}
    monkeypatch.setattr(declared, "pulumi", lambda *_: json.dumps({"deployment": {"resources": [item]}}))

    with pytest.raises(EngineError, match=r"^urn of the entry: must have a value in the state, got none"):
        declared.read("lab")


def test_fields_that_differ_are_named() -> None:
    assert differing({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "d": "4"}) == ["b", "c", "d"]


def test_all_from_the_state(lab_stack: Stack) -> None:
    found = source.from_state(lab_stack)

    assert (found.seal_key("k1"), found.pulumi_id, found.node_id("thanos")) == tuple(KNOWN.values())
    assert list(found.entries) == ["thanos/vllm"]
    assert found.has_state
    with pytest.raises(BackupError, match="state of stack lab: must hold vault-seal-k2, got none; pulumi up"):
        found.seal_key("k2")


def test_the_programs_id_of_its_newest_epoch(lab_stack: Stack) -> None:
    raised = lab_stack.settings.model_copy(update={"epochs": {"vault-pulumi-id": 2}})

    with pytest.raises(BackupError, match="must hold vault-pulumi-id-e2"):
        source.from_state(Stack("lab", raised, lab_stack.services))


def test_all_from_the_nodes(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def on_node(node: NodeSettings, command: str) -> str:
        asked.append((str(node.address), command))
        return "as it is on the disk"

    monkeypatch.setattr(source, "on_node", on_node)
    found = source.from_nodes(lab_stack)

    assert {found.seal_key("k1"), found.node_id("thanos")} == {"as it is on the disk"}
    assert asked == [
        ("198.18.0.11", "cat /opt/swarm/vault/secrets/seal-k1"),
        ("198.18.0.13", "cat /opt/swarm/agent/secrets/secret_id"),
    ]
    assert not found.has_state


def test_the_nodes_files_are_read_as_root(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "on_node", lambda _, command: command)

    found = source.from_nodes(with_account(lab_stack, "thanos", "operator"))

    assert found.node_id("thanos") == "sudo -n sh -c 'cat /opt/swarm/agent/secrets/secret_id'"


def test_a_stack_is_read_without_any_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    document = yaml.safe_load((paths.REPO / "Pulumi.prod.yaml").read_text())
    for key in ("tls_private_key", "vault_private_key", "openrouter_api_key"):
        document["config"][f"aiswarm:{key}"] = {"secure": "v1:encrypted:by-the-engine"}
    document["config"]["aiswarm:vault"] = {"generation": 3}
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(file))

    found = source.stack_without_engine("prod")

    assert found.settings.vault.generation == 3
    assert "oracle-vault" in {spec.full_name for spec in found.services}


def test_the_committed_file_where_no_other_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE", raising=False)

    assert source.stack_without_engine("prod").name == "prod"
    with pytest.raises(BackupError, match=r"Pulumi\.other\.yaml: must be the file of stack other, got none"):
        source.stack_without_engine("other")


def test_the_labs_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(paths.REPO / "Pulumi.lab.yaml")
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", "")
    monkeypatch.setattr(lab_bridge, "activate", lambda: monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", file))

    assert source.stack_without_engine("lab").nodes["thanos"].address.exploded == "198.18.0.13"
