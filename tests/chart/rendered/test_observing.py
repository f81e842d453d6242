"""Prometheus and Grafana get what is in the files, unchanged."""

import json
from typing import Any

from tests.chart.generate import CHART
from tests.chart.rendered.helm import kinds, named, pod, render
from tests.chart.rendered.tools import yaml

SECRETS = {"secrets": {"existingSecret": "s"}}


def _render(**values: Any) -> list[dict[str, Any]]:
    return render({**SECRETS, **values})


def test_a_pod_monitor_finds_the_pods() -> None:
    """By labels that they have, at a port that they have."""
    objects = _render(podMonitor={"enabled": True, "labels": {"release": "prometheus"}})
    monitor = named(objects, "PodMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    labels = pod(objects)["metadata"]["labels"].items()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {
        "port": "admin",
        "path": "/metrics",
        "interval": "30s",
        "scrapeTimeout": "10s",
    }


def test_a_service_monitor_finds_the_service() -> None:
    """By labels that it has, at a port that it has."""
    objects = _render(serviceMonitor={"enabled": True})
    service, monitor = named(objects, "Service"), named(objects, "ServiceMonitor")["spec"]
    labels = service["metadata"]["labels"].items()
    assert monitor["selector"]["matchLabels"].items() <= labels
    assert monitor["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


def test_the_alerts_are_those_of_the_file() -> None:
    """Prometheus's own templates survive helm's."""
    rule = named(_render(prometheusRule={"enabled": True}), "PrometheusRule")
    text = (CHART / "rules" / "order-relay.yaml").read_text(encoding="utf-8")
    assert rule["spec"] == yaml.safe_load(text)
    assert "{{ $labels.namespace }}" in str(rule)


def test_the_dashboard_is_that_of_the_file() -> None:
    """With the sidecar's label, and for the Grafana Operator by reference."""
    operator = {"enabled": True, "folder": "Orders"}
    objects = _render(dashboard={"enabled": True, "grafanaOperator": operator})
    held = named(objects, "ConfigMap", "relay-order-relay-dashboard")
    text = (CHART / "dashboards" / "order-relay.json").read_text(encoding="utf-8")
    assert json.loads(held["data"]["order-relay.json"]) == json.loads(text)
    assert held["metadata"]["labels"]["grafana_dashboard"] == "1"
    reference = named(objects, "GrafanaDashboard")["spec"]["configMapRef"]
    assert reference == {"name": held["metadata"]["name"], "key": "order-relay.json"}


def test_the_operators_dashboard_alone_is_not_for_the_sidecar() -> None:
    """Else there would be two."""
    objects = _render(dashboard={"grafanaOperator": {"enabled": True}})
    held = named(objects, "ConfigMap", "relay-order-relay-dashboard")
    assert "grafana_dashboard" not in held["metadata"]["labels"]


def test_nothing_of_it_is_there_unasked() -> None:
    """A cluster without these operators takes the chart as it is."""
    assert {one["apiVersion"].partition("/")[0] for one in render()} <= {
        *("v1", "apps", "policy", "networking.k8s.io"),
    }
    for kind in ("PodMonitor", "ServiceMonitor", "PrometheusRule", "GrafanaDashboard"):
        assert kinds(render(), kind) == []
