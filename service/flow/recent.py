"""A bounded memory of recent message ids: what was asked under each, and what was answered."""

from collections import OrderedDict
from dataclasses import dataclass

from service.core.answer import Answer
from service.core.request import Request


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nothing is known, or the same order was seen and is not answered yet."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same order under the same id has this answer already."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another order came under the same id before."""


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    answer: Answer | None = None


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

    def recall(self, request: Request) -> Fresh | Repeat | Conflict:
        """What is known about the request's id; it is remembered from now on."""
        entry = self._entries.get(request.request_id)
        if entry is None:
            self._entries[request.request_id] = _Entry(request.order.fingerprint)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)
            return Fresh()
        self._entries.move_to_end(request.request_id)
        if entry.fingerprint != request.order.fingerprint:
            return Conflict()
        return Fresh() if entry.answer is None else Repeat(entry.answer)

    def remember(self, request: Request, answer: Answer | None) -> None:
        """Keep the answer, if there is one and another attempt cannot change it."""
        entry = self._entries.get(request.request_id)
        if entry is not None and answer is not None and answer.repeatable:
            entry.answer = answer
