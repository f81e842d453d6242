"""What this process knows of one message id, for who asks by it: stages, statuses and times alone.

The admin endpoints need no password: nothing of a message or of the API's answer is told.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.core.times import to_rfc3339
from service.flow.events import Event
from service.flow.events.ends import Answered
from service.flow.events.labels import Waiting
from service.flow.events.order import RetryPlanned
from service.flow.held_orders import Stand

MOST_IDS = 8192
"""The least recently heard of is forgotten first."""

MOST_ENDS = 8
"""Of one id; who publishes it again and again gets no more memory."""


@dataclass(slots=True)
class _Known:
    wait: tuple[int, datetime] | None = None
    ends: dict[tuple[str, str | None], datetime] = field(default_factory=dict)


class Whereabouts:
    """Written from the event loop, read from the admin endpoints' threads."""

    def __init__(self, most_ids: int = MOST_IDS) -> None:
        self._most_ids = most_ids
        self._lock = threading.Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._stands: Callable[[str], Sequence[Stand]] = lambda _: ()

    def watch(self, stands: Callable[[str], Sequence[Stand]]) -> None:
        """Ask `stands`, from any thread, where the orders stand that are in hand."""
        self._stands = stands

    def record(self, event: Event) -> None:
        """Learn from `event`: a wait in a queue, or an end, whose reply is confirmed."""
        match event:
            case RetryPlanned(where=Waiting.QUEUE):
                with self._lock:
                    self._of(event.request_id).wait = event.tier_seconds, event.waits_until
            case Answered(request_id=str(message_id)):
                with self._lock:
                    known = self._of(message_id)
                    known.wait = None
                    if len(known.ends) < MOST_ENDS:
                        known.ends.setdefault((event.status, event.code), event.answered_at)
            case _:
                pass

    def report(self, message_id: str) -> dict[str, object]:
        """The JSON body about one id."""
        stands = self._stands(message_id)
        with self._lock:
            known = self._known.get(message_id) or _Known()
            wait, ends = known.wait, list(known.ends.items())
        return {
            "in_hand": [
                {"stage": stand.stage, "since": _told(stand.since), "until": _told(stand.until)}
                for stand in stands
            ],
            "wait": wait and {"tier_seconds": wait[0], "until": _told(wait[1])},
            "ends": [
                {"status": status, "code": code, "answered_at": _told(at)}
                for (status, code), at in ends
            ],
        }

    def _of(self, message_id: str) -> _Known:
        known = self._known.setdefault(message_id, _Known())
        self._known.move_to_end(message_id)
        if len(self._known) > self._most_ids:
            self._known.popitem(last=False)
        return known


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)
