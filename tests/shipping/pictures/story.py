"""What happens in a recording, as data: a working day in half an hour, with an outage in it."""

from dataclasses import dataclass
from enum import Enum, auto
from math import sin, tau
from typing import Any


class Happening(Enum):
    """What is done to the relays or their API for a while."""

    DEPLOYMENT = auto()
    ERRORS = auto()
    HANGING = auto()
    REFUSED = auto()
    THROTTLED = auto()
    KILLED = auto()


@dataclass(frozen=True, slots=True)
class Act:
    """One of them, from and until these shares of the recording."""

    begins: float
    ends: float
    happening: Happening
    words: str


STORY = (
    Act(0.10, 0.13, Happening.DEPLOYMENT, "both relays are replaced by a new version, in turn"),
    Act(0.34, 0.37, Happening.ERRORS, "the API answers two of three orders with 502"),
    Act(0.37, 0.40, Happening.HANGING, "the API takes orders and never answers"),
    Act(0.40, 0.57, Happening.REFUSED, "the API refuses connections"),
    Act(0.80, 0.85, Happening.THROTTLED, "the API answers some orders with 429"),
    Act(0.92, 0.93, Happening.KILLED, "one relay is killed, and replaced"),
)

EVERY_DAY: tuple[dict[str, Any], ...] = (
    {"fault": "status", "status": 400, "body": '{"error": "Insufficient balance"}', "every": 67},
    {"fault": "status", "status": 400, "body": '{"error": "Quantity too large"}', "every": 101},
    {"fault": "delay", "seconds": 1.4, "every": 149},
    {"fault": "delay", "seconds": 0.45, "every": 11},
    {"fault": "delay", "seconds": 0.22, "every": 3},
    {"fault": "delay", "seconds": 0.12, "every": 1},
)
"""How the API behaves on a good day: it refuses some, and takes its time for the others."""

_OF: dict[Happening, tuple[dict[str, Any], ...]] = {
    Happening.ERRORS: (
        {"fault": "status", "status": 502, "every": 3},
        {"fault": "status", "status": 502, "every": 2},
    ),
    Happening.HANGING: ({"fault": "hang_after", "every": 1},),
    Happening.THROTTLED: (
        {"fault": "status", "status": 429, "headers": {"Retry-After": "3"}, "every": 12},
    ),
}


def faults(happening: Happening | None) -> list[dict[str, Any]]:
    """What the API is told while this happens, the first that fits a call having its way."""
    rules = (*(_OF.get(happening, ()) if happening else ()), *EVERY_DAY)
    return [
        {name: value for name, value in rule.items() if name != "every"}
        | {"match": {"every": rule["every"]}, "times": None}
        for rule in rules
    ]


def orders_per_second(share: float, usual: float) -> float:
    """The rate at this share of the recording: it rises and falls a little, as on any day."""
    return usual * (1 + 0.18 * sin(tau * (share * 2.2 + 0.1)) + 0.06 * sin(tau * share * 11))
