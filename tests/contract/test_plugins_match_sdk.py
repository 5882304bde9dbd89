"""The lab's plugins know no property that the official SDK classes do not have, nor a type that is not there.

Otherwise a program could work in the lab and nowhere else.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

import pytest

from lab.plugins import resource_command, resource_random, resource_vault
from lab.plugins.kit import rules
from lab.plugins.kit.table import Input, Resource
from tests.components.recording import record

pytestmark = pytest.mark.filterwarnings("ignore:This resource is deprecated:DeprecationWarning")
"""pulumi_command 1.2 warns of its own CopyFile whenever `remote` is imported."""

MODULES = {
    "random:index/randomPassword:RandomPassword": "pulumi_random",
    "random:index/randomString:RandomString": "pulumi_random",
    "random:index/randomId:RandomId": "pulumi_random",
    "random:index/randomUuid:RandomUuid": "pulumi_random",
    "random:index/randomBytes:RandomBytes": "pulumi_random",
    "command:local:Command": "pulumi_command.local",
    "command:remote:Command": "pulumi_command.remote",
    "command:remote:CopyToRemote": "pulumi_command.remote",
    "vault:index/mount:Mount": "pulumi_vault",
    "vault:index/policy:Policy": "pulumi_vault",
    "vault:index/authBackend:AuthBackend": "pulumi_vault",
    "vault:appRole/authBackendRole:AuthBackendRole": "pulumi_vault.approle",
    "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId": "pulumi_vault.approle",
    "vault:kv/secretV2:SecretV2": "pulumi_vault.kv",
}
TABLE: Mapping[str, Resource] = {
    **resource_random.PACKAGE.resources,
    **resource_command.PACKAGE.resources,
    **resource_vault.PACKAGE.resources,
}


def _sdk_class(token: str, suffix: str = "") -> type:
    found = getattr(importlib.import_module(MODULES[token]), token.rsplit(":", 1)[1] + suffix)
    assert isinstance(found, type)
    return found


def _property_names(sdk_class: type) -> set[str]:
    """The engine's names of an SDK class's properties, from the getters that the generator wrote."""
    return set(_wire_names(sdk_class))


def _wire_names(sdk_class: type) -> Iterator[str]:
    for name, member in vars(sdk_class).items():
        if isinstance(member, property) and member.fget is not None:
            yield getattr(member.fget, "_pulumi_name", name)


def test_every_type_of_the_table_is_compared() -> None:
    assert TABLE.keys() == MODULES.keys()


@pytest.mark.parametrize("token", TABLE)
def test_token_is_the_one_that_the_sdk_registers(token: str) -> None:
    assert getattr(_sdk_class(token), "pulumi_type", None) == token


@pytest.mark.parametrize("token", TABLE)
def test_inputs_exist_in_the_sdk(token: str) -> None:
    assert TABLE[token].inputs.keys() <= _property_names(_sdk_class(token, "Args"))


@pytest.mark.parametrize("token", TABLE)
def test_outputs_exist_in_the_sdk(token: str) -> None:
    known = _property_names(_sdk_class(token))
    resource = TABLE[token]
    assert {*resource.inputs, *resource.outputs} <= known
    assert {*resource.secret_outputs} <= {*resource.outputs}


def _connection() -> Mapping[str, Input]:
    return TABLE["command:remote:Command"].inputs["connection"].fields


def test_connection_exists_in_the_sdk() -> None:
    remote = importlib.import_module("pulumi_command.remote")
    assert _connection().keys() == _property_names(remote.ConnectionArgs)
    assert _connection()["proxy"].fields.keys() == _property_names(remote.ProxyConnectionArgs)


def test_settings_of_the_vault_provider_exist_in_the_sdk() -> None:
    vault = importlib.import_module("pulumi_vault")
    login = resource_vault.PACKAGE.settings["authLogin"].fields
    assert resource_vault.PACKAGE.settings.keys() <= _property_names(vault.ProviderArgs)
    assert login.keys() <= _property_names(vault.ProviderAuthLoginArgs)


@pytest.mark.parametrize("more", [{}, {"VAULT_SKIP_VERIFY": "false"}])
def test_settings_that_the_sdk_sends_by_itself_are_taken(
    more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    vault = importlib.import_module("pulumi_vault")
    login = {"path": "auth/pulumi/login", "parameters": {"role_id": "a", "secret_id": "b"}}
    recording = record(lambda: vault.Provider("vault", address="https://127.0.0.1:8200", auth_login=login))
    sent = recording.one("pulumi:providers:vault", "vault").inputs
    table = resource_vault.PACKAGE.settings
    assert sent.keys() >= {"address", "authLogin", "maxLeaseTtlSeconds", "maxRetries"}
    assert rules.settings_problems(table, rules.settings(table, sent)) == []
