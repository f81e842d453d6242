"""Where a message comes from, and so which headers of ours on it count.

The exchange of a delivery is the broker's word: who may publish to the orders exchange only cannot
come by another one. All the rest, `x-death` too, a sender can write.
"""

from collections.abc import Mapping

from service.core.history import ATTEMPTS, UNKNOWN_SINCE
from service.core.message import Received

DEFAULT_EXCHANGE = ""
"""What waited in a tier comes by it; see `service.core.topology`."""


def came_back(received: Received) -> bool:
    """Whether `received` waited in a retry queue of ours: what it says about itself, we wrote."""
    if received.exchange != DEFAULT_EXCHANGE:
        return False
    namespace = received.routing_key.removesuffix(".requests")
    match received.message.headers.get("x-death"):
        case [{"queue": str(queue)}, *_]:
            return queue.startswith(f"{namespace}.retry.")
        case _:
            return False


def history_headers(received: Received) -> Mapping[str, object]:
    """The headers of `received` that say what was tried for it before; none from a producer."""
    headers = received.message.headers
    if came_back(received):
        return headers
    if received.exchange == DEFAULT_EXCHANGE and UNKNOWN_SINCE in headers:
        # Moved by hand. Forgotten, an order that may exist would be sent as if it were new.
        return {ATTEMPTS: 1, UNKNOWN_SINCE: headers[UNKNOWN_SINCE]}
    return {}
