"""What the Topology Operator or the job makes is what the program looks for."""

from typing import Any

import pytest

from service.core.topology import Binding, Exchange, Queue, Topology, build_whole_topology
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.shipping.chart.rendered.helm import Object, container, kinds, named, render

OPERATOR = {
    "enabled": True,
    "cluster": {"name": "rabbitmq", "namespace": "messaging"},
    "vhost": "shop",
    "user": {"create": True, "credentialsSecret": "login"},
}
MODE = "ORDER_RELAY_AMQP__TOPOLOGY"


def _operator(
    namespace: str = "orders", delays: list[int] | None = None, **more: Any
) -> list[Object]:
    config: dict[str, Any] = {"amqp": {"namespace": namespace}}
    if delays:
        config["retry"] = {"delaysSeconds": delays}
    return render(config=config, topology={"operator": OPERATOR | more})


def _read(objects: list[Object], namespace: str) -> Topology:
    """The topology that the custom resources describe."""

    def specs(kind: str) -> list[Object]:
        return [one["spec"] for one in kinds(objects, kind)]

    for one in (*specs("Exchange"), *specs("Queue")):
        assert (one["durable"], one["autoDelete"]) == (True, False)
    return Topology(
        namespace=namespace,
        exchanges=tuple(
            Exchange(one["name"], one["type"], one.get("arguments", {}))
            for one in specs("Exchange")
        ),
        queues=tuple(
            # The operator makes this argument of the type.
            Queue(one["name"], {"x-queue-type": one["type"], **one["arguments"]})
            for one in specs("Queue")
        ),
        bindings=tuple(
            Binding(one["source"], one["destination"], one["routingKey"])
            for one in specs("Binding")
        ),
    )


@pytest.mark.parametrize(
    ("namespace", "delays"),
    [
        ("orders", [1, 5, 30, 120, 600, 3600]),
        ("shop.orders_EU-1", [2]),
        ("o", [1, 86_400, 604_800]),
        ("123", [7, 8, 9, 10, 11, 12, 13, 14]),
        ("1e3", [60]),
    ],
)
def test_the_operators_topology_is_the_programs(namespace: str, delays: list[int]) -> None:
    """Every exchange, queue and binding with all its arguments, and no other."""
    found, wanted = (
        _read(_operator(namespace, delays), namespace),
        build_whole_topology(namespace, delays),
    )
    for kind in ("exchanges", "queues", "bindings"):
        ours, theirs = getattr(found, kind), getattr(wanted, kind)
        assert sorted(ours, key=str) == sorted(theirs, key=str)


def test_the_relay_then_only_looks() -> None:
    """It neither may nor needs to declare."""
    assert named(_operator(), "ConfigMap")["data"][MODE] == "check"
    assert named(render(), "ConfigMap")["data"][MODE] == "declare"


def test_its_user_may_do_what_the_relay_does_and_no_more() -> None:
    """The rights that the relay was run with in its own tests."""
    objects = _operator("shop.orders")
    permission = named(objects, "Permission")["spec"]
    assert permission["userReference"]["name"] == named(objects, "User")["metadata"]["name"]
    assert permission["vhost"] == "shop"
    rights = permission["permissions"]
    assert rights["configure"] == ""
    assert rights["write"] == WRITE.replace("orders", r"shop\.orders")
    assert rights["read"] == READ.replace("orders", r"shop\.orders")


def test_orders_outlive_the_release_unless_it_is_said_otherwise() -> None:
    """The objects are kept, and so are the queues of operators that know how."""
    kept = [one for one in _operator() if one["apiVersion"].startswith("rabbitmq.com/")]
    assert {one["metadata"]["annotations"]["helm.sh/resource-policy"] for one in kept} == {"keep"}
    assert {one["spec"]["deletionPolicy"] for one in kinds(kept, "Queue")} == {"retain"}
    gone = _operator(retain=False)
    assert {one["spec"]["deletionPolicy"] for one in kinds(gone, "Queue")} == {"delete"}
    assert "annotations" not in kinds(gone, "Queue")[0]["metadata"]


def test_the_cluster_is_named_or_reached_by_a_secret() -> None:
    """In every object alike."""
    for cluster, reference in (
        (OPERATOR["cluster"], {"name": "rabbitmq", "namespace": "messaging"}),
        ({"connectionSecret": "admin"}, {"connectionSecret": {"name": "admin"}}),
    ):
        objects = _operator(cluster=cluster)
        ours = [one["spec"] for one in objects if one["apiVersion"].startswith("rabbitmq.com/")]
        assert all(one["rabbitmqClusterReference"] == reference for one in ours)
        assert {one["vhost"] for one in ours if "vhost" in one} == {"shop"}


def test_policies_are_passed_on() -> None:
    """With whole numbers that stay whole."""
    policy = {
        "name": "length",
        "pattern": r"^orders\.requests$",
        "applyTo": "quorum_queues",
        "definition": {"max-length": 5_000_000},
    }
    found = named(_operator(policies=[policy]), "Policy")["spec"]
    assert found["definition"] == {"max-length": 5_000_000}
    assert found["pattern"] == policy["pattern"]


def test_the_job_declares_before_the_relay_starts() -> None:
    """With its own login, the relay's settings, and no key of the API."""
    job = {"enabled": True, "existingSecret": "admin", "amqpUrlKey": "url"}
    config = {"amqp": {"namespace": "shop"}, "retry": {"delaysSeconds": [3]}}
    objects = render(config=config, topology={"job": job})
    found = named(objects, "Job")
    assert found["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    spec = found["spec"]["template"]["spec"]
    (one,) = spec["containers"]
    assert (one["command"], one["args"]) == (["order-relay"], ["topology"])
    variables = {variable["name"]: variable["value"] for variable in one["env"]}
    settings = named(objects, "ConfigMap")["data"]
    assert settings[MODE] == "check"
    assert settings.items() <= variables.items()
    assert spec["volumes"][0]["secret"]["secretName"] == "admin"
    assert spec["volumes"][0]["secret"]["items"] == [{"key": "url", "path": "amqp__url"}]
    assert one["volumeMounts"] == container(objects)["volumeMounts"]


def test_helm_test_asks_for_health_and_topology() -> None:
    """It compares the topology where the relay may, and the relay's readiness says it elsewhere."""
    objects = render()
    health, topology = named(objects, "Pod")["spec"]["containers"]
    service = named(objects, "Service")
    assert health["args"][1] == f"http://{service['metadata']['name']}:8080"
    assert topology["args"] == ["topology", "--check"]
    _, owned = named(_operator(), "Pod")["spec"]["containers"]
    assert owned["args"] == ["config"]
