"""What is not as it should be: every finding is brought about once, and none on a quiet day."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from service.commands.top import blocks
from service.commands.top.figures import Scrape
from service.commands.top.findings import BAD, LOOK, Finding, find, judge, tones
from service.core.depths import Depth, Depths, Queues, Unreadable
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.catalogue import CONCURRENCY_LIMIT
from service.flow.events.labels import ConnectionName, HoldReason, LostCause
from service.flow.events.order import Settled
from service.flow.events.process import BrokerLost
from service.flow.sending.limits import Limits
from tests.commands.top import scenes
from tests.commands.top.relay import MIB, RelayMetrics

SET = Limits(concurrency=64, set_per_second=50)
Happens = Callable[[RelayMetrics], None]


def _lose(relay: RelayMetrics) -> None:
    relay.metrics.record(BrokerLost(ConnectionName.PUBLISH, LostCause.ACK_FAILED, "", 1.0))


def _grow(relay: RelayMetrics) -> None:
    relay.memory_bytes = 250 * MIB


def _hold(reason: HoldReason) -> Happens:
    return lambda relay: relay.hold(reason)


def _fail(times: int) -> Happens:
    def happens(relay: RelayMetrics) -> None:
        relay.accept(100 - times)
        relay.retry("unreached", 5, times)

    return happens


def _throttle(limits: Limits) -> Happens:
    def happens(relay: RelayMetrics) -> None:
        relay.limit(limits)
        relay.accept(100)
        relay.retry("throttled", 1, 1)

    return happens


def _hold_without_a_share(relay: RelayMetrics) -> None:
    relay.limit(replace(SET, share=0))
    relay.hold(HoldReason.PUBLISHER)


def _reject(relay: RelayMetrics) -> None:
    relay.accept(4)
    relay.reject("insufficient_balance", 5)
    relay.reject("service_not_found", 1)


def _give_up(relay: RelayMetrics) -> None:
    relay.accept(2000)
    relay.give_up("failed", "too_old", 2)
    relay.give_up("unknown", "outcome_unknown", 1)


def found(happens: Happens, queues: Queues) -> list[Finding]:
    """The findings of a relay to which something happens between two scrapes."""
    relay = RelayMetrics()
    relay.accept(10)
    # What was before the first scrape is no news.
    relay.give_up("unknown", "outcome_unknown", 1)
    earlier = relay.scrape(0)
    happens(relay)
    return find(scenes.view_of({scenes.ADDRESS: [earlier, relay.scrape(10)]}, queues))


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (_hold(HoldReason.CIRCUIT), [(BAD, "held: circuit", "held")]),
        (_hold(HoldReason.CREDENTIALS), [(BAD, "held: credentials", "held")]),
        (_hold(HoldReason.PUBLISHER), [(BAD, "held: publisher", "held")]),
        (_hold(HoldReason.THROTTLED), [(LOOK, "held: throttled", "held")]),
        (_fail(5), [(LOOK, "5.0 % of attempts fail", "")]),
        (_fail(20), [(BAD, "20 % of attempts fail", "")]),
        (_reject, [(LOOK, "60 % rejected", "")]),
        (lambda relay: relay.lag(1.7), [(LOOK, "loop late by 2.5 s", "loop late")]),
        (_grow, [(LOOK, "memory at 98 %", "memory")]),
        (
            lambda relay: relay.metrics.watch_oldest_order(lambda: 1200),
            [(LOOK, "an order is 20 min old", "oldest order")],
        ),
        (_throttle(replace(SET, ceiling_per_second=44)), [(LOOK, "budget too high", "budget /s")]),
        (
            lambda relay: relay.limit(replace(SET, share=0)),
            [(LOOK, "a relay without a share", "rate share")],
        ),
        # One that is held asks for no share.
        (_hold_without_a_share, [(BAD, "held: publisher", "held")]),
        # Those that may exist are worse than those that do not.
        (_give_up, [(BAD, "1 unknown", ""), (LOOK, "2 failed", "")]),
        # The loss is told beside what it left.
        (
            _lose,
            [(BAD, "publish connection down", "broker"), (LOOK, "reconnected 1x", "reconnects")],
        ),
    ],
)
def test_a_trouble_is_found_weighed_and_said(
    happens: Happens, expected: list[tuple[str, str, str]]
) -> None:
    """By itself, with words for it, and in the row that it belongs to."""
    seen = found(happens, scenes.queues())
    assert [(each.tone, each.short, each.row) for each in seen] == expected
    assert all(each.more for each in seen)


def test_most_rejections_name_their_code() -> None:
    """An account without balance is the usual one."""
    assert [each.more for each in found(_reject, scenes.queues())] == [
        "mostly insufficient_balance"
    ]


@pytest.mark.parametrize(
    ("happens", "queues"),
    [
        (lambda relay: relay.accept(50), scenes.queues(retry_5=3)),
        (lambda relay: relay.reject("invalid_quantity", 4), scenes.queues()),
        # A limit that is learned where none is set, or that is nearly what is set.
        (_throttle(Limits(concurrency=64, ceiling_per_second=44)), scenes.queues()),
        (_throttle(replace(SET, ceiling_per_second=46)), scenes.queues()),
        # Learned long ago, and nothing is throttled now.
        (lambda relay: relay.limit(replace(SET, ceiling_per_second=20)), scenes.queues()),
        # Nobody needs a part of what has no limit.
        (lambda relay: relay.limit(Limits(concurrency=64, share=0)), scenes.queues()),
    ],
)
def test_nothing_is_found_on_a_quiet_day(happens: Happens, queues: Queues) -> None:
    """A few attempts that fail are part of it, and so are old totals."""
    assert found(happens, queues) == []


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        (scenes.queues(parked=2), (LOOK, "2 parked", "parked")),
        (scenes.queues(unrouted=1), (LOOK, "1 unrouted", "unrouted")),
        (scenes.queues(consumers=0, requests=7), (BAD, "no consumer, 7 wait", "requests")),
        (
            Depths({**scenes.queues().queues, "parked": None, "retry.5": None}),
            (BAD, "missing: parked, retry.5", ""),
        ),
        (
            Depths({**scenes.queues().queues, **dict.fromkeys(f"retry.{n}" for n in range(9))}),
            (BAD, "missing: retry.1, retry.5, retry.0, ...", ""),
        ),
    ],
)
def test_what_the_queues_tell(queues: Queues, expected: tuple[str, str, str]) -> None:
    """Each by its own depth."""
    (finding,) = found(lambda relay: relay.accept(1), queues)
    assert (finding.tone, finding.short, finding.row) == expected
    assert finding.more


def test_a_relay_that_does_not_answer() -> None:
    """It is counted, and the others are shown."""
    scrape = RelayMetrics().scrape(0)
    view = scenes.view_of({"a:1": [scrape], "b:1": "connection refused"}, scenes.queues())
    assert [(each.tone, each.short) for each in find(view)] == [(BAD, "1 of 2 relays silent")]
    assert view[CONCURRENCY_LIMIT].total == 64


def test_a_row_has_the_worst_tone_of_its_findings() -> None:
    """Held for two reasons, one of which is no trouble."""
    relay = RelayMetrics()
    relay.hold(HoldReason.THROTTLED)
    relay.hold(HoldReason.CIRCUIT)
    view = scenes.view_of({"a:1": [relay.scrape(0)]}, scenes.queues())
    assert tones(view) == {"held": BAD}


def test_a_queue_that_may_not_be_seen_is_not_missing() -> None:
    """From RabbitMQ 4.2.6 on that needs some right: only a queue that is not there is bad."""
    depths = Depths({"requests": Depth(0, 1), "parked": None})
    view = scenes.view_of({scenes.ADDRESS: [RelayMetrics().scrape(0)]}, depths)
    rows = {row.label: row.values[0] for row in blocks.queues(view)}
    assert (rows["parked"], rows["unrouted"]) == ("missing", "not seen")
    assert [finding.short for finding in find(view)] == ["missing: parked", "not seen: unrouted"]


def test_what_was_not_read_is_not_well() -> None:
    """Nobody asked the queues: it says so, and what the relay's own counters know of them."""
    relay = RelayMetrics()
    unasked = scenes.view_of({scenes.ADDRESS: [relay.scrape(0)]}, Unreadable("no broker"))
    assert judge(unasked, 120, None)[0] == "LOOK"
    assert [finding.short for finding in find(unasked)] == ["queues not asked"]
    for settlement in (Settlement.PARKED, Settlement.DEAD_LETTERED):
        relay.metrics.record(Settled("o", settlement))
    counted = scenes.view_of({scenes.ADDRESS: [relay.scrape(0)]}, Unreadable("no broker"))
    assert [finding.short for finding in find(counted)] == ["queues not asked", "2 were parked"]
    # Where the queue was read, it says how many still wait.
    read = scenes.view_of({scenes.ADDRESS: [relay.scrape(0)]}, scenes.queues())
    assert judge(read, 120, None)[0] == "ALL WELL"


@pytest.mark.parametrize(
    ("metric", "short"),
    [(catalogue.HELD, "holds not told"), (catalogue.BROKER_CONNECTED, "connections not told")],
)
def test_a_relay_that_does_not_say_it_is_not_taken_for_well(
    metric: catalogue.Metric, short: str
) -> None:
    """Some other program, or a version that calls it otherwise."""
    whole = RelayMetrics().scrape(0)
    part = {name: values for name, values in whole.values.items() if name != metric.name}
    answers: dict[str, list[Scrape] | str] = {"a:1": [whole], "b:1": [Scrape(0, part)]}
    found = find(scenes.view_of(answers, scenes.queues()))
    assert short in [finding.short for finding in found]
