"""Which holds are said, and when again."""

from service.flow.events.labels import HoldReason
from service.flow.events.process import HoldChanged
from service.flow.sending.announcing import Holds
from tests.edges.amqp.eventlog import EventLog


def test_only_the_publisher_s_hold_says_another_sentence() -> None:
    """It says what to do; those of the API change with every answer."""
    log = EventLog()
    holds = Holds(log)
    for why in ("one", "one", "two"):
        holds.become({HoldReason.PUBLISHER: why, HoldReason.CIRCUIT: why})
    holds.become({})
    said = [(e.reason, e.held, e.why) for e in log.of(HoldChanged)]
    assert sorted(said[:2]) == [
        (HoldReason.CIRCUIT, True, "one"),
        (HoldReason.PUBLISHER, True, "one"),
    ]
    assert said[2] == (HoldReason.PUBLISHER, True, "two")
    assert sorted(said[3:]) == [
        (HoldReason.CIRCUIT, False, "over: two"),
        (HoldReason.PUBLISHER, False, "over: two"),
    ]
