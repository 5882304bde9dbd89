"""Expressions of what is deployed, and the metrics that they name; found by a parser, not by a pattern."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import yaml

from components.model.specs import ServiceSpec

Board = Mapping[str, Any]


def dashboards(grafana: ServiceSpec) -> dict[str, Board]:
    """Dashboards as the service gets them, by file name."""
    assert grafana.configuration is not None
    files = grafana.configuration.files
    return {file.name: json.loads(file.text) for file in files if file.name.endswith(".json")}


def panels(board: Board) -> list[dict[str, Any]]:
    """The panels that show something: no headings of rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def of_dashboards(grafana: ServiceSpec) -> Iterator[tuple[str, str]]:
    """Every expression of every panel, with the place where it stands."""
    for name, board in dashboards(grafana).items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]


def of_alerts(prometheus: ServiceSpec) -> Iterator[tuple[str, str]]:
    """Every expression of every alert, with the alert's name."""
    assert prometheus.configuration is not None
    (text,) = (file.text for file in prometheus.configuration.files if file.name == "alerts.yml")
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def metrics(expression: str) -> set[str]:
    """Names of the metrics that an expression asks for.

    Raises:
        ValueError: Prometheus could not read it, or it names no metric.
    """
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name, f"{expression}: asks for series of any name"
            found.add(node.name)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    if not found:
        raise ValueError(f"{expression}: must name a metric")
    return found
