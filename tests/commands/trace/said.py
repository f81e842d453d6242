"""What relays and queues say in the tests of the verdict."""

from datetime import UTC, datetime, timedelta

from service.commands.trace.judging import judge
from service.commands.trace.places import End, Relay, Said, Seen, Trace, Waiting
from service.core.message import Message, Received
from service.core.parked.replies import read_reply
from service.flow.held_orders import Stage, Stand

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=20)
AGO = NOW - timedelta(minutes=3)
TIER = Waiting(30, 2, "unknown")
REPLY = read_reply(
    Received(Message(b'{"status": "accepted"}', message_id="o-1", timestamp=AGO), "", "shop.gone")
)
NOBODY = Seen(requests=0)


def at(stage: Stage, until: datetime | None = None, *reasons: str) -> Said:
    """A relay that holds it there since three minutes."""
    return Said("a:8080", (Stand(stage, AGO, until),), reasons=reasons)


def ended(status: str, code: str | None = None, order: str | None = None) -> End:
    """An end, three minutes ago."""
    return End(status, code, order, AGO, "the relay at a:8080")


def traced(relays: list[Relay], seen: Seen = NOBODY) -> Trace:
    """The verdict."""
    return judge(relays, seen, NOW)
