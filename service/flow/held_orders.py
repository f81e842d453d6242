"""The orders that this process holds now: where each stands, and how old the oldest is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from service.core.record import record


class Stage(StrEnum):
    """Where on its way an order stands that a process holds."""

    SAME_ID = "same_id"
    IN_LINE = "in_line"
    AT_THE_API = "at_the_api"
    WAITING = "waiting"
    PUBLISHING = "publishing"


@record(frozen=True, slots=True)
class Stand:
    """At which stage, since when and, while it waits for its next attempt, until when."""

    stage: Stage
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class HeldOrder:
    """One order, held inside the block; `stand` is replaced as a whole for other threads."""

    message_id: str | None
    arrived_at: float
    on_its_way_since: float
    among: dict[int, "HeldOrder"]
    stand: Stand | None = None

    def __enter__(self) -> Self:
        self.among[id(self)] = self
        return self

    def __exit__(self, *_: object) -> None:
        del self.among[id(self)]

    def at(self, stage: Stage, now: datetime, until: datetime | None = None) -> None:
        """It stands there from now on."""
        self.stand = Stand(stage, now, until)


class HeldOrders:
    """Written from the event loop, read from any thread; times are monotonic seconds."""

    def __init__(self) -> None:
        self._orders: dict[int, HeldOrder] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def holding(
        self, arrived_at: float, age_seconds: float = 0.0, message_id: str | None = None
    ) -> HeldOrder:
        """An order that counts as held inside its block; it arrived so long after its first."""
        return HeldOrder(message_id, arrived_at, arrived_at - age_seconds, self._orders)

    def stands(self, message_id: str) -> list[Stand]:
        """Where the orders with this id stand, the one that goes first first."""
        # Copied first, in one step: the dictionary may change while another thread reads it.
        found = [one.stand for one in list(self._orders.values()) if one.message_id == message_id]
        stands = [stand for stand in found if stand is not None]
        return sorted(stands, key=lambda stand: (stand.stage is Stage.SAME_ID, stand.since))

    def oldest_age_seconds(self, now: float) -> float:
        """How long the oldest has been on its way at `now`; 0 where none is held."""
        since = [one.on_its_way_since for one in list(self._orders.values())]
        return max(0.0, now - min(since)) if since else 0.0
