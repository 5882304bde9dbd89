"""One edit of a real stack each, and the rule on operation that must then fire, and no other."""

from __future__ import annotations

from policy.rules.support.resources import CONTAINER, NETWORK
from tests.policy.cases_ctr import Case, redis, setting

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
)
