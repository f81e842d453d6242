"""From a `Board` to the JSON that Grafana loads, the same bytes every time."""

import json
from typing import Any, assert_never

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_types
from grafana_foundation_sdk.models import dashboard as types

from charts.sources.dashboards import frame
from charts.sources.dashboards.colours import COLOURS, DASHED, LIMIT, words
from charts.sources.dashboards.panel import Board, Link, Panel, Row, Shape

_WIDTH = 24
_NUMBER_HEIGHT = 4
_HEIGHT = 8

AnyPanel = stat.Panel | statetimeline.Panel | timeseries.Panel


def text(board: Board) -> str:
    """The file."""
    return json.dumps(_build(board), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _build(board: Board) -> types.Dashboard:
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["order-relay", "rabbitmq"])
        .time(board.since, "now")
        .refresh(board.refresh)
        .timezone("browser")
        .tooltip(types.DashboardCursorSync.CROSSHAIR)
        .editable()
        .link(_to_the_other())
        .annotations(list(frame.annotations()))
        .variables(list(frame.variables(of_queues=board.of_queues)))
    )
    top, number = 0, 1
    for row in board.rows:
        at = types.GridPos(x=0, y=top, w=_WIDTH, h=1)
        built.with_row(dashboard.Row(row.title).id(number).grid_pos(at))
        top, number = top + 1, number + 1
        for panel, place in _places(row, top):
            built.with_panel(_panel(panel).id(number).grid_pos(place))
            number += 1
        top = max(place.y + place.h for _, place in _places(row, top))
    return built.build()


def _places(row: Row, top: int) -> list[tuple[Panel, types.GridPos]]:
    """Each panel of a row and its place: from the left, line after line."""
    places = []
    left, lowest = 0, top
    for panel in row.panels:
        low = panel.shape is Shape.NUMBER and not panel.tall
        height = _NUMBER_HEIGHT if low else _HEIGHT
        if left + panel.width > _WIDTH:
            left, top = 0, lowest
        places.append((panel, types.GridPos(x=left, y=top, w=panel.width, h=height)))
        left, lowest = left + panel.width, max(lowest, top + height)
    return places


def _to_the_other() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("order-relay")
        .type(types.DashboardLinkType.DASHBOARDS)
        .tags(["order-relay"])
        .include_vars(include_vars=True)
        .keep_time(keep_time=False)
    )


def _panel(panel: Panel) -> AnyPanel:
    built = _of_its_shape(panel)
    built.title(panel.title).description(panel.description).unit(panel.unit)
    built.datasource(frame.SOURCE).no_value(panel.none)
    built.links(
        [
            dashboard.DashboardLink(link.title)
            .type(types.DashboardLinkType.LINK)
            .url(f"${{runbooks}}/{link.path}")
            .target_blank(target_blank=True)
            for link in (Link("Runbook", f"{panel.runbook}.md"), *panel.links)
        ]
    )
    for letter, query in zip("ABCDEFGHIJ", panel.queries, strict=False):
        target = prometheus.Dataquery().ref_id(letter).expr(query.expression)
        target.datasource(frame.SOURCE).legend_format(query.legend)
        if query.exemplars:
            target.exemplar(exemplar=True)
        built.with_target(target.instant() if panel.shape is Shape.NUMBER else target.range())
    if panel.decimals is not None:
        built.decimals(panel.decimals)
    if mappings := _mappings(panel):
        built.mappings(mappings)
    return built


def _mappings(panel: Panel) -> list[types.ValueMapping]:
    """The names of states; and a number that is none has no colour that says that it is well."""
    named = {
        str(one.value): types.ValueMappingResult(text=one.text, color=one.colour, index=index)
        for index, one in enumerate(panel.states)
    }
    states: list[types.ValueMapping] = [types.ValueMap(options=named)] if named else []
    if panel.shape is not Shape.NUMBER:
        return states
    # Without it Grafana gives it the first colour of the limits, which is green on most.
    nothing = types.ValueMappingResult(text=panel.none, color=LIMIT, index=len(named))
    options = types.DashboardSpecialValueMapOptions(types.SpecialValueMatch.NULL_AND_NAN, nothing)
    return [*states, types.SpecialValueMap(options)]


def _of_its_shape(panel: Panel) -> AnyPanel:
    match panel.shape:
        case Shape.NUMBER:
            return _number(panel)
        case Shape.STATES:
            return _states(panel)
        case Shape.LINES | Shape.STACK | Shape.BARS:
            return _series(panel)
        case _ as never:
            assert_never(never)


def _number(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .thresholds(_thresholds(panel))
        .color_scheme(dashboard.FieldColor().mode(types.FieldColorModeId.THRESHOLDS))
        .color_mode(common_types.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common_types.BigValueGraphMode.NONE)
        .text_mode(common_types.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
    )


def _states(_: Panel) -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .show_value(common_types.VisibilityMode.AUTO)
        .merge_values(merge_values=True)
        .row_height(0.7)
        .fill_opacity(80)
        .line_width(0)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(common_types.TooltipDisplayMode.SINGLE))
    )


def _series(panel: Panel) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .min(0)
        # In a stack, the line of a series that is 0 would lie on the sum of the others.
        .line_width(2 if panel.shape is Shape.LINES else 0)
        .fill_opacity({Shape.STACK: 70, Shape.BARS: 80}.get(panel.shape, 8))
        .show_points(common_types.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_types.TooltipDisplayMode.MULTI)
            .sort(common_types.SortOrder.DESCENDING)
        )
    )
    if panel.shape is Shape.BARS:
        built.draw_style(common_types.GraphDrawStyle.BARS)
    if panel.shape is not Shape.LINES:
        built.stacking(common.StackingConfig().mode(common_types.StackingMode.NORMAL))
    if panel.steps:
        style = common.GraphThresholdsStyleConfig()
        built.thresholds(_thresholds(panel))
        built.thresholds_style(style.mode(common_types.GraphThresholdsStyleMode.DASHED))
        # Else a limit that no value is near would be drawn outside of the axes.
        built.axis_soft_max(max(step.value or 0 for step in panel.steps))
    for query in panel.queries:
        for name in query.series:
            built.override_by_name(name, _look(name))
    return built


def _look(name: str) -> list[types.DynamicConfigValue]:
    """How a series of this name looks, on whatever panel it is."""
    look: list[tuple[str, Any]] = [("color", {"mode": "fixed", "fixedColor": COLOURS[name]})]
    if words(name) != name:
        look.append(("displayName", words(name)))
    if name in DASHED:
        look.append(("custom.lineStyle", {"fill": "dash", "dash": [8, 8]}))
        look.append(("custom.fillOpacity", 0))
    return [types.DynamicConfigValue(id_val=key, value=value) for key, value in look]


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(common_types.LegendDisplayMode.LIST)
        .placement(common_types.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
    )


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [types.Threshold(value=one.value, color=one.colour) for one in panel.steps]
    return dashboard.ThresholdsConfig().mode(types.ThresholdsMode.ABSOLUTE).steps(steps)
