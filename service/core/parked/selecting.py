"""Which of the parked messages are meant: by id, by code, by age, by text, or all."""

from collections.abc import Iterable
from datetime import datetime

from service.core.parked.found import Parked
from service.core.record import record

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@record(frozen=True, slots=True)
class Selection:
    """Each part that is there must hold; `ids` are message ids or handles."""

    ids: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    older_seconds: float | None = None
    newer_seconds: float | None = None
    text: str | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is asked for in particular."""
        return self == Selection()

    def takes(self, parked: Parked, now: datetime) -> bool:
        """Whether `parked` is meant. One without a time is neither older nor newer than any."""
        return (
            (not self.ids or parked.message_id in self.ids or parked.handle in self.ids)
            and (not self.codes or parked.code in self.codes)
            and self._by_age(parked, now)
            and (self.text is None or _has(parked, self.text))
        )

    def _by_age(self, parked: Parked, now: datetime) -> bool:
        if self.older_seconds is None and self.newer_seconds is None:
            return True
        if parked.parked_at is None:
            return False
        age = (now - parked.parked_at).total_seconds()
        older = self.older_seconds is None or age >= self.older_seconds
        return older and (self.newer_seconds is None or age < self.newer_seconds)


@record(frozen=True, slots=True)
class Group:
    """The messages of one code and one standing."""

    code: str
    standing: str
    count: int
    oldest: datetime | None
    newest: datetime | None


def in_order(found: Iterable[Parked]) -> list[Parked]:
    """Oldest first; those of one moment, and those without one, as they stood in the queue."""
    undated = [one for one in found if one.parked_at is None]
    dated = [(one.parked_at, one) for one in found if one.parked_at is not None]
    return undated + [one for _, one in sorted(dated, key=lambda pair: pair[0])]


def grouped(found: Iterable[Parked]) -> list[Group]:
    """The groups, the largest first."""
    kinds: dict[tuple[str, str], list[datetime | None]] = {}
    for one in found:
        kinds.setdefault((one.code, one.standing), []).append(one.parked_at)
    groups = [_group(code, standing, moments) for (code, standing), moments in kinds.items()]
    return sorted(groups, key=lambda group: (-group.count, group.code, group.standing))


def _group(code: str, standing: str, moments: list[datetime | None]) -> Group:
    dated = [moment for moment in moments if moment is not None]
    oldest, newest = min(dated, default=None), max(dated, default=None)
    return Group(code, str(standing), len(moments), oldest, newest)


def seconds_of(text: str) -> float:
    """`90`, `90s`, `30m`, `2h` or `7d` in seconds; ValueError for anything else."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    if not number.isascii() or not number.isdigit():
        raise ValueError(f"{text!a} is no duration; 90s, 30m, 2h and 7d are")
    return float(number) * _UNITS[unit]


def _has(parked: Parked, text: str) -> bool:
    body = parked.received.message.body.decode("utf-8", "replace")
    return any(text in place for place in (parked.message_id or "", parked.reason, body))
