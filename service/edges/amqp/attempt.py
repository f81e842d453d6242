"""One publication on one channel, and each way in which it can end."""

import asyncio

from service.core.message import Message
from service.core.record import record
from service.flow.deadlines import Deadlines
from service.flow.ways import Destination


@record(frozen=True, slots=True)
class Outgoing:
    """A message with its way through the broker; a `reply` may go to the unrouted instead."""

    exchange: str
    routing_key: str
    message: Message
    to: Destination
    reply: bool = False


@record(frozen=True, slots=True)
class Acked:
    """The broker has it, durably."""


@record(frozen=True, slots=True)
class Nacked:
    """A queue that it was routed to refused it; others may have it."""


@record(frozen=True, slots=True)
class Unroutable:
    """No queue is bound for it."""

    reason: str


@record(frozen=True, slots=True)
class Unfit:
    """It cannot be sent over this connection; nothing of it was."""

    reason: str


@record(frozen=True, slots=True)
class Late:
    """Not confirmed in time, and may arrive still: `sending` is done when the broker answers."""

    sending: "Sending"


@record(frozen=True, slots=True)
class Shut:
    """The broker closed the channel, for this one or for another one that was on it."""

    reason: str


@record(frozen=True, slots=True)
class Over:
    """The connection is given up; `blamed` where the broker ended it, perhaps for this one."""

    reason: str
    blamed: bool = False


Ended = Acked | Nacked | Unroutable | Unfit | Late | Shut | Over


class Sending:
    """A publication that was sent: `ended` by the broker's answer, or `error` by the channel's end.

    It outlasts whoever waits for it; only one waits at a time.
    """

    __slots__ = ("_waiting", "ended", "error")

    def __init__(self) -> None:
        self.ended: Acked | Nacked | Unroutable | Unfit | None = None
        self.error: BaseException | None = None
        self._waiting: asyncio.Future[None] | None = None

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.ended is not None or self.error is not None

    def end(self, ended: Acked | Nacked | Unroutable | Unfit) -> None:
        """The broker has answered."""
        self.ended = ended
        self.wake()

    def fail(self, error: BaseException) -> None:
        """The broker will not answer any more."""
        self.error = error
        self.wake()

    def wake(self) -> None:
        """Have whoever waits look again."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self, seconds: float, deadlines: Deadlines) -> None:
        """Wait until it is done, or woken, or so long."""
        if self.done:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        deadlines.begin(self, seconds, self.wake)
        try:
            await self._waiting
        finally:
            deadlines.end(self, seconds)
            self._waiting = None
