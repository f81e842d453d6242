"""The rules of health: tables of what happened, and what is said about it."""

import threading

import pytest

from service.core.settlement import Settlement
from service.edges.admin.health import Snapshot, after
from service.flow.events import Event
from service.flow.events.faults import ADVICE, BrokerFault
from service.flow.events.labels import HoldReason, NoStream
from service.flow.events.order import Settled
from service.flow.events.process import SharingChanged
from service.flow.sending.limits import Limits
from tests.edges.admin.happened import PAUSED, SITUATIONS, STANDS_BY, UP, held, lifted, told

NOT_READY = {
    "just started": [
        "broker connection consume: not made yet",
        "broker connection publish: not made yet",
    ],
    "half connected": ["broker connection publish: not made yet"],
    "about to consume": ["not consuming yet"],
    "broker away": ["broker connection consume: lost, connection_closed"],
    "broker refuses": [
        f"broker connection consume: lost, connection_closed: {ADVICE[BrokerFault.LOGIN]}"
    ],
    "held": ["held: credentials: why credentials; see there"],
    "held twice": [
        "held: circuit: why circuit; see there",
        "held: publisher: why publisher; see there",
    ],
    "held and broker away": [
        "broker connection consume: lost, connection_closed",
        "held: circuit: why circuit; see there",
    ],
    "draining": ["draining"],
    "drained": ["draining"],
}


@pytest.mark.parametrize("situation", ["consuming", "consuming again", "results wait"])
def test_ready_while_consuming(situation: str) -> None:
    """A process that consumes is ready, and gives no reasons."""
    hand, health = told(*SITUATIONS[situation])
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
    hand, health = told(*UP, begins)
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": reasons})
    health.record(ends)
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": []})


def test_one_that_is_held_asks_for_no_share() -> None:
    """The others have nothing to do with it."""
    none = Limits(concurrency=64, set_per_second=80, share=0).changed(None)
    hand, health = told(*UP, none, held(HoldReason.PUBLISHER))
    assert health.readiness(hand())[1]["reasons"] == ["held: publisher: why publisher; see there"]


def test_one_that_stands_by_is_ready_and_says_so() -> None:
    """It goes on when the other one ends, and a roll-out must not wait for it to consume."""
    hand, health = told(*UP, STANDS_BY, PAUSED)
    said = "stands by: the budget is too low for so many replicas, and others send"
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": [said]})
    health.record(Limits(concurrency=64, set_per_second=6, share=1).changed(None))
    assert not health.readiness(hand())[0]


def test_without_a_limit_no_share_is_needed() -> None:
    """Nobody waits for a part of what nothing limits."""
    hand, health = told(*UP, Limits(concurrency=64, share=0).changed(None))
    assert health.readiness(hand()) == (True, {"status": "ok", "reasons": []})


@pytest.mark.parametrize(("situation", "reasons"), NOT_READY.items())
def test_not_ready_says_why(situation: str, reasons: list[str]) -> None:
    """Every reason is named, in words of ours and not in those of the broker or the API."""
    hand, health = told(*SITUATIONS[situation])
    assert health.readiness(hand()) == (False, {"status": "fail", "reasons": reasons})


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
