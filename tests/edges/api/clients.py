"""How the tests make the edge, and an order to send through it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from service.edges.api.client import HttpOrderApi
from service.edges.api.key import FixedKey, KeySource

KEY = "k3y/0f+the account&"
"""It looks different raw, URL-encoded and JSON-escaped."""

FORM = b"action=add&service=1&link=https%3A%2F%2Fexample.org%2F&quantity=100&request_id=o-7"

ANSWER = b'{"order": "ord_1"}'

SHORT_SECONDS = 0.5
"""The time-out of attempts that are meant to run into it, and long enough to connect before."""


def order_api(
    url: str,
    *,
    key: KeySource | None = None,
    timeout_seconds: float = 10.0,
    concurrency: int = 4,
    ca_file: Path | None = None,
    headers: Callable[[], Mapping[str, str]] | None = None,
) -> HttpOrderApi:
    """The edge with settings that no test trips over by chance."""
    return HttpOrderApi(
        url,
        key or FixedKey(KEY),
        timeout_seconds=timeout_seconds,
        concurrency=concurrency,
        ca_file=ca_file,
        headers=headers,
    )
