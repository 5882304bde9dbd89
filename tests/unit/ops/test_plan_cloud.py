"""What Railway costs, in the plan and in the generated document."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from components.catalogue.railway import cloud
from ops import cli, declared
from ops.documents.services import services_document
from ops.plan.cloud import cloud_bill
from tests.unit.components.stacks import ROOT, settings


@pytest.mark.parametrize("enabled", [True, False])
def test_the_bill_is_the_fee_or_what_is_used_beyond_it(enabled: bool) -> None:
    found = cloud_bill(settings("prod", railway={"enabled": enabled}))
    assert (found.bill_dollars >= found.usage_dollars > 0) == enabled
    assert bool(found.services) == enabled


def test_what_is_paid_is_never_less_than_the_fee() -> None:
    found = cloud_bill(settings("prod", railway={"enabled": True}))
    assert found.bill_dollars == max(found.included_dollars, found.usage_dollars)
    project = cloud(settings("prod", railway={"enabled": True}))
    assert project is not None
    assert [cost.service for cost in found.services] == [service.name for service in project.services]


def test_the_most_that_a_service_can_cost_is_told() -> None:
    """The model's 8 processors and 8 GB at Railway's prices of 20 and 10 dollars, were it never to sleep."""
    found = cloud_bill(settings("prod", railway={"enabled": True}))
    (model,) = (cost for cost in found.services if cost.sleeps and cost.vcpus >= 8)
    assert model.ceiling_dollars == 8 * 20 + 8 * 10
    assert all(cost.ceiling_dollars >= cost.dollars_per_month for cost in found.services)


def test_the_plan_shows_it() -> None:
    answer = CliRunner().invoke(cli.app, ["plan", "--stack", "prod", "--json"])
    stack = declared.read("prod")
    assert len(json.loads(answer.stdout)["railway"]["services"]) == len(cloud_bill(stack.settings).services)


def test_the_document_names_every_service_and_the_sum() -> None:
    stack = declared.read_file("prod", ROOT / "Pulumi.prod.yaml")
    on = replace(stack, settings=settings("prod", railway={"enabled": True}))
    text = services_document(on)
    assert "## At Railway" in text
    assert "| router | backup-router |" in text
    assert "paid: $20.00." in text
