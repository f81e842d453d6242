"""One delivery's way, from arrival to settlement, as a straight line.

delivery -> parse -> admit -> submit -> classify -> decide -> publish (confirmed) -> ack

`receive`, `_serve`, `_place` with `_submit`, then `Settler.settle`: these are the way. What may be
decided is decided in `service.core`; here it is only carried out, in that order. A delivery is
acked when everything that was to be published for it is confirmed, and not before.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from service.core.decision import (
    Finish,
    Hold,
    Park,
    RetryHere,
    RetryLater,
    RetryPolicy,
    decide,
    seconds_left,
)
from service.core.history import History
from service.core.message import Received
from service.core.origin import came_back
from service.core.outcome import Outcome, Suspected, classify
from service.core.request import Request, parse
from service.core.settlement import (
    REQUEUE,
    Plan,
    plan_answer,
    plan_conflict,
    plan_ending,
    plan_unserved,
)
from service.flow.cancellation import is_ours
from service.flow.elsewhere import Elsewhere
from service.flow.events import Emit
from service.flow.events.order import AttemptEnded, DeliveryArrived, RetryPlanned
from service.flow.events.process import Unexpected
from service.flow.events.replays import Replayed
from service.flow.held_orders import HeldOrder, HeldOrders, Stage
from service.flow.ports import Clock, Delivery, OrderApi, Publisher, Tracing, Untraced
from service.flow.recent import Conflict, Fresh, RecentRequests, Repeat
from service.flow.same_id import SameId
from service.flow.sending.account import Attempt
from service.flow.sending.gate import Gate
from service.flow.sending.line import Turn, TurnedAway
from service.flow.settler import Settler

DEFECT_PAUSE_SECONDS = 1.0


class Relay:
    """Carries deliveries to their settlement, each in a task of its own."""

    def __init__(  # noqa: PLR0913 - its collaborators, and each has one thing to do
        self,
        *,
        api: OrderApi,
        publisher: Publisher,
        gate: Gate,
        clock: Clock,
        emit: Emit,
        policy: RetryPolicy,
        random: Callable[[], float],
        tracing: Tracing | None = None,
    ) -> None:
        self._api = api
        self._gate = gate
        self._clock = clock
        self._emit = emit
        self._policy = policy
        self._random = random
        self._tracing = tracing or Untraced()
        self._recent = RecentRequests()
        self._same_id = SameId(clock)
        self.held = HeldOrders()
        self._elsewhere = Elsewhere(gate=gate, clock=clock, emit=emit, policy=policy)
        self._settler = Settler(publisher=publisher, clock=clock, emit=emit, random=random)
        self._tasks: set[asyncio.Task[None]] = set()
        gate.held = self._tasks.__len__

    def oldest_order_age_seconds(self) -> float:
        """How long the oldest order that is held has been on its way; from any thread."""
        return self.held.oldest_age_seconds(self._clock.monotonic())

    async def finish(self, within_seconds: float) -> int:
        """Let what has begun end within the time, cut off the rest; how many were cut off.

        What is cut off stays unacked: the broker delivers it again.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_seconds)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)

    def receive(self, delivery: Delivery) -> None:
        """Begin with `delivery`; returns at once."""
        received = delivery.received
        self._emit(DeliveryArrived(received.message.message_id, received.redelivered))
        if (replayed := Replayed.told_by(received)) is not None:
            self._emit(replayed)
        self._gate.arrived(redelivered=received.redelivered)
        task = asyncio.create_task(self._carry(delivery))
        # The loop holds tasks weakly: without this set one could vanish in mid-flight.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, delivery: Delivery) -> None:
        """Serve it; a defect on the way costs this delivery a requeue, and the others nothing."""
        with self._tracing.delivery(delivery.received):
            try:
                await self._serve(delivery)
            except (Exception, asyncio.CancelledError) as error:
                if is_ours(error):
                    raise
                self._emit(Unexpected("delivery", f"{type(error).__name__}: {error}"))
                await self._clock.wait(self._gate.draining, DEFECT_PAUSE_SECONDS)
                await delivery.requeue(counted=True)

    async def _serve(self, delivery: Delivery) -> None:
        """Parse it, find out how it ends, publish that and settle."""
        received, arrived_at, now = delivery.received, self._clock.monotonic(), self._clock.now()
        parsed = parse(received, now)
        age = parsed.history.age_seconds(now, self._policy.max_age_seconds)
        with self.held.holding(arrived_at, age, received.message.message_id) as held:
            if not isinstance(parsed, Request):
                held.at(Stage.PUBLISHING, now)
                await self._settler.settle(delivery, plan_unserved(received, parsed, now))
                return
            held.at(Stage.SAME_ID, now)
            # Two with one id at a time would race each other past the memory of answers.
            key = parsed.request_id
            mine = await self._same_id.enter(key, self._most_of_one_id)
            try:
                if mine:
                    plan = await self._known_or_placed(delivery, parsed, held)
                else:
                    plan = self._set_aside(received, parsed)
                held.at(Stage.PUBLISHING, self._clock.now())
                await self._settler.settle(delivery, plan, parsed.deadline)
            finally:
                if mine:
                    self._same_id.leave(key)

    def _most_of_one_id(self) -> int:
        """How many deliveries the copies of orders in flight are a part of."""
        # In a hold a copy that waits would keep out the one order that is asked.
        return self._gate.most_held if self._gate.intake > 1 else 0

    async def _known_or_placed(self, delivery: Delivery, request: Request, held: HeldOrder) -> Plan:
        """The end of the request: what was certain before, or what the API says now."""
        received = delivery.received
        match self._recent.recall(request, came_back=came_back(received)):
            case Repeat(answer):
                return plan_answer(received, answer, self._clock.now(), repeated=True)
            case Conflict():
                return plan_conflict(received, request, self._clock.now())
            case Fresh(known):
                plan = await self._place(delivery, known, held)
                self._recent.remember(known, plan.answer)
                return plan
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _place(self, delivery: Delivery, request: Request, held: HeldOrder) -> Plan:
        """Admit, submit, decide: again, until the order ends or must wait elsewhere."""
        received, history, policy = delivery.received, request.history, self._policy
        turn, outcome = Turn(held.arrived_at, alive=lambda: delivery.alive), None
        now = self._clock.now()
        left = seconds_left(history, request.deadline, policy, now)
        turn.may_return = received.may_return(left)
        while (plan := self._elsewhere.given_up(received, request, history, now)) is None:
            turn.failures = history.attempts + history.retries
            turn.leave_by = self._clock.monotonic() + left
            held.at(Stage.IN_LINE, now)
            entry = await self._gate.enter(turn)
            if isinstance(entry, Attempt):
                held.at(Stage.AT_THE_API, self._clock.now())
                outcome, history = await self._submit(delivery, request, history, turn, entry)
                if outcome is None:
                    return REQUEUE
            elif entry is TurnedAway.ALONE and isinstance(outcome, Suspected):
                outcome = replace(outcome, alone=True)
                history = history.after(outcome, self._clock.now())
            else:
                return self._elsewhere.turned_away(entry, received, request, history)
            now = self._clock.now()
            decision = decide(outcome, history, request.deadline, policy, now, self._random())
            if isinstance(decision, RetryHere | RetryLater) and self._gate.api_fails:
                # It waits for the API as all do, and not for itself.
                decision = Hold()
            if isinstance(decision, RetryHere | RetryLater):
                self._emit(RetryPlanned.of(outcome, decision, request, history, policy, now))
            match decision:
                case Finish() | Park() | RetryLater():
                    return plan_ending(received, decision, history, now)
                case RetryHere(seconds):
                    history = history.after_wait()
                    held.at(Stage.WAITING, now, now + timedelta(seconds=seconds))
                    await self._clock.wait(self._gate.draining, seconds)
                    now = self._clock.now()
                case Hold():
                    pass
                case _ as never:  # pragma: no cover
                    assert_never(never)
            left = seconds_left(history, request.deadline, policy, now)
        return plan

    async def _submit(
        self, delivery: Delivery, request: Request, history: History, turn: Turn, attempt: Attempt
    ) -> tuple[Outcome | None, History]:
        """Submit and classify; no outcome for a delivery that is not ours any more."""
        try:
            if not delivery.alive:
                return None, history
            sent_at, began = self._clock.now(), self._clock.monotonic()
            result = await self._api.submit(request.order.form)
            outcome = classify(result, self._clock.now())
            seconds = self._clock.monotonic() - began
            self._gate.report(turn, attempt, outcome)
        finally:
            self._gate.leave(attempt)
        history = history.after(outcome, sent_at)
        self._emit(AttemptEnded.of(request, history, outcome, seconds))
        return outcome, history

    def _set_aside(self, received: Received, request: Request) -> Plan:
        """Answer a copy of an order in flight where that is known, else let it wait elsewhere."""
        known = self._recent.recall(request, came_back=came_back(received))
        if isinstance(known, Repeat):
            return plan_answer(received, known.answer, self._clock.now(), repeated=True)
        return self._elsewhere.set_aside(received, request)
