"""One colour a meaning, on every panel; and the words that a series of that meaning is shown by."""

from typing import Final

GOOD: Final = "green"
WARN: Final = "yellow"
BAD: Final = "red"
LIMIT: Final = "#8E8E8E"

_REFUSAL: Final = "blue"
_GIVEN_UP: Final = "orange"
_NO_IDEA: Final = "red"

COLOURS: Final[dict[str, str]] = {
    # What an order, or an attempt at it, came to.
    "accepted": GOOD,
    "rejected": _REFUSAL,
    "refused": _REFUSAL,
    "failed": _GIVEN_UP,
    "unknown": _NO_IDEA,
    "throttled": "yellow",
    "unreached": "purple",
    "misconfigured": "dark-red",
    # Why it was rejected: blue is for the producer to mend, yellow for us, red is parked as well.
    "invalid_order": "dark-blue",
    "service_not_found": "#26A4B8",
    "invalid_quantity": "#8FD3C8",
    "message_id_conflict": "#8F8FE0",
    "message_id_too_long": "#C4423F",
    "missing_request_id": "#33507F",
    "insufficient_balance": "semi-dark-yellow",
    "invalid_message": "#B9C6DE",
    "missing_message_id": "#E88B89",
    # Why it was given up.
    "deadline_passed": "orange",
    "too_old": "light-orange",
    "attempts_exhausted": "dark-orange",
    "dropped": "super-light-orange",
    "outcome_unknown": _NO_IDEA,
    # Where messages are.
    "new": "#7EB6C9",
    "redelivered": "#B58A5A",
    "waiting": "#7EB6C9",
    "at a relay": "#3F7F99",
    "retry": "#E0B64B",
    "parked": "#C4423F",
    "unrouted": "#B877D9",
    "consumers": "#3F7F99",
    # How long it waits for its next attempt.
    "after    1 s": "#F2E3B3",
    "after    5 s": "#E8CF86",
    "after   30 s": "#E0B64B",
    "after  120 s": "#C99A2E",
    "after  600 s": "#A37A1C",
    "after 3600 s": "#7A5A10",
    # How a delivery was settled.
    "replied": GOOD,
    "retried": "#E0B64B",
    "dead_lettered": "#8A1F1C",
    "returned": "#B58A5A",
    # What was published.
    "reply": "#37BBB0",
    # How long something took, and how much there is of it.
    "half are faster": "#9FE0DA",
    "19 in 20 are faster": "#37BBB0",
    "99 in 100 are faster": "#0F766E",
    "oldest order": "#E0B64B",
    "goodput": GOOD,
    "sent": "#7EB6C9",
    "all shares": "#37BBB0",
    "learned": "#E0B64B",
    "fewest known": "#E0B64B",
    "most known": "#37BBB0",
    "running": LIMIT,
    "in flight": "#37BBB0",
    "largest": "#37BBB0",
    "average": "#9FE0DA",
    "limit": LIMIT,
    "budget": LIMIT,
    "set": LIMIT,
    # Why a connection to the broker was lost.
    "connect_failed": "dark-red",
    "connection_closed": "#C98B4F",
    "channel_closed": "#E0B64B",
    "consumer_cancelled": "#7EB6C9",
    "ack_failed": "#B877D9",
    "publish_timeout": "#5A7BB5",
    "publish_refused": "#4F9D69",
    "topology": "#8A1F1C",
    # Objectives.
    "in time": GOOD,
    "late": _GIVEN_UP,
    "certain": GOOD,
    "restarts": "#B58A5A",
    "new relays": "#7EB6C9",
    "over 1 hour": "#C4423F",
    "over 6 hours": "#E0B64B",
    "over 3 days": "#37BBB0",
}
"""By the name of a series, which is its legend: a label's value or words of a panel."""

DASHED: Final = frozenset({"limit", "budget", "set", "running"})
"""These are no measurements: their lines are dashed and have no area."""


def words(name: str) -> str:
    """What a person reads for the name of a series."""
    return " ".join(name.replace("_", " ").split())
