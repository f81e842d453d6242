"""`run`: starts everything, sends every message, checks every ending, and stops everything."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.demo import checks
from tests.demo.checks import Ended
from tests.demo.mail import Mail, Parked, mail, take_parked
from tests.demo.parts import Parts, Urls
from tests.demo.processes import DemoError, end, until
from tests.demo.relay import Metrics, RelayLog, ask, defects, left_in_flight, scrape
from tests.demo.scenario import Chapter, Message, chapters
from tests.demo.show import Show

CHAPTER_SECONDS = 40.0
SETTLE_SECONDS = 10.0
GLANCE_SECONDS = 0.1
REPLY_KEYS = ("order.*", "demo.#")
COUNTED = ("order_relay_deliveries_total", "order_relay_settled_total", "order_relay_replies_total")
WELCOME = (
    "order-relay takes orders from RabbitMQ, places each one exactly once at an order API, and "
    "tells the producer what became of it, whatever goes wrong in between. Here you can watch it "
    "do so: with a RabbitMQ of its own, a stand-in for the API that fails on command, and the "
    "relay as it runs in production, only with shorter waits. All of it listens on 127.0.0.1 "
    "alone, and is gone at the end."
)


async def run(show: Show) -> int:
    """The exit code: 1 when anything did not end as it had to."""
    began = time.monotonic()
    show.say("The demo of order-relay", style="bold")
    show.say()
    show.say(WELCOME)
    show.title("Starting, a process each; RabbitMQ takes some seconds")
    async with _running(show) as (parts, urls):
        ended, problems = await _tour(show, parts, urls)
        show.title("Stopping")
        problems += await _stop_relay(show, parts)
    show.say("All processes have ended, and their files are removed.", 3)
    show.say()
    seconds = time.monotonic() - began
    if problems:
        show.say(f"NOT as expected, after {seconds:.0f} s:", style="bold red")
        show.problems(problems)
        return 1
    show.say(f"All {len(ended)} messages ended as they must.", style="bold green")
    show.say("Each accepted order exists exactly once.", style="bold green")
    show.say(f"That took {seconds:.0f} s. To send orders of your own: make demo-up")
    return 0


@asynccontextmanager
async def _running(show: Show) -> AsyncIterator[tuple[Parts, Urls]]:
    parts = Parts(Path(tempfile.mkdtemp(prefix="order-relay-demo-")), show.detail)
    try:
        yield parts, await parts.start()
    finally:
        await parts.stop()


async def _tour(show: Show, parts: Parts, urls: Urls) -> tuple[list[Ended], list[str]]:
    """Every message with its ending, and what is not as it must be."""
    story = chapters(int(time.time()))
    await asyncio.to_thread(_order_faults, urls.api, story)
    told: list[list[Ended]] = []
    log = RelayLog(parts.relay.log)
    log.news()
    async with mail(urls.amqp, *REPLY_KEYS) as post:
        await post.listen_to_unrouted()
        for number, chapter in enumerate(story, start=1):
            show.chapter(number, chapter)
            told.append(await _play(show, post, log, chapter))
        ended = [e for chapter in told for e in chapter]
        parked = await _parked(urls, sum(e.message.ending.parked for e in ended))
        metrics = await _settled_metrics(urls)
        surplus = await post.next_reply(0)
    ledger = (await asyncio.to_thread(ask, "GET", f"{urls.api}/ledger")).json()
    show.title("What became of each message")
    show.table(told)
    show.title("Is each accepted order there, exactly once?")
    show.ledger(ended, ledger)
    show.title("What a person must look at")
    show.kept(parked, ended)
    show.title("What the relay counts, at /metrics")
    show.metrics(metrics)
    return ended, [
        *(problem for e in ended for problem in e.problems()),
        *checks.ledger_problems(ended, ledger),
        *checks.kept_problems(ended, parked),
        *checks.metrics_problems(ended, {name: metrics.total(name) for name in COUNTED}),
        *([f"a reply too many: {surplus.body}"] if surplus else []),
    ]


def _order_faults(api_url: str, story: Sequence[Chapter]) -> None:
    for message in (message for chapter in story for message in chapter.messages):
        if message.fault is not None:
            match = {"request_id": message.message_id}
            rule = {"match": match, "times": message.times, **message.fault}
            ask("POST", f"{api_url}/faults", json=rule)


async def _play(show: Show, post: Mail, log: RelayLog, chapter: Chapter) -> list[Ended]:
    """Sends a chapter's messages, and shows their endings as they come."""
    waiting: dict[str, Message] = {}
    for message in chapter.messages:
        waiting[message.key] = message
        await post.send(message)
    ended: dict[str, Ended] = {}
    give_up = time.monotonic() + CHAPTER_SECONDS
    while waiting:
        reply = await post.next_reply(GLANCE_SECONDS)
        for line in log.news():
            show.waiting(line)
        if reply is not None:
            if reply.key not in waiting:
                raise DemoError(f"a reply that nothing was sent for: {reply.body}")
            seconds = reply.arrived - post.sent[reply.key]
            ended[reply.key] = Ended(waiting.pop(reply.key), reply, seconds)
            show.reply(ended[reply.key])
        elif time.monotonic() > give_up:
            raise DemoError(f"no reply within {CHAPTER_SECONDS:g} s: {', '.join(waiting)}")
    return [ended[message.key] for message in chapter.messages]


async def _parked(urls: Urls, wanted: int) -> list[Parked]:
    """What is parked, once as much as must be is there."""
    found: list[Parked] = []

    def enough() -> bool:
        found.extend(take_parked(urls.amqp))
        return len(found) >= wanted

    await until(enough, f"{wanted} messages are parked", SETTLE_SECONDS)
    return found


async def _settled_metrics(urls: Urls) -> Metrics:
    """The metrics, once the relay has settled all that was delivered to it."""
    scraped: list[Metrics] = []

    def settled() -> bool:
        scraped.append(scrape(urls.relay))
        return scraped[-1].total(COUNTED[0]) == scraped[-1].total(COUNTED[1])

    await until(settled, "every delivery is settled", SETTLE_SECONDS)
    return scraped[-1]


async def _stop_relay(show: Show, parts: Parts) -> list[str]:
    """Ends the relay as an operator would, and reads its log to the end."""
    relay = parts.relay
    await end(relay)
    left = left_in_flight(relay.log)
    show.say(f"The relay got SIGTERM, and left {left} orders unfinished.", 3)
    key = parts.key_file.read_text(encoding="ascii")
    return [
        *(["the relay did not finish what it had begun"] if left else []),
        *(f"the relay's log has an error: {line}" for line in defects(relay.log)),
        *(f"the log of {p.name} shows the API key" for p in parts.running if key in p.says()),
    ]
