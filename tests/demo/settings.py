"""How the demo sets up the relay and the stand-in of the API: short waits, so that all is seen."""

from collections.abc import Mapping
from pathlib import Path

UNKNOWN_SERVICE = 13
TOO_DEAR_SERVICE = 42
DELAYS = "1,2,3"

STANDIN_OPTIONS = (
    *("--maximum", "10000"),
    *("--balance", "1000000"),
    *("--unknown", str(UNKNOWN_SERVICE)),
    *("--service-price", f"{TOO_DEAR_SERVICE}=50000"),
)


def relay_environment(
    *, amqp_url: str, api_url: str, secrets: Path, admin_port: int
) -> Mapping[str, str]:
    """The settings of the relay; its API key is a file in `secrets`."""
    return {
        "ORDER_RELAY_AMQP__URL": amqp_url,
        "ORDER_RELAY_API__URL": api_url,
        "ORDER_RELAY_SECRETS_DIR": str(secrets),
        "ORDER_RELAY_API__TIMEOUT_SECONDS": "2",
        "ORDER_RELAY_RETRY__DELAYS_SECONDS": DELAYS,
        "ORDER_RELAY_RETRY__MAX_ATTEMPTS": "4",
        "ORDER_RELAY_DRAIN_SECONDS": "5",
        "ORDER_RELAY_ADMIN__HOST": "127.0.0.1",
        "ORDER_RELAY_ADMIN__PORT": str(admin_port),
        "ORDER_RELAY_LOG__FORMAT": "json",
    }
