"""What every dashboard has around its panels: the choices at its top, and marks in time."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import common as common_types
from grafana_foundation_sdk.models import dashboard as types

from charts.sources.dashboards.panel import Link
from charts.sources.dashboards.promql import PROCESS, RELAY

SOURCE: Final = common_types.DataSourceRef(type_val="prometheus", uid="${datasource}")
RUNBOOKS: Final = "docs/runbooks"
"""Where docs/runbooks is read; who keeps it elsewhere changes the variable `runbooks` alone."""

PARKED_PAGE = Link(
    "What is in it", "../operating.md#7-what-is-in-the-parked-queue-and-what-do-i-do-with-each"
)
QUEUE_PAGE = Link("Look into it", "../operating.md#looking-into-a-queue")

_BUILD = "order_relay_build_info"
_QUEUES = "rabbitmq_detailed_queue_messages"
_NAMESPACE = 'namespace=~"$namespace|"'
_ALL = types.VariableOption(text=["All"], value=["$__all"])


Variable = dashboard.DatasourceVariable | dashboard.QueryVariable | dashboard.ConstantVariable


def variables(*, of_queues: bool) -> list[Variable]:
    """The data source, which relays, which queues, and the address of the runbooks."""
    return [
        dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _choice("namespace", "Namespace", f"label_values({_BUILD}, namespace)"),
        _choice("job", "Job", f"label_values({_BUILD}{{{_NAMESPACE}}}, job)"),
        _choice(
            "instance", "Instance", f'label_values({_BUILD}{{{_NAMESPACE},job=~"$job|"}}, instance)'
        ),
        *(_queues() if of_queues else ()),
        dashboard.ConstantVariable("runbooks").value(RUNBOOKS),
    ]


def _queues() -> tuple[dashboard.QueryVariable, ...]:
    topologies = f'label_values({_QUEUES}{{vhost=~"$vhost|"}}, queue)'
    return (
        _choice("vhost", "Virtual host", f"label_values({_QUEUES}, vhost)"),
        _choice("topology", "Topology", topologies).regex("/^(.+)[.]requests$/"),
    )


def annotations() -> list[dashboard.AnnotationQuery]:
    """Starts of processes, new versions, and alerts that fire: each at the moment it tells.

    However far apart the points are that Grafana asks for, none of these moments is lost.
    """
    # The build on the left: where one address has two for a while, the other way round is an error.
    builds = f"{_BUILD}{{{RELAY}}}"
    started = f"{builds} * on ({PROCESS}) group_left () process_start_time_seconds{{{RELAY}}}"
    alerts = f'alertname=~"OrderRelay.*",{_NAMESPACE}'
    since = f"ALERTS_FOR_STATE{{{alerts}}}"
    since += f' and ignoring (alertstate) ALERTS{{alertstate="firing",{alerts}}}'
    return [
        _mark(
            "Starts",
            "blue",
            f"max by (instance, version) ({started}) * 1000",
            "{{instance}} started, version {{version}}",
        ),
        _mark(
            "Deployments",
            "purple",
            f"min by (version) ({started}) * 1000",
            "Version {{version}} was deployed",
        ),
        _mark("Firing alerts", "red", f"min by (alertname) ({since}) * 1000", "{{alertname}}"),
    ]


def _choice(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query({"query": query, "refId": name})
        .definition(query)
        .datasource(SOURCE)
        .refresh(types.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(types.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(_ALL)
    )


def _mark(name: str, colour: str, expression: str, title: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(enable=True)
        .icon_color(colour)
        .expr(expression)
        .title_format(title)
        .use_value_for_time(use_value_for_time=True)
    )
