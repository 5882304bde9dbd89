"""What Grafana gets to show: whole, readable, and about metrics that there are."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import prometheus_client.parser
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from components.catalogue.swarm import swarm
from components.model.specs import ServiceSpec
from components.render.alerts import cards, machines
from components.render.dashboards import render_dashboards
from components.render.dashboards.board import COLUMNS, Unit
from lab.fakes.gpu.exporter import CardCollector
from lab.fakes.grafana import provisioning
from lab.fakes.vllm import arguments
from lab.fakes.vllm.engine import Engine
from tests import promql
from tests.unit.components.stacks import STACKS, settings


def service(name: str, stack: str = "prod") -> ServiceSpec:
    return next(spec for spec in swarm(settings(stack))["oracle"] if spec.name == name)


GRAFANA = service("grafana")
BOARDS = promql.dashboards(GRAFANA)
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in promql.panels(board)
]
EXPRESSIONS = [
    pytest.param(expression, id=where)
    for where, expression in (*promql.of_dashboards(GRAFANA), *promql.of_alerts(service("prometheus")))
]


def test_every_question_has_its_page() -> None:
    assert sorted(board["title"] for board in BOARDS.values()) == [
        "Data services",
        "Graphics cards",
        "Machines",
        "Serving",
        "Swarm",
        "Use and cost",
    ]
    assert [name.split("/")[-1] for name in BOARDS] == [f"{board['uid']}.json" for board in BOARDS.values()]


def test_the_same_swarm_gives_the_same_text() -> None:
    first, second = (render_dashboards(vault_job="oracle-vault") for _ in range(2))
    assert first == second
    assert all(text.endswith("}\n") for text in first.values())


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_the_same_pages(stack: str) -> None:
    assert promql.dashboards(service("grafana", stack)) == BOARDS


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert defaults["unit"] in set(Unit)
    assert defaults["noValue"]
    assert panel["targets"]
    legends = [target["legendFormat"] for target in panel["targets"]]
    assert all(legends)
    assert len(set(legends)) == len(legends)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_the_source_that_is_provisioned(panel: dict[str, Any]) -> None:
    assert GRAFANA.configuration is not None
    (text,) = (file.text for file in GRAFANA.configuration.files if file.name.startswith("datasources/"))
    known = {source["uid"]: source["type"] for source in yaml.safe_load(text)["datasources"]}

    for asked in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
        assert known[asked["uid"]] == asked["type"] == "prometheus"
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_fill_the_page_and_cover_nothing(board: promql.Board) -> None:
    cells = Counter(
        cell
        for panel in board["panels"]
        for cell in itertools.product(
            range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"]),
            range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"]),
        )
    )
    lines = Counter(y for _, y in cells)

    assert set(cells.values()) == {1}, "two panels at one place"
    assert set(lines) == set(range(max(lines) + 1)), "an empty line"
    assert set(lines.values()) == {COLUMNS}, "a line that is not filled, or too wide"
    ids = [panel["id"] for panel in board["panels"]]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_nothing_can_be_clicked_that_would_be_lost(board: promql.Board) -> None:
    assert board["editable"] is False
    (link,) = board["links"]
    assert (link["type"], link["tags"]) == ("dashboards", board["tags"])


def test_grafana_finds_every_page_in_its_folder(tmp_path: Path) -> None:
    """The lab's Grafana reads the folder as the real one does, and refuses what that could not show."""
    assert GRAFANA.configuration is not None
    for file in GRAFANA.configuration.files:
        place = tmp_path / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.text.replace(GRAFANA.configuration.folder, str(tmp_path)))

    found = provisioning.read(tmp_path)

    assert {board["uid"] for board in found.dashboards} == {board["uid"] for board in BOARDS.values()}
    assert {board["folderTitle"] for board in found.dashboards} == {"Swarm"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_prometheus_can_read_it_and_it_names_a_metric(expression: str) -> None:
    assert promql.metrics(expression)


def test_a_broken_expression_is_noticed() -> None:
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql.metrics("sum(rate(up[5m])")
    assert promql.metrics('a{b="c"} / on (d) sum by (e) (rate(f:g_total[5m])) > 2 or vector(0)') == {
        "a",
        "f:g_total",
    }


def names(page: bytes) -> set[str]:
    families = prometheus_client.parser.text_string_to_metric_families(page.decode())
    return {sample.name for family in families for sample in family.samples}


def of_the_engine() -> set[str]:
    options = arguments.parse(["serve", "org/model"])
    return names(Engine(options, "model").metrics.text())


def of_the_card() -> set[str]:
    registry = CollectorRegistry()
    registry.register(CardCollector())
    return names(generate_latest(registry))


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [("vllm:", of_the_engine()), ("nvidia_smi_", of_the_card())],
    ids=["engine", "card"],
)
def test_stand_ins_show_whatever_is_asked_of_engines_and_cards(prefix: str, shown: set[str]) -> None:
    asked = {
        name
        for param in EXPRESSIONS
        for name in promql.metrics(str(param.values[0]))
        if name.startswith(prefix)
    }
    assert len(asked) >= 8
    assert asked <= shown


def thresholds(file: str, title: str) -> dict[str, float]:
    board = BOARDS[f"boards/{file}.json"]
    (panel,) = (panel for panel in promql.panels(board) if panel["title"] == title)
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[0]["value"] is None, "the first colour has no lower end"
    values = [step["value"] for step in steps[1:]]
    assert values == sorted(values)
    return {step["color"]: step["value"] for step in steps[1:]}


def test_charts_turn_red_where_alerts_begin() -> None:
    assert thresholds("swarm-cards", "Temperature") == {
        "orange": cards.WARM_CELSIUS,
        "red": cards.HOT_CELSIUS,
    }
    assert thresholds("swarm-machines", "Disk left") == {
        "orange": machines.DISK_CRITICAL,
        "green": machines.DISK_WARNING,
    }
    assert thresholds("swarm-overview", "Last backup") == {"red": machines.BACKUP_HOURS * 3600}
