"""One edit of the stack with Railway each, and the rule on what runs there that must then fire."""

from __future__ import annotations

from policy.rules.support.resources import RAILWAY_PROJECT, RAILWAY_SETTINGS, RAILWAY_VARIABLES
from tests.policy.cases_ctr import Case, setting
from tests.policy.recorded import WITH_RAILWAY

STACK = WITH_RAILWAY
"""The stack that is edited."""

NOT_OURS = [{"name": "cache", "role": "primary"}]


def cache(**fields: object) -> Case:
    """An edit of the cache."""
    return Case("RLW-001", RAILWAY_SETTINGS, "railway-cache-settings", setting(**fields))


CASES = (
    cache(image="vllm/vllm-openai:v0.18"),
    cache(image=None),
    cache(memory_gb=None),
    cache(vcpus=0.0),
    cache(replicas=None),
    Case("RLW-001", RAILWAY_PROJECT, "railway", setting(services=NOT_OURS)),
    Case("RLW-003", RAILWAY_VARIABLES, "railway-cache-variables", setting(variables={"REDIS_PASSWORD": "x"})),
)
