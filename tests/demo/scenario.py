"""What a message of the demo is, and how it must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

REQUEST_KEY = "order.request"
# What the API of the demo does not have, and what costs more than there is.
UNKNOWN_SERVICE = 13
TOO_DEAR_SERVICE = 42

Status = Literal["accepted", "rejected", "failed", "unknown"]
Fault = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the reply must say; `attempts` is the least, and 0 means that the API saw nothing."""

    status: Status
    code: str = ""
    attempts: int = 0
    parked: bool = False
    unrouted: bool = False

    @property
    def order_exists(self) -> bool:
        """Whether the API has an order for it; the demo's unknown ones were placed."""
        return self.status in ("accepted", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to the relay; `fault` is what the API does to the first `times` calls for it.

    `times` None is every call. `undecodable_header` gives it a header that is not UTF-8.
    """

    name: str
    about: str
    body: bytes
    ending: Ending
    message_id: str | None
    correlation_id: str | None = None
    reply_to: str | None = None
    content_type: str | None = "application/json"
    headers: Mapping[str, str | int] = field(default_factory=dict)
    fault: Fault | None = None
    times: int | None = 1
    undecodable_header: bool = False

    @property
    def key(self) -> str:
        """What its reply is recognised by: the correlation id, else the routing key asked for."""
        return self.correlation_id or self.message_id or self.reply_to or ""

    @property
    def routing_key(self) -> str:
        """Where its reply must go."""
        return self.reply_to or f"order.{self.ending.status}"


@dataclass(frozen=True, slots=True)
class Chapter:
    """Messages that are sent together, with what they show."""

    title: str
    text: str
    messages: tuple[Message, ...]


def accepted(attempts: int = 1, *, unrouted: bool = False) -> Ending:
    """The API gave an order id."""
    return Ending(status="accepted", attempts=attempts, unrouted=unrouted)


def rejected(code: str, attempts: int = 0, *, parked: bool = False) -> Ending:
    """The relay (0 attempts) or the API refused it."""
    return Ending(status="rejected", code=code, attempts=attempts, parked=parked)
