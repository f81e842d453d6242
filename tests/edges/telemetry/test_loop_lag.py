"""The measure of the event loop's lag, with a clock that the test owns."""

import asyncio
from datetime import UTC, datetime

import pytest

from service.edges.telemetry.loop_lag import watch_loop
from service.flow.events import Event
from service.flow.events.process import LoopLagged


class LateClock:
    """A clock on which each wait takes longer than asked by the next of `delays`."""

    def __init__(self, stop: asyncio.Event, delays: list[float]) -> None:
        self._stop = stop
        self._delays = delays
        self._now = 100.0

    def now(self) -> datetime:
        """Not asked for."""
        return datetime(2026, 1, 31, tzinfo=UTC)

    def monotonic(self) -> float:
        """The time of the test."""
        return self._now

    async def wait(self, event: asyncio.Event, timeout_seconds: float) -> bool:
        """Let the time pass, and stop after the last delay."""
        if not self._delays:
            self._stop.set()
        else:
            self._now += timeout_seconds + self._delays.pop(0)
        return event.is_set()


@pytest.mark.parametrize(
    ("delays", "lags"),
    [
        ([], []),
        ([0.0], [0.0]),
        ([0.5, 0.0, 2.0], [0.5, 0.0, 2.0]),
        ([-0.125], [0.0]),
    ],
    ids=["stopped at once", "in time", "late by turns", "early is no lag"],
)
async def test_every_wait_tells_how_late_it_ended(delays: list[float], lags: list[float]) -> None:
    """One event a wait says how much longer than asked it took, until the watch is stopped."""
    stop = asyncio.Event()
    seen: list[Event] = []
    await watch_loop(LateClock(stop, delays), seen.append, stop)
    assert seen == [LoopLagged(lag) for lag in lags]
