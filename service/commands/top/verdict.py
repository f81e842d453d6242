"""The first line: whether all is well, and if not, what is the matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import assert_never

from service.commands.top.findings import Severity, severity
from service.commands.top.fitting import Tone
from service.commands.top.telling import Told, tell
from service.commands.top.view import View
from service.core.depths import Depths, NotAsked, Queues

MOST_SENTENCES = 6
MOST_PACKED = 2
MOST_SHORT = 16
LINES_FOR_SENTENCES, WIDTH_FOR_SENTENCES = 32, 96
_AROUND_WORD = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word that is seen from afar, and the lines beside it."""

    word: str
    tone: Tone
    lines: tuple[str, ...]


def judge(view: View, width: int, lines: int | None) -> Verdict:
    """The verdict for a terminal of this size; `lines` None is without bound."""
    if view.figures is None:
        return Verdict("NO ANSWER", Tone.BAD, ("no relay answers; each says why below",))
    if not view.findings:
        return Verdict("ALL WELL", Tone.GOOD, (_well(view.queues),))
    bad = any(severity(finding) is Severity.BAD for finding in view.findings)
    word = "TROUBLE" if bad else "LOOK"
    told = [tell(finding) for finding in view.findings]
    room = max(1, width - len(word) - _AROUND_WORD)
    if lines is not None and (lines < LINES_FOR_SENTENCES or width < WIDTH_FOR_SENTENCES):
        texts = _packed([each.short for each in told], room)
    else:
        texts = [part for text in _sentences(told) for part in wrap(text, room)]
    return Verdict(word, Tone.BAD if bad else Tone.LOOK, tuple(texts))


def _well(queues: Queues) -> str:
    match queues:
        case Depths():
            return "nothing held, nothing parked, all connected"
        case NotAsked():
            return "nothing held, all connected; the queues were not asked"
        case _ as never:  # pragma: no cover
            assert_never(never)


def _sentences(told: Sequence[Told]) -> list[str]:
    texts = [f"{each.short}: {each.more}" for each in told[:MOST_SENTENCES]]
    if len(told) > len(texts):
        texts[-1] += f" (and {len(told) - len(texts)} more)"
    return texts


def _packed(texts: Sequence[str], width: int) -> list[str]:
    """All texts in one line or two, and how many more there are."""
    for number in range(min(len(texts), MOST_SHORT), 0, -1):
        rest = len(texts) - number
        line = ", ".join(texts[:number]) + (f", and {rest} more" if rest else "")
        if len(packed := wrap(line, width)) <= MOST_PACKED:
            return packed
    return [texts[0]]
