"""A bounded memory of recent message ids: what was asked under each, and what was answered."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from service.core.answer import Answer
from service.core.codes import Status
from service.core.record import record
from service.core.request import Request


@record(frozen=True, slots=True)
class Fresh:
    """Nothing certain is known; `request` has in its history what else is."""

    request: Request


@record(frozen=True, slots=True)
class Repeat:
    """The same order under the same id has this answer already."""

    answer: Answer


@record(frozen=True, slots=True)
class Conflict:
    """Another order came under the same id before."""


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    answer: Answer | None = None
    unknown_since: datetime | None = None


class RecentRequests:
    """The last `size` message ids; the least recently seen one is dropped first.

    It saves calls and is not the guarantee: after a restart, and between replicas, the API's own
    idempotency decides.
    """

    def __init__(self, size: int = 8192) -> None:
        self._size = size
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def recall(self, request: Request, *, came_back: bool) -> Fresh | Repeat | Conflict:
        """What is known about the request's id; it is remembered from now on.

        One that `came_back` brings its whole history with it.
        """
        entry = self._entries.get(request.request_id)
        if entry is None:
            self._entries[request.request_id] = _Entry(request.order.fingerprint)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)
            return Fresh(request)
        self._entries.move_to_end(request.request_id)
        if entry.fingerprint != request.order.fingerprint:
            return Conflict()
        if entry.answer is not None:
            return Repeat(entry.answer)
        # Else a repeat would be sent when the API has long forgotten the first one.
        return Fresh(request if came_back else _known_since(request, entry.unknown_since))

    def remember(self, request: Request, answer: Answer | None) -> None:
        """Keep what another attempt cannot change, and since when an order may exist."""
        entry = self._entries.get(request.request_id)
        if entry is None or answer is None:
            return
        if answer.repeatable:
            entry.answer = answer
        elif answer.status is Status.UNKNOWN:
            entry.unknown_since = answer.first_seen


def _known_since(request: Request, since: datetime | None) -> Request:
    if since is None:
        return request
    own = request.history.unknown_since
    history = replace(request.history, unknown_since=min(since, own or since))
    return replace(request, history=history)
