"""How long an order has been on its way, from headers that a producer cannot forge."""

from datetime import datetime

from service.core.message import Received
from service.core.request import Parsed

RETRY_EXCHANGE = ""
"""The exchange of a delivery that comes from a waiting tier; see `service.core.topology`."""


def age_seconds(received: Received, parsed: Parsed, now: datetime, max_age_seconds: float) -> float:
    """Seconds since the relay first saw the order, if it came through a waiting tier; else 0.

    A producer can forge the first-seen header, but not the exchange, which the broker sets: an
    order from a producer has the age 0. An order is given up at `max_age_seconds`, so a higher age
    is forged or comes from a wrong clock, and is cut off there.
    """
    if received.exchange != RETRY_EXCHANGE:
        return 0.0
    age = (now - parsed.history.first_seen).total_seconds()
    return min(max(0.0, age), max_age_seconds)
