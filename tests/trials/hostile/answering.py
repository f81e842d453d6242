"""A server that gives the hostile answers, the relay's own client before it, a look at each.

Behind every hostile answer a good order goes out on the same client, and must get its own answer.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from service.core.outcome import Accepted, Answered, ApiResult, Lost, NotSent, classify, label
from service.edges.api.client import HttpOrderApi
from service.edges.system_clock import SystemClock
from tests.edges.api.clients import KEY, order_api
from tests.edges.api.server import Peer, Server, answer, serving
from tests.edges.api.tls import Authority
from tests.trials.hostile.answers import THROTTLED, Ending, Hostile
from tests.trials.hostile.findings import Finding
from tests.world.load.waiting import until

PATIENCE_SECONDS = 60.0
HANG_SECONDS = 0.5
"""The time-out of the clients that meet a server which says no more."""

GOOD_TRIES = 20


def form(request_id: str) -> bytes:
    """An order as it is sent."""
    return b"action=add&service=1&link=https%%3A%%2F%%2Fa.b%%2F&quantity=1&request_id=%b" % (
        request_id.encode()
    )


def own(request_id: str) -> bytes:
    """The answer to a good order, which is no other's."""
    return b'{"order": "own-%b"}' % request_id.encode()


class Stage:
    """What the server does: the case that is set for an id, else the order's own answer."""

    def __init__(self) -> None:
        self.cases: dict[str, Hostile] = {}
        self.given_by: dict[str, Peer] = {}

    async def behave(self, peer: Peer) -> None:
        """Serve one connection."""
        while True:
            request = await peer.request()
            (request_id,) = parse_qs(request.body.decode())["request_id"]
            peer.requests.clear()
            case = self.cases.get(request_id)
            if case is None:
                await peer.send(answer(own(request_id)))
                continue
            self.given_by[request_id] = peer
            for part in case.parts:
                await peer.send(part)
                # Else two writes would leave as one.
                await asyncio.sleep(0)
            match case.ending:
                case Ending.KEEP:
                    pass
                case Ending.CLOSE:
                    await _sent(peer)
                    peer.writer.close()
                    return
                case Ending.RESET:
                    peer.reset()
                    return
                case Ending.HANG:
                    await peer.hung_up(PATIENCE_SECONDS)
                    return

    async def later(self, request_id: str, case: Hostile) -> None:
        """Send what comes late, or close; return when the kernel has it."""
        peer = self.given_by.pop(request_id)
        if case.ending in {Ending.CLOSE, Ending.RESET}:
            # An order that is on its way when its connection is closed is lost, and nobody's fault.
            await peer.ended()
            with suppress(OSError):
                await peer.writer.wait_closed()
        elif case.later and not peer.writer.transport.is_closing():
            await peer.send(case.later)
            await _sent(peer)


async def _sent(peer: Peer) -> None:
    transport = peer.writer.transport

    async def sent() -> bool:
        return transport.is_closing() or transport.get_write_buffer_size() == 0

    await until(sent, "all is sent", timeout_seconds=PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Booth:
    """A client with a server of its own, and whether it gives up soon."""

    stage: Stage
    api: HttpOrderApi
    impatient: bool

    async def try_(self, number: int, case: Hostile) -> Iterator[str]:
        """What is wrong with how the client took the case and the good order behind it."""
        hostile, good = f"h-{number}", f"g-{number}"
        self.stage.cases[hostile] = case
        try:
            result: ApiResult | BaseException = await self.api.submit(form(hostile))
        except Exception as error:  # noqa: BLE001 - that any comes is what is looked for
            result = error
        del self.stage.cases[hostile]
        await self.stage.later(hostile, case)
        problems = list(wrong(case, number, result))
        own_answer = await self._own_answer(good)
        if own_answer != Answered(200, own(good)):
            problems.append(f"the next order was answered {own_answer!r}")
        return iter(problems)

    async def _own_answer(self, request_id: str) -> ApiResult:
        result = await self.api.submit(form(request_id))
        for _ in range(GOOD_TRIES if self.impatient else 0):
            # On a busy machine a good answer may take as long as the short time-out.
            if isinstance(result, Answered):
                break
            result = await self.api.submit(form(request_id))
        return result


def wrong(case: Hostile, number: int, result: ApiResult | BaseException) -> Iterator[str]:
    """What is wrong with the result of a hostile answer."""
    if not isinstance(result, Answered | Lost | NotSent):
        yield f"submit raised {type(result).__name__}: {result}"
        return
    if KEY in repr(result):
        yield "the result shows the key"
    try:
        outcome = classify(result, datetime.now(UTC))
        means = label(outcome)
    except Exception as error:  # noqa: BLE001 - that any comes is what is looked for
        yield f"classify raised {type(error).__name__}: {error}"
        return
    if means not in case.may:
        yield f"it counts as {means}, not as {' or '.join(sorted(case.may))}: {result!r:.300}"
    if isinstance(outcome, Accepted) and outcome.order_id != f"hostile-{number}":
        yield f"it gave the order {outcome.order_id!r}"
    if means == THROTTLED and not _bearable(getattr(outcome, "retry_after_seconds", None)):
        yield f"it asks to wait: {outcome!r}"


def _bearable(seconds: float | None) -> bool:
    return seconds is None or 0 <= seconds < float("inf")


@asynccontextmanager
async def booth(
    *, tls: ssl.SSLContext | None = None, ca_file: Path | None = None, impatient: bool = False
) -> AsyncIterator[Booth]:
    """A server and a client for the length of the block."""
    stage = Stage()
    seconds = HANG_SECONDS if impatient else PATIENCE_SECONDS
    async with (
        serving(stage.behave, tls) as server,
        order_api(server.url, timeout_seconds=seconds, ca_file=ca_file) as api,
    ):
        over = asyncio.Event()
        forget = asyncio.create_task(_forget(server, over))
        try:
            yield Booth(stage, api, impatient)
        finally:
            over.set()
            await forget


async def _forget(server: Server, over: asyncio.Event) -> None:
    """Thousands of ended connections would be kept to the end."""
    while not await SystemClock().wait(over, 1):
        del server.peers[:-100]


async def answer_all(
    cases: Iterable[Hostile], authority: Authority, progress: Callable[[Finding], None]
) -> None:
    """Give every case to one of four booths, two of them under TLS; what was found, one by one."""
    waiting = iter(enumerate(cases))
    async with (
        booth() as one,
        booth() as two,
        booth(tls=authority.server(), ca_file=authority.file) as three,
        booth(impatient=True) as hasty,
    ):

        async def serve(patient: Booth) -> None:
            for number, case in waiting:
                place = hasty if case.ending is Ending.HANG else patient
                problems = await place.try_(number, case)
                progress(Finding(case.family, case.name, tuple(problems), shown(case)))

        await asyncio.gather(serve(one), serve(two), serve(three))


def shown(case: Hostile) -> str:
    """The case, so that it can be given again."""
    return repr((case.parts, case.ending, case.later))
