"""Ends the wait of those to whom it can bring nothing more, by the rules of `leaving`."""

from math import inf

from service.flow.events.labels import HoldReason
from service.flow.sending.account import Account
from service.flow.sending.leaving import Situation, leave_by, leaving
from service.flow.sending.line import Line, Turn, TurnedAway
from service.flow.sending.process import Process


class TurningAway:
    """`next` is when the first leaves by time alone, `arriving` whether deliveries come."""

    def __init__(self, line: Line, account: Account, process: Process) -> None:
        self._line = line
        self._account = account
        self._process = process
        self.next = inf
        self.arriving = False

    def by(self, at: float) -> None:
        """Look by then, for one that has come."""
        self.next = min(self.next, at)

    def look(self, now: float, *, stands_by: bool) -> None:
        """End the wait of those who leave at `now`."""
        account, process = self._account, self._process
        ends = process.draining.is_set()
        held = account.held or process.held_since is not None
        if not (held or ends or account.suspects or stands_by) and now < self.next:
            return
        starts = (account.held_since(), process.held_since)
        situation = Situation(
            now=now,
            ends=ends,
            arriving=self.arriving,
            held_since=min((start for start in starts if start is not None), default=None),
            wait_seconds=account.waits.seconds(now),
            probing_seconds=account.probing_seconds(now),
            refused=HoldReason.CREDENTIALS in account.reasons(now),
            stands_by=stands_by,
        )
        for turn, why in leaving(tuple(self._line), account.suspects, situation):
            self.end(turn, why)
        self.next = min((leave_by(turn, situation) for turn in self._line), default=inf)

    def end(self, turn: Turn, why: TurnedAway) -> None:
        """Let it leave; nothing is to be found out about it here any more."""
        self._account.suspects.forget(turn)
        self._line.end(turn, why)
