"""Services that would answer anybody."""

from __future__ import annotations

import pytest

from policy.rules.authentication_on import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import RAILWAY_VARIABLES
from tests.policy import given

DIGEST = "@sha256:" + "a" * 64
OPEN = [
    *("GF_AUTH_ANONYMOUS_ENABLED=true", "WEBUI_AUTH=False", "POSTGRES_HOST_AUTH_METHOD=trust"),
    *("POSTGRES_INITDB_ARGS=--data-checksums --auth=trust", "POSTGRES_INITDB_ARGS=-A trust"),
    *("POSTGRES_INITDB_ARGS=--auth-local=trust", "ALLOW_EMPTY_PASSWORD=yes", "MYSQL_ALLOW_EMPTY_PASSWORD=1"),
    *("VAULT_DEV_ROOT_TOKEN_ID=x", "BAO_DEV_LISTEN_ADDRESS=:1", "VAULT_SKIP_VERIFY=true", "DISABLE_AUTH=1"),
    *("WEBUI_AUTH_TRUSTED_EMAIL_HEADER=X-Mail", "NODE_TLS_REJECT_UNAUTHORIZED=0", "X_AUTH_ENABLED=false"),
    *("REDIS_EXPORTER_SKIP_TLS_VERIFICATION=true", "SILLYTAVERN_SECURITYOVERRIDE=true"),
    'CONSUL_HTTP_SSL_VERIFY="false"',
]
CLOSED = [
    *("GF_AUTH_ANONYMOUS_ENABLED=false", "WEBUI_AUTH=True", "WEBUI_AUTH", "POSTGRES_HOST_AUTH_METHOD=md5"),
    *("POSTGRES_INITDB_ARGS=--auth=scram-sha-256", "VAULT_SKIP_VERIFY=false", "X_AUTH_ENABLED=true"),
    *("ALLOW_EMPTY_PASSWORD=no", "BAO_DEV_ROOT_TOKEN_ID=", "AUTHOR_ENABLED=false"),
]


def run(*words: str, **changes: object) -> list[str]:
    return RULE.judge(given.container(entrypoints=list(words), command=None, **changes))


def image(name: str, **changes: object) -> list[str]:
    return RULE.judge(given.container(**{"image": f"{name}{DIGEST}", "command": None, **changes}))


@pytest.mark.parametrize("env", OPEN)
def test_a_variable_that_opens_a_service_is_refused_by_its_name(env: str) -> None:
    name, _, _value = env.partition("=")
    expected = "must leave authentication on, got a value that switches it off; remove it"
    assert run("x", envs=["A=b", env]) == [f"oracle-redis.envs[{name}] on node oracle: {expected}"]
    variables = given.other(RAILWAY_VARIABLES, "railway-x", {"variables": dict([env.split("=", 1)])})
    assert RULE.judge(variables) == [f"railway-x.variables[{name}] on an unnamed node: {expected}"]


@pytest.mark.parametrize("env", CLOSED)
def test_a_variable_that_does_not_passes(env: str) -> None:
    assert run("x", envs=[env]) == []


def test_a_variable_at_railway_may_be_unknown_before_the_update() -> None:
    props: given.Props = {"variables": {"WEBUI_AUTH": Marker.UNKNOWN}}
    assert RULE.judge(given.other(RAILWAY_VARIABLES, "x", props)) == []
    assert RULE.judge(given.other(RAILWAY_VARIABLES, "x", {})) == []
    (found,) = RULE.judge(given.other(RAILWAY_VARIABLES, "x", {"variables": Marker.UNKNOWN}))
    assert "that is known at preview" in found


@pytest.mark.parametrize(
    ("words", "got"),
    [
        (["x", "--no-auth"], "the argument no-auth"),
        (["x", "--disable-authentication=true"], "the argument disable-authentication"),
        (["sh", "-c", "exec x -tls-skip-verify"], "the argument tls-skip-verify"),
        (["redis-server", "x.conf", "--protected-mode", "no"], "protected mode switched off"),
        (["initdb", "--auth=trust"], "the method trust"),
        (["initdb", "-A", "trust"], "the method trust"),
        (["bao", "server", "-dev"], "a server for development"),
        (["/bin/vault", "server", "-dev-root-token-id=x"], "a server for development"),
        (["sh", "-c", "consul agent --dev"], "a server for development"),
        (["redis-server"], "a server that asks nobody"),
        (["/usr/bin/valkey-server", "--port", "1"], "a server that asks nobody"),
        (["sh", "-c", "exec redis-server --save ''"], "a server that asks nobody"),
    ],
)
def test_an_argument_that_opens_a_service_is_refused(words: list[str], got: str) -> None:
    (found,) = run(*words)
    assert found.startswith(f"oracle-redis.command on node oracle: must leave authentication on, got {got}; ")


@pytest.mark.parametrize(
    "words",
    [
        ["x", "--no-auth=false", "--device=x", "--dev"],
        ["redis-server", "/etc/redis/redis.conf", "--protected-mode", "yes"],
        ["redis-server", "--aclfile", "/run/secrets/users"],
        ["redis-server", "--requirepass", "$PASSWORD"],
        ["bao", "agent", "-config=/agent.hcl"],
        ["postgres", "-c", "hba_file=/etc/x"],
    ],
)
def test_other_arguments_pass(words: list[str]) -> None:
    assert run(*words) == []


@pytest.mark.parametrize("name", ["openbao/openbao:2", "hashicorp/vault", "10.0.0.1:5000/consul:1"])
def test_an_image_that_starts_a_server_for_development_by_itself_is_refused(name: str) -> None:
    (found,) = image(name)
    assert "got the image's own, a server for development; start a server with a configuration" in found
    assert image(name, command=["server", "-config=/x"]) == []


@pytest.mark.parametrize("name", ["redis:8", "docker.io/library/redis", "valkey/valkey:9"])
def test_redis_without_arguments_is_refused(name: str) -> None:
    (found,) = image(name)
    assert "must leave authentication on, got a server that asks nobody" in found
    assert image("oliver006/redis_exporter:1") == []


def test_grafana_must_have_a_password_of_its_own() -> None:
    (found,) = image("grafana/grafana:13", envs=["GF_SECURITY_ADMIN_USER=operator"])
    assert "oracle-redis.envs on node oracle: must set the administrator's password, got none" in found
    assert image("grafana/grafana:13", envs=["GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/x"]) == []
    assert image("grafana/loki:3") == []


def test_a_proxy_must_serve_tls_beside_plain_http() -> None:
    (found,) = image("haproxy:3", ports=[{"external": 80.0}, {"external": 8888.0}])
    assert "oracle-redis.ports on node oracle: must publish 443 beside 80, got 80 alone" in found
    assert image("haproxy:3", ports=[{"external": 80.0}, {"external": 443.0}]) == []
    assert image("haproxy:3", ports=[]) == []
    assert image("nginx:1", ports=[{"external": 80.0}]) == []


@pytest.mark.parametrize("field", ["envs", "command", "entrypoints", "image"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, 1.0])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    found = RULE.judge(given.container(**{field: value}))
    assert found
    assert all(field in line and "that is known at preview" in line for line in found)


def test_ports_that_cannot_be_read_are_refused() -> None:
    (found,) = RULE.judge(given.container(ports=Marker.UNKNOWN))
    assert "ports on node oracle: must be a list" in found
