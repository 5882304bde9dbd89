"""Whether two engines made the same containers; otherwise a comparison of their times would say nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench.lab_hosts import STACK
from bench.services import NODES
from components.model.naming import LABEL_PREFIX
from lab import nodes
from lab.process import StepError

OWN = {"Hostname", "ContainerIDFile"}
"""What differs from container to container by nature."""

Containers = Mapping[str, Mapping[str, Any]]


def look() -> Containers:
    """Settings of every container of the bench, by name, as the nodes' Docker engines print them."""
    ask = f"docker ps --all --quiet --filter label={LABEL_PREFIX}.stack={STACK} | xargs docker inspect"
    found = (item for node in NODES for item in json.loads(nodes.ssh(node, ask)))
    return {item["Name"]: {**item["Config"], **item["HostConfig"]} for item in found}


def differences(ours: Containers, theirs: Containers) -> list[str]:
    """Every setting that the two do not share, by container."""
    problems = []
    for name in sorted({*ours, *theirs}):
        one, other = ours.get(name, {}), theirs.get(name, {})
        problems += [
            f"{name}.{key}: must be alike, got {one.get(key)!r} and {other.get(key)!r}"
            for key in sorted({*one, *other} - OWN)
            if one.get(key) != other.get(key)
        ]
    return problems


def require(ours: Containers, theirs: Containers, *, count: int) -> None:
    """Refuse to compare different things.

    Raises:
        StepError: Any setting differs, or there are not as many containers as there should be.
    """
    if len(ours) != count:
        raise StepError(f"containers of the bench: must be {count}, got {len(ours)}")
    if problems := differences(ours, theirs):
        raise StepError("\n".join(problems[:20]))
