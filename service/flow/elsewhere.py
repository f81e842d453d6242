"""Orders that do not go on here: given up, set aside for another one, or turned away."""

from datetime import datetime

from service.core.decision import RetryLater, RetryPolicy, give_up, set_aside
from service.core.history import History
from service.core.message import Received
from service.core.request import Request
from service.core.settlement import REQUEUE, Plan, plan_ending, plan_set_aside
from service.flow.events import Emit
from service.flow.events.order import RetryPlanned
from service.flow.ports import Clock
from service.flow.sending.gate import Gate
from service.flow.sending.line import TurnedAway


class Elsewhere:
    """Says how such an order ends here, and where it waits."""

    def __init__(self, *, gate: Gate, clock: Clock, emit: Emit, policy: RetryPolicy) -> None:
        self._gate = gate
        self._clock = clock
        self._emit = emit
        self._policy = policy

    def given_up(
        self, received: Received, request: Request, history: History, now: datetime
    ) -> Plan | None:
        """The end of an order that may not be sent any more; None while it may."""
        end = give_up(history, request.deadline, self._policy, now)
        return None if end is None else plan_ending(received, end, history, now)

    def set_aside(self, received: Received, request: Request) -> Plan:
        """Let a copy of an order in flight wait: here it would keep others out."""
        if self._gate.draining.is_set():
            return REQUEUE
        history, now = request.history, self._clock.now()
        wait = set_aside(history, request.deadline, self._policy, now)
        why = "another message with this message_id is in flight"
        self._emit(RetryPlanned.of(why, wait, request, history, self._policy, now))
        return plan_set_aside(received, wait, history)

    def turned_away(
        self, entry: TurnedAway, received: Received, request: Request, history: History
    ) -> Plan:
        """Let the order wait, with what is known about it if that can be written."""
        now = self._clock.now()
        if (plan := self.given_up(received, request, history, now)) is not None:
            return plan
        ending = self._gate.draining.is_set()
        unsent = ending and history == request.history
        if entry is TurnedAway.BACK or self._gate.publisher_held or unsent:
            return REQUEUE
        wait = RetryLater(self._policy.delays_seconds[0])
        why = "the process ends" if ending else "orders are held for long"
        self._emit(RetryPlanned.of(why, wait, request, history, self._policy, now))
        return plan_ending(received, wait, history, now)
