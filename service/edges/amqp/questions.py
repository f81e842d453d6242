"""Questions that do not depend on each other: some at a time, each and all within a bound."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from service.flow.cancellation import is_ours

SILENT = "no answer in time"
NO_TIME = "no time was left to ask"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one question may take, and all together; how many are asked at a time."""

    each_seconds: float = 5.0
    all_seconds: float = 15.0
    at_once: int = 8


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a question has no answer."""

    why: str


async def answers(
    questions: Mapping[str, Callable[[], Awaitable[T]]], bounds: Bounds, until: float
) -> dict[str, T | Unanswered]:
    """The answer to each, in their order; none is asked after `until`, on the loop's clock.

    Who is silent is asked once more, where there is time for it.
    """
    free = asyncio.Semaphore(bounds.at_once)
    loop = asyncio.get_running_loop()

    async def once(question: Callable[[], Awaitable[T]]) -> T | Unanswered:
        if (now := loop.time()) >= until:
            return Unanswered(NO_TIME)
        try:
            async with asyncio.timeout_at(min(until, now + bounds.each_seconds)):
                return await question()
        except TimeoutError:
            return Unanswered(SILENT)
        # One that fails must not end the others; aiormq cancels who waits for what is gone.
        except (Exception, asyncio.CancelledError) as error:
            if is_ours(error):
                raise
            return Unanswered(type(error).__name__)

    async def answer(question: Callable[[], Awaitable[T]]) -> T | Unanswered:
        async with free:
            said = await once(question)
            # On a busy machine the first answer may be late: that is slow, and not silent.
            again = said == Unanswered(SILENT) and loop.time() + bounds.each_seconds <= until
            return await once(question) if again else said

    found = await asyncio.gather(*map(answer, questions.values()))
    return dict(zip(questions, found, strict=True))
