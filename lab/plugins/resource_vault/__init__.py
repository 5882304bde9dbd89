"""The lab's stand-in for the `vault` plugin: mounts, policies, AppRole and KV version 2, over real HTTP.

For the lab only; production uses the official plugin. Paths, ids and traps follow terraform-provider-vault,
which the official plugin bridges: nothing is contacted before the first real read or write, a value that was
changed by hand in KV is not seen, a custom secret_id cannot exist twice. It differs where a server may have
been rebuilt from nothing: deleting what is not there any more is no error, while the official one fails on a
missing secret_id accessor; and a lost policy is created anew instead of being updated.

Only names that the tables list are taken: any other is refused by name, so that nothing works in the lab by
being ignored. Names are never made up either, where the official plugin would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.plugins.kit.call import Props
from lab.plugins.kit.table import Input, Kind, Package, Resource
from lab.plugins.resource_vault import writing
from lab.plugins.resource_vault.approle import Roles, SecretIds
from lab.plugins.resource_vault.kv import Secrets
from lab.plugins.resource_vault.mounts import LoginMethods, Mounts
from lab.plugins.resource_vault.policies import Policies
from lab.plugins.resource_vault.server import CHILD_TOKEN_SECONDS, Server

SETTINGS: Mapping[str, Input] = {
    "address": Input(kind=Kind.TEXT, required=True),
    "authLogin": Input(
        kind=Kind.OBJECT,
        required=True,
        secret=True,
        fields={
            "path": Input(kind=Kind.TEXT, required=True),
            "parameters": Input(kind=Kind.MAP, required=True),
        },
    ),
    "caCertFile": Input(kind=Kind.TEXT),
    "skipChildToken": Input(kind=Kind.FLAG, default=False),
    # Upstream asks the server for its version without it, to gate what some types send; none of those here.
    "vaultVersionOverride": Input(kind=Kind.TEXT),
    # The SDK (7.14) always sends the first two, and the third where VAULT_SKIP_VERIFY is set.
    "maxLeaseTtlSeconds": Input(kind=Kind.NUMBER, one_of=(CHILD_TOKEN_SECONDS,)),
    "maxRetries": Input(kind=Kind.NUMBER, one_of=(2,)),
    "skipTlsVerify": Input(kind=Kind.FLAG, one_of=(False,)),
}

_TEXT = Input(kind=Kind.TEXT)
_NUMBER = Input(kind=Kind.NUMBER)
_FIXED = Input(kind=Kind.TEXT, required=True, replaces=True)
_BACKEND = Input(kind=Kind.TEXT, default="approle", replaces=True)
_CIDRS = Input(kind=Kind.TEXTS, meaning=writing.networks)

_ROLE: Mapping[str, Input] = {
    "backend": _BACKEND,
    "roleName": _FIXED,
    "roleId": Input(kind=Kind.TEXT, computed=True),
    "bindSecretId": Input(kind=Kind.FLAG, default=True),
    "secretIdBoundCidrs": _CIDRS,
    "secretIdNumUses": _NUMBER,
    "secretIdTtl": _NUMBER,
    "tokenBoundCidrs": _CIDRS,
    "tokenMaxTtl": _NUMBER,
    "tokenPolicies": Input(kind=Kind.TEXTS, meaning=writing.as_set),
    "tokenTtl": _NUMBER,
}


def _path_problems(props: Props) -> Iterator[tuple[str, str]]:
    for name in ("path", "backend", "mount", "name", "roleName"):
        text = props.text(name)
        if text is not None and text != text.strip("/"):
            yield name, "must not begin or end with a slash"


def _secret_problems(props: Props) -> Iterator[tuple[str, str]]:
    yield from _path_problems(props)
    if writing.json_object(props.text("dataJson")) is None:
        yield "dataJson", "must be the JSON text of an object"


def _mounted(server: Server) -> dict[str, Resource]:
    mounts, methods, policies = Mounts(server), LoginMethods(server), Policies(server)
    return {
        "vault:index/mount:Mount": Resource(
            inputs={
                "path": _FIXED,
                "type": _FIXED,
                "description": _TEXT,
                "options": Input(kind=Kind.MAP),
            },
            outputs=("accessor",),
            create=mounts.create,
            update=mounts.update,
            delete=mounts.delete,
            read=mounts.read,
            problems=_path_problems,
        ),
        "vault:index/authBackend:AuthBackend": Resource(
            inputs={
                "type": _FIXED,
                "path": Input(kind=Kind.TEXT, computed=True, replaces=True),
                "description": _TEXT,
            },
            outputs=("path", "accessor"),
            create=methods.create,
            update=methods.update,
            delete=methods.delete,
            read=methods.read,
            problems=_path_problems,
        ),
        "vault:index/policy:Policy": Resource(
            inputs={"name": _FIXED, "policy": Input(kind=Kind.TEXT, required=True)},
            outputs=(),
            create=policies.create,
            update=policies.update,
            delete=policies.delete,
            read=policies.read,
            problems=_path_problems,
        ),
    }


def _logins(server: Server) -> dict[str, Resource]:
    roles, secret_ids = Roles(server), SecretIds(server)
    return {
        "vault:appRole/authBackendRole:AuthBackendRole": Resource(
            inputs=_ROLE,
            outputs=("roleId",),
            create=roles.create,
            update=roles.update,
            delete=roles.delete,
            read=roles.read,
            problems=_path_problems,
        ),
        "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId": Resource(
            inputs={
                "backend": _BACKEND,
                "roleName": _FIXED,
                "secretId": Input(kind=Kind.TEXT, computed=True, replaces=True, secret=True),
            },
            outputs=("accessor", "secretId"),
            secret_outputs=("secretId",),
            create=secret_ids.create,
            delete=secret_ids.delete,
            read=secret_ids.read,
            problems=_path_problems,
        ),
    }


def _secrets(server: Server) -> dict[str, Resource]:
    secrets = Secrets(server)
    return {
        "vault:kv/secretV2:SecretV2": Resource(
            inputs={
                "mount": _FIXED,
                "name": _FIXED,
                "dataJson": Input(kind=Kind.TEXT, required=True, secret=True, meaning=writing.json_value),
                "deleteAllVersions": Input(kind=Kind.FLAG, default=False),
            },
            outputs=("path",),
            create=secrets.create,
            update=secrets.update,
            delete=secrets.delete,
            read=secrets.read,
            problems=_secret_problems,
        )
    }


def package() -> Package:
    """One plugin with a server of its own: the engine starts a process for each provider instance."""
    server = Server()
    resources = {**_mounted(server), **_logins(server), **_secrets(server)}
    return Package("vault", resources, SETTINGS, server.configure)


PACKAGE = package()
