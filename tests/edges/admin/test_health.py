"""The rules of health: tables of what happened, and what is said about it."""

import threading

import pytest

from service.core.settlement import Settlement
from service.edges.admin.health import (
    LONGEST_IDLING_SECONDS,
    LONGEST_SILENCE_SECONDS,
    Health,
    Snapshot,
    after,
)
from service.flow.events import Event
from service.flow.events.faults import ADVICE, BrokerFault
from service.flow.events.labels import ConnectionName, HoldReason, LostCause, NoStream
from service.flow.events.order import Settled
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    ConsumingStopped,
    Draining,
    HoldChanged,
    LoopLagged,
    SharingChanged,
)
from service.flow.sending.limits import Limits

CONSUME = BrokerConnected(ConnectionName.CONSUME, "broker:5672/")
PUBLISH = BrokerConnected(ConnectionName.PUBLISH, "broker:5672/")
CONSUMING = ConsumingStarted("orders.requests", 70)
PAUSED = ConsumingStopped("orders are held")
DRAINING = Draining("SIGTERM", 25.0)


def lost(name: ConnectionName, fault: BrokerFault | None = None) -> BrokerLost:
    """The loss of a connection, with words of the broker's that are nobody's business."""
    return BrokerLost(
        name, LostCause.CONNECTION_CLOSED, "amqp://user:password@broker", 1.0, fault=fault
    )


def held(reason: HoldReason) -> HoldChanged:
    """The beginning of a hold."""
    return HoldChanged(reason, held=True, why=f"why {reason}; see there")


def lifted(reason: HoldReason) -> HoldChanged:
    """The end of a hold."""
    return HoldChanged(reason, held=False, why="over: why")


class Hand:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """The time of the test."""
        return self.seconds


def told(*happened: Event) -> tuple[Hand, Health]:
    """The health after these events, all at the same moment."""
    hand = Hand()
    health = Health(hand)
    for event in happened:
        health.record(event)
    return hand, health


READY = {
    "consuming": [CONSUME, PUBLISH, CONSUMING],
    "consuming again": [CONSUME, PUBLISH, CONSUMING, PAUSED, CONSUMING],
    "results wait": [CONSUME, PUBLISH, CONSUMING, lost(ConnectionName.PUBLISH)],
}

NOT_READY = {
    "just started": (
        [],
        ["broker connection consume: not made yet", "broker connection publish: not made yet"],
    ),
    "half connected": ([CONSUME], ["broker connection publish: not made yet"]),
    "about to consume": ([CONSUME, PUBLISH], ["not consuming yet"]),
    "broker away": (
        [CONSUME, PUBLISH, CONSUMING, lost(ConnectionName.CONSUME)],
        ["broker connection consume: lost, connection_closed"],
    ),
    "broker refuses": (
        [lost(ConnectionName.CONSUME, BrokerFault.LOGIN), PUBLISH],
        [f"broker connection consume: lost, connection_closed: {ADVICE[BrokerFault.LOGIN]}"],
    ),
    "held": (
        [CONSUME, PUBLISH, CONSUMING, held(HoldReason.CREDENTIALS), PAUSED],
        ["held: credentials: why credentials; see there"],
    ),
    "held twice": (
        [CONSUME, PUBLISH, held(HoldReason.PUBLISHER), held(HoldReason.CIRCUIT)],
        ["held: circuit: why circuit; see there", "held: publisher: why publisher; see there"],
    ),
    "held and broker away": (
        [CONSUME, PUBLISH, held(HoldReason.CIRCUIT), lost(ConnectionName.CONSUME)],
        [
            "broker connection consume: lost, connection_closed",
            "held: circuit: why circuit; see there",
        ],
    ),
    "draining": ([CONSUME, PUBLISH, CONSUMING, DRAINING], ["draining"]),
    "drained": ([CONSUME, PUBLISH, CONSUMING, DRAINING, PAUSED], ["draining"]),
}


@pytest.mark.parametrize("happened", READY.values(), ids=READY)
def test_ready_while_consuming(happened: list[Event]) -> None:
    """A process that consumes is ready, and gives no reasons."""
    hand, health = told(*happened)
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": []})


UNKNOWN_TO_OTHERS = (
    "has no share of the API's limits until the other replicas know of it;"
    " see the log's lines `sharing`"
)
RESTRICTED: dict[str, tuple[Event, Event, list[str]]] = {
    "held for a while yet": (
        held(HoldReason.THROTTLED),
        lifted(HoldReason.THROTTLED),
        ["held: throttled: why throttled; see there"],
    ),
    "consumers are counted": (
        SharingChanged(NoStream.FEATURE_FLAG, "the broker's words"),
        SharingChanged(None, "by the stream"),
        ["counts consumers to share the API's limits: feature_flag; see the log's lines `sharing`"],
    ),
    "no share yet": (
        Limits(concurrency=64, set_per_second=80, share=0).changed(None),
        Limits(concurrency=64, set_per_second=80, share=0.1).changed(None),
        [UNKNOWN_TO_OTHERS],
    ),
}


@pytest.mark.parametrize(("begins", "ends", "reasons"), RESTRICTED.values(), ids=RESTRICTED)
def test_what_makes_a_ready_process_slow_is_said(
    begins: Event, ends: Event, reasons: list[str]
) -> None:
    """It stays ready, and says why not all is sent, until it is over."""
    hand, health = told(CONSUME, PUBLISH, CONSUMING, begins)
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": reasons})
    health.record(ends)
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": []})


def test_one_that_is_held_asks_for_no_share() -> None:
    """The others have nothing to do with it."""
    none = Limits(concurrency=64, set_per_second=80, share=0).changed(None)
    hand, health = told(CONSUME, PUBLISH, CONSUMING, none, held(HoldReason.PUBLISHER))
    assert health.readiness(hand())[1]["reasons"] == ["held: publisher: why publisher; see there"]


STANDS_BY = Limits(concurrency=64, set_per_second=6, share=0, peers=3, stands_by=True).changed(None)


def test_one_that_stands_by_is_ready_and_says_so() -> None:
    """It goes on when the other one ends, and a roll-out must not wait for it to consume."""
    hand, health = told(CONSUME, PUBLISH, CONSUMING, STANDS_BY, PAUSED)
    said = "stands by: the budget is too low for so many replicas, and others send"
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": [said]})
    health.record(Limits(concurrency=64, set_per_second=6, share=1).changed(None))
    assert not health.readiness(hand())[0]


def test_without_a_limit_no_share_is_needed() -> None:
    """Nobody waits for a part of what nothing limits."""
    hand, health = told(CONSUME, PUBLISH, CONSUMING, Limits(concurrency=64, share=0).changed(None))
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": []})


@pytest.mark.parametrize(("happened", "reasons"), NOT_READY.values(), ids=NOT_READY)
def test_not_ready_says_why(happened: list[Event], reasons: list[str]) -> None:
    """Every reason is named, in words of ours and not in those of the broker or the API."""
    hand, health = told(*happened)
    assert health.readiness(hand()) == (False, {"status": "fail", "reasons": reasons})


EXCUSED = {
    "just started": [],
    "one connection": [CONSUME],
    "consuming": [CONSUME, PUBLISH, CONSUMING],
    "broker away": [CONSUME, PUBLISH, CONSUMING, lost(ConnectionName.CONSUME)],
    "results cannot leave": [CONSUME, PUBLISH, lost(ConnectionName.PUBLISH)],
    "held": [CONSUME, PUBLISH, CONSUMING, held(HoldReason.CREDENTIALS), PAUSED],
    "one of two holds": [
        *(CONSUME, PUBLISH, held(HoldReason.CIRCUIT), held(HoldReason.PUBLISHER)),
        lifted(HoldReason.CIRCUIT),
    ],
    "draining": [CONSUME, PUBLISH, DRAINING],
    "others send": [CONSUME, PUBLISH, STANDS_BY],
}

IDLE = {
    "connected": [CONSUME, PUBLISH],
    "connected again": [
        *(CONSUME, PUBLISH, CONSUMING, lost(ConnectionName.CONSUME)),
        CONSUME,
    ],
    "hold lifted": [CONSUME, PUBLISH, held(HoldReason.CIRCUIT), lifted(HoldReason.CIRCUIT)],
    "paused": [CONSUME, PUBLISH, CONSUMING, PAUSED],
}


@pytest.mark.parametrize("happened", EXCUSED.values(), ids=EXCUSED)
def test_no_restart_where_it_would_not_help(happened: list[Event]) -> None:
    """However long it lasts, a process that is kept from consuming lives."""
    hand, health = told(*happened)
    hand.seconds += 1_000_000
    health.beat()
    assert health.liveness(hand()) == (True, {"status": "ok", "reasons": []})


@pytest.mark.parametrize("happened", IDLE.values(), ids=IDLE)
def test_a_restart_where_nothing_keeps_it_from_consuming(happened: list[Event]) -> None:
    """A process that could consume and has not for longer than the bound is dead."""
    hand, health = told(*happened)
    hand.seconds += LONGEST_IDLING_SECONDS
    health.beat()
    assert health.liveness(hand())[0]
    hand.seconds += 1
    health.beat()
    reason = "nothing keeps it from consuming, and it has not for 61 s"
    assert health.liveness(hand()) == (False, {"status": "fail", "reasons": [reason]})


def test_idling_is_counted_from_when_it_began() -> None:
    """Events that change nothing about it do not begin the count anew."""
    hand, health = told(CONSUME, PUBLISH)
    hand.seconds += 40
    health.record(PAUSED)
    hand.seconds += 21
    health.beat()
    assert not health.liveness(hand())[0]


def test_idling_ends_with_consuming() -> None:
    """Time before a spell of consuming does not count towards the next."""
    hand, health = told(CONSUME, PUBLISH)
    hand.seconds += 40
    health.record(CONSUMING)
    health.record(PAUSED)
    hand.seconds += 40
    health.beat()
    assert health.liveness(hand())[0]


def test_a_silent_event_loop_is_dead() -> None:
    """Without a beat for longer than the bound nothing else counts, not even consuming."""
    hand, health = told(CONSUME, PUBLISH, CONSUMING)
    hand.seconds += LONGEST_SILENCE_SECONDS
    assert health.liveness(hand())[0]
    hand.seconds += 1
    reason = "the event loop has stood still for 16 s"
    assert health.liveness(hand()) == (False, {"status": "fail", "reasons": [reason]})


def test_a_loop_that_never_ran_is_dead() -> None:
    """The count begins with the process, before the first beat."""
    hand, health = told()
    hand.seconds += LONGEST_SILENCE_SECONDS + 1
    assert not health.liveness(hand())[0]


def test_both_reasons_are_told() -> None:
    """A loop that stands still while it should consume gives two reasons."""
    hand, health = told(CONSUME, PUBLISH)
    hand.seconds += 100
    _, report = health.liveness(hand())
    assert report["reasons"] == [
        "the event loop has stood still for 100 s",
        "nothing keeps it from consuming, and it has not for 100 s",
    ]


def test_the_measured_lag_is_a_beat() -> None:
    """Only a running loop measures how late it is."""
    hand, health = told(CONSUME, PUBLISH, CONSUMING)
    hand.seconds += 100
    health.record(LoopLagged(0.0))
    assert health.liveness(hand())[0]


def test_events_of_orders_change_nothing() -> None:
    """What becomes of an order says nothing about the process."""
    snapshot = Snapshot(consuming=True)
    assert after(snapshot, Settled("o-7", Settlement.REPLIED), 5.0) is snapshot


def test_events_of_several_threads_are_all_kept() -> None:
    """No change is lost where two threads tell of one at the same time."""
    _, health = told()

    def hold(reason: HoldReason) -> None:
        for _ in range(200):
            health.record(held(reason))
            health.record(lifted(reason))
        health.record(held(reason))

    threads = [threading.Thread(target=hold, args=(reason,)) for reason in HoldReason]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert health.snapshot.holds.keys() == set(HoldReason)
