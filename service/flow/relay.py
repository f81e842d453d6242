"""One delivery's way, from arrival to settlement, as a straight line.

delivery -> parse -> admit -> submit -> classify -> decide -> publish (confirmed) -> ack

What may be decided is decided in `service.core`; here it is only carried out, in that order. A
delivery is acked when everything that was to be published for it is confirmed, and not before.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import assert_never

from service.core import answer as answers
from service.core.age import age_seconds
from service.core.codes import Code, Status
from service.core.decision import (
    Decision,
    Finish,
    Hold,
    Park,
    RetryHere,
    RetryLater,
    RetryPolicy,
    decide,
    give_up,
    wait_seconds,
)
from service.core.history import History
from service.core.outcome import Outcome, Throttled, classify
from service.core.request import Invalid, Parsed, Request, Undecodable, Unidentified, parse
from service.core.settlement import REQUEUE, Plan, plan_answer, plan_ending, plan_unserved
from service.flow import narrate
from service.flow.cancellation import is_ours
from service.flow.events import DeliveryArrived, Emit, Unexpected
from service.flow.held_orders import HeldOrders
from service.flow.keyed_lock import KeyedLock
from service.flow.ports import Clock, Delivery, OrderApi, Publisher, Tracing, Untraced
from service.flow.recent import Conflict, Fresh, RecentRequests, Repeat
from service.flow.sending.gate import Entered, Gate, TurnedAway
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
        self._same_id = KeyedLock()
        self._held = HeldOrders()
        self._settler = Settler(publisher=publisher, clock=clock, emit=emit, random=random)
        self._tasks: set[asyncio.Task[None]] = set()

    def oldest_order_age_seconds(self) -> float:
        """How long the oldest order that is held has been on its way; from any thread."""
        return self._held.oldest_age_seconds(self._clock.monotonic())

    def receive(self, delivery: Delivery) -> None:
        """Begin with `delivery`; returns at once."""
        message_id = delivery.received.message.message_id
        self._emit(DeliveryArrived(message_id, delivery.received.redelivered))
        task = asyncio.create_task(self._watch(delivery))
        # The loop holds tasks weakly: without this set one could vanish in mid-flight.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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

    async def _watch(self, delivery: Delivery) -> None:
        # In the task itself: what this makes current must be so for this delivery alone.
        with self._tracing.delivery(delivery.received):
            await self._guard(delivery)

    async def _guard(self, delivery: Delivery) -> None:
        try:
            await self._carry(delivery)
        # A defect must cost one delivery, not the rest.
        except (Exception, asyncio.CancelledError) as error:
            if is_ours(error):
                raise
            self._emit(Unexpected("delivery", f"{type(error).__name__}: {error}"))
            await self._clock.wait(self._gate.draining, DEFECT_PAUSE_SECONDS)
            await delivery.requeue(counted=True)

    async def _carry(self, delivery: Delivery) -> None:
        now = self._clock.now()
        parsed = parse(delivery.received, now)
        age = age_seconds(delivery.received, parsed, now, self._policy.max_age_seconds)
        with self._held.holding(self._clock.monotonic() - age):
            await self._end(delivery, parsed)

    async def _end(self, delivery: Delivery, parsed: Parsed) -> None:
        match parsed:
            case Request():
                arrived_at = self._clock.monotonic()
                # Two with one id at a time would race each other past the memory of answers.
                async with self._same_id.hold(parsed.request_id):
                    plan, repeated = await self._serve(delivery, parsed, arrived_at)
                    settled = await self._settler.settle(
                        delivery, plan, deadline=parsed.deadline, repeated=repeated
                    )
                    if settled and plan.answer and plan.answer.status is Status.UNKNOWN:
                        # Only now: a repeat of it is not parked again.
                        self._recent.remember(parsed, plan.answer)
            case Invalid() | Unidentified() | Undecodable():
                plan = plan_unserved(delivery.received, parsed, self._clock.now())
                await self._settler.settle(delivery, plan)
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _serve(
        self, delivery: Delivery, request: Request, arrived_at: float
    ) -> tuple[Plan, bool]:
        """How the request ends here, and whether that repeats an answer given before."""
        now = self._clock.now()
        match self._recent.recall(request):
            case Repeat(answer):
                return plan_answer(delivery.received, answer, now), True
            case Conflict():
                text = "another order was sent with this message_id; a new order needs a new one"
                answer = answers.rejected(Code.MESSAGE_ID_CONFLICT, text, request.history)
                return plan_answer(delivery.received, answer, now), False
            case Fresh():
                return await self._pursue(delivery, request, arrived_at), False
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _pursue(self, delivery: Delivery, request: Request, arrived_at: float) -> Plan:
        """Send the order until its outcome is certain, or this process should not try on."""
        history = request.history
        leave_by = self._leave_by(request)
        while True:
            if (ending := self._give_up(request, history)) is not None:
                return plan_ending(delivery.received, ending, history, self._clock.now())
            entry = await self._gate.enter(arrived_at=arrived_at, leave_by=leave_by)
            if isinstance(entry, TurnedAway):
                return self._turn_back(delivery, request, history)
            decision, history = await self._attempt(delivery, request, history, entry)
            match decision:
                case Finish() | Park() | RetryLater():
                    if isinstance(decision, Finish):
                        self._recent.remember(request, decision.answer)
                    return plan_ending(delivery.received, decision, history, self._clock.now())
                case RetryHere():
                    history = history.after_wait()
                    await self._clock.wait(self._gate.draining, decision.seconds)
                case Hold():
                    pass
                case None:
                    return REQUEUE
                case _ as never:  # pragma: no cover
                    assert_never(never)

    async def _attempt(
        self, delivery: Delivery, request: Request, history: History, entry: Entered
    ) -> tuple[Decision | None, History]:
        """One POST and what follows from it; None when the delivery is not ours any more."""
        try:
            if not delivery.alive:
                return None, history
            # Asked again: the wait at the gate may have outlasted the deadline.
            if (ending := self._give_up(request, history)) is not None:
                return ending, history
            sent_at, began = self._clock.now(), self._clock.monotonic()
            result = await self._api.submit(request.order.form)
            now = self._clock.now()
            outcome = classify(result, request.order.form, now)
            duration = self._clock.monotonic() - began
            history = history.after(outcome, sent_at)
            jitter = self._random()
            self._gate.report(entry, outcome, self._throttle_seconds(outcome, history, jitter))
        finally:
            self._gate.leave(entry)
        self._emit(narrate.attempt(request, history, outcome, duration))
        decision = decide(
            outcome,
            history,
            deadline=request.deadline,
            policy=self._policy,
            now=now,
            jitter=jitter,
        )
        if isinstance(decision, RetryHere | RetryLater):
            self._emit(narrate.retry(request, history, outcome, decision, self._policy, now))
        return decision, history

    def _give_up(self, request: Request, history: History) -> Finish | Park | None:
        now = self._clock.now()
        return give_up(history, deadline=request.deadline, policy=self._policy, now=now)

    def _leave_by(self, request: Request) -> float:
        """The deadline on the monotonic clock."""
        if request.deadline is None:
            return inf
        left = request.deadline - self._clock.now()
        return self._clock.monotonic() + left.total_seconds()

    def _throttle_seconds(self, outcome: Outcome, history: History, jitter: float) -> float | None:
        if isinstance(outcome, Throttled):
            return wait_seconds(outcome, history, self._policy, jitter)
        return None

    def _turn_back(self, delivery: Delivery, request: Request, history: History) -> Plan:
        """Let the order wait elsewhere, with what is known about it if that can be written."""
        if (ending := self._give_up(request, history)) is not None:
            return plan_ending(delivery.received, ending, history, self._clock.now())
        untouched = history == request.history
        if self._gate.publisher_held or (untouched and self._gate.draining.is_set()):
            return REQUEUE
        later, now = RetryLater(self._policy.delays_seconds[0]), self._clock.now()
        why = "the process ends" if self._gate.draining.is_set() else "orders are held for long"
        self._emit(narrate.turned_back(request, history, later, why, now))
        return plan_ending(delivery.received, later, history, now)
