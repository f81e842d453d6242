"""What a producer is told is true, and stays the same however often it is told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from tests.trials.chaos.checker.lives import Kind, Life, Place, Run, Violation
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
        # An empty code is none.
        first.setdefault(Word(reply.status, reply.order, reply.code or None), reply)
    return first


def contradictory(run: Run) -> Iterator[Violation]:
    """Each order about which two replies, or a reply and the ledger, cannot both be right.

    `unknown` beside a certain answer, and `failed` for one of several copies, are no lie: see
    `weakened` and `twins`.
    """
    for life in run.orders:
        if not life.told:
            continue
        said = words(life)
        reasons = [*_against_ledger(run, life, said), *_against_each_other(run, life, said)]
        if reasons:
            yield Violation(Kind.CONTRADICTORY, life.request_id, "; ".join(reasons))


def _against_ledger(run: Run, life: Life, said: dict[Word, Told]) -> Iterator[str]:
    for word, reply in said.items():
        told = f"told {word} at {run.at(reply.arrived_at)}"
        match word.status:
            case "accepted":
                if not life.booked_orders:
                    yield f"{told}, and the ledger has no order"
                elif word.order is None or word.order != life.order:
                    yield f"{told}, and the ledger's order is {life.order}"
            case "rejected":
                if life.orders:
                    yield f"{told}, and {life.orders} orders exist"
            case "failed":
                if life.orders and not life.several:
                    yield f"{told}, and {life.orders} orders exist"
            case "unknown":
                pass
            case _ as never:
                assert_never(never)


def _against_each_other(run: Run, life: Life, said: dict[Word, Told]) -> Iterator[str]:
    unknown = {word: reply for word, reply in said.items() if word.status == "unknown"}
    certain = {
        word: reply
        for word, reply in said.items()
        if word.status != "unknown" and not (life.several and word.status == "failed")
    }
    for group in (unknown, certain):
        if len(group) > 1:
            yield f"told {_answers(run, group, ', then ')}"


def _answers(run: Run, said: dict[Word, Told], between: str = ", ") -> str:
    return between.join(f"{word} at {run.at(reply.arrived_at)}" for word, reply in said.items())


def unparked(run: Run) -> Iterator[Violation]:
    """Each order whose only outcome is `unknown`, and of which no copy is parked."""
    for life in run.orders:
        if not any(reply.status == "unknown" for reply in life.told):
            continue
        said = words(life)
        certain = any(word.status != "unknown" for word in said)
        if not certain and not life.lies_in(Place.PARKED):
            told_at = run.at(min(reply.arrived_at for reply in said.values()))
            sentence = f"told unknown at {told_at}, with no copy parked; {life.orders} orders exist"
            yield Violation(Kind.UNPARKED, life.request_id, sentence)


def weakened(run: Run) -> Iterator[Violation]:
    """Each order that was told `unknown` beside a certain answer.

    A lost ack after the reply brings the order to a process that knows nothing of it; past the
    deadline it may not ask the API again, and must not say `failed`.
    """
    for life in run.orders:
        if len(life.told) < 2:
            continue
        said = words(life)
        unknown = [reply for word, reply in said.items() if word.status == "unknown"]
        certain = {word: reply for word, reply in said.items() if word.status != "unknown"}
        if unknown and certain:
            told_at = run.at(unknown[0].arrived_at)
            sentence = f"told unknown at {told_at}, and {_answers(run, certain)}"
            yield Violation(Kind.WEAKENED, life.request_id, sentence)


def twins(run: Run) -> Iterator[Violation]:
    """Each order that was published more than once, and is `failed` for one copy only."""
    for life in run.orders:
        if not life.several:
            continue
        said = words(life)
        certain = [word for word in said if word.status != "unknown"]
        failed = any(word.status == "failed" for word in certain)
        if failed and (life.orders or len(certain) > 1):
            published = f"published {len(life.sent)} times; told {_answers(run, said)}"
            sentence = f"{published}; {life.orders} orders exist"
            yield Violation(Kind.TWINS, life.request_id, sentence)
