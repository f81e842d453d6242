"""Prometheus and Grafana get what is in the files, unchanged."""

import json

import pytest

from charts.sources.values.generate import CHART
from tests.shipping.chart.rendered.helm import kinds, named, pod, render
from tests.shipping.chart.rendered.tools import yaml


def test_a_pod_monitor_finds_the_pods() -> None:
    """By labels that they have, at a port that they have."""
    objects = render(podMonitor={"enabled": True, "labels": {"release": "prometheus"}})
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
    objects = render(serviceMonitor={"enabled": True})
    service, monitor = named(objects, "Service"), named(objects, "ServiceMonitor")["spec"]
    labels = service["metadata"]["labels"].items()
    assert monitor["selector"]["matchLabels"].items() <= labels
    assert monitor["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


NUMBER_OF_ALERTS = (CHART / "rules" / "order-relay.yaml").read_text("utf-8").count("- alert:")
BASE = "https://git.example.com/runbooks"


def test_the_alerts_are_those_of_the_file() -> None:
    """Prometheus's own templates survive helm's; the queues and the runbooks are the release's."""
    enabled = {"enabled": True, "runbookBaseUrl": f"{BASE}/"}
    objects = render(prometheusRule=enabled, config={"amqp": {"namespace": "shop.a"}})
    rule = named(objects, "PrometheusRule")
    text = (CHART / "rules" / "order-relay.yaml").read_text(encoding="utf-8")
    assert "docs/runbooks/" in text
    assert ".+[.]" in text
    wanted = text.replace("docs/runbooks/", f"{BASE}/").replace(".+[.]", "shop[.]a[.]")
    assert rule["spec"] == yaml.safe_load(wanted)
    assert "{{ $labels." in str(rule)


def test_alerts_name_no_runbook_that_leads_nowhere() -> None:
    """Where it is not said where the runbooks are."""
    rule = named(render(prometheusRule={"enabled": True}), "PrometheusRule")
    wanted = yaml.safe_load((CHART / "rules" / "order-relay.yaml").read_text(encoding="utf-8"))
    alerts = 0
    for group in wanted["groups"]:
        for one in group["rules"]:
            alerts += one.get("annotations", {}).pop("runbook_url", None) is not None
    assert alerts == NUMBER_OF_ALERTS
    assert str(rule["spec"]) == str(wanted).replace(".+[.]", "orders[.]")


def test_the_readme_knows_how_many_alerts_there_are() -> None:
    """In its comparison with other charts."""
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    assert f"| alerts that come with it | {NUMBER_OF_ALERTS} |" in readme


@pytest.mark.parametrize("file", ["order-relay", "order-relay-slo"])
def test_a_dashboard_is_that_of_its_file(file: str) -> None:
    """With the sidecar's label, and for the Grafana Operator by reference."""
    objects = render(
        dashboard={"enabled": True, "grafanaOperator": {"enabled": True, "folder": "Orders"}},
        prometheusRule={"runbookBaseUrl": BASE},
    )
    held = named(objects, "ConfigMap", "relay-order-relay-dashboard")
    text = (CHART / "dashboards" / f"{file}.json").read_text(encoding="utf-8")
    assert "docs/runbooks" in text
    wanted = json.loads(text.replace("docs/runbooks", BASE))
    assert json.loads(held["data"][f"{file}.json"]) == wanted
    assert held["metadata"]["labels"]["grafana_dashboard"] == "1"
    reference = named(objects, "GrafanaDashboard", f"relay-{file}")["spec"]["configMapRef"]
    assert reference == {"name": held["metadata"]["name"], "key": f"{file}.json"}


def test_the_operators_dashboard_alone_is_not_for_the_sidecar() -> None:
    """Else there would be two."""
    objects = render(dashboard={"grafanaOperator": {"enabled": True}})
    held = named(objects, "ConfigMap", "relay-order-relay-dashboard")
    assert "grafana_dashboard" not in held["metadata"]["labels"]


def test_nothing_of_it_is_there_unasked() -> None:
    """A cluster without these operators takes the chart as it is."""
    assert {one["apiVersion"].partition("/")[0] for one in render()} <= {
        *("v1", "apps", "policy", "networking.k8s.io")
    }
    for kind in ("PodMonitor", "ServiceMonitor", "PrometheusRule", "GrafanaDashboard"):
        assert kinds(render(), kind) == []
