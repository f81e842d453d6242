"""Whether an order may be given back to the broker unsent."""

from service.core.message import Received

MOST_RETURNS = 10
"""Deliveries of one message; the broker dead-letters it after 50."""

LONG_SECONDS = 3_600.0
"""An order that ends sooner stays: given back it counts as perhaps sent, and ends as unknown."""


def may_return(received: Received, seconds_left: float) -> bool:
    """Whether it costs the order nothing: no place near its limit, no certainty."""
    return seconds_left > LONG_SECONDS and received.returns < MOST_RETURNS
