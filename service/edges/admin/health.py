"""Whether the process lives and is ready: pure rules over a snapshot, and a holder of the latest.

The reasons are sentences from closed sets, never those of a broker or the API: the admin endpoints
need no password. The log has the rest.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import get_args

from service.core.record import record
from service.flow.events import Event
from service.flow.events.faults import ADVICE
from service.flow.events.labels import ConnectionName, HoldReason, NoStream
from service.flow.events.order import OrderEvent
from service.flow.events.process import (
    BrokerConnected,
    BrokerLost,
    ConsumingStarted,
    ConsumingStopped,
    Draining,
    HoldChanged,
    LimitsChanged,
    LoopLagged,
    SharingChanged,
)

_OF_ORDERS = frozenset(get_args(OrderEvent))

LONGEST_SILENCE_SECONDS = 15.0
"""How long the event loop may stand still before a restart is better."""

LONGEST_IDLING_SECONDS = 60.0
"""How long the process may be free to consume without doing so."""

Report = dict[str, object]
"""The JSON body: `status`, `ok` or `fail`, and `reasons`, a list of texts."""


@record(frozen=True, slots=True)
class Snapshot:
    """What is known at one moment; times are monotonic seconds.

    `connections` says why each connection is down, None while it is up; one that was never up
    is missing. `holds` has a sentence for each. `idle_since` is when the process could first have
    consumed and did not.
    """

    consuming: bool = False
    draining: bool = False
    connections: Mapping[ConnectionName, BrokerLost | None] = field(
        default_factory=lambda: MappingProxyType({})
    )
    holds: Mapping[HoldReason, str] = field(default_factory=lambda: MappingProxyType({}))
    idle_since: float | None = None
    without_stream: NoStream | None = None
    without_share: bool = False
    stands_by: bool = False


def after(snapshot: Snapshot, event: Event, now: float) -> Snapshot:
    """What is known after `event`, which happened at `now`."""
    match event:
        case ConsumingStarted():
            changed = replace(snapshot, consuming=True)
        case ConsumingStopped():
            changed = replace(snapshot, consuming=False)
        case HoldChanged():
            others = {name: why for name, why in snapshot.holds.items() if name != event.reason}
            holds = {**others, event.reason: event.why} if event.held else others
            changed = replace(snapshot, holds=MappingProxyType(holds))
        case BrokerConnected():
            changed = replace(snapshot, connections=_with(snapshot, event.connection, None))
        case BrokerLost():
            known = _with(snapshot, event.connection, event)
            consuming = snapshot.consuming and event.connection is not ConnectionName.CONSUME
            changed = replace(snapshot, connections=known, consuming=consuming)
        case Draining():
            changed = replace(snapshot, draining=True)
        case SharingChanged():
            changed = replace(snapshot, without_stream=event.without)
        case LimitsChanged():
            without_share = event.rate_per_second == 0
            changed = replace(snapshot, without_share=without_share, stands_by=event.stands_by)
        case _:
            return snapshot
    if not _idle(changed):
        return replace(changed, idle_since=None)
    return changed if changed.idle_since is not None else replace(changed, idle_since=now)


def liveness(snapshot: Snapshot, silent_seconds: float, now: float) -> tuple[bool, Report]:
    """Whether a restart could not help, `silent_seconds` after the event loop's last beat."""
    reasons = []
    if silent_seconds > LONGEST_SILENCE_SECONDS:
        reasons.append(f"the event loop has stood still for {silent_seconds:.0f} s")
    if snapshot.idle_since is not None and now - snapshot.idle_since > LONGEST_IDLING_SECONDS:
        idle_seconds = now - snapshot.idle_since
        reasons.append(f"nothing keeps it from consuming, and it has not for {idle_seconds:.0f} s")
    return _report(reasons)


def readiness(snapshot: Snapshot) -> tuple[bool, Report]:
    """Whether the process consumes, and why it does not, or sends less than it could."""
    known = snapshot.holds
    held = [f"held: {reason}: {known[reason]}" for reason in HoldReason if reason in known]
    if (snapshot.consuming or snapshot.stands_by) and not snapshot.draining:
        return True, {"status": "ok", "reasons": [*held, *_of_sharing(snapshot)]}
    reasons = ["draining"] if snapshot.draining else []
    for name in ConnectionName:
        if name not in snapshot.connections:
            reasons.append(f"broker connection {name}: not made yet")
        elif (lost := snapshot.connections[name]) is not None:
            advice = f": {ADVICE[lost.fault]}" if lost.fault else ""
            reasons.append(f"broker connection {name}: lost, {lost.cause}{advice}")
    return _report([*reasons, *held] or ["not consuming yet"])


def _of_sharing(snapshot: Snapshot) -> Iterator[str]:
    see = "see the log's lines `sharing`"
    if snapshot.without_stream is not None:
        yield f"counts consumers to share the API's limits: {snapshot.without_stream}; {see}"
    if snapshot.stands_by:
        yield "stands by: the budget is too low for so many replicas, and others send"
    # One that is held asks for none.
    elif snapshot.without_share and not snapshot.holds:
        yield f"has no share of the API's limits until the other replicas know of it; {see}"


class Health:
    """The latest snapshot: written from the event loop, read from the admin endpoints' threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self._lock = threading.Lock()
        self._snapshot = Snapshot()
        self._last_beat = monotonic()

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._snapshot

    def beat(self) -> None:
        """Record that the event loop runs."""
        self._last_beat = self.monotonic()

    def record(self, event: Event) -> None:
        """Learn from `event`; `LoopLagged` is also a beat, for only a running loop measures it."""
        if isinstance(event, LoopLagged):
            self.beat()
            return
        if type(event) in _OF_ORDERS:
            return
        with self._lock:
            self._snapshot = after(self._snapshot, event, self.monotonic())

    def liveness(self, now: float) -> tuple[bool, Report]:
        """Whether the process lives at `now`, by the clock of `monotonic`."""
        return liveness(self._snapshot, now - self._last_beat, now)

    def readiness(self, now: float) -> tuple[bool, Report]:  # noqa: ARG002 - as `liveness` is asked
        """Whether the process is ready; time alone never changes it."""
        return readiness(self._snapshot)


def _idle(snapshot: Snapshot) -> bool:
    """Whether nothing keeps the process from consuming, and it does not.

    A restart fixes neither a broker that is away nor a key that the API refuses.
    """
    connections = snapshot.connections
    connected = all(name in connections and connections[name] is None for name in ConnectionName)
    kept = snapshot.draining or snapshot.stands_by or bool(snapshot.holds) or not connected
    return not kept and not snapshot.consuming


def _with(
    snapshot: Snapshot, name: ConnectionName, lost: BrokerLost | None
) -> Mapping[ConnectionName, BrokerLost | None]:
    return MappingProxyType({**snapshot.connections, name: lost})


def _report(reasons: list[str]) -> tuple[bool, Report]:
    return not reasons, {"status": "fail" if reasons else "ok", "reasons": reasons}
