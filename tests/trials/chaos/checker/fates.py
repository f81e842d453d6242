"""Right lives of orders, with any timing, and the changes that make a right history wrong."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.trials.chaos.checker.build import (
    AGE,
    MARGIN,
    WINDOW,
    Event,
    booked,
    called,
    found,
    placed,
    sent,
    told,
)
from tests.trials.chaos.checker.lives import Kind
from tests.trials.chaos.history import Booked, Called, Found, Sent, Told

Fate = tuple[Event, ...]


def _accepted(of: str, at: float, gap: float) -> Fate:
    order = f"ord_{of}"
    answers = [told("accepted", at + gap * (1 + n), order=order, of=of) for n in range(2)]
    return (sent(at, of=of), placed(at + gap, of=of), *answers, booked(order=order, of=of))


def _accepted_in_the_end(of: str, at: float, gap: float) -> Fate:
    order = f"ord_{of}"
    return (
        sent(at, of=of, confirmed=False),
        called(at, "throttled", 429, of=of),
        placed(at + gap, "hang_after", None, of=of),
        called(at + 2 * gap, of=of),
        told("accepted", at + 3 * gap, order=order, of=of, where="unrouted"),
        booked(order=order, of=of),
    )


def _rejected(of: str, at: float, gap: float) -> Fate:
    answers = [told("rejected", at + gap * (1 + n), of=of) for n in range(3)]
    return (sent(at, of=of), called(at, "refused", 400, of=of), booked(0, of=of), *answers)


def _failed(of: str, at: float, gap: float) -> Fate:
    return (sent(at, deadline=at + gap, of=of), told("failed", at + 2 * gap, of=of))


def _unknown(of: str, at: float, gap: float) -> Fate:
    calls = [called(at + gap * n, "hang_before", None, of=of) for n in range(2)]
    return (sent(at, of=of), *calls, told("unknown", at + gap, of=of), found("parked", of=of))


def _gone(of: str, at: float, gap: float) -> Fate:
    return (sent(at, of=of, confirmed=False), called(at + gap, "status", 502, of=of))


FATES: tuple[Callable[[str, float, float], Fate], ...] = (
    _accepted,
    _accepted_in_the_end,
    _rejected,
    _failed,
    _unknown,
    _gone,
)


@st.composite
def right_lives(draw: st.DrawFn) -> list[Fate]:
    """One order of every fate, and up to ten more, with calls inside every bound."""
    more = draw(st.lists(st.sampled_from(FATES), max_size=10))
    return [
        fate(f"o-{n}", draw(st.floats(0, 500)), draw(st.floats(0, WINDOW / 4)))
        for n, fate in enumerate([*FATES, *more])
    ]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change that breaks one rule: `change` gives None for a life that it does not fit."""

    name: str
    kind: Kind
    change: Callable[[Fate], Fate | None]


def _without(fate: Fate, *types: type[Event]) -> Fate:
    return tuple(each for each in fate if not isinstance(each, types))


def _sent(fate: Fate) -> Sent:
    return next(each for each in fate if isinstance(each, Sent))


def _replies(fate: Fate, *statuses: str) -> list[Told]:
    """The replies of an order that was first told one of these, and none of another."""
    replies = [each for each in fate if isinstance(each, Told)]
    return replies if replies and replies[0].status in statuses else []


def _calls(fate: Fate) -> list[Called]:
    return [each for each in fate if isinstance(each, Called)]


def _lose(fate: Fate) -> Fate | None:
    confirmed = _sent(fate).confirmed_at is not None
    return _without(fate, Told, Found) if confirmed else None


def _order_again(fate: Fate) -> Fate | None:
    again = [replace(each, orders=2) for each in fate if isinstance(each, Booked) and each.orders]
    return (*_without(fate, Booked), *again) if again else None


def _place_again(fate: Fate) -> Fate | None:
    placing = [each for each in _calls(fate) if each.order_placed]
    return (*fate, *placing) if placing else None


def _change_form(fate: Fate) -> Fate | None:
    return (*fate, replace(_calls(fate)[-1], fingerprint="00")) if _calls(fate) else None


def _forget_order(fate: Fate) -> Fate | None:
    return _without(fate, Booked) if _replies(fate, "accepted") else None


def _place_in_secret(fate: Fate) -> Fate | None:
    denied = _replies(fate, "rejected", "failed")
    return (*_without(fate, Booked), booked(of=_sent(fate).request_id)) if denied else None


def _tell_also(*statuses: str, **otherwise: Any) -> Callable[[Fate], Fate | None]:
    """One reply more, like the first of an order that was told one of these, but changed."""

    def change(fate: Fate) -> Fate | None:
        replies = _replies(fate, *statuses)
        return (*fate, replace(replies[0], **otherwise)) if replies else None

    return change


def _outlive_deadline(fate: Fate) -> Fate | None:
    if not _calls(fate):
        return None
    last_at = max(each.arrived_at for each in _calls(fate))
    changed = replace(_sent(fate), deadline_at=last_at - MARGIN - 0.001)
    return (changed, *_without(fate, Sent))


def _outlive(fate: Fate, end_at: float) -> Fate | None:
    if not _calls(fate):
        return None
    late_at = end_at + MARGIN + 0.001
    return (*fate, replace(_calls(fate)[-1], order_placed=False, arrived_at=late_at))


def _outlive_age(fate: Fate) -> Fate | None:
    return _outlive(fate, _sent(fate).began_at + AGE)


def _outlive_window(fate: Fate) -> Fate | None:
    hung = [each.arrived_at for each in _calls(fate) if each.status is None]
    return _outlive(fate, min(hung) + WINDOW) if hung else None


def _leave_waiting(fate: Fate) -> Fate | None:
    return (*fate, found("retry.30", of=_sent(fate).request_id))


def _never_send(fate: Fate) -> Fate | None:
    return _without(fate, Sent, Found)


def _take_from_parked(fate: Fate) -> Fate | None:
    return _without(fate, Found) if _replies(fate, "unknown") else None


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("nothing is left of it", Kind.LOST, _lose),
    Mutation("the ledger has two", Kind.DOUBLED, _order_again),
    Mutation("two calls place", Kind.DOUBLED, _place_again),
    Mutation("a call with another form", Kind.TWO_FORMS, _change_form),
    Mutation("the order is not in the ledger", Kind.CONTRADICTORY, _forget_order),
    Mutation("another order is told", Kind.CONTRADICTORY, _tell_also("accepted", order="x")),
    Mutation(
        "a certain answer, then failed",
        Kind.CONTRADICTORY,
        _tell_also("accepted", "rejected", status="failed", code="too_old", order=None),
    ),
    Mutation("an order that was denied", Kind.CONTRADICTORY, _place_in_secret),
    Mutation(
        "another code is told",
        Kind.CONTRADICTORY,
        _tell_also("rejected", "failed", "unknown", code="another"),
    ),
    Mutation("called after the deadline", Kind.LATE, _outlive_deadline),
    Mutation("called after its age", Kind.LATE, _outlive_age),
    Mutation("called after the window", Kind.LATE, _outlive_window),
    Mutation("left in a retry queue", Kind.NOT_QUIET, _leave_waiting),
    Mutation("never published", Kind.INVENTED, _never_send),
    Mutation("no parked copy", Kind.UNPARKED, _take_from_parked),
)
