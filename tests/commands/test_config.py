"""What `order-relay config` shows of each setting."""

from pathlib import Path

import pytest

from service.app.loading import load_shown
from service.app.masking import mask_secret
from service.commands.config import rows

DEFAULTS = {
    "ORDER_RELAY_AMQP__URL": "amqp://guest:***@localhost:5672/",
    "ORDER_RELAY_AMQP__NAMESPACE": "orders",
    "ORDER_RELAY_AMQP__TOPOLOGY": "declare",
    "ORDER_RELAY_AMQP__PREFETCH": "-",
    "ORDER_RELAY_AMQP__CA_FILE": "-",
    "ORDER_RELAY_AMQP__CERT_FILE": "-",
    "ORDER_RELAY_AMQP__KEY_FILE": "-",
    "ORDER_RELAY_API__URL": "https://notpanel.com/api/v2",
    "ORDER_RELAY_API__ALLOW_HTTP": "false",
    "ORDER_RELAY_API__KEY": "***",
    "ORDER_RELAY_API__TIMEOUT_SECONDS": "10",
    "ORDER_RELAY_API__CONCURRENCY": "64",
    "ORDER_RELAY_API__RATE_PER_SECOND": "-",
    "ORDER_RELAY_API__IDEMPOTENCY_WINDOW_SECONDS": "86400",
    "ORDER_RELAY_API__CA_FILE": "-",
    "ORDER_RELAY_RETRY__DELAYS_SECONDS": "1,5,30,120,600,3600",
    "ORDER_RELAY_RETRY__MAX_ATTEMPTS": "12",
    "ORDER_RELAY_RETRY__MAX_AGE_SECONDS": "86400",
    "ORDER_RELAY_ADMIN__HOST": "0.0.0.0",
    "ORDER_RELAY_ADMIN__PORT": "8080",
    "ORDER_RELAY_LOG__LEVEL": "info",
    "ORDER_RELAY_LOG__FORMAT": "auto",
    "ORDER_RELAY_TRACES__ENDPOINT": "-",
    "ORDER_RELAY_TRACES__SAMPLE_RATIO": "1",
    "ORDER_RELAY_MANAGEMENT__URL": "-",
    "ORDER_RELAY_DRAIN_SECONDS": "25",
}


def test_every_setting_has_the_default_of_the_contract(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing but the key must be set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("ORDER_RELAY_API__KEY", "some-secret-key")
    assert {variable: value for variable, value, _ in rows(*load_shown())} == DEFAULTS


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("a-key", "***"),
        ("amqp://h", "amqp://h"),
        ("amqp://u:p@h:1/v?x=1", "amqp://u:***@h:1/v"),
        ("amqp://u:p@ss@h/", "amqp://u:***@h/"),
        ("AMQP://u:p@h/v@w#x", "AMQP://u:***@h/v@w"),
        ("amqps://u@h, amqp://a:b@c/", "amqps://u:***@h,amqp://a:***@c/"),
    ],
)
def test_secrets_are_masked(secret: str, shown: str) -> None:
    """Of a broker's URL, host, user and vhost stay readable."""
    assert mask_secret(secret) == shown
