"""When a connection is thrown away, and how it is made again, with growing pauses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from service.edges.amqp.broker import BrokerUnreachableError
from service.edges.amqp.connection import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    STEADY_SECONDS,
    SessionBrokenError,
    keep_up,
)
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerLost
from tests.edges.amqp.eventlog import EventLog
from tests.flow.clock import FakeClock

Work = Callable[[], Awaitable[None]]


class Kept:
    """A loop of sessions on a clock of the test's own."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.events = EventLog()
        self.stop = asyncio.Event()
        self.draws: list[float] = []
        self.sessions = 0
        self.work: Work = self.fail
        self.error: BaseException = SessionBrokenError(LostCause.CHANNEL_CLOSED, "a test")
        self.task: asyncio.Task[None] | None = None

    async def go(self, seconds: float = 0.0) -> None:
        """Let so much time pass; the first call begins."""
        if self.task is None:
            self.task = asyncio.create_task(self._keep_up())
        await self.clock.advance(seconds)

    @property
    def ended(self) -> bool:
        """Whether the loop is over."""
        return self.task is not None and self.task.done()

    async def _keep_up(self) -> None:
        await keep_up(
            ConnectionName.CONSUME,
            self._session,
            stop=self.stop,
            clock=self.clock,
            emit=self.events,
            random=lambda: self.draws.pop(0) if self.draws else 1.0,
        )

    async def _session(self) -> None:
        self.sessions += 1
        await self.work()

    async def fail(self) -> None:
        """A session that cannot begin."""
        raise self.error

    async def last(self, seconds: float) -> None:
        """A session that lasts so long."""
        await self.clock.wait(asyncio.Event(), seconds)
        raise self.error

    def pauses(self) -> list[float]:
        """How long it waited after each session."""
        return [event.retry_in_seconds for event in self.events.of(BrokerLost)]


@pytest.fixture
async def kept() -> AsyncIterator[Kept]:
    """Stopped at the end, whatever the test did."""
    kept = Kept()
    yield kept
    if kept.task is not None:
        kept.task.cancel()
        await asyncio.gather(kept.task, return_exceptions=True)


async def _nothing() -> None:
    """A session that ends at once."""


async def test_the_pauses_grow_to_a_limit(kept: Kept) -> None:
    """Twice the last, from 0.4 to 10 seconds, where the draw is the highest."""
    await kept.go(60)
    grown = [FIRST_PAUSE_SECONDS * 2**n for n in (1, 2, 3, 4, 5)]
    assert kept.pauses()[:7] == [*grown, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


async def test_every_pause_is_drawn_anew(kept: Kept) -> None:
    """Full jitter: replicas that were cut off together do not come back together."""
    kept.draws = [0.5, 0.0, 0.25, 0.0]
    await kept.go(5)
    assert kept.pauses()[:4] == [0.2, 0.0, 0.4, 0.0]


async def test_after_a_steady_session_the_pause_is_short_again(kept: Kept) -> None:
    """A network that failed for an hour yesterday is no reason to wait today."""
    await kept.go(30)
    assert kept.pauses()[-1] == LONGEST_PAUSE_SECONDS
    kept.work = lambda: kept.last(STEADY_SECONDS + 1)
    await kept.go(2 * LONGEST_PAUSE_SECONDS + STEADY_SECONDS)
    assert kept.pauses()[-1] == FIRST_PAUSE_SECONDS


async def test_a_short_session_is_a_failure(kept: Kept) -> None:
    """One that connects and breaks at once must not be tried without a pause."""
    kept.work = lambda: kept.last(STEADY_SECONDS / 2)
    await kept.go(3 * STEADY_SECONDS)
    assert kept.pauses()[:3] == [0.4, 0.8, 1.6]


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        (SessionBrokenError(LostCause.ACK_FAILED, "x"), LostCause.ACK_FAILED, "x"),
        (BrokerUnreachableError("no way"), LostCause.CONNECT_FAILED, "no way"),
        (ValueError("odd"), LostCause.CONNECTION_CLOSED, "ValueError: odd"),
        (RecursionError(), LostCause.CONNECTION_CLOSED, "RecursionError: "),
        (TimeoutError(), LostCause.CONNECTION_CLOSED, "TimeoutError: "),
        # aiormq gives calls up so, when what they wait for is gone; nobody cancelled us.
        (asyncio.CancelledError(), LostCause.CONNECTION_CLOSED, "a call was cancelled"),
    ],
)
async def test_no_error_ends_it(
    kept: Kept, error: BaseException, cause: LostCause, reason: str
) -> None:
    """Each is told, with its cause, and the next session begins."""
    kept.error = error
    await kept.go(5)
    assert kept.sessions > 2
    assert not kept.ended
    first = kept.events.of(BrokerLost)[0]
    assert (first.connection, first.cause) == (ConnectionName.CONSUME, cause)
    assert first.reason == reason


async def test_a_session_that_just_ends_is_begun_again(kept: Kept) -> None:
    """Nobody asked it to end."""
    kept.work = _nothing
    await kept.go(5)
    assert kept.sessions > 1
    assert kept.events.of(BrokerLost)[0].reason == "the session ended"


async def test_a_stop_ends_the_pause_at_once(kept: Kept) -> None:
    """No time passes, and no session begins."""
    await kept.go()
    assert (kept.sessions, kept.ended) == (1, False)
    kept.stop.set()
    await kept.go()
    assert (kept.sessions, kept.ended) == (1, True)


async def test_a_session_that_ends_by_the_stop_is_not_lost(kept: Kept) -> None:
    """It would be a line and a metric about nothing."""

    async def until_stopped() -> None:
        await kept.stop.wait()
        raise kept.error

    kept.work = until_stopped
    await kept.go()
    kept.stop.set()
    await kept.go()
    assert kept.ended
    assert kept.events.events == []


async def test_a_cancellation_is_no_error_to_go_on_after(kept: Kept) -> None:
    """At the end of the process."""
    kept.work = asyncio.Event().wait  # type: ignore[assignment]
    await kept.go()
    assert kept.task is not None
    kept.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await kept.task
    assert kept.events.events == []
