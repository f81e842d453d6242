"""The network policy lets in and out what it says, and nothing else."""

from typing import Any

import pytest

from tests.shipping.chart.rendered.helm import kinds, named, pod, render

DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def _policy(name: str = "relay-order-relay", **values: Any) -> dict[str, Any]:
    spec: dict[str, Any] = named(render(**values), "NetworkPolicy", name)["spec"]
    return spec


def test_the_relay_reaches_dns_the_broker_and_the_api() -> None:
    """Three ways out, each with its ports."""
    policy = _policy()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [rule["ports"] for rule in policy["egress"]] == [
        DNS,
        [{"port": 5672, "protocol": "TCP"}, {"port": 5671, "protocol": "TCP"}],
        [{"port": 443, "protocol": "TCP"}],
    ]
    assert policy["podSelector"] == named(render(), "Deployment")["spec"]["selector"]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://api.example.com/v2", 443),
        ("https://api.example.com:8443/v2", 8443),
        ("https://[2001:db8::1]:9443/v2", 9443),
        ("http://127.0.0.1/v2", 80),
    ],
)
def test_the_way_to_the_api_is_its_urls_port(url: str, port: int) -> None:
    """The one that it names, or its scheme's."""
    policy = _policy(config={"api": {"url": url}})
    assert policy["egress"][2]["ports"] == [{"port": port, "protocol": "TCP"}]


def test_metrics_are_for_whom_they_are_meant() -> None:
    """The admin port, from Prometheus and from this release's own test."""
    prometheus = {"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}
    values: dict[str, Any] = {
        "networkPolicy": {"metricsFrom": [prometheus]},
        "config": {"admin": {"port": 9000}},
    }
    (rule,) = _policy(**values)["ingress"]
    assert rule["ports"] == [{"port": 9000, "protocol": "TCP"}]
    test, other = rule["from"]
    assert other == prometheus
    labels = named(render(), "Pod")["metadata"]["labels"].items()
    assert test["podSelector"]["matchLabels"].items() <= labels


def test_by_default_nothing_is_open_to_anywhere_but_the_api() -> None:
    """The broker is in the cluster, and metrics are for the namespace of the monitoring."""
    policy = _policy()
    assert policy["egress"][1]["to"] == [{"namespaceSelector": {}}]
    assert all(rule["to"] for rule in policy["egress"])
    _, scraper = policy["ingress"][0]["from"]
    labels = {"kubernetes.io/metadata.name": "monitoring"}
    assert scraper == {"namespaceSelector": {"matchLabels": labels}}


def test_the_tools_do_not_reach_the_api() -> None:
    """The test asks the relay for its health, the job only declares; nobody reaches them."""
    objects = render(topology={"job": {"enabled": True}})
    policy = named(objects, "NetworkPolicy", "relay-order-relay-tools")["spec"]
    assert "ingress" not in policy
    dns, broker, relay = policy["egress"]
    assert dns["ports"] == DNS
    assert [one["port"] for one in broker["ports"]] == [5672, 5671]
    wanted = relay["to"][0]["podSelector"]["matchLabels"].items()
    assert wanted <= pod(objects)["metadata"]["labels"].items()
    (expression,) = policy["podSelector"]["matchExpressions"]
    found = {
        one["metadata"]["labels"][expression["key"]]
        for one in (*kinds(objects, "Pod"), named(objects, "Job")["spec"]["template"])
    }
    assert found == set(expression["values"])


def test_more_ways_can_be_added_and_all_taken_away() -> None:
    """Behind the three, and none at all."""
    more = {"ports": [{"port": 4317, "protocol": "TCP"}]}
    assert _policy(networkPolicy={"extraEgress": [more]})["egress"][3] == more
    none = render(networkPolicy={"enabled": False})
    assert kinds(none, "NetworkPolicy") == []
