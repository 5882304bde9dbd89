"""What the project at Railway may take and costs on average days."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Column, Table

from components.catalogue.railway import cloud
from components.config.settings import Settings
from components.model.cloud import INCLUDED_DOLLARS, CloudService, bill, ceiling_dollars, monthly_dollars


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudCost:
    """One service at Railway."""

    service: str
    role: str
    image: str
    vcpus: float
    memory_gb: float
    public: bool
    sleeps: bool
    dollars_per_month: float
    """On average days, when a model sleeps unless it is asked."""

    ceiling_dollars: float
    """Busy at its limits all month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudBill:
    """The project; without services where there is none."""

    services: tuple[CloudCost, ...] = ()
    usage_dollars: float = 0
    """What all services use on average days, a month."""

    included_dollars: float = INCLUDED_DOLLARS
    bill_dollars: float = 0
    """What is paid: the plan's fee, or the usage where that is more."""


def cloud_bill(settings: Settings) -> CloudBill:
    """Estimated from the catalogue's figures; nobody is asked."""
    project = cloud(settings)
    if project is None:
        return CloudBill()
    costs = tuple(_cost(service) for service in project.services)
    usage = round(sum(cost.dollars_per_month for cost in costs), 2)
    return CloudBill(services=costs, usage_dollars=usage, bill_dollars=bill(project))


def cloud_table(found: CloudBill) -> Table:
    """The services with their limits and costs, and what is paid for all."""
    figures = (Column(name, justify="right") for name in ("vCPU", "GB", "$ a month", "$ at most"))
    table = Table("service", "role", *figures, title="at Railway", title_justify="left")
    for cost in found.services:
        numbers = (
            f"{cost.vcpus:g}",
            f"{cost.memory_gb:g}",
            f"{cost.dollars_per_month:.2f}",
            f"{cost.ceiling_dollars:.0f}",
        )
        table.add_row(cost.service, cost.role, *numbers)
    table.caption = (
        f"used on average days: ${found.usage_dollars:.2f} a month; paid: ${found.bill_dollars:.2f}, "
        f"the plan's fee of ${found.included_dollars:.0f} or what is used beyond it. "
        "At most: busy at the limits all month."
    )
    table.caption_justify = "left"
    return table


def _cost(service: CloudService) -> CloudCost:
    return CloudCost(
        service=service.name,
        role=service.role,
        image=service.image.reference.partition("@")[0],
        vcpus=service.vcpus,
        memory_gb=service.memory_gb,
        public=service.public,
        sleeps=service.sleeps,
        dollars_per_month=monthly_dollars(service),
        ceiling_dollars=ceiling_dollars(service),
    )
