"""Where the secrets come from, and where the program finds them."""

from typing import Any

from service.app.sources import DEFAULT_SECRETS_DIR
from tests.shipping.chart.rendered.helm import container, kinds, named, pod, render

KEYS = {"amqpUrl": "url", "apiKey": "key"}


def _volume(objects: list[dict[str, Any]], name: str = "secrets") -> dict[str, Any]:
    (found,) = (one for one in pod(objects)["spec"]["volumes"] if one["name"] == name)
    secret: dict[str, Any] = found["secret"]
    return secret


def test_they_are_files_where_the_program_looks_for_them() -> None:
    """Named as it reads them, whatever they are called in the Secret, and for the group alone."""
    objects = render(secrets={"existingSecret": "s", "keys": KEYS})
    volume = _volume(objects)
    assert volume["secretName"] == "s"
    assert volume["defaultMode"] == 0o440
    assert volume["items"] == [
        {"key": "url", "path": "amqp__url"},
        {"key": "key", "path": "api__key"},
    ]
    (mount,) = container(objects)["volumeMounts"]
    assert mount == {"name": "secrets", "mountPath": DEFAULT_SECRETS_DIR, "readOnly": True}
    assert kinds(objects, "Secret") == []


def test_without_a_source_the_pods_wait_for_a_secret_of_their_name() -> None:
    """The chart makes none then."""
    objects = render(secrets={})
    assert _volume(objects)["secretName"] == "relay-order-relay"
    assert kinds(objects, "Secret") == kinds(objects, "ExternalSecret") == []


def test_inline_secrets_are_made_with_the_keys_that_are_mounted() -> None:
    """Also where the keys have other names."""
    inline = {"amqpUrl": "amqp://broker/", "apiKey": "k"}
    objects = render(secrets={"inline": inline, "keys": KEYS})
    secret = named(objects, "Secret")
    assert secret["stringData"] == {"url": "amqp://broker/", "key": "k"}
    assert _volume(objects)["secretName"] == secret["metadata"]["name"]


def test_an_external_secret_makes_the_secret_that_is_mounted() -> None:
    """Each key from its place in the store."""
    external = {
        "enabled": True,
        "secretStoreRef": {"name": "vault"},
        "amqpUrl": {"key": "relay", "property": "url"},
        "apiKey": {"key": "relay-key"},
    }
    objects = render(secrets={"externalSecret": external})
    spec = named(objects, "ExternalSecret")["spec"]
    assert spec["target"]["name"] == _volume(objects)["secretName"]
    assert spec["data"] == [
        {"secretKey": "amqp__url", "remoteRef": {"key": "relay", "property": "url"}},
        {"secretKey": "api__key", "remoteRef": {"key": "relay-key"}},
    ]


def test_certificates_are_mounted_where_the_variables_say() -> None:
    """The broker's CA alone, with a client certificate, and the API's CA."""
    amqp = {"secretName": "tls"}
    for tls, names in (
        ({"amqp": amqp}, {"AMQP__CA_FILE"}),
        (
            {
                "amqp": amqp | {"certKey": "tls.crt", "keyKey": "tls.key"},
                "api": {"secretName": "a"},
            },
            {"AMQP__CA_FILE", "AMQP__CERT_FILE", "AMQP__KEY_FILE", "API__CA_FILE"},
        ),
        (
            {"amqp": amqp | {"caKey": "", "certKey": "tls.crt", "keyKey": "tls.key"}},
            {"AMQP__CERT_FILE", "AMQP__KEY_FILE"},
        ),
    ):
        objects = render(tls=tls)
        variables = {one["name"]: one["value"] for one in container(objects)["env"]}
        assert set(variables) == {f"ORDER_RELAY_{name}" for name in names}
        files = {
            f"{mount['mountPath']}/{item['path']}"
            for mount in container(objects)["volumeMounts"]
            for item in _volume(objects, mount["name"])["items"]
        }
        assert set(variables.values()) <= files
        assert "env" not in container(render())
