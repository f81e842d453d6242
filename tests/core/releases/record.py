"""Prints what the release in the current folder writes, a line of JSON for each kind of message.

git worktree add /tmp/release v1.2.3 && cd /tmp/release
python /path/to/tests/core/releases/record.py > /path/to/tests/core/releases/1.2.3.jsonl
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def lines() -> Iterator[dict[str, Any]]:
    """Of a retry, a parked order with its reply, an accepted one, and a replica that talks."""
    sys.path.insert(0, ".")
    from service.core.answer import Answer, Problem  # noqa: PLC0415
    from service.core.codes import Code, Status  # noqa: PLC0415
    from service.core.decision import Finish, Park, RetryLater  # noqa: PLC0415
    from service.core.history import History  # noqa: PLC0415
    from service.core.message import Message, Received  # noqa: PLC0415
    from service.core.settlement import plan_ending  # noqa: PLC0415

    order = {"service": 7, "link": "https://example.com/p", "quantity": 1000}
    message = Message(json.dumps(order).encode(), message_id="o-1", reply_to="shop.a")
    received = Received(message, "orders", "order.request")
    since = NOW - timedelta(seconds=90)
    history = History(first_seen=since, attempts=3, retries=2, unknown_since=since)
    waiting = plan_ending(received, RetryLater(30), history, NOW)
    problem = Problem(Code.OUTCOME_UNKNOWN, "given up; an order may exist")
    unknown = Answer(Status.UNKNOWN, 3, since, problem=problem)
    accepted = Answer(Status.ACCEPTED, 3, since, order_id="23501")
    for ending in (
        waiting,
        plan_ending(received, Park(unknown), history, NOW),
        plan_ending(received, Finish(accepted), history, NOW),
    ):
        for published in ending.publications:
            content = asdict(published.message) | {"body": published.message.body.decode()}
            kept = {name: value for name, value in content.items() if value}
            yield {"kind": published.kind, "routing_key": published.routing_key, **kept}
    try:
        from service.edges.amqp.peers_wire import write  # noqa: PLC0415
        from service.flow.sending.said import Said  # noqa: PLC0415
    except ImportError:
        return  # It shares no limits.
    said = Said(id="a", seen=4, at=12.5, life=5.0, weight=1.0, ceiling=20.0, lessons=2)
    yield {"kind": "peer", "body": write(said).decode()}


def main() -> None:
    """Prints them."""
    for line in lines():
        print(json.dumps(line, default=_text))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


if __name__ == "__main__":
    main()
