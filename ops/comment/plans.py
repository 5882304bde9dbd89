"""What `./swarm plan --json` wrote, before a change and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


class _Part(BaseModel):
    """Only what the comment shows; a plan of an older checkout may lack what is younger."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Node(_Part):
    """A machine's memory and disk."""

    node: str
    memory_mib: int
    reserved_mib: int
    limits_mib: int
    free_mib: int
    disk_gib: int


class Restart(_Part):
    """Who is touched while a service is away."""

    service: str
    direct: tuple[str, ...]
    transitive: tuple[str, ...]
    covered_by: tuple[str, ...]
    routes: tuple[str, ...] = ()


class Outage(_Part):
    """The most that a replacement may take."""

    service: str
    stop_seconds: int
    start_seconds: int


class Cost(_Part):
    """A bill."""

    name: str
    dollars_per_month: float
    basis: str


class Plan(_Part):
    """One stack."""

    stack: str
    nodes: tuple[Node, ...]
    restarts: tuple[Restart, ...]
    outages: tuple[Outage, ...] = ()
    costs: tuple[Cost, ...] = ()


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans of one checkout."""

    by_stack: Mapping[str, Plan]
    unreadable: tuple[str, ...]
    """Names of the files that hold none: a checkout that cannot be planned writes none."""


def read(files: Iterable[Path]) -> Plans:
    """What the files hold."""
    found: dict[str, Plan] = {}
    unreadable = []
    for file in files:
        try:
            plan = Plan.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            unreadable.append(file.name)
        else:
            found[plan.stack] = plan
    return Plans(found, tuple(unreadable))
