"""What the flow needs of the outside world; the edges and the tests' fakes implement it."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from service.core.message import Publication, Received
from service.core.outcome import ApiResult
from service.core.record import record


class Clock(Protocol):
    """Time and waiting, so that tests can control both."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences have a meaning."""
        ...

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Wait until `event` is set, at most `timeout_seconds`; whether it is set."""
        ...


class Delivery(Protocol):
    """A message that the broker delivered, and that is to be settled.

    The three settling calls do nothing once the connection is gone: the broker delivers again.
    """

    @property
    def received(self) -> Received:
        """The message."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the connection that brought it is still open, so that it can be settled."""
        ...

    async def ack(self) -> None:
        """Remove it from the queue for good."""
        ...

    async def requeue(self, *, counted: bool = False) -> None:
        """Let the broker deliver it again, here or elsewhere; `counted` towards its limit."""
        ...

    async def dead_letter(self) -> None:
        """Let the broker move it to the parked queue, byte for byte."""
        ...


@record(frozen=True, slots=True)
class Confirmed:
    """The broker has it, durably."""


@record(frozen=True, slots=True)
class Unconfirmed:
    """The broker refused it, or it is unknown whether the broker has it."""

    reason: str


@record(frozen=True, slots=True)
class Unpublishable:
    """No try can help: it does not fit the connection, or the broker closes a channel for it."""

    reason: str


Published = Confirmed | Unconfirmed | Unpublishable


class Publisher(Protocol):
    """Publishes replies, retries and parked copies."""

    async def publish(self, publication: Publication) -> Published:
        """Publish, persistent and mandatory, and wait for the broker's confirm.

        A reply whose queue does not take it counts as confirmed when the unrouted have it.
        """
        ...


class Tracing(Protocol):
    """Observes deliveries on their way; never raises and never waits."""

    def delivery(self, received: Received) -> AbstractContextManager[object]:
        """A context for the whole way of `received`, however it ends."""
        ...


class Untraced:
    """Observes nothing."""

    _nothing = nullcontext()

    def delivery(self, received: Received) -> AbstractContextManager[object]:  # noqa: ARG002
        """An empty context."""
        return self._nothing


class OrderApi(Protocol):
    """The order API."""

    async def submit(self, form: bytes) -> ApiResult:
        """POST the form together with the account's key; never raises for what the API does."""
        ...
