"""The account's book: what was ordered under each request_id, and what it is answered for ever.

Pure state: no I/O and no clock of its own, so that any sequence of calls can be tried on it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from tests.world.standin import answers
from tests.world.standin.calls import Form
from tests.world.standin.catalogue import Catalogue, charge


@dataclass(slots=True)
class Entry:
    """What is known of one request_id; `answer` is None until a form for it was decided."""

    calls: int = 0
    orders: int = 0
    conflicts: int = 0
    fingerprint: bytes = b""
    answer: answers.Answer | None = None
    decided_at: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Its line in `GET /ledger`."""
        answer = None if self.answer is None else self.answer.body.decode()
        counts = {"orders": self.orders, "calls": self.calls, "conflicts": self.conflicts}
        return {**counts, "answer": answer}


@dataclass(slots=True)
class Ledger:
    """Every request_id with its entry, and the totals.

    `balance` None is unlimited. `window_seconds` None remembers a request_id for ever; a number
    forgets it that long after its order, so that a later call makes a second order, as a real API
    would. `more_than_one_order` counts the request_ids for which that has happened.
    """

    catalogue: Catalogue = field(default_factory=Catalogue)
    balance: Decimal | None = None
    window_seconds: float | None = None
    entries: defaultdict[str, Entry] = field(default_factory=lambda: defaultdict(Entry))
    calls: int = 0
    orders: int = 0
    conflicts: int = 0
    more_than_one_order: int = 0

    def count_call(self, request_id: str) -> None:
        """Counts a call that arrived, whatever will become of it; "" is a call without an id."""
        self.calls += 1
        if request_id:
            self.entries[request_id].calls += 1

    def submit(self, form: Form, now: float) -> answers.Verdict:
        """Decides the first form of a request_id, and repeats that decision afterwards."""
        entry = self.entries[form.request_id]
        if entry.answer is not None and not self._forgotten(entry, now):
            if entry.fingerprint == form.fingerprint:
                return answers.Verdict(answers.Kind.REPEATED, entry.answer)
            entry.conflicts += 1
            self.conflicts += 1
            return answers.Verdict(answers.Kind.CONFLICT, answers.CONFLICT)
        verdict = self._decide(form, entry)
        entry.answer, entry.fingerprint, entry.decided_at = verdict.answer, form.fingerprint, now
        return verdict

    def calls_of(self, request_id: str) -> int:
        """How many calls arrived with this request_id."""
        # Asking makes no entry.
        return self.entries.get(request_id, Entry()).calls

    def orders_of(self, request_id: str) -> int:
        """How many orders this request_id made."""
        return self.entries.get(request_id, Entry()).orders

    def summary(self) -> dict[str, int]:
        """The totals, as `GET /ledger?summary=1` answers them."""
        return {
            "orders": self.orders,
            "request_ids": len(self.entries),
            "more_than_one_order": self.more_than_one_order,
            "conflicts": self.conflicts,
            "calls": self.calls,
        }

    def as_json(self) -> dict[str, object]:
        """The totals and every request_id, as `GET /ledger` answers them."""
        by_id = {request_id: entry.as_json() for request_id, entry in self.entries.items()}
        return {**self.summary(), "by_request_id": by_id}

    def _forgotten(self, entry: Entry, now: float) -> bool:
        return self.window_seconds is not None and now - entry.decided_at >= self.window_seconds

    def _decide(self, form: Form, entry: Entry) -> answers.Verdict:
        cost = charge(form, self.catalogue)
        if isinstance(cost, answers.Answer):
            return answers.Verdict(answers.Kind.REFUSED, cost)
        if self.balance is not None:
            if cost > self.balance:
                return answers.Verdict(answers.Kind.REFUSED, answers.INSUFFICIENT_BALANCE)
            self.balance -= cost
        self.orders += 1
        entry.orders += 1
        self.more_than_one_order += entry.orders == 2
        return answers.Verdict(answers.Kind.PLACED, answers.order_answer(f"ord_{self.orders:020d}"))
