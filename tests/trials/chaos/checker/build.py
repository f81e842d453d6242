"""Histories in a line an event; times are in seconds since the run began."""

from dataclasses import replace
from typing import Any

from tests.trials.chaos.history import (
    Booked,
    Bounds,
    Called,
    Ending,
    Found,
    History,
    Inflicted,
    Sent,
    Status,
    Told,
)

START = 1_700_000_000.0
ID = "o-1"
ORDER = "ord_1"
WINDOW, AGE, QUIET, MARGIN = 60.0, 300.0, 30.0, 1.0
BOUNDS = Bounds(WINDOW, AGE, QUIET, MARGIN)
EMPTY = {"orders.requests": 0, "orders.retry.1": 0, "orders.retry.30": 0}
ENDED, RESTED = 1000.0, 1020.0

Event = Sent | Told | Found | Called | Booked | Inflicted


def sent(
    at: float = 0.0,
    *,
    confirmed: bool = True,
    deadline: float | None = None,
    body: str = "{}",
    of: str = ID,
) -> Sent:
    """A publish, confirmed at once unless told otherwise."""
    return Sent(
        of,
        body,
        START + at,
        START + at + 0.01 if confirmed else None,
        None if deadline is None else START + deadline,
    )


def told(
    status: Status,
    at: float = 2.0,
    *,
    order: str | None = ORDER,
    code: str | None = None,
    **of: Any,
) -> Told:
    """A reply; the usual order and code of its status."""
    codes = {"rejected": "refused", "failed": "deadline_passed", "unknown": "outcome_unknown"}
    return Told(
        of.get("of", ID),
        status,
        code or codes.get(status),
        order if status == "accepted" else None,
        1,
        START + at,
        of.get("where", "replies"),
    )


def found(queue: str, *, of: str = ID) -> Found:
    """A message that was left in a queue."""
    return Found(of, f"orders.{queue}")


def called(
    at: float = 1.0,
    answered: str | None = "repeated",
    status: int | None = 200,
    *,
    form: str = "f0" * 32,
    of: str = ID,
) -> Called:
    """A call that made no order."""
    return Called(of, START + at, form, answered, status, order_placed=False)


def placed(
    at: float = 1.0, answered: str = "placed", status: int | None = 200, *, of: str = ID
) -> Called:
    """A call that made an order, whatever was answered."""
    return replace(called(at, answered, status, of=of), order_placed=True)


def booked(
    orders: int = 1, *, order: str | None = ORDER, conflicts: int = 0, of: str = ID
) -> Booked:
    """The ledger's entry."""
    return Booked(of, orders, order if orders else None, conflicts)


def fault(at: float, until: float, kind: str = "kill", detail: str = "") -> Inflicted:
    """A fault that was carried out."""
    return Inflicted(kind, START + at, START + until, detail)


def ending(
    quiet: float | None = RESTED, depths: dict[str, int] | None = None, ended: float = ENDED
) -> Ending:
    """The end of the run."""
    quiet_at = None if quiet is None else START + quiet
    return Ending(START + ended, quiet_at, EMPTY if depths is None else depths)


def life(*events: Event) -> tuple[Event, ...]:
    """What happened to one order."""
    return events


def history(*events: Event, end: Ending | None = None) -> History:
    """A whole run in which these events happened."""
    return History(
        scenario="built",
        seed=1,
        bounds=BOUNDS,
        ending=end or ending(),
        sent=tuple(each for each in events if isinstance(each, Sent)),
        told=tuple(each for each in events if isinstance(each, Told)),
        found=tuple(each for each in events if isinstance(each, Found)),
        called=tuple(each for each in events if isinstance(each, Called)),
        booked=tuple(each for each in events if isinstance(each, Booked)),
        inflicted=tuple(each for each in events if isinstance(each, Inflicted)),
    )


GOOD: tuple[Event, ...] = (sent(), placed(), told("accepted"), booked())
"""An order that was accepted at once."""

OTHERS: tuple[Event, ...] = (
    sent(of="a"),
    placed(of="a"),
    booked(order="ord_a", of="a"),
    told("accepted", order="ord_a", of="a"),
    sent(of="b"),
    called(answered="refused", status=400, of="b"),
    booked(0, of="b"),
    told("rejected", of="b"),
)
"""Orders that are right, beside one that may not be."""
