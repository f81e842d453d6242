"""How the relay runs: its image, its name, its probes, its roll-out and its end."""

import math
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from service.app import run
from tests.shipping.chart.rendered.helm import MINIMAL, container, kinds, named, notes, pod, render


def _inline(url: str) -> dict[str, Any]:
    return {"secrets": {"inline": {"amqpUrl": url, "apiKey": "k"}}}


DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_the_image_is_the_charts_version_a_tag_or_a_digest() -> None:
    """The digest wins."""
    assert container(render())["image"] == "order-relay:0.1.0"
    image = {"repository": "registry.example.com:5000/relay", "tag": "1.2.3"}
    found = container(render(image=image))
    assert found["image"] == "registry.example.com:5000/relay:1.2.3"
    found = container(render(image=image | {"digest": DIGEST}))
    assert found["image"] == f"registry.example.com:5000/relay@{DIGEST}"


def test_it_runs_the_relay() -> None:
    """By its name and not by the image's default."""
    assert container(render())["command"] == ["order-relay"]
    assert container(render())["args"] == ["run"]


def test_names_follow_the_release() -> None:
    """Release and chart, unless one says the other; long ones stay Kubernetes names."""

    def name(release: str, **values: str) -> str:
        found = named(render(release, **values), "Deployment")
        return str(found["metadata"]["name"])

    assert name("shop") == "shop-order-relay"
    assert name("order-relay-eu") == "order-relay-eu"
    assert name("shop", nameOverride="relay") == "shop-relay"
    assert name("shop", fullnameOverride="r") == "r"
    operator = {"enabled": True, "cluster": {"name": "rabbitmq"}}
    config = {"retry": {"delaysSeconds": [604_800]}}
    for one in render("a" * 53, topology={"operator": operator}, config=config):
        assert len(one["metadata"]["name"]) <= 63


def test_the_probes_ask_what_the_program_answers() -> None:
    """/livez to start and to live, /readyz for the roll-out, at the admin port by its name."""
    one = container(render(config={"admin": {"port": 9000}}))
    assert one["ports"] == [{"name": "admin", "containerPort": 9000, "protocol": "TCP"}]
    probes = {name: one[name]["httpGet"] for name in one if name.endswith("Probe")}
    assert probes == {
        "startupProbe": {"path": "/livez", "port": "admin"},
        "livenessProbe": {"path": "/livez", "port": "admin"},
        "readinessProbe": {"path": "/readyz", "port": "admin"},
    }


def test_a_roll_out_never_has_fewer_pods_than_before() -> None:
    """A new one is ready before an old one goes; two from the start, on two nodes if there are."""
    spec = named(render(), "Deployment")["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert spec["replicas"] == 2
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]


def test_the_pods_have_the_time_that_the_program_may_take() -> None:
    """The drain, and all that comes after it; unless more is set."""
    for drain in (25, 45.5, 600):
        one = pod(render(config={"drainSeconds": drain}))
        seconds = one["spec"]["terminationGracePeriodSeconds"]
        assert seconds == math.ceil(drain) + 20
        assert seconds > drain + run.QUIET_WITHIN_SECONDS + run.CLOSED_WITHIN_SECONDS
    more = render(terminationGracePeriodSeconds=1_200_000)
    assert pod(more)["spec"]["terminationGracePeriodSeconds"] == 1_200_000


def test_a_node_may_be_drained_one_pod_at_a_time() -> None:
    """And pods that are not ready hold up nothing."""
    budget = named(render(), "PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["selector"] == named(render(), "Deployment")["spec"]["selector"]
    least = render(podDisruptionBudget={"minAvailable": 0})
    assert "maxUnavailable" not in named(least, "PodDisruptionBudget")["spec"]
    assert named(least, "PodDisruptionBudget")["spec"]["minAvailable"] == 0
    none = render(podDisruptionBudget={"enabled": False})
    assert kinds(none, "PodDisruptionBudget") == []


def test_the_selectors_find_the_relay_and_not_its_tools() -> None:
    """The test's pod and the job's have another component."""
    objects = render(topology={"job": {"enabled": True}})
    wanted = named(objects, "Deployment")["spec"]["selector"]["matchLabels"].items()
    assert wanted <= pod(objects)["metadata"]["labels"].items()
    assert wanted <= named(objects, "Service")["spec"]["selector"].items()
    assert not wanted <= named(objects, "Pod")["metadata"]["labels"].items()
    template = named(objects, "Job")["spec"]["template"]
    assert not wanted <= template["metadata"]["labels"].items()


def test_the_service_account_is_made_or_named() -> None:
    """And without a token either way."""
    made = render(serviceAccount={"annotations": {"a": "b"}})
    assert named(made, "ServiceAccount")["automountServiceAccountToken"] is False
    assert named(made, "ServiceAccount")["metadata"]["annotations"] == {"a": "b"}
    assert pod(made)["spec"]["serviceAccountName"] == "relay-order-relay"
    other = render(serviceAccount={"create": False, "name": "other"})
    assert kinds(other, "ServiceAccount") == []
    assert pod(other)["spec"]["serviceAccountName"] == "other"


def test_the_parts_of_a_user_are_added() -> None:
    """Beside the chart's own, and labels everywhere."""
    extra = {
        "commonLabels": {"team": "orders"},
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "extraVolumes": [{"name": "x", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "x", "mountPath": "/tmp"}],  # noqa: S108 - in the container
        "extraObjects": [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "{{ .Release.Name }}-x"}}
        ],
    }
    objects = render(**extra)
    assert {"name": "TZ", "value": "UTC"} in container(objects)["env"]
    assert len(container(objects)["volumeMounts"]) == len(pod(objects)["spec"]["volumes"]) == 2
    assert named(objects, "Secret")["metadata"]["name"] == "relay-x"
    ours = [one for one in objects if one["kind"] != "Secret"]
    assert {one["metadata"]["labels"].get("team") for one in ours} == {"orders"}


def test_a_parent_chart_may_have_global_values() -> None:
    """Helm hands them down, and the schema lets them pass."""
    assert render(**{"global": {"anything": 1}}) == render()


def test_the_notes_say_what_is_unset(tmp_path: Path) -> None:
    """And how to send the first order, and where the metrics are."""
    text = notes({}, tmp_path)
    assert "STILL UNSET: where the API key" in text
    assert "--from-literal=api__key=KEY" in text
    assert "exchange=orders routing_key=order.request" in text
    assert "http://localhost:8080/metrics" in text
    known = notes({**MINIMAL, "config": {"amqp": {"namespace": "shop"}}}, tmp_path)
    assert "UNSET" not in known
    assert "exchange=shop routing_key=order.request" in known


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Not set: image.repository. There is no public image"),
        ({"replicaCount": 0}, "NOTHING RUNS: replicaCount is 0. Orders wait in the queue orders.r"),
        (_inline("amqps://u:canary@b:5672/"), "LOOK AGAIN: secrets.inline.amqpUrl has amqps://"),
        (_inline("amqp://a/,amqps://b:5672"), "LOOK AGAIN: secrets.inline.amqpUrl has amqps://"),
        (_inline("amqp://b:5671/v"), "LOOK AGAIN: secrets.inline.amqpUrl has amqp://"),
        ({"prometheusRule": {"enabled": True}}, "Not set: prometheusRule.runbookBaseUrl"),
        ({"dashboard": {"enabled": True}}, "Not set: prometheusRule.runbookBaseUrl"),
    ],
)
def test_the_notes_say_what_looks_wrong(tmp_path: Path, values: Any, words: str) -> None:
    """What may be meant is no error; and never a secret."""
    text = notes({**MINIMAL, **values}, tmp_path)
    assert words in text
    assert "canary" not in text


def test_the_notes_are_quiet_where_all_is_said(tmp_path: Path) -> None:
    """Every warning can go away."""
    values = {
        **_inline("amqps://u:p@b:5671/5672,amqp://b:5672/5671"),
        "image": {"repository": "registry.example.com/relay"},
        "prometheusRule": {"enabled": True, "runbookBaseUrl": "https://example.com"},
    }
    text = notes(values, tmp_path)
    for words in ("image.repository", "LOOK AGAIN", "NOTHING RUNS", "runbookBaseUrl"):
        assert words not in text


def test_a_new_url_rolls_the_pods_and_cannot_be_guessed_from_the_annotation() -> None:
    """A plain digest of a URL tells a short password to whoever may read the pods."""

    def digest(url: str, release: str) -> str:
        objects = render(release, **_inline(url))
        return str(pod(objects)["metadata"]["annotations"]["checksum/amqp-url"])

    url = "amqp://me:password@broker/"
    assert digest(url, "relay") == digest(url, "relay")
    assert len({digest(url, "relay"), digest(url, "other"), digest(url + "v", "relay")}) == 3
    assert sha256(url.encode()).hexdigest() != digest(url, "relay")


def test_the_notes_warn_of_secrets_in_values(tmp_path: Path) -> None:
    """Without showing them."""
    inline = {"secrets": {"inline": {"amqpUrl": "amqp://b/", "apiKey": "canary-key"}}}
    text = notes(inline, tmp_path)
    assert "FOR TRYING OUT ONLY" in text
    assert "canary-key" not in text


@pytest.mark.parametrize(
    ("rate", "values", "said"),
    [
        (19, {"replicaCount": 2}, True),
        (20, {"replicaCount": 2}, False),
        (0.5, {"replicaCount": 1}, False),
        (50, {"autoscaling": {"hpa": {"enabled": True, "maxReplicas": 6}}}, True),
        (50, {"autoscaling": {"keda": {"enabled": False, "maxReplicas": 6}}}, False),
        (None, {"replicaCount": 50}, False),
    ],
)
def test_the_notes_say_where_pods_will_stand_by(
    rate: float | None,
    values: dict[str, object],
    said: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """A tenth of the budget is the most that send."""
    text = notes({**values, "config": {"api": {"ratePerSecond": rate}}}, tmp_path)
    assert ("MORE PODS THAN THE BUDGET CARRIES" in text) is said
