"""Questions that are asked at the same time."""

import asyncio

from service.edges.amqp.questions import NO_TIME, SILENT, Bounds, Unanswered, answers


async def test_questions_are_asked_at_the_same_time_within_their_bounds() -> None:
    """One that is silent, fails or comes too late says why; the others are answered."""
    both, loop = asyncio.Barrier(2), asyncio.get_running_loop()

    async def together() -> int:
        return await both.wait()

    async def fails() -> int:
        raise ConnectionError

    async def gone() -> int:
        raise asyncio.CancelledError

    bounds = Bounds(each_seconds=5, at_once=2)
    asked = {"a": together, "b": together, "c": fails, "d": gone}
    found = await answers(asked, bounds, loop.time() + 60)
    assert {found.pop("a"), found.pop("b")} == {0, 1}
    assert found == {
        "c": Unanswered("ConnectionError"),
        "d": Unanswered("CancelledError"),
    }
    assert await answers({"late": fails}, bounds, loop.time()) == {"late": Unanswered(NO_TIME)}
    silent = {"silent": asyncio.Event().wait}
    said = await answers(silent, Bounds(each_seconds=0.01), loop.time() + 60)
    assert said == {"silent": Unanswered(SILENT)}


async def test_who_answers_late_is_asked_once_more() -> None:
    """Then it is slow, and not silent."""
    asked: list[str] = []

    async def late() -> str:
        asked.append("again" if asked else "once")
        if len(asked) == 1:
            await asyncio.Event().wait()
        return asked[-1]

    until = asyncio.get_running_loop().time() + 60
    assert await answers({"late": late}, Bounds(each_seconds=0.01), until) == {"late": "again"}
