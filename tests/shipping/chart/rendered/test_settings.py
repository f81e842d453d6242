"""The program reads from the ConfigMap what the values said."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_snake

from service.app.loading import load
from service.app.settings import Settings
from tests.shipping.chart.rendered.helm import named, pod, render
from tests.shipping.chart.rendered.pod_process import write_secret

SECRETS = {"secrets": {"inline": {"amqpUrl": "amqp://user:word@broker/", "apiKey": "key"}}}

# Every setting, each other than its default; the numbers are those that YAML writes badly.
_OTHER: dict[str, Any] = {
    "amqp": {"namespace": "shop.eu", "topology": "check", "prefetch": 65_535},
    "api": {
        "url": "http://api.example.com:8000/v2?x=1",
        "allowHttp": True,
        "timeoutSeconds": 0.25,
        "concurrency": 10_000,
        "ratePerSecond": 1_000_000,
        "idempotencyWindowSeconds": 1_000_000,
    },
    "retry": {"delaysSeconds": [2, 604_800], "maxAttempts": 1_000_000, "maxAgeSeconds": 999_999},
    "admin": {"host": "::", "port": 65_535},
    "log": {"level": "error", "format": "json"},
    "traces": {"endpoint": "http://collector:4318/otlp", "sampleRatio": 0.000001},
    "drainSeconds": 2_592_000,
}


def _loaded(values: dict[str, Any], directory: Path, environment: pytest.MonkeyPatch) -> Settings:
    objects = render(**values)
    for name, value in named(objects, "ConfigMap")["data"].items():
        environment.setenv(name, value)
    write_secret(named(objects, "Secret"), pod(objects)["spec"]["volumes"][0], directory)
    environment.setenv("ORDER_RELAY_SECRETS_DIR", str(directory))
    environment.chdir(directory)
    return load().settings


def test_every_value_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was written, and none is missing."""
    found = _loaded({**SECRETS, "config": _OTHER}, tmp_path, monkeypatch)
    settings = found.model_dump(mode="json")
    for name, value in _OTHER.items():
        there = settings[to_snake(name)]
        if isinstance(value, dict):
            there = {inner: there[to_snake(inner)] for inner in value}
        assert there == value, name


def test_the_defaults_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are the program's own."""
    found = _loaded(SECRETS, tmp_path, monkeypatch)
    for name in list(named(render(), "ConfigMap")["data"]):
        monkeypatch.delenv(name)
    assert found == load().settings


def test_a_changed_setting_rolls_the_pods_and_a_changed_key_does_not() -> None:
    """The key is read again from its file; the broker's URL is not."""

    def checksums(**values: Any) -> dict[str, str]:
        found: dict[str, str] = pod(render(**{**SECRETS, **values}))["metadata"]["annotations"]
        return found

    before = checksums()
    assert checksums(config={"log": {"level": "debug"}}) != before
    other_key = {"inline": SECRETS["secrets"]["inline"] | {"apiKey": "other"}}
    assert checksums(secrets=other_key) == before
    other_url = {"inline": SECRETS["secrets"]["inline"] | {"amqpUrl": "amqp://other/"}}
    assert checksums(secrets=other_url) != before


def test_no_secret_is_in_the_environment() -> None:
    """Neither in the ConfigMap nor in the pod; only in the Secret."""
    inline = {"amqpUrl": "amqp://u:canary-word@broker/", "apiKey": "canary-key"}
    objects = render(secrets={"inline": inline})
    holders = {one["kind"] for one in objects if "canary" in str(one)}
    assert holders == {"Secret"}
    encoded = base64.b64encode(b"canary-key").decode()
    assert encoded not in str([one for one in objects if one["kind"] != "Secret"])
