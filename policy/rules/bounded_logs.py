"""A container's log stays on its node and cannot fill the node's disk.

Docker's own default, `json-file` without options, grows without end. The options are demanded for `local`
too, whose defaults are bounded but belong to the node's configuration, which a preview does not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

DRIVERS = frozenset({"json-file", "local"})
MOST_MIB = 100
MOST_FILES = 10

_SIZE = re.compile(r"(?P<number>[1-9][0-9]{0,9})(?P<unit>[kmg]?)b?", re.IGNORECASE)
_MIB = {"": 1 / 1024**2, "k": 1 / 1024, "m": 1, "g": 1024}
_COUNT = re.compile(r"[1-9][0-9]{0,2}")


def check_driver(container: Resource) -> Iterator[Problem]:
    """Demand a driver that keeps the log on the node, where `docker logs` finds it."""
    driver = container.fields.text("logDriver")
    if driver not in DRIVERS:
        got = repr(driver) if driver else "none"
        yield container.problem("logDriver", "must be json-file or local", got, "set json-file")


def check_size(container: Resource) -> Iterator[Problem]:
    """Demand a largest size of a file."""
    text = container.fields.nested("logOpts").text("max-size")
    size = _SIZE.fullmatch(text or "")
    if size is None or int(size["number"]) * _MIB[size["unit"].lower()] > MOST_MIB:
        got = repr(text) if text else "none"
        yield container.problem("logOpts.max-size", f"must be at most {MOST_MIB}m", got, "set e.g. 10m")


def check_count(container: Resource) -> Iterator[Problem]:
    """Demand a largest number of files."""
    text = container.fields.nested("logOpts").text("max-file")
    if not _COUNT.fullmatch(text or "") or int(text or 0) > MOST_FILES:
        got = repr(text) if text else "none"
        yield container.problem("logOpts.max-file", f"must be 1 to {MOST_FILES}", got, "set e.g. 3")


RULE = ResourceRule(
    id="OPS-003",
    name="bounded-logs",
    description="A container's log stays on its node and is bounded.",
    severity=Severity.MEDIUM,
    frameworks=(),
    remediation="Set `logDriver` json-file, and `max-size` and `max-file` in `logOpts`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_driver, check_size, check_count)},
)
