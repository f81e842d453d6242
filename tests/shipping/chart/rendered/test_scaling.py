"""KEDA looks at the queue that the relay consumes; either scaler alone says how many pods run."""

from typing import Any

from service.core.topology import build_topology
from tests.shipping.chart.rendered.helm import kinds, named, render

KEDA = {"enabled": True, "managementSecret": {"name": "management"}}


def _keda(config: dict[str, Any] | None = None, **more: Any) -> list[dict[str, Any]]:
    return render(autoscaling={"keda": KEDA | more}, config=config or {})


def test_keda_counts_what_is_not_done_in_the_queue_that_is_consumed() -> None:
    """Over http, where messages that the relay holds are seen too."""
    objects = _keda({"amqp": {"namespace": "shop"}}, vhost="/")
    (trigger,) = named(objects, "ScaledObject")["spec"]["triggers"]
    assert trigger["metadata"] == {
        "protocol": "http",
        "mode": "QueueLength",
        "queueName": build_topology("shop", (1,)).requests_queue,
        "excludeUnacknowledged": "false",
        "value": "128",
        "activationValue": "0",
        "vhostName": "/",
    }
    login = named(objects, "TriggerAuthentication")
    assert trigger["authenticationRef"]["name"] == login["metadata"]["name"]
    assert login["spec"]["secretTargetRef"] == [
        {"parameter": "host", "name": "management", "key": "host"}
    ]


def test_one_pod_is_for_what_it_can_hold() -> None:
    """Twice its concurrency, unless something else is set."""

    def value(objects: list[dict[str, Any]]) -> str:
        return str(named(objects, "ScaledObject")["spec"]["triggers"][0]["metadata"]["value"])

    assert value(_keda({"api": {"concurrency": 10}})) == "20"
    assert value(_keda(messagesPerReplica=1_000_000)) == "1000000"


def test_keda_falls_back_and_cools_down() -> None:
    """A management API that is away changes nothing at once, and for long means two pods."""
    spec = named(_keda(minReplicas=0), "ScaledObject")["spec"]
    assert spec["fallback"] == {"failureThreshold": 3, "replicas": 2}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 10)
    assert (spec["pollingInterval"], spec["cooldownPeriod"]) == (15, 300)


def test_a_scaler_says_how_many_and_not_the_chart() -> None:
    """Else every upgrade would set the number back."""
    hpa = render(autoscaling={"hpa": {"enabled": True}})
    for objects, kind in ((_keda(), "ScaledObject"), (hpa, "HorizontalPodAutoscaler")):
        deployment = named(objects, "Deployment")
        assert "replicas" not in deployment["spec"]
        target = named(objects, kind)["spec"]["scaleTargetRef"]
        assert target["name"] == deployment["metadata"]["name"]
    assert kinds(render(), "ScaledObject") == kinds(render(), "HorizontalPodAutoscaler") == []


def test_an_hpa_may_go_by_another_metric_than_cpu() -> None:
    """Then CPU is not among its metrics."""
    metric = {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"type": "Value"}}}
    hpa = {"enabled": True, "targetCPUUtilizationPercentage": None, "metrics": [metric]}
    found = named(render(autoscaling={"hpa": hpa}), "HorizontalPodAutoscaler")
    assert found["spec"]["metrics"] == [metric]
