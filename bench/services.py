"""The containers that benches deploy: hardened like every service, and doing nothing.

Pure values: what the probe program reads from its configuration.
"""

from __future__ import annotations

from typing import Any

from lab.images import LabImage

NODES = ("oracle", "starlord", "thanos")
USER = "65534:65534"
HEALTH = ("CMD", "/bin/true")
MEMORY_MIB = 16
"""The container's own processes take less than one; the kernel wants room to start them."""

CPUS = "0.5"
NEVER_SECONDS = 3600
"""Interval of health checks that must not disturb: with 300 containers, a check a second each would be all
that the machine does."""


def spread_over_nodes(
    count: int, image: LabImage, *, health_seconds: int = NEVER_SECONDS, edited: int = 0
) -> list[dict[str, Any]]:
    """Services for the probe program, dealt out to the nodes in turn.

    Args:
        edited: How many of them, from the first, differ from the others in an environment variable.
    """
    return [
        {
            "node": NODES[index % len(NODES)],
            "name": f"pause-{index:03d}",
            "image": image.reference,
            "platforms": list(image.platforms),
            "user": USER,
            "memory_mib": MEMORY_MIB,
            "cpus": CPUS,
            "health": list(HEALTH),
            "interval_seconds": health_seconds,
            "env": {"EDITION": "second" if index < edited else "first"},
        }
        for index in range(count)
    ]
