"""The end of a delivery's way: publish, wait for the confirms, and only then settle."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from service.core.backoff import full_jitter
from service.core.message import Publication
from service.core.settlement import DEAD_LETTER, REQUEUE, Plan, Settlement
from service.flow.events import Emit
from service.flow.events.ends import Answered, ParkedUnanswered
from service.flow.events.order import Abandoned, Published, PublishFailed, Settled
from service.flow.ports import (
    Clock,
    Confirmed,
    Delivery,
    Publisher,
    Unconfirmed,
    Unpublishable,
)
from service.flow.sending.leaving import PATIENCE_SECONDS

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class Settler:
    """Carries out plans. What cannot be published is not acked."""

    def __init__(
        self, *, publisher: Publisher, clock: Clock, emit: Emit, random: Callable[[], float]
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._emit = emit
        self._random = random

    async def settle(
        self, delivery: Delivery, plan: Plan, deadline: datetime | None = None
    ) -> None:
        """Publish, then settle."""
        received = delivery.received
        message_id = received.message.message_id
        for publication in plan.publications:
            if (instead := await self._publish(delivery, publication)) is not None:
                plan = instead
                break
        answered = Answered.by(plan, received, deadline, self._clock.now())
        if answered is not None:
            self._emit(answered)
        await self._end(delivery, plan.settlement)
        # Asked after it: a settlement that fails costs the connection, and settles nothing.
        if not delivery.alive:
            self._emit(Abandoned(message_id))
            return
        self._emit(Settled(message_id, plan.settlement))
        if (parked := ParkedUnanswered.by(plan, received)) is not None:
            self._emit(parked)

    async def _end(self, delivery: Delivery, settlement: Settlement) -> None:
        match settlement:
            case Settlement.REPLIED | Settlement.RETRIED | Settlement.PARKED:
                await delivery.ack()
            case Settlement.DEAD_LETTERED:
                await delivery.dead_letter()
            case Settlement.RETURNED:
                await delivery.requeue()
            case _ as never:  # pragma: no cover
                assert_never(never)

    async def _publish(self, delivery: Delivery, publication: Publication) -> Plan | None:
        """Publish until the broker confirms; else how the delivery ends instead."""
        message_id, kind = publication.message.message_id, publication.kind
        began = self._clock.monotonic()
        pause_seconds = FIRST_PAUSE_SECONDS
        # A dead delivery is delivered again: a copy of it now would put the order in twice.
        while delivery.alive:
            tried_at = self._clock.monotonic()
            outcome = await self._publisher.publish(publication)
            now = self._clock.monotonic()
            match outcome:
                case Confirmed():
                    self._emit(Published(message_id, kind, now - tried_at))
                    return None
                case Unconfirmed(reason):
                    self._emit(PublishFailed(message_id, kind, reason))
                case Unpublishable(reason):
                    # Whoever looks at the parked orders is told by the log why.
                    self._emit(PublishFailed(message_id, kind, reason))
                    return DEAD_LETTER
                case _ as never:  # pragma: no cover
                    assert_never(never)
            if now - began > PATIENCE_SECONDS:
                return REQUEUE
            await self._clock.wait(asyncio.Event(), full_jitter(pause_seconds, self._random()))
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        return REQUEUE
