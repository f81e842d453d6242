"""What the replies to one order say, without saying the same twice."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.trials.chaos.checker.lives import Life
from tests.trials.chaos.history import Status, Told

_OWN_REFUSALS = frozenset({"message_id_conflict", "invalid_order", "invalid_message"})
"""What the relay refuses without a call; it then speaks of one body, and not of the request_id."""


@dataclass(frozen=True, slots=True)
class Word:
    """What every repeat of one answer has in common."""

    status: Status
    order: str | None
    code: str | None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.status, self.order, self.code)))


def word_of(reply: Told) -> Word:
    """What the reply says; an empty code is none."""
    return Word(reply.status, reply.order, reply.code or None)


def words(life: Life) -> dict[Word, Told]:
    """Each different thing that was said about the order, with the first reply that said it.

    Where two bodies were published under one id, the relay's own refusal of one of them says
    nothing about the other.
    """
    replies: Iterable[Told] = sorted(life.told, key=lambda reply: reply.arrived_at)
    if life.bodies > 1:
        replies = (r for r in replies if r.status != "rejected" or r.code not in _OWN_REFUSALS)
    first: dict[Word, Told] = {}
    for reply in replies:
        first.setdefault(word_of(reply), reply)
    return first
