"""A release for each account of the API, side by side, as docs/accounts.md installs them."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from charts.sources.values.generate import CHART
from service.core.topology import build_whole_topology
from tests.shipping.chart.rendered.helm import Object, named, pod, render, run
from tests.shipping.chart.rendered.tools import yaml

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
INSTALLS = re.findall(r"^helm install (.*)$", PAGE.replace("\\\n", ""), re.MULTILINE)
INSTANCE = "app.kubernetes.io/instance"
NAMESPACES = ["orders", "orders-b", "orders.b", "b.orders", "orders_b"]
OPERATOR = {
    "enabled": True,
    "cluster": {"name": "rabbitmq"},
    "user": {"create": True, "credentialsSecret": "login"},
}
EVERYTHING: dict[str, Any] = {
    "topology": {"operator": OPERATOR},
    "podMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True, "grafanaOperator": {"enabled": True}},
    "autoscaling": {"keda": {"enabled": True, "managementSecret": {"name": "m"}}},
}
"""But for the job, which the operator replaces."""


def _installed(arguments: str) -> list[Object]:
    """What an install of the page renders."""
    words = [CHART if word == "charts/order-relay" else word for word in shlex.split(arguments)]
    done = run("template", *words)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def _of(account: str) -> list[Object]:
    """A release with everything, named after its namespace."""
    release = re.sub(r"[^a-z-]", "-dot-", account)
    return render(release, **EVERYTHING, config={"amqp": {"namespace": account}})


def _names(objects: list[Object]) -> set[tuple[str, str]]:
    return {(one["kind"], one["metadata"]["name"]) for one in objects}


def _broker_names(account: str) -> set[str]:
    whole = build_whole_topology(account, (1,))
    return {one.name for one in whole.exchanges} | {one.name for one in whole.queues}


def test_the_installs_of_the_page_are_two_accounts() -> None:
    """In one Kubernetes namespace: with a topology, a Secret and a budget each."""
    eu, us = map(_installed, INSTALLS)
    assert not _names(eu) & _names(us)
    assert {one["metadata"]["namespace"] for one in (*eu, *us)} == {"orders"}
    for objects, account, budget in ((eu, "orders-eu", "80"), (us, "orders-us", "25")):
        settings = named(objects, "ConfigMap")["data"]
        assert settings["ORDER_RELAY_AMQP__NAMESPACE"] == account
        assert settings["ORDER_RELAY_API__RATE_PER_SECOND"] == budget
        (volume,) = pod(objects)["spec"]["volumes"]
        assert volume["secret"]["secretName"] == account


@pytest.mark.parametrize("other", NAMESPACES[1:])
def test_no_object_of_a_release_is_one_of_another(other: str) -> None:
    """With everything enabled, and where the one name begins with the other."""
    ones, others = _of("orders"), _of(other)
    assert {"Deployment", "Permission", "ScaledObject"} <= {kind for kind, _ in _names(ones)}
    assert not _names(ones) & _names(others)


def test_what_finds_pods_finds_those_of_its_release() -> None:
    """Deployment, Service, budget, policies and monitor go by the label that differs."""
    objects = _of("orders")
    selectors = [
        one["spec"].get("selector") or one["spec"].get("podSelector")
        for one in objects
        if "spec" in one
    ]
    found = [selector.get("matchLabels", selector) for selector in selectors if selector]
    assert len(found) == 6
    assert {selector[INSTANCE] for selector in found} == {"orders"}
    assert pod(objects)["metadata"]["labels"][INSTANCE] == "orders"
    assert pod(_of("orders-b"))["metadata"]["labels"][INSTANCE] == "orders-b"


def test_the_rights_of_an_account_end_at_its_names() -> None:
    """Whatever is before or behind the other's name."""
    for account in NAMESPACES:
        rights = named(_of(account), "Permission")["spec"]["permissions"]
        reached = {
            other
            for other in NAMESPACES
            for name in _broker_names(other)
            if any(right and re.search(right, name) for right in rights.values())
        }
        assert reached == {account}
