"""Views as a person meets them: a quiet day, and an outage of the API over three relays."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from service.commands.top.figures import Scrape, View
from service.core.depths import Depth, Depths, Queues, Unreadable
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.process import BrokerLost
from service.flow.sending.limits import Limits
from tests.commands.top.relay import NOON_UNIX_SECONDS, TIERS, RelayMetrics

ADDRESS = "127.0.0.1:8080"
NOON = datetime.fromtimestamp(NOON_UNIX_SECONDS, UTC)


def queues(*, consumers: int = 1, **ready: int) -> Depths:
    """The queues of the topology; `retry_5=3` has three messages in the tier of 5 s."""
    names = ["parked", "unrouted", "requests", *(f"retry.{seconds}" for seconds in TIERS)]
    return Depths(
        {
            name: Depth(ready.get(name.replace(".", "_"), 0), consumers * (name == "requests"))
            for name in names
        }
    )


def view_of(answers: Mapping[str, list[Scrape] | str], asked: Queues) -> View:
    """The view ten seconds after noon."""
    scrapes = {address: answer for address, answer in answers.items() if isinstance(answer, list)}
    silent = {address: answer for address, answer in answers.items() if isinstance(answer, str)}
    return View(NOON + timedelta(seconds=10), scrapes, silent, asked)


@cache
def first_look() -> View:
    """One relay, asked once, and a broker that cannot be reached from here."""
    relay = RelayMetrics()
    relay.accept(1200)
    relay.reject("invalid_quantity", 30)
    relay.lag(0.002)
    refused = Unreadable("localhost:5672 vhost /: [Errno 111] Connect call failed")
    return view_of({ADDRESS: [relay.scrape(10)]}, refused)


@cache
def quiet_day() -> View:
    """One relay, and all is well."""
    relay = RelayMetrics()
    relay.accept(700)
    relay.reject("insufficient_balance", 9)
    relay.reject("service_not_found", 4)
    relay.retry("unreached", 5, 3)
    earlier = relay.scrape(0)
    relay.accept(395)
    relay.accept(5, seconds=0.3)
    relay.reject("insufficient_balance", 11)
    relay.retry("unreached", 1, 2)
    relay.lag(0.002, 40)
    relay.at_the_api(3)
    relay.cpu_seconds += 1.6
    return view_of({ADDRESS: [earlier, relay.scrape(10)]}, queues(retry_1=2))


@cache
def outage() -> View:
    """Three relays: two hold since the API is away, one does not answer; some orders gave up."""
    answers: dict[str, list[Scrape] | str] = {}
    for number in (1, 2):
        relay = RelayMetrics(began_unix_seconds=NOON_UNIX_SECONDS - 3600 * number)
        relay.limit(Limits(concurrency=64, set_per_second=150.0, share=1 / 3, peers=3))
        relay.accept(500)
        relay.retry("unknown", 1, 20)
        earlier = relay.scrape(0)
        relay.accept(6)
        for tier, times in zip(TIERS, (40, 30, 20, 10, 5, 2), strict=True):
            relay.retry("unreached", tier, times)
        relay.give_up("unknown", "outcome_unknown", 2)
        relay.give_up("failed", "deadline_passed", 3)
        relay.hold(HoldReason.CIRCUIT)
        lost = BrokerLost(ConnectionName.CONSUME, LostCause.CONNECTION_CLOSED, "gone", 1.0)
        if number == 2:
            relay.metrics.record(lost)
        relay.lag(0.004, 40)
        relay.at_the_api(1)
        relay.cpu_seconds += 0.9
        answers[f"relay-{number}.shop:8080"] = [earlier, relay.scrape(10)]
    answers["relay-3.shop:8080"] = "no answer in 3 s"
    full = queues(
        consumers=1, requests=412, parked=4, retry_1=18, retry_30=44, retry_600=8, retry_3600=3
    )
    return view_of(answers, full)
