"""One session of a connection: unbroken, until the first thing goes wrong."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiormq.exceptions import AMQPConnectionError, ChannelClosed, ChannelNotFoundEntity

from service.edges.amqp.connection import (
    Session,
    SessionBrokenError,
    channel_cause,
    unless_stopped,
)
from service.flow.events.labels import LostCause

LOST = LostCause.CONNECTION_CLOSED


class Watched:
    """A connection or channel of aiormq's, of which only the future of its end is asked for."""

    def __init__(self) -> None:
        self.closing: asyncio.Future[object] = asyncio.get_running_loop().create_future()


async def _endless(ended: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def _fails(error: Exception) -> None:
    raise error


async def _turn() -> None:
    await asyncio.sleep(0)


async def test_the_first_cause_counts() -> None:
    """What follows from it would only hide it."""
    session = Session()
    session.break_(LostCause.PUBLISH_TIMEOUT, "first")
    session.break_(LostCause.CHANNEL_CLOSED, "second")
    assert not session.alive
    broken = session.broken.result()
    assert (broken.cause, broken.reason) == (LostCause.PUBLISH_TIMEOUT, "first")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ChannelClosed(404, "gone"), LostCause.CHANNEL_CLOSED),
        (ChannelNotFoundEntity("no queue"), LostCause.CHANNEL_CLOSED),
        (None, LostCause.CHANNEL_CLOSED),
        (AMQPConnectionError("reset"), LostCause.CONNECTION_CLOSED),
        (ConnectionResetError(), LostCause.CONNECTION_CLOSED),
    ],
)
def test_a_channel_that_ended_with_its_connection_is_no_cause_of_its_own(
    error: BaseException | None, cause: LostCause
) -> None:
    """The metric would point at the wrong thing."""
    assert channel_cause(error) is cause


async def test_the_end_of_what_is_watched_breaks_it() -> None:
    """By an error, in silence, or cancelled."""
    ends: tuple[Callable[[asyncio.Future[object]], object], ...] = (
        lambda future: future.set_exception(ChannelClosed(404, "gone")),
        lambda future: future.set_result(None),
        lambda future: future.cancel(),
    )
    for end in ends:
        for kind in (Session.watch, Session.watch_channel):
            session, watched = Session(), Watched()
            kind(session, watched)  # type: ignore[arg-type]
            end(watched.closing)
            await _turn()
            assert not session.alive


async def test_work_that_ends_ends_the_run() -> None:
    """And the session stands still."""
    session = Session()
    await session.run(asyncio.sleep(0))
    assert session.alive


async def test_a_break_ends_the_work() -> None:
    """It is cancelled, and the cause is told."""
    session, ended = Session(), asyncio.Event()
    running = asyncio.create_task(session.run(_endless(ended)))
    await _turn()
    session.break_(LOST, "a test")
    with pytest.raises(SessionBrokenError, match="a test"):
        await running
    assert ended.is_set()


async def test_an_error_of_the_work_breaks_it() -> None:
    """With the error's name, or with the cause that the work knew."""
    for error, cause, words in (
        (ValueError("odd"), LOST, "ValueError: odd"),
        (SessionBrokenError(LostCause.TOPOLOGY, "missing"), LostCause.TOPOLOGY, "missing"),
    ):
        session = Session()
        with pytest.raises(SessionBrokenError) as raised:
            await session.run(_fails(error))
        assert (raised.value.cause, raised.value.reason) == (cause, words)
        assert not session.alive


async def test_a_break_says_more_than_the_error_that_follows_from_it() -> None:
    """The work fails because the session broke."""
    session = Session()

    async def fails() -> None:
        session.break_(LostCause.CONSUMER_CANCELLED, "the cause")
        raise ValueError("the consequence")

    with pytest.raises(SessionBrokenError, match="the cause"):
        await session.run(fails())


async def test_a_cancelled_run_leaves_no_work_behind() -> None:
    """At the end of the process."""
    session, ended = Session(), asyncio.Event()
    running = asyncio.create_task(session.run(_endless(ended)))
    await _turn()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()


async def test_a_stop_goes_before_the_work() -> None:
    """Which is cancelled; without a stop its result is given."""
    stop = asyncio.Event()
    assert await unless_stopped(stop, asyncio.sleep(0, "done")) == "done"
    waiting = asyncio.create_task(unless_stopped(stop, asyncio.Event().wait()))
    await _turn()
    stop.set()
    with pytest.raises(SessionBrokenError, match="stopped"):
        await waiting


async def test_an_error_of_work_that_is_not_stopped_is_told() -> None:
    """As it is."""
    with pytest.raises(ValueError, match="odd"):
        await unless_stopped(asyncio.Event(), _fails(ValueError("odd")))


async def _fails_as_it_breaks(session: Session) -> None:
    session.break_(LOST, "first")
    raise AMQPConnectionError("second")


async def _fails_when_cancelled() -> None:
    """As calls of aiormq do whose connection is lost meanwhile."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise AMQPConnectionError("second") from None


async def _run(work: Callable[[Session], Awaitable[object]]) -> None:
    """A session that breaks, and nothing left of it: an exception keeps the tasks of its frames."""
    session = Session()
    asyncio.get_running_loop().call_soon(session.break_, LOST, "first")
    with pytest.raises(SessionBrokenError, match="first"):
        await session.run(work(session))


async def _stop() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    with pytest.raises(SessionBrokenError, match="stopped"):
        await unless_stopped(stop, _fails_when_cancelled())


@pytest.mark.parametrize(
    "end",
    [
        lambda: _run(_fails_as_it_breaks),
        lambda: _run(lambda _: _fails_when_cancelled()),
        _stop,
    ],
    ids=["breaks", "cancelled", "stopped"],
)
async def test_what_fails_by_the_end_is_no_stray_error(
    end: Callable[[], Awaitable[None]],
) -> None:
    """The end has been told; asyncio would report its consequence once more, as a defect."""
    strays: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: strays.append(context))
    await end()
    gc.collect()
    assert strays == []
