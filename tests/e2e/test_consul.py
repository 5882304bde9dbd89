"""The catalogue of the running lab: every service under its container's name, and whether it works."""

from __future__ import annotations

import httpx
import pytest

from components.catalogue.consul import MANAGEMENT, PORT
from components.model.endpoints import external_endpoints
from lab import nodes
from ops.stack import Stack
from tests.e2e.engine import inspect
from tests.e2e.waiting import eventually

STOPPED = "starlord-gpu-monitor"
"""Nothing but its figures is missing while it is away."""


@pytest.fixture(scope="module")
def token() -> str:
    """The management token, read where an operator reads it."""
    return nodes.ssh("oracle", f"docker exec oracle-consul cat {MANAGEMENT.path}").strip()


def asked(stack: Stack, path: str, token: str = "") -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"http://{stack.nodes['oracle'].address}:{PORT}{path}"
    return httpx.get(url, headers=headers, timeout=10, trust_env=False)


def states(stack: Stack, token: str) -> dict[str, str]:
    """What the check of each service says; `consul` itself has none."""
    found = asked(stack, "/v1/health/state/any", token).json()
    return {item["ServiceName"]: item["Status"] for item in found if item["ServiceName"]}


def test_every_service_is_registered_under_its_containers_name_and_passes(
    deployed: Stack, token: str
) -> None:
    ours = {spec.full_name for spec in deployed.services if spec.probe}
    others = {endpoint.name for endpoint in external_endpoints(deployed.settings)}
    by_node = asked(deployed, "/v1/catalog/services", token).json()

    assert set(by_node) - {"consul"} == ours | others
    for spec in deployed.services:
        if spec.probe:
            assert by_node[spec.full_name] == [spec.node]
            assert inspect(spec.node, spec.full_name)["State"]["Running"]
    # What is not ours may be away in the lab; that is then what its check says.
    eventually(
        lambda: {name for name, state in states(deployed, token).items() if state == "passing"} >= ours,
        within_seconds=60,
    )


def test_without_a_token_nothing_is_told(deployed: Stack) -> None:
    assert ":" in asked(deployed, "/v1/status/leader").text
    assert asked(deployed, "/ui/").status_code == 200
    assert asked(deployed, "/v1/agent/self").status_code == 403
    assert asked(deployed, "/v1/agent/metrics?format=prometheus").status_code == 403
    assert asked(deployed, "/v1/catalog/services").json() == {}


def test_a_service_that_stops_turns_critical_and_comes_back(deployed: Stack, token: str) -> None:
    eventually(lambda: states(deployed, token)[STOPPED] == "passing", within_seconds=60)

    nodes.ssh("starlord", f"docker stop --time 5 {STOPPED}")
    try:
        eventually(lambda: states(deployed, token)[STOPPED] == "critical", within_seconds=60)
    finally:
        nodes.ssh("starlord", f"docker start {STOPPED}")

    eventually(lambda: states(deployed, token)[STOPPED] == "passing", within_seconds=60)


def test_prometheus_scrapes_it_with_a_token_that_opens_no_catalogue(deployed: Stack) -> None:
    query = "http://127.0.0.1:9090/api/v1/query?query=up%7Bjob%3D%22oracle-consul%22%7D"

    def scraped() -> bool:
        said = nodes.ssh("oracle", f"docker exec oracle-prometheus wget -q -O - '{query}'")
        return '"1"]' in said

    eventually(scraped, within_seconds=60)
    token = nodes.ssh("oracle", "docker exec oracle-prometheus cat /run/secrets/oracle-consul.token").strip()
    assert asked(deployed, "/v1/catalog/services", token).json() == {}
    assert asked(deployed, "/v1/acl/tokens", token).status_code == 403
