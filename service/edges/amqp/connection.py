"""One session of a connection, from its opening until anything about it is in doubt."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from aiormq import exceptions
from aiormq.abc import AbstractChannel, AbstractConnection

from service.core.backoff import full_jitter
from service.edges.amqp.broker import BrokerUnreachableError
from service.edges.amqp.faults import fault_of_reply, told
from service.flow.cancellation import is_ours
from service.flow.events import Emit
from service.flow.events.faults import BrokerFault
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerLost
from service.flow.ports import Clock

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
CANCEL_TIMEOUT_SECONDS = 1.0
STEADY_SECONDS = 10.0
"""After a session that lasted longer than this, the next pause is short again."""

_BLAMED = (
    exceptions.ConnectionFrameError,
    exceptions.ConnectionSyntaxError,
    exceptions.ConnectionCommandInvalid,
    exceptions.ConnectionChannelError,
    exceptions.ConnectionUnexpectedFrame,
    exceptions.ConnectionInternalError,
)

T = TypeVar("T")


class SessionBrokenError(Exception):
    """The session cannot go on; `why_held` is without the broker's words, for everybody.

    `blamed` says that the broker ended it for something that was sent.
    """

    blamed = False

    def __init__(
        self,
        cause: LostCause,
        reason: str,
        fault: BrokerFault | None = None,
        why_held: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.fault = fault
        self.why_held = why_held

    @classmethod
    def by(cls, cause: LostCause, error: BaseException | None) -> "SessionBrokenError":
        """What an exception did to the session; without one somebody closed it."""
        if error is None:
            return cls(cause, "closed")
        fault = fault_of_reply(error)
        broken = cls(cause, told(error, fault) if fault else str(error) or "closed", fault)
        broken.blamed = isinstance(error, _BLAMED)
        return broken


def channel_cause(error: BaseException | None) -> LostCause:
    """Whether a channel ended by itself, or with its connection, which ends all its channels."""
    alone = error is None or isinstance(error, exceptions.AMQPChannelError)
    return LostCause.CHANNEL_CLOSED if alone else LostCause.CONNECTION_CLOSED


class Session:
    """Whether a connection still stands; broken once, it stays broken."""

    def __init__(self) -> None:
        self.broken: asyncio.Future[SessionBrokenError] = asyncio.Future()

    @property
    def alive(self) -> bool:
        """Whether nothing has gone wrong yet."""
        return not self.broken.done()

    def break_(self, cause: LostCause, reason: str) -> None:
        """Give the session up; the first cause counts."""
        self.end(SessionBrokenError(cause, reason))

    def end(self, broken: SessionBrokenError) -> None:
        """Give the session up for what is known to be wrong; the first cause counts."""
        if self.alive:
            self.broken.set_result(broken)

    def watch(self, connection: AbstractConnection) -> None:
        """Break when the connection is lost, or anybody closes it."""

        def on_closing(future: "asyncio.Future[object]") -> None:
            error = None if future.cancelled() else future.exception()
            self.end(SessionBrokenError.by(LostCause.CONNECTION_CLOSED, error))

        connection.closing.add_done_callback(on_closing)

    def watch_channel(self, channel: AbstractChannel) -> None:
        """Break when the broker or anybody closes the channel."""

        def on_closing(future: "asyncio.Future[object]") -> None:
            error = None if future.cancelled() else future.exception()
            self.end(SessionBrokenError.by(channel_cause(error), error))

        channel.closing.add_done_callback(on_closing)

    async def run(self, work: Awaitable[object]) -> None:
        """Do `work` until it is done; raises SessionBrokenError as soon as the session breaks."""
        task = expected(asyncio.ensure_future(work))
        either: set[asyncio.Future[Any]] = {task, self.broken}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                # Bounded: calls of aiormq can outlive their cancellation, until its socket closes.
                await asyncio.wait({task}, timeout=CANCEL_TIMEOUT_SECONDS)
        # A broken session makes its calls fail, too: its cause says more than their errors.
        if self.broken.done():
            raise self.broken.result()
        if (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> NoReturn:
        if isinstance(error, SessionBrokenError):
            self.end(error)
            raise error
        self.break_(LostCause.CONNECTION_CLOSED, f"{type(error).__name__}: {error}")
        raise self.broken.result()


def expected(task: "asyncio.Future[T]") -> "asyncio.Future[T]":
    """The task; its error may go unread.

    A call that fails because its session has ended is nothing new, but asyncio would report it as
    a defect.
    """
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def unless_stopped(stop: asyncio.Event, work: Awaitable[T]) -> T:
    """What `work` returns; it is cancelled, and SessionBrokenError raised, if `stop` comes first.

    Without it a broker that does not answer would delay the end of the process.
    """
    task = expected(asyncio.ensure_future(work))
    stopping = asyncio.create_task(stop.wait())
    either: set[asyncio.Future[Any]] = {task, stopping}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise SessionBrokenError(LostCause.CONNECTION_CLOSED, "stopped")
        return task.result()
    finally:
        stopping.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CANCEL_TIMEOUT_SECONDS)


async def keep_up(
    name: ConnectionName,
    session: Callable[[], Awaitable[None]],
    *,
    stop: asyncio.Event,
    clock: Clock,
    emit: Emit,
    random: Callable[[], float],
) -> None:
    """Run `session` again and again until `stop` is set, and tell each time why it ended."""

    def lost(broken: SessionBrokenError, pause: float) -> None:
        emit(BrokerLost(name, broken.cause, broken.reason, pause, broken.fault))

    await keep_trying(session, lost, stop=stop, clock=clock, random=random)


async def keep_trying(
    session: Callable[[], Awaitable[None]],
    lost: Callable[[SessionBrokenError, float], None],
    *,
    stop: asyncio.Event,
    clock: Clock,
    random: Callable[[], float],
) -> None:
    """Run `session` again and again, with growing pauses under full jitter, until `stop` is set.

    A broken session is never repaired, whatever state it was in: a new one is opened.
    """
    failures = 0
    while not stop.is_set():
        began = clock.monotonic()
        broken = await _outcome(session)
        if stop.is_set():
            return
        failures = 0 if clock.monotonic() - began > STEADY_SECONDS else failures + 1
        ceiling = min(FIRST_PAUSE_SECONDS * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
        pause = full_jitter(ceiling, random())
        lost(broken, round(pause, 3))
        await clock.wait(stop, pause)


async def _outcome(session: Callable[[], Awaitable[None]]) -> SessionBrokenError:
    try:
        await session()
    except SessionBrokenError as broken:
        return broken
    except BrokerUnreachableError as error:
        return SessionBrokenError(LostCause.CONNECT_FAILED, str(error), error.fault)
    except asyncio.CancelledError as error:
        if is_ours(error):
            raise
        return SessionBrokenError(LostCause.CONNECTION_CLOSED, "a call was cancelled")
    except Exception as error:  # noqa: BLE001 - no error may end the reconnecting for good
        return SessionBrokenError(LostCause.CONNECTION_CLOSED, f"{type(error).__name__}: {error}")
    return SessionBrokenError(LostCause.CONNECTION_CLOSED, "the session ended")
