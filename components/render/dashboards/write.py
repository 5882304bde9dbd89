"""Dashboards in Grafana's own form, through its official builders.

Same values, same text: panels are numbered in their order, and keys are sorted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard

from components.render.dashboards.board import Chart, Colour, Dashboard, Kind, Levels
from components.render.grafana import PROMETHEUS_UID

TAG: Final = "swarm"
"""Of every dashboard; the links at the top of each lead to all that have it."""

_SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid=PROMETHEUS_UID)
_PALETTE: Final = "palette-classic"
_BY_LEVEL: Final = "thresholds"


def write(board: Dashboard) -> str:
    """Grafana's JSON of a dashboard."""
    page = (
        build.Dashboard(board.title)
        .uid(board.name)
        .description(board.description)
        .tags([TAG])
        .timezone("browser")
        .readonly()
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(_links())
    )
    number = 0
    for row in board.rows:
        number += 1
        page.with_row(build.Row(row.title).id(number))
        for chart in row.charts:
            number += 1
            page.with_panel(_panel(chart).id(number))
    return json.dumps(page.build(), cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _links() -> build.DashboardLink:
    return (
        build.DashboardLink("Swarm").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True)
    )


Panel = Timeseries | Stat | StateTimeline


def _panel(chart: Chart) -> Panel:
    panel = _KINDS[chart.kind](chart)
    for index, query in enumerate(chart.queries):
        panel.with_target(
            Dataquery()
            .datasource(_SOURCE)
            .expr(query.expression)
            .legend_format(query.legend)
            .ref_id(chr(ord("A") + index))
            .range()
        )
    panel.title(chart.title).description(chart.description).datasource(_SOURCE)
    panel.unit(str(chart.unit)).no_value(chart.empty)
    panel.span(chart.width).height(chart.height)
    panel.thresholds(_thresholds(chart.levels))
    if chart.most is not None:
        panel.max(chart.most)
    return panel


def _lines(chart: Chart) -> Panel:
    drawn = common.GraphThresholdsStyleMode.DASHED if chart.levels else common.GraphThresholdsStyleMode.OFF
    return (
        Timeseries()
        .min(0)
        .line_width(1)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.NEVER)
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId(_PALETTE)))
        .thresholds_style(build_common.GraphThresholdsStyleConfig().mode(drawn))
        .legend(
            build_common.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(
            build_common.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
    )


def _figure(_: Chart) -> Panel:
    return (
        Stat()
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId(_BY_LEVEL)))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.AREA)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )


def _states(_: Chart) -> Panel:
    words = {
        "0": dashboard.ValueMappingResult(text="no", color=Colour.CRITICAL, index=0),
        "1": dashboard.ValueMappingResult(text="yes", color=Colour.GOOD, index=1),
    }
    return (
        StateTimeline()
        .mappings([dashboard.ValueMap(options=words)])
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId(_BY_LEVEL)))
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.8)
        .merge_values(True)
    )


_KINDS: Final[Mapping[Kind, Callable[[Chart], Panel]]] = {
    Kind.LINES: _lines,
    Kind.FIGURE: _figure,
    Kind.STATES: _states,
}


def _thresholds(levels: Levels | None) -> build.ThresholdsConfig:
    """The first step has no value: it begins at minus infinity."""
    first = dashboard.Threshold(value=None, color=levels.lowest if levels else Colour.GOOD)
    later = (
        [dashboard.Threshold(value=step.value, color=step.colour) for step in levels.steps] if levels else []
    )
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps([first, *later])
