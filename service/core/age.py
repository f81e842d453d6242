"""How long an order has been on its way, as far as a stranger cannot make it up."""

from datetime import datetime

from service.core.message import Received
from service.core.request import Parsed

RETRY_EXCHANGE = ""
"""What the broker says of what comes out of a waiting tier; see `service.core.topology`."""


def age_seconds(received: Received, parsed: Parsed, now: datetime, max_age_seconds: float) -> float:
    """Since the relay first saw the order, for what came through a waiting tier; else 0.

    A producer can write any first-seen header, but the exchange is the broker's word: who may only
    publish orders makes none look old. No order of the relay's own is older than
    `max_age_seconds`, after which it is given up: more is a forgery or a wrong clock.
    """
    if received.exchange != RETRY_EXCHANGE:
        return 0.0
    age = (now - parsed.history.first_seen).total_seconds()
    return min(max(0.0, age), max_age_seconds)
