"""Dashboards and alerts before the real Prometheus: everything that they ask for is shown by somebody.

A name that nobody shows is no error to Prometheus: the chart stays empty, and the alert never comes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from components.catalogue import prometheus
from components.catalogue.credentials import OPERATOR_NAME
from components.render.alerts.machines import BACKUP_STAMP
from ops import stack
from ops.stack import Stack
from tests import promql
from tests.e2e.waiting import eventually

AFTER_EVENTS = {
    "litellm_deployment_cooled_down_total": "a model has failed, and was left out for a while",
    "litellm_provider_remaining_budget_metric": "a paid provider has been asked, for which its key is needed",
    BACKUP_STAMP: "a backup has been made",
}
"""Metrics without any series until something has happened that ordinary requests do not bring about."""

SCRAPED_WITHIN_SECONDS = 90


@pytest.fixture(scope="module")
def asked(deployed: Stack) -> dict[str, list[str]]:
    """Places that ask for it, by each metric's name."""
    places: dict[str, list[str]] = {}
    for place, expression in expressions(deployed):
        for name in promql.metrics(expression):
            places.setdefault(name, []).append(place)
    return places


def expressions(deployed: Stack) -> list[tuple[str, str]]:
    specs = {spec.full_name: spec for spec in deployed.services}
    boards = promql.of_dashboards(specs["oracle-grafana"])
    return [*boards, *promql.of_alerts(specs["oracle-prometheus"])]


@pytest.fixture(scope="module")
def server(deployed: Stack) -> Iterator[httpx.Client]:
    """Prometheus as a person reaches it: through the proxy, with the operator's password."""
    with httpx.Client(
        base_url=f"http://{deployed.nodes['oracle'].address}:{prometheus.PORT}/api/v1",
        auth=(OPERATOR_NAME, stack.output(deployed.name, "operator_password")),
        timeout=30,
        trust_env=False,
    ) as client:
        yield client


def chat(door: httpx.Client, deployed: Stack, prompt: str, **more: object) -> int:
    """Ask, and return the answer's status."""
    question = {
        "model": deployed.settings.models.public_name,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": 8,
        **more,
    }
    return door.post("/v1/chat/completions", json=question).status_code


def ordinary_requests(door: httpx.Client, deployed: Stack) -> None:
    """A stream, the same question twice from the cache, and one that the engine refuses."""
    prompt = f"The same words again, at {time.monotonic()}: " * 4
    assert chat(door, deployed, prompt, stream=True) == 200
    for _ in range(2):
        assert chat(door, deployed, prompt, cache={"use-cache": True}) == 200
    assert chat(door, deployed, "[stand-in speed=2]") == 400


def test_every_metric_that_is_asked_for_is_shown(
    front_door: httpx.Client, deployed: Stack, server: httpx.Client, asked: dict[str, list[str]]
) -> None:
    ordinary_requests(front_door, deployed)
    wanted = set(asked) - set(AFTER_EVENTS)
    missing: dict[str, list[str]] = {}

    def nothing_is_missing() -> bool:
        shown = set(server.get("/label/__name__/values").json()["data"])
        missing.clear()
        missing.update({name: asked[name] for name in sorted(wanted - shown)})
        return not missing

    try:
        eventually(nothing_is_missing, within_seconds=SCRAPED_WITHIN_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"nobody shows {missing}") from error


@pytest.mark.parametrize("name", AFTER_EVENTS)
def test_what_comes_after_an_event_only_is_asked_for_and_known(
    server: httpx.Client, asked: dict[str, list[str]], name: str
) -> None:
    """LiteLLM announces every metric that it knows, with its type; the stamp's name is ours."""

    def is_announced() -> bool:
        return name.removesuffix("_total") in server.get("/metadata").json()["data"]

    assert name in asked, "nobody asks for it: take it out of the table"
    if name != BACKUP_STAMP:
        eventually(is_announced, within_seconds=SCRAPED_WITHIN_SECONDS)


def test_prometheus_answers_every_expression(deployed: Stack, server: httpx.Client) -> None:
    refused = {
        place: answer.text
        for place, expression in expressions(deployed)
        if (answer := server.post("/query", data={"query": expression})).status_code != 200
    }

    assert not refused
