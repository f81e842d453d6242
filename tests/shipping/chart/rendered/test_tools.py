"""The pod in which a person runs the tools, and the login that it has."""

from typing import Any

from service.app.sources import DEFAULT_SECRETS_DIR
from tests.commands.parked.test_operator import READ, WRITE
from tests.shipping.chart.rendered.helm import Object, container, kinds, named, notes, render
from tests.shipping.chart.rendered.test_topology import OPERATOR

TOOLS = {"enabled": True, "existingSecret": "person", "amqpUrlKey": "url"}
NAME = "relay-order-relay-tools"


def _tools(**more: Any) -> tuple[list[Object], Object]:
    objects = render(tools=TOOLS, **more)
    spec: Object = named(objects, "Deployment", NAME)["spec"]["template"]["spec"]
    return objects, spec


def test_it_has_the_persons_login_and_no_key_of_the_api() -> None:
    """Never the relay's own login; the relay's settings, and its place among the secrets."""
    objects, spec = _tools()
    (one,) = spec["containers"]
    (volume,) = (each for each in spec["volumes"] if each["name"] == "secrets")
    assert volume["secret"]["secretName"] == "person"
    assert volume["secret"]["items"] == [{"key": "url", "path": "amqp__url"}]
    assert one["volumeMounts"][0]["mountPath"] == DEFAULT_SECRETS_DIR
    assert one["envFrom"] == [{"configMapRef": {"name": "relay-order-relay"}}]
    assert one["image"] == container(objects)["image"]


def test_trace_asks_every_relay_there() -> None:
    """The admin host is a name with the addresses of all, ready or not, at the admin port."""
    objects, spec = _tools(config={"admin": {"port": 9000}})
    (host,) = spec["containers"][0]["env"]
    service = named(objects, "Service", host["value"])["spec"]
    assert host["name"] == "ORDER_RELAY_ADMIN__HOST"
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    assert service["ports"][0]["port"] == 9000
    pods = named(objects, "Deployment", "relay-order-relay")["spec"]["template"]
    assert service["selector"].items() <= pods["metadata"]["labels"].items()


def test_it_reaches_the_broker_and_the_relays_and_not_the_api() -> None:
    """By the policy of the tools, and the relay lets it in."""
    objects, _ = _tools()
    labels = named(objects, "Deployment", NAME)["spec"]["template"]["metadata"]["labels"]
    (expression,) = named(objects, "NetworkPolicy", NAME)["spec"]["podSelector"]["matchExpressions"]
    assert labels["app.kubernetes.io/component"] in expression["values"]
    (rule,) = named(objects, "NetworkPolicy", "relay-order-relay")["spec"]["ingress"]
    let_in = [one["podSelector"]["matchLabels"] for one in rule["from"] if "podSelector" in one]
    assert any(one.items() <= labels.items() for one in let_in)


def test_without_it_nothing_of_it_is_there(tmp_path: Any) -> None:
    """And the install says so; with it, the line that runs the tools."""
    objects = render()
    assert len(kinds(objects, "Deployment")) == len(kinds(objects, "Service")) == 1
    secrets = {"existingSecret": "s"}
    assert "Not set: tools.enabled" in notes({"secrets": secrets}, tmp_path)
    said = notes({"secrets": secrets, "tools": TOOLS}, tmp_path)
    line = f"kubectl --namespace shop exec -it deployment/{NAME} -- order-relay trace MESSAGE_ID"
    assert line in said


def test_the_operator_makes_the_login_with_the_rights_of_the_pages() -> None:
    """The rights with which the commands were run in their own tests."""
    person = {"create": True, "credentialsSecret": "person-login"}
    config = {"amqp": {"namespace": "shop.orders"}}
    objects = render(config=config, topology={"operator": {**OPERATOR, "person": person}})
    permission = named(objects, "Permission", "relay-order-relay-person")["spec"]
    user = named(objects, "User", permission["userReference"]["name"])
    assert user["spec"]["importCredentialsSecret"] == {"name": "person-login"}
    assert permission["permissions"] == {
        "configure": "",
        "write": WRITE.replace("orders", r"shop\.orders"),
        "read": READ.replace("orders", r"shop\.orders"),
    }
