"""The fate of the latest orders as shares of one bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.commands.top.figures import Orders
from service.commands.top.fitting import Tone
from service.core.codes import Status
from service.core.settlement import Settlement

_WAITS = "waiting"
_FILLS = {
    Status.ACCEPTED: ("█", "#", Tone.GOOD),
    Status.REJECTED: ("▒", "=", Tone.PLAIN),
    Status.FAILED: ("░", "-", Tone.LOOK),
    Status.UNKNOWN: ("!", "!", Tone.BAD),
    _WAITS: ("·", ".", Tone.LOOK),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the bar; `fill` is for its cells, `plain_fill` where there is only ASCII."""

    label: str
    share: float
    fill: str
    plain_fill: str
    tone: Tone


def shares_of(orders: Orders) -> tuple[Share, ...]:
    """What became of the orders lately, the good first; empty where nothing did."""
    counts: dict[str, float] = dict.fromkeys(_FILLS, 0.0)
    for (status, _), flow in orders.replies.items():
        if status in counts:
            counts[status] += flow.lately
    if (waits := orders.settled.get(Settlement.RETRIED)) is not None:
        counts[_WAITS] = waits.lately
    whole = sum(counts.values())
    return tuple(
        Share(label, number / whole, *_FILLS[label])
        for label, number in counts.items()
        if number > 0
    )


def cells_of(shares: Sequence[Share], width: int) -> tuple[int, ...]:
    """The length of each part in a bar of `width`, which is at least the number of parts.

    What happened at all has a cell of its own: the rare cases are what one looks for.
    """
    if not shares:
        return ()
    cells = [max(1, int(width * each.share)) for each in shares]
    # What was rounded, down or up, is made good where it shows least.
    longest = cells.index(max(cells))
    cells[longest] += width - sum(cells)
    return tuple(cells)
