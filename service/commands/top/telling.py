"""Each finding in words: what is the matter, and what it means or what to do first."""

from dataclasses import dataclass
from typing import assert_never

from service.commands.top import words
from service.commands.top.findings import (
    AttemptsFail,
    Disconnected,
    Finding,
    Held,
    InstanceSilent,
    LoopLate,
    MemoryNear,
    MostRejected,
    NoConsumer,
    OldOrder,
    OrdersFailed,
    OrdersUnknown,
    Parked,
    QueueMissing,
    Reconnected,
    Unrouted,
)
from service.flow.events.labels import HoldReason


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in a few words, and a sentence for where there is room."""

    short: str
    more: str


_HOLDS = {
    HoldReason.CIRCUIT: "the API is away; one order at a time probes it",
    HoldReason.CREDENTIALS: "the API refuses the key; mend it, nothing is answered for it",
    HoldReason.PUBLISHER: "results cannot be published; see the broker's alarms and logs",
    HoldReason.THROTTLED: "the API asked to wait; the orders go on by themselves",
}


def tell(finding: Finding) -> Told:  # noqa: C901, PLR0912 - one flat arm a finding
    """The words for `finding`."""
    match finding:
        case InstanceSilent():
            short = f"{finding.count} of {finding.of} relays silent"
            return Told(short, "the sums are without them; see why in their line")
        case Held():
            known = finding.reason in list(HoldReason)
            more = _HOLDS[HoldReason(finding.reason)] if known else "no new order is sent"
            return Told(f"held: {finding.reason}", more)
        case Disconnected():
            more = "it is built anew by itself; see whether the broker lives"
            return Told(f"{finding.connection} connection down", more)
        case Reconnected():
            short = f"reconnected {words.count(finding.count)}x"
            return Told(short, "the log says why: broker connection lost")
        case OrdersUnknown():
            more = "they may exist: ask the API before anything is sent again"
            return Told(f"{words.count(finding.count)} unknown", more)
        case OrdersFailed():
            return Told(
                f"{words.count(finding.count)} failed", "given up; certainly no order exists"
            )
        case MostRejected():
            return Told(f"{words.share(finding.share)} rejected", f"mostly {finding.code}")
        case AttemptsFail():
            short = f"{words.share(finding.share)} of attempts fail"
            return Told(short, "no certain answer of the API; the orders are tried again")
        case OldOrder():
            return Told(
                f"an order is {words.duration(finding.seconds)} old", "see what it waits for"
            )
        case LoopLate():
            short = f"loop late by {words.duration(finding.seconds)}"
            return Told(short, "the relay is short of processor time")
        case MemoryNear():
            return Told(
                f"memory at {words.share(finding.share)}", "near its limit, beyond it is a kill"
            )
        case QueueMissing():
            names = ", ".join(finding.names[:3]) + (", ..." if len(finding.names) > 3 else "")  # noqa: PLR2004 - as many as fit
            return Told(f"missing: {names}", "`order-relay topology` declares them")
        case NoConsumer():
            short = f"no consumer, {words.count(finding.waiting)} wait"
            return Told(short, "nobody takes requests from the queue")
        case Parked():
            return Told(f"{words.count(finding.count)} parked", "they wait for a person")
        case Unrouted():
            more = "replies that no queue was bound for"
            return Told(f"{words.count(finding.count)} unrouted", more)
        case _ as never:  # pragma: no cover
            assert_never(never)
