"""Deadlines: each at its time, those that ended never, and one timer for all."""

import asyncio

from service.flow.deadlines import Deadlines


async def test_those_that_are_due_are_called_in_their_turn_and_those_that_ended_are_not() -> None:
    """The shorter duration is due first, whoever began first; after all of them it serves on."""
    deadlines, called, last = Deadlines(), list[str](), asyncio.Event()
    deadlines.begin("long", 0.02, lambda: called.append("long"))
    deadlines.begin("later", 0.02, lambda: called.append("later"))
    deadlines.begin("last", 0.02, last.set)
    deadlines.begin("ended", 0.01, lambda: called.append("ended"))
    deadlines.begin("short", 0.01, lambda: called.append("short"))
    deadlines.end("ended", 0.01)
    async with asyncio.timeout(10):
        await last.wait()
        assert called == ["short", "long", "later"]
        again = asyncio.Event()
        deadlines.begin("short", 0.01, again.set)
        await again.wait()


async def test_none_is_called_before_its_time() -> None:
    """One that began later than the first of its duration is not due with it."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    first, pause, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
    deadlines.begin("first", 0.05, first.set)
    deadlines.begin("pause", 0.02, pause.set)
    async with asyncio.timeout(10):
        await pause.wait()
        began = loop.time()
        deadlines.begin("second", 0.05, second.set)
        await first.wait()
        await second.wait()
    resolution_seconds = 0.001
    assert loop.time() >= began + 0.05 - resolution_seconds
