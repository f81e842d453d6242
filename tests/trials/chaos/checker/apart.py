"""Replies that differ without a lie: counted and told, and no failure of the run."""

from collections.abc import Iterator

from tests.trials.chaos.checker.lives import Run
from tests.trials.chaos.checker.violation import Kind, Violation
from tests.trials.chaos.checker.words import words


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
            answers = ", ".join(f"{w} at {run.at(r.arrived_at)}" for w, r in certain.items())
            sentence = f"told unknown at {run.at(unknown[0].arrived_at)}, and {answers}"
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
            answers = ", ".join(f"{w} at {run.at(r.arrived_at)}" for w, r in said.items())
            published = f"published {len(life.sent)} times"
            sentence = f"{published}; told {answers}; {life.orders} orders exist"
            yield Violation(Kind.TWINS, life.request_id, sentence)
