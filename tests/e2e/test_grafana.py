"""Grafana as a person reaches it: it asks for a password, and shows every page and source that it has."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from components.catalogue import grafana
from components.catalogue.credentials import OPERATOR_NAME
from components.model.specs import ServiceSpec
from ops import stack
from ops.stack import Stack
from tests import promql


@pytest.fixture(scope="module")
def pages(deployed: Stack) -> Iterator[httpx.Client]:
    """Nobody in particular."""
    base = f"http://{deployed.nodes['oracle'].address}:{grafana.PUBLISHED}"
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def operator(deployed: Stack) -> tuple[str, str]:
    return (OPERATOR_NAME, stack.output(deployed.name, "operator_password"))


@pytest.fixture(scope="module")
def service(deployed: Stack) -> ServiceSpec:
    return next(spec for spec in deployed.services if spec.full_name == "oracle-grafana")


@pytest.mark.parametrize("auth", [None, (OPERATOR_NAME, "wrong"), ("admin", "admin")])
@pytest.mark.parametrize("path", ["/api/search", "/api/datasources", "/api/org"])
def test_strangers_see_nothing(pages: httpx.Client, path: str, auth: tuple[str, str] | None) -> None:
    assert pages.get(path, auth=auth or httpx.USE_CLIENT_DEFAULT).status_code == 401


def test_strangers_are_led_to_the_page_to_sign_in(pages: httpx.Client) -> None:
    led = pages.get("/")

    assert (led.status_code, led.headers["location"]) == (302, "/login")
    assert pages.get("/login").status_code == 200


def test_it_reaches_its_database(pages: httpx.Client) -> None:
    assert pages.get("/api/health").json()["database"] == "ok"


def test_the_operator_finds_every_dashboard(
    pages: httpx.Client, operator: tuple[str, str], service: ServiceSpec
) -> None:
    found = pages.get("/api/search", params={"type": "dash-db"}, auth=operator).json()

    assert {each["uid"]: each["title"] for each in found} == {
        board["uid"]: board["title"] for board in promql.dashboards(service).values()
    }


def test_every_panel_asks_a_source_that_grafana_has(
    pages: httpx.Client, operator: tuple[str, str], service: ServiceSpec
) -> None:
    known = {source["uid"] for source in pages.get("/api/datasources", auth=operator).json()}
    asked = {
        panel["datasource"]["uid"]
        for uid in (board["uid"] for board in promql.dashboards(service).values())
        for panel in promql.panels(pages.get(f"/api/dashboards/uid/{uid}", auth=operator).json()["dashboard"])
    }

    assert asked
    assert asked <= known
