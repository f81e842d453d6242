"""Something is done to replicas that know the limit: never more than it, and soon all of it."""

import asyncio
import signal
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from tests.trials.limits.cases import LATENCY_SECONDS, Act, Disturbed
from tests.trials.limits.measuring import Call, back_after, busiest, delivered, strayed
from tests.trials.limits.results import Seen, share
from tests.trials.limits.stage import KEYS, Stage
from tests.world.broker.cluster import ClusterHost
from tests.world.broker.ports import LOOPBACK
from tests.world.faults import Proxy
from tests.world.load.processes import Process
from tests.world.standin.limiter import Limits

SETTLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Its end, from which on the full rate is expected, to whom it was done, and since when."""

    began: float
    ended: float
    to: Collection[Process]


async def disturbed(case: Disturbed, stage: Stage) -> list[Seen]:
    """How much was called for at most, how much was served soon after, and what went astray."""
    watched = SETTLE_SECONDS + case.lasting_seconds + case.seconds
    # No limit at the API: it is the replicas' own that is looked at.
    await stage.limit(Limits(latency_seconds=LATENCY_SECONDS))
    await stage.fill(2 * case.rate * (watched + SETTLE_SECONDS))
    async with Proxy(LOOPBACK, stage.port) as proxy:
        if case.act is Act.CUT:
            await stage.start(1, case.rate, port=proxy.port)
            await stage.start(case.replicas - 1, case.rate)
        else:
            await stage.start(case.replicas, case.rate)
        await stage.wait(SETTLE_SECONDS)
        stage.tell(f"{case.act}; {case.lasting_seconds + case.seconds:g} s are watched")
        done = await _disturb(case, stage, proxy)
        gone = done.to if case.act is Act.KILL else ()
        await stage.wait(case.seconds, except_for=gone)
        until = time.monotonic()
        stage.some_are_left()
        calls = await stage.calls()
    since = done.ended + case.within_seconds
    keys = [KEYS[stage.players.index(process)] for process in done.to]
    return [
        share("busiest 5 s", busiest(calls, case.rate), most=case.busiest),
        share(
            "delivered after 10 s", delivered(calls, case.rate, since, until), least=case.delivered
        ),
        *_meanwhile(case, done, calls),
        Seen("back after s", back_after(calls, case.rate, done.ended, until)),
        Seen("calls for another's order", strayed(calls, keys, done.began), most=0),
    ]


async def _disturb(case: Disturbed, stage: Stage, proxy: Proxy) -> Disturbance:
    one = stage.players[0]
    began = time.monotonic()
    match case.act:
        case Act.JOIN:
            await stage.start(case.more, case.rate)
            return Disturbance(began, time.monotonic(), ())
        case Act.KILL:
            one.send_signal(signal.SIGKILL)
            return Disturbance(began, began, (one,))
        case Act.STOP:
            one.send_signal(signal.SIGSTOP)
            await stage.wait(case.lasting_seconds)
            one.send_signal(signal.SIGCONT)
            return Disturbance(began, time.monotonic(), (one,))
        case Act.CUT:
            # As where packets are lost: what was sent meanwhile arrives afterwards.
            proxy.stall()
            await stage.wait(case.lasting_seconds)
            proxy.resume()
            return Disturbance(began, time.monotonic(), (one,))
        case Act.CLOSE:
            await asyncio.to_thread(stage.broker.close_connections, relays_only=True)
            # Orders that were with the API just then are asked for again, and rightly.
            ended = time.monotonic()
            return Disturbance(ended + LATENCY_SECONDS, ended, stage.players)
        case Act.HANG:
            return await _hang(case, stage)
        case _ as never:
            assert_never(never)


async def _hang(case: Disturbed, stage: Stage) -> Disturbance:
    host = stage.broker.host
    assert isinstance(host, ClusterHost)
    rows = await asyncio.to_thread(host.cluster.api.get, "queues", host.name)
    leads = {row["name"]: row["node"] for row in rows if row["type"] in {"quorum", "stream"}}
    last = len(host.cluster.nodes) - 1
    assert set(leads.values()) == {host.cluster.names[last]}, f"led elsewhere: {leads}"
    began = time.monotonic()
    host.cluster.nodes[last].freeze()
    await stage.wait(case.lasting_seconds)
    host.cluster.nodes[last].thaw()
    return Disturbance(began, time.monotonic(), stage.players)


def _meanwhile(case: Disturbed, done: Disturbance, calls: Iterable[Call]) -> Iterator[Seen]:
    """The others take its part, where it lasts long enough."""
    since = done.began + case.within_seconds
    if case.act in {Act.STOP, Act.CUT} and since < done.ended:
        part = delivered(calls, case.rate, since, done.ended)
        yield share("delivered meanwhile", part, least=case.delivered)
