"""What the flow asks of the outside world; the edges and the tests' fakes both keep to it."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.core.message import Publication, Received
from service.core.outcome import ApiResult


class Clock(Protocol):
    """Time and waiting, so that tests can own both."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set, at most so long; whether it is set."""
        ...


class Delivery(Protocol):
    """A message that the broker handed out and waits to hear about.

    The three settling calls do nothing once the connection is gone: the broker delivers again.
    """

    @property
    def received(self) -> Received:
        """The message."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the connection that brought it still stands, so that it can be settled."""
        ...

    async def ack(self) -> None:
        """Done with it for good."""
        ...

    async def requeue(self, *, counted: bool = False) -> None:
        """Let the broker deliver it again, here or elsewhere; `counted` towards its limit."""
        ...

    async def dead_letter(self) -> None:
        """Let the broker move it to the parked queue, byte for byte."""
        ...


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has it, durably."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The broker refused it, or it is not known whether the broker has it."""

    reason: str


class Publisher(Protocol):
    """The way out."""

    async def publish(self, publication: Publication) -> Confirmed | Unconfirmed:
        """Publish, persistent and mandatory, and wait for the broker's confirm."""
        ...


class Tracing(Protocol):
    """Who watches over deliveries on their way; never raises and never waits."""

    def delivery(self, received: Received) -> AbstractContextManager[object]:
        """A block for the whole way of `received`, left on every end of it."""
        ...


class Untraced:
    """Nobody watches."""

    _nothing = nullcontext()

    def delivery(self, received: Received) -> AbstractContextManager[object]:  # noqa: ARG002
        """A block like any other."""
        return self._nothing


class OrderApi(Protocol):
    """The order API."""

    async def submit(self, form: bytes) -> ApiResult:
        """POST the form together with the account's key; never raises for what the API does."""
        ...
