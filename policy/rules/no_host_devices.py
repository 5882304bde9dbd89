"""No container reaches a device of the host, graphics cards included.

Who may use a card is named in the exceptions, container by container. The runtime `nvidia` counts as a card:
with it, a variable in the image's own environment is enough to get all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

RUNTIMES = frozenset({None, "", "runc"})
_CARD_FIX = "remove it; a program that computes on a card needs an exception"


def check_devices(container: Resource) -> Iterator[Problem]:
    """Refuse devices of the host."""
    for device in container.fields.objects("devices"):
        path = device.path("hostPath")
        yield container.problem(path, "must be absent", repr(device.text("hostPath")), "remove the device")


def check_device_rules(container: Resource) -> Iterator[Problem]:
    """Refuse rules that let devices be made inside."""
    for rule in container.fields.texts("deviceCgroupRules"):
        yield container.problem("deviceCgroupRules", "must be empty", repr(rule), "remove it")


def check_cards(container: Resource) -> Iterator[Problem]:
    """Refuse cards in the short form."""
    cards = container.fields.text("gpus")
    if cards:
        yield container.problem("gpus", "must be absent", repr(cards), _CARD_FIX)


def check_requests(container: Resource) -> Iterator[Problem]:
    """Refuse cards and other devices that a driver hands out."""
    for request in container.fields.objects("deviceRequests"):
        driver = request.text("driver")
        got = f"one of driver {driver!r}" if driver else "one of any driver"
        yield container.problem("deviceRequests", "must be empty", got, _CARD_FIX)


def check_runtime(container: Resource) -> Iterator[Problem]:
    """Refuse other runtimes than Docker's own."""
    runtime = container.fields.text("runtime")
    if runtime not in RUNTIMES:
        yield container.problem("runtime", "must be runc or absent", repr(runtime), "remove it")


RULE = ResourceRule(
    id="CTR-012",
    name="no-host-devices",
    description="No container reaches a device of the host; graphics cards need an exception each.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.18",),
    remediation="Remove the device, or name the container in the exceptions with the reason.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_devices, check_device_rules, check_cards, check_requests, check_runtime)},
)
