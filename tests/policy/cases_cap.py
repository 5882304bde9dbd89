"""One edit of a real stack each, and the rules on capacity that must then fire, and no other."""

from __future__ import annotations

from collections.abc import Callable

from policy.rules.support.resources import CONTAINER, VOLUME
from tests.policy import given
from tests.policy.cases_ctr import setting
from tests.policy.cases_img import Case

PRIMARY = "starlord-vllm-primary"
SHARE = "--gpu-memory-utilization"


def redis(rule: str, *also: tuple[str, str], **fields: object) -> Case:
    """An edit of a container without a card."""
    return Case(rule, CONTAINER, "oracle-redis", setting(**fields), also)


def primary(rule: str, edit: Callable[[given.Props], None], *also: tuple[str, str]) -> Case:
    """An edit of the engine with the largest model."""
    return Case(rule, CONTAINER, PRIMARY, edit, also)


def arguments(start: str, *instead: str) -> Callable[[given.Props], None]:
    """Put others in place of the arguments that start so."""

    def edit(inputs: given.Props) -> None:
        words = inputs["command"]
        assert isinstance(words, list)
        kept = [word for word in words if not word.startswith(start)]
        assert len(kept) < len(words)
        inputs["command"] = [*kept, *instead]

    return edit


UNLIMITED = ("CAP-002", "oracle-redis")

CASES = (
    redis("CAP-001", UNLIMITED, memory=None, memorySwap=None),
    redis("CAP-001", UNLIMITED, memory=0.0),
    redis("CAP-001", memorySwap=None),
    redis("CAP-001", ("CAP-002", "oracle"), memory=20480.0),
    Case("CAP-002", VOLUME, "oracle-redis-secrets", setting(driverOpts={"type": "tmpfs", "device": "tmpfs"})),
    redis("CAP-003", cpus=None),
    redis("CAP-004", gpus="all"),
    primary("CAP-004", arguments(SHARE)),
    primary("CAP-004", arguments(SHARE, f"{SHARE}=1.0"), ("CAP-005", "starlord")),
    # The plan as it was written: whole on the card, beside the other engine.
    primary("CAP-005", arguments("--cpu-offload-gb")),
    primary("CAP-005", arguments(SHARE, f"{SHARE}=0.2")),
    primary("CAP-005", arguments("TheBloke/", "someone/else")),
    Case("CAP-006", CONTAINER, "thanos-thermal-monitor", setting(gpus=None)),
)
"""CAP-006 is shown at the engine that the monitor leaves alone."""
