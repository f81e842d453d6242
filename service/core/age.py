"""How long an order has been on its way, from headers that a producer cannot forge."""

from datetime import datetime

from service.core.request import Parsed


def age_seconds(parsed: Parsed, now: datetime, max_age_seconds: float) -> float:
    """Seconds since the relay first saw the order, if it came through a waiting tier; else 0.

    A replay begins anew. An order is given up at `max_age_seconds`: a higher age comes from a wrong
    clock.
    """
    age = (now - parsed.history.tried_since).total_seconds()
    return min(max(0.0, age), max_age_seconds)
