"""Metrics, alerts and the dashboard."""

from charts.sources.values.describe import DURATION, FLAG, STRINGS, TEXT, Block, Value, block


def _monitor(meaning: str) -> Block:
    return block(
        meaning,
        enabled=Value("Whether there is one.", default=False, needs=FLAG),
        interval=Value("Between two scrapes.", "30s", DURATION),
        scrapeTimeout=Value("For one.", "10s", DURATION),
        labels=Value(
            "Labels that Prometheus looks for.",
            {},
            STRINGS,
            ({"release": "kube-prometheus-stack"},),
        ),
    )


OBSERVING: dict[str, Value | Block] = {
    "podMonitor": _monitor("A PodMonitor: every pod, ready or not. Not with serviceMonitor."),
    "serviceMonitor": _monitor("A ServiceMonitor, for set-ups without PodMonitors."),
    "prometheusRule": block(
        "The alerts of `rules/order-relay.yaml`.",
        enabled=Value("Whether they are installed.", default=False, needs=FLAG),
        labels=Value("Labels that Prometheus looks for.", {}, STRINGS),
        runbookBaseUrl=Value(
            "Where the runbooks are; each alert's address is this, a slash and its name. Without "
            "it they name none.",
            "",
            {"type": "string", "pattern": r"^[^\s\"']*$"},
            ("https://git.example.com/order-relay/blob/main/docs/runbooks",),
        ),
    ),
    "dashboard": block(
        "The dashboards of `dashboards/`.",
        enabled=Value("A ConfigMap for Grafana's sidecar.", default=False, needs=FLAG),
        labels=Value("Labels that the sidecar looks for.", {"grafana_dashboard": "1"}, STRINGS),
        annotations=Value(
            "Annotations of the ConfigMap.", {}, STRINGS, ({"grafana_folder": "Orders"},)
        ),
        grafanaOperator=block(
            "A GrafanaDashboard each for the Grafana Operator.",
            enabled=Value("Whether there is one.", default=False, needs=FLAG),
            instanceLabels=Value(
                "Labels of the Grafana instances.", {"dashboards": "grafana"}, STRINGS
            ),
            folder=Value("The folder in Grafana.", "", TEXT, ("Orders",)),
            resyncPeriod=Value("How often it is written anew.", "5m", DURATION),
        ),
    ),
}
