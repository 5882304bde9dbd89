"""Containers run as services: nobody is attached, nothing is published at random, nothing removes itself.

`attach`, `logs` and `rm` are for programs that run once and make an update wait or lose what a failed one
said; a terminal and an open input are for people; `publishAllPorts` puts every port of the image on all of
the host's addresses. Docker's own default for each is false, so absent is safe.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Check, ResourceRule

FLAGS = ("attach", "logs", "publishAllPorts", "rm", "stdinOpen", "tty")


def _check_on(field: str) -> Check:
    def check_flag(container: Resource) -> Iterator[Problem]:
        if container.fields.flag(field):
            yield container.problem(field, "must be false", "true", "remove it")

    return check_flag


RULE = ResourceRule(
    id="CTR-019",
    name="unattended-containers",
    description="Containers run unattended and publish only the ports that are listed.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.9",),
    remediation="Remove the flag; list each published port in `ports`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: tuple(_check_on(field) for field in FLAGS)},
)
