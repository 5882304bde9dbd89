"""Every container has a limit of memory, and swaps nothing beyond it.

Without a limit one program's leak ends the whole node: the kernel then kills whatever is largest. With a
limit but none for memory and swap together, Docker allows as much swap again (docker run reference,
`--memory-swap`), and what swaps answers too late for its callers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule


def check_memory(container: Resource) -> Iterator[Problem]:
    """Demand a limit; nothing, 0 and -1 mean that there is none."""
    memory = container.fields.number("memory")
    if memory is None or memory <= 0:
        got = "none" if memory is None else f"{memory:g}"
        yield container.problem("memory", "must be a limit in MiB", got, "measure what the program needs")


def check_swap(container: Resource) -> Iterator[Problem]:
    """Demand that memory and swap together are limited to the same."""
    memory, both = container.fields.number("memory"), container.fields.number("memorySwap")
    if memory is not None and memory > 0 and both != memory:
        got = "none" if both is None else f"{both:g}"
        yield container.problem("memorySwap", f"must be {memory:g} like memory", got, "set both alike")


RULE = ResourceRule(
    id="CAP-001",
    name="memory-limit",
    description="Every container has a limit of memory, and swaps nothing beyond it.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.11", "KICS bb9ac4f7", "NSA 4.0", "NSA 4.1", "OWASP 7"),
    remediation="Set `memory` in MiB, and `memorySwap` to the same.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_memory, check_swap)},
)
