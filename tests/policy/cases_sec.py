"""One edit of a real stack each, and the rule on secrets or on Railway that must then fire, and no other.

RLW-001 has no case: there is nothing at Railway in the committed stacks.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from policy.rules.support.resources import COMMAND, CONTAINER, GATEWAY_NODE, NETWORK, VOLUME
from tests.policy.cases_ctr import Case, adding, redis, setting

ENTRY = "vault:kv/secretV2:SecretV2"
LOGIN = "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId"


class Marks(NamedTuple):
    """Which inputs of one resource are marked as secret, instead of those that are."""

    rule: str
    """Id of the rule that must fire at this resource."""

    type: str
    name: str
    paths: tuple[str, ...]


OPEN_FILE = {"file": "/run/secrets/x", "content": "x", "permissions": "0400"}
OUTSIDE = "REDIS_PASSWORD_FILE=/etc/redis/password"
FALLBACK_FIRST = [
    {"name": "railway-router", "order": 1.0, "kind": "railway"},
    {"name": "starlord-vllm-primary", "order": 2.0, "kind": "local"},
]


def redis_files(rule: str, **fields: object) -> Case:
    """An edit of the command that delivers the files of Redis."""
    return Case(rule, COMMAND, "oracle-redis-files", setting(**fields))


CASES = (
    redis("SEC-002", adding("envs", "REDIS_PASSWORD=x")),
    redis("SEC-002", adding("envs", f"A={secrets.token_hex(20)}")),
    redis("SEC-002", adding("command", "--requirepass=x")),
    redis("SEC-002", adding("labels", {"label": "a", "value": "redis://:x@host"})),
    redis("SEC-002", setting(healthcheck={"tests": ["CMD", "redis-cli", "--password=x"]})),
    redis("SEC-003", adding("uploads", OPEN_FILE)),
    redis("SEC-003", adding("envs", OUTSIDE)),
    Case("SEC-003", VOLUME, "oracle-redis-secrets", setting(driverOpts={"type": "tmpfs", "o": "size=1m"})),
    Case("SEC-003", VOLUME, "oracle-redis-secrets", setting(driverOpts=None)),
    redis_files("SEC-004", logging="stdout"),
    redis_files("SEC-004", logging=None),
    redis_files("SEC-004", create="redis-cli -u redis://:x@host"),
    redis_files("SEC-004", environment={"REDIS_PASSWORD": "x"}),
    redis("SEC-006", setting(command=["redis-server"])),
    redis("SEC-006", adding("envs", "ALLOW_EMPTY_PASSWORD=yes")),
    Case("SEC-006", CONTAINER, "oracle-grafana", adding("envs", "GF_AUTH_ANONYMOUS_ENABLED=true")),
    Case("SEC-006", CONTAINER, "oracle-open-webui", adding("envs", "WEBUI_AUTH=False")),
    Case("SEC-006", CONTAINER, "oracle-postgres", adding("envs", "POSTGRES_HOST_AUTH_METHOD=trust")),
    Case("SEC-006", CONTAINER, "oracle-vault", setting(entrypoints=["bao", "server", "-dev"])),
    Case("RLW-002", GATEWAY_NODE, "oracle", setting(routes=FALLBACK_FIRST)),
    Case("RLW-002", GATEWAY_NODE, "oracle", setting(routes=None)),
    redis("RLW-003", adding("labels", {"label": "a", "value": "RAILWAY_API_TOKEN"})),
    redis_files("RLW-003", triggers=["export RAILWAY_TOKEN"]),
)

MARKS = (
    Marks("SEC-001", CONTAINER, "oracle-redis", ("envs[0]",)),
    Marks("SEC-001", CONTAINER, "oracle-redis", ("labels",)),
    Marks("SEC-001", CONTAINER, "oracle-redis", ("healthcheck.tests",)),
    Marks("SEC-001", VOLUME, "oracle-redis-data", ("labels[0].value",)),
    Marks("SEC-001", NETWORK, "oracle-network", ("options",)),
    Marks("SEC-004", ENTRY, "vault-oracle-redis", ()),
    Marks("SEC-004", LOGIN, "vault-id-oracle", ()),
    Marks("SEC-004", "pulumi:providers:vault", "vault", ()),
    Marks("SEC-004", COMMAND, "oracle-redis-files", ("stdin", "create")),
    Marks("SEC-004", COMMAND, "oracle-vault-ready", ("stdin", "triggers[0]")),
    Marks("SEC-004", COMMAND, "oracle-host-prepared", ("stdin",)),
)
