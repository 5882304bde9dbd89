"""Switches for everything that Railway was seen to do; each may be set while the stand-in runs.

Times are in seconds of the stand-in's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FanOut(StrEnum):
    """Which environments get an instance of a new service; reports of the real API differ."""

    ALL = "all"
    """Every environment that is no fork, one after the other."""

    GIVEN = "given"
    """Only the one in the call."""

    NONE = "none"
    """None, until a patch names the service."""


class Outcome(StrEnum):
    """How a deployment goes."""

    SUCCESS = "success"
    FAILED = "failed"
    CRASHED = "crashed"
    STUCK = "stuck"
    """It stays in INITIALIZING for good."""

    SUPERSEDED = "superseded"
    """Somebody else deploys right after it, so it is skipped and the other one runs."""

    NEEDS_APPROVAL = "needs approval"


@dataclass
class Behaviour:
    """What it does without being asked for a fault."""

    listed_seconds: float = 1.0
    """Until something new is in the lists."""

    gone_seconds: float = 2.0
    """For which something deleted can still be read, marked as deleted."""

    instance_seconds: float = 2.0
    """Until a new service has its first instance, and as long again for each further environment."""

    deployment_seconds: float = 0.5
    """Until a new deployment can be read."""

    stage_seconds: float = 3.0
    """For which a deployment stays in each status on its way."""

    sleep_seconds: float = 600.0
    """Until a service that may sleep does."""

    volume_seconds: float = 2.0
    """Until a new volume is ready."""

    domain_seconds: float = 2.0
    """Until a domain, or a change of one, is active."""

    workflow_unknown_seconds: float = 0.5
    """For which the workflow of a patch is not found."""

    workflow_seconds: float = 1.5
    """Until a patch is applied."""

    hides_gone: bool = False
    """Whether of things that are gone it says "Not Authorized" too, and no longer "not found"."""

    instances: FanOut = FanOut.ALL
    repairs_instances: bool = True
    """Whether a patch that names a service gives it the missing instance."""

    unique_names: bool = True
    """Whether a name can be taken once; without it, a create that is repeated makes a second thing."""

    refuses_early_health_check: bool = True
    """Whether an instance that never ran refuses a health check as an invalid input."""

    null_clears: bool = True
    """Whether null empties a setting of an instance; otherwise it keeps what it had."""

    shows_region: bool = True
    """Whether an instance tells in which region it runs."""

    patch_deploys: bool = True
    """Whether a patch deploys the services that it changes and that have something to run."""

    workflow_error: str = ""
    """The next patches are accepted and then fail so."""

    create_window_seconds: float = 30.0
    projects_per_window: int = 1
    """Other than the first, which comes with nothing before it; 0 is no quota. The same below."""

    environments_per_window: int = 1
    volumes_per_window: int = 3
    services_per_day: int = 0

    requests_per_hour: int = 10_000
    """As on the plan Pro."""

    bare_requests_per_second: int = 0
    """Requests without a query string beyond so many get the edge's own page; 0 is no such limit."""

    change_seconds: float = 0.0
    """Real seconds that a change of an environment takes; a second one within them is refused."""

    taken_labels: set[str] = field(default_factory=set)
    """Labels of domains that belong to other customers."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    """How the next deployments of a service go, by its name; afterwards they succeed."""
