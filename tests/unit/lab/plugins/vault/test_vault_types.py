"""Each type of the vault plugin against a real server: its whole life, and what a refresh sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from lab.plugins.kit.values import UNKNOWN, Secret, plain
from tests.unit.lab.plugins.vault.conftest import Bao, Vault

MOUNT = "vault:index/mount:Mount"
POLICY = "vault:index/policy:Policy"
METHOD = "vault:index/authBackend:AuthBackend"
ROLE = "vault:appRole/authBackendRole:AuthBackendRole"
SECRET_ID = "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId"  # noqa: S105 - a type
KV = "vault:kv/secretV2:SecretV2"

RULE = 'path "secret/data/{}/*" {{ capabilities = ["read"] }}\n'


@dataclass(frozen=True)
class Life:
    """A type, inputs with `{}` for the test's own name, a change of them, and where the server keeps it."""

    token: str
    inputs: Mapping[str, object]
    change: Mapping[str, object]
    path: str
    resource_id: str


LIVES = (
    Life(
        MOUNT,
        {"path": "{}", "type": "kv", "options": {"version": "2"}},
        {"description": "new"},
        "sys/mounts/{}",
        "{}",
    ),
    Life(METHOD, {"path": "{}", "type": "approle"}, {"description": "new"}, "sys/auth/{}", "{}"),
    Life(POLICY, {"name": "{}", "policy": RULE.format("a")}, {"policy": "# {}"}, "sys/policies/acl/{}", "{}"),
    Life(
        ROLE,
        {"roleName": "{}", "roleId": "{}", "tokenPolicies": ["b", "a"], "tokenTtl": 60, "tokenMaxTtl": 120},
        {"roleId": "new-{}", "tokenPolicies": ["c"], "tokenTtl": 90},
        "auth/approle/role/{}",
        "auth/approle/role/{}",
    ),
    Life(
        KV,
        {"mount": "secret", "name": "x/{}", "dataJson": '{"a": "1"}', "deleteAllVersions": True},
        {"dataJson": '{"a": "2"}'},
        "secret/metadata/x/{}",
        "secret/data/x/{}",
    ),
)


def _named(value: object, name: str) -> object:
    match value:
        case str():
            return value.replace("{}", name)
        case dict():
            return {key: _named(item, name) for key, item in value.items()}
        case _:
            return value


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token.rsplit(":", 1)[1])
def test_whole_life(vault: Vault, bao: Bao, unique: str, life: Life) -> None:
    client, path = vault(life.token), life.path.format(unique)
    inputs = client.check({name: _named(value, unique) for name, value in life.inputs.items()}).inputs
    assert client.create(inputs, preview=True)[0] == ""
    assert not bao.has(path)
    resource_id, state = client.create(inputs)
    assert resource_id == life.resource_id.format(unique)
    assert client.read(resource_id, inputs, state) == (resource_id, inputs, state)
    before = bao.ask("GET", path)
    changed = client.check({**inputs, **{key: _named(value, unique) for key, value in life.change.items()}})
    assert client.diff(inputs, changed.inputs).kinds.keys() == life.change.keys()
    assert client.diff(inputs, changed.inputs).replaces == []
    state = client.update(state, changed.inputs, resource_id=resource_id)
    assert bao.ask("GET", path) != before
    assert client.read(resource_id, changed.inputs, state) == (resource_id, changed.inputs, state)
    client.delete(state, resource_id=resource_id)
    assert not bao.has(path)
    client.delete(state, resource_id=resource_id)
    assert client.read(resource_id, changed.inputs, state) == ("", {}, {})


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token.rsplit(":", 1)[1])
def test_removal_by_hand_is_seen(vault: Vault, bao: Bao, unique: str, life: Life) -> None:
    client = vault(life.token)
    inputs = client.check({name: _named(value, unique) for name, value in life.inputs.items()}).inputs
    resource_id, state = client.create(inputs)
    bao.ask("DELETE", life.path.format(unique))
    assert client.read(resource_id, inputs, state) == ("", {}, {})


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (MOUNT, {"path": "a", "type": "kv"}),
        (METHOD, {"path": "a", "type": "approle"}),
        (POLICY, {"name": "a", "policy": ""}),
        (ROLE, {"backend": "a", "roleName": "a"}),
        (SECRET_ID, {"backend": "a", "roleName": "a", "secretId": "a"}),
        (KV, {"mount": "a", "name": "a", "dataJson": "{}"}),
    ],
)
def test_another_place_or_kind_replaces(vault: Vault, token: str, inputs: dict[str, object]) -> None:
    client = vault(token)
    fixed = [name for name in inputs if name not in {"policy", "dataJson"}]
    for name in fixed:
        assert client.diff(inputs, {**inputs, name: "b"}).replaces == [name]
        assert client.diff(inputs, {**inputs, name: UNKNOWN}).replaces == [name]


def test_what_a_role_loses_goes_back_to_the_servers_default(vault: Vault, bao: Bao, unique: str) -> None:
    client = vault(ROLE)
    resource_id, state = client.create({"roleName": unique, "tokenTtl": 60, "bindSecretId": True})
    client.update(state, {"roleName": unique}, resource_id=resource_id)
    assert bao.ask("GET", resource_id)["token_ttl"] == 0


def test_networks_of_a_role_come_back_as_the_program_wrote_them(vault: Vault, unique: str) -> None:
    client = vault(ROLE)
    inputs = client.check(
        {
            "roleName": unique,
            "tokenBoundCidrs": ["198.18.0.12/32", "172.20.1.0/24", "198.18.0.13"],
            "secretIdBoundCidrs": ["198.18.0.12/32", "172.20.1.0/24"],
            "tokenPolicies": ["z", "a"],
        }
    ).inputs
    resource_id, state = client.create(inputs)
    assert client.read(resource_id, inputs, state) == (resource_id, inputs, state)
    turned = {**inputs, "tokenBoundCidrs": ["172.20.1.0/24", "198.18.0.13/32", "198.18.0.12"]}
    assert not client.diff(inputs, turned).some
    assert client.diff(inputs, {**inputs, "tokenBoundCidrs": ["198.18.0.12/31"]}).some


def test_changes_by_hand_are_undone_by_the_next_deployment(vault: Vault, bao: Bao, unique: str) -> None:
    client = vault(ROLE)
    inputs = client.check({"roleName": unique, "tokenPolicies": ["a"]}).inputs
    resource_id, state = client.create(inputs)
    bao.ask("POST", resource_id, {"token_policies": ["a", "root-like"], "token_ttl": 60})
    _, found, state = client.read(resource_id, inputs, state)
    assert client.diff(found, inputs).kinds == {"tokenPolicies": "UPDATE", "tokenTtl": "DELETE"}
    client.update(state, inputs, resource_id=resource_id)
    assert bao.ask("GET", resource_id)["token_policies"] == ["a"]


def test_a_description_given_by_hand_is_taken_away_again(vault: Vault, bao: Bao, unique: str) -> None:
    client = vault(MOUNT)
    inputs = client.check({"path": unique, "type": "kv", "options": {"version": "2"}}).inputs
    resource_id, state = client.create(inputs)
    bao.ask("POST", f"sys/mounts/{unique}/tune", {"description": "by hand"})
    _, found, _ = client.read(resource_id, inputs, state)
    assert client.diff(found, inputs).kinds == {"description": "DELETE"}


def test_names_that_the_server_makes_up_are_no_change(vault: Vault, bao: Bao, unique: str) -> None:
    role = vault(ROLE)
    inputs = role.check({"roleName": unique}).inputs
    resource_id, state = role.create(inputs)
    assert bao.ask("GET", f"{resource_id}/role-id")["role_id"] == state["roleId"]
    assert role.read(resource_id, inputs, state) == (resource_id, inputs, state)
    method = vault(METHOD)
    _, state = method.create({"type": "userpass"})
    assert state["path"] == "userpass"
    assert not method.diff({"type": "userpass"}, {"type": "userpass"}).some


def test_chosen_secret_id_lets_in_and_its_end_locks_out(vault: Vault, bao: Bao, unique: str) -> None:
    client, login = vault(SECRET_ID), {"role_id": "shared", "secret_id": unique}
    inputs = client.check({"roleName": "shared", "secretId": unique}).inputs
    assert inputs["secretId"] == Secret(unique)
    resource_id, state = client.create(inputs)
    assert resource_id == f"backend=approle::role=shared::accessor={state['accessor']}"
    assert state["secretId"] == Secret(unique)
    assert bao.ask("POST", "auth/approle/login", login)["auth"]
    assert client.read(resource_id, inputs, state) == (resource_id, inputs, state)
    assert "SecretID is already registered" in client.failure(inputs)
    client.delete(state, resource_id=resource_id)
    assert bao.root.post("/v1/auth/approle/login", json=login).status_code == 400
    client.delete(state, resource_id=resource_id)
    assert client.read(resource_id, inputs, state) == ("", {}, {})


def test_secret_id_of_a_lost_role_is_gone(vault: Vault, bao: Bao, unique: str) -> None:
    role, client = vault(ROLE), vault(SECRET_ID)
    role_path, _ = role.create({"roleName": unique})
    inputs = client.check({"roleName": unique}).inputs
    resource_id, state = client.create(inputs)
    assert isinstance(state["secretId"], Secret)
    assert plain(state["secretId"])
    bao.ask("DELETE", role_path)
    assert client.read(resource_id, inputs, state) == ("", {}, {})
    client.delete(state, resource_id=resource_id)


def test_values_are_written_never_read_and_always_secret(vault: Vault, bao: Bao, unique: str) -> None:
    client, path = vault(KV), f"secret/data/{unique}"
    inputs = client.check({"mount": "secret", "name": unique, "dataJson": '{"b": "1", "a": "2"}'}).inputs
    assert isinstance(inputs["dataJson"], Secret)
    resource_id, state = client.create(inputs)
    assert isinstance(state["dataJson"], Secret)
    assert bao.ask("GET", path)["data"] == {"a": "2", "b": "1"}
    turned = client.check({**inputs, "dataJson": json.dumps({"a": "2", "b": "1"}, indent=1)}).inputs
    assert not client.diff(inputs, turned).some
    bao.ask("POST", path, {"data": {"a": "by hand"}})
    assert client.read(resource_id, inputs, state) == (resource_id, inputs, state)
    bao.ask("DELETE", path)
    assert client.read(resource_id, inputs, state) == ("", {}, {})


def test_deleted_value_can_be_brought_back_unless_all_versions_go(
    vault: Vault, bao: Bao, unique: str
) -> None:
    client = vault(KV)
    resource_id, state = client.create({"mount": "secret", "name": unique, "dataJson": "{}"})
    client.delete(state, resource_id=resource_id)
    assert not bao.has(f"secret/data/{unique}")
    assert bao.has(f"secret/metadata/{unique}")


def test_a_new_engine_takes_values_at_once_and_loses_them_with_itself(
    vault: Vault, bao: Bao, unique: str
) -> None:
    engine, client, path = vault(MOUNT), vault(KV), f"secret-{unique}"
    engine_id, engine_state = engine.create({"path": path, "type": "kv", "options": {"version": "2"}})
    inputs = client.check({"mount": path, "name": "a", "dataJson": '{"a": 1}'}).inputs
    resource_id, state = client.create(inputs)
    assert bao.ask("GET", f"{path}/data/a")["data"] == {"a": 1}
    engine.delete(engine_state, resource_id=engine_id)
    assert client.read(resource_id, inputs, state) == ("", {}, {})
    client.delete(state, resource_id=resource_id)


@pytest.mark.parametrize("text", ["sentinel", '["sentinel"]'])
def test_what_is_no_json_object_is_refused_without_showing_it(vault: Vault, text: str) -> None:
    checked = vault(KV).check({"mount": "secret", "name": "a", "dataJson": text})
    assert checked.failures == [("", "dataJson: must be the JSON text of an object")]


@pytest.mark.parametrize(
    ("token", "inputs", "failure"),
    [
        (MOUNT, {"path": "a/", "type": "kv"}, "path: must not begin or end with a slash"),
        (MOUNT, {"path": "a"}, "type: must be set, got nothing"),
        (
            POLICY,
            {"name": "a", "policy": "", "namespace": "x"},
            "namespace: must be one of name, policy in the lab",
        ),
        (POLICY, {"policy": ""}, "name: must be set, got nothing"),
    ],
)
def test_what_the_lab_cannot_do_is_refused(
    vault: Vault, token: str, inputs: dict[str, object], failure: str
) -> None:
    assert failure in [reason for _, reason in vault(token).check(inputs).failures]


def test_preview_promises_what_only_the_server_knows(vault: Vault) -> None:
    inputs = {"roleName": "shared", "secretId": UNKNOWN}
    assert vault(SECRET_ID).create(inputs, preview=True)[1]["accessor"] == UNKNOWN
    assert vault(ROLE).create({"roleName": "a"}, preview=True)[1]["roleId"] == UNKNOWN
    assert vault(ROLE).create({"roleName": "a", "roleId": "b"}, preview=True)[1]["roleId"] == "b"
