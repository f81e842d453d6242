"""What a producer is told is true, and stays the same however often it is told.

Only `unknown` beside a certain answer, and `failed` for one of several copies, are no lie; they
are counted in `apart`.
"""

from collections.abc import Iterator
from typing import assert_never

from tests.trials.chaos.checker.lives import Life, Run
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.checker.words import Word, words
from tests.trials.chaos.history import Told


def contradictory(run: Run) -> Iterator[Violation]:
    """Each order about which two replies, or a reply and the ledger, cannot both be right."""
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
            yield "told " + ", then ".join(
                f"{word} at {run.at(reply.arrived_at)}" for word, reply in group.items()
            )
