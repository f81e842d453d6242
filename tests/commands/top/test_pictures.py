"""What a person sees: whole pictures, and that every size and every text leaves them whole."""

import io
import os
import pty
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from service.commands.top.figures import Scrape
from service.commands.top.scraping import parse
from service.commands.top.screen import WIDEST, Picture, console
from service.core.depths import Depth, Depths, Unreadable
from service.flow.events.labels import ConnectionName, LostCause
from service.flow.events.process import BrokerLost
from tests.commands.top import scenes
from tests.commands.top.drawing import SCENES, SIZES, drawn, picture
from tests.commands.top.relay import RelayMetrics

SERIES = [line.rpartition(" ")[0] for line in RelayMetrics().text().split("\n") if line[:1] > "#"]
ALARMS = "\x1b[2J\x1b]0;owned\x07\r\n\u202e\u5168\u89d2\x00"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", list(SCENES))
def test_the_picture_is_the_one_that_was_looked_at(scene: str, size: tuple[int, int]) -> None:
    """`python -m tests.commands.top` draws them anew."""
    assert drawn(SCENES[scene](), *size) == picture(scene, size).read_text(encoding="utf-8")


@pytest.mark.parametrize("scene", list(SCENES))
@pytest.mark.parametrize("size", [(40, 12), (71, 24), (72, 20), (80, 31), (100, 32), (300, 100)])
def test_a_picture_fits_into_its_terminal(scene: str, size: tuple[int, int]) -> None:
    """What is too much is left out; nothing is broken over two lines."""
    width, lines = size
    rows = drawn(SCENES[scene](), width, lines).splitlines()
    assert max(map(cell_len, rows)) <= min(width, WIDEST)
    assert len(rows) <= lines


def test_what_is_missing_or_down_is_said_in_its_row() -> None:
    """With its cause where there is one."""
    relay = RelayMetrics()
    for name in ConnectionName:
        relay.metrics.record(BrokerLost(name, LostCause.ACK_FAILED, "", 1.0))
    queues = Depths({"requests": None, "retry.5": None, "parked": Depth(0, 0), "unrouted": None})
    text = drawn(scenes.view_of({scenes.ADDRESS: [relay.scrape(0)]}, queues), 80, None)
    rows = [
        re.sub(" +", " ", side.strip()) for line in text.splitlines() for side in line.split("│")
    ]
    assert {"!!requests missing", "5 s - -", "!!unrouted missing"} <= set(rows)
    assert {"!!broker all down", "reconnects 2, ack_failed"} <= set(rows)


def test_a_pipe_gets_all_there_is() -> None:
    """Every tier, every code, every instance, and no word about keys."""
    text = drawn(scenes.outage(), 120, None)
    for words in ("10 min", "deadline_passed", "given back", "reconnects", "relay-3.shop:8080"):
        assert words in text
    assert "quits" not in text


def test_what_matters_is_seen_without_colour() -> None:
    """By marks and words; in ASCII too."""
    text = drawn(scenes.outage(), 80, 24, plain=True)
    assert text.isascii()
    assert " TROUBLE " in text
    assert "!!unknown" in text
    assert "! failed" in text
    assert "  rejected" in text


def test_a_terminal_of_ascii_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoding that has no bars would be an error in the middle of a night."""
    monkeypatch.setenv("COLUMNS", "100")
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    console(file).print(Picture(scenes.outage()))
    file.flush()
    assert b"####" in raw.getvalue() or b"#=" in raw.getvalue() or b"##-!" in raw.getvalue()


@pytest.mark.parametrize(
    ("environment", "coloured", "live"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_a_terminals_wishes_are_kept(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, coloured: bool, live: bool
) -> None:
    """No colour where none is wanted, no live view where nothing can be drawn over."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as file, os.fdopen(master, "rb"):
        assert console(file).is_interactive is live
        written = io.StringIO()
        console(_Terminal(written)).print(Picture(scenes.quiet_day()))
    assert ("\x1b[32m" in written.getvalue()) is coloured


class _Terminal(io.TextIOWrapper):
    """Text that says that it is a terminal."""

    def __init__(self, into: io.StringIO) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
        self._into = into

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self._into.write(text)


def test_a_hostile_endpoint_draws_nothing_of_its_own() -> None:
    """Control characters, wide and turned ones, markup and endless texts, wherever they may be."""
    hostile = ALARMS.replace("\n", "\\n") + "[red]x" * 40
    text = RelayMetrics().text()
    text += f'order_relay_replies_total{{code="{hostile}",status="{hostile}"}} 7\n'
    text += f'order_relay_api_requests_total{{outcome="{hostile}"}} 7\n'
    text += f'order_relay_retries_total{{outcome="x",delay_seconds="{hostile}"}} 7\n'
    text += f'order_relay_held{{reason="{hostile}"}} 1\n'
    text += f'order_relay_build_info{{version="{hostile}"}} 1\n'
    text += f'order_relay_broker_connected{{connection="{hostile}"}} 0\n'
    view = scenes.view_of(
        {scenes.ADDRESS: [Scrape(1, parse(text))]}, Unreadable(ALARMS + "[bold]" + "y" * 500)
    )
    for lines in (24, 40, None):
        rows = drawn(view, 80, lines).splitlines()
        assert all(row.isprintable() and len(row) <= 80 for row in rows)
        assert "\u5168" not in "".join(rows)


def test_ten_thousand_labels_are_a_few_rows() -> None:
    """The rest is counted."""
    text = RelayMetrics().text() + "".join(
        f'order_relay_replies_total{{code="c{number}",status="rejected"}} 1\n'
        f'order_relay_replies_total{{code="",status="s{number}"}} 1\n'
        f'order_relay_held{{reason="h{number}"}} 1\n'
        f'order_relay_api_requests_total{{outcome="o{number}"}} 1\n'
        for number in range(2500)
    )
    view = scenes.view_of({scenes.ADDRESS: [Scrape(1, parse(text))]}, Unreadable("not now"))
    picture_ = drawn(view, 80, None)
    assert "and 2489 more" in picture_
    assert "and 2495 more" in picture_
    assert len(picture_.splitlines()) < 60


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    line.rpartition(" ")[0]
                    for line in RelayMetrics().text().splitlines()
                    if line[0] != "#"
                ]
            ),
            st.floats() | st.floats(min_value=0, max_value=1e6),
            st.floats() | st.floats(min_value=0, max_value=1e6),
        ),
        max_size=60,
    ),
    st.floats(min_value=-10, max_value=10),
)
def test_no_two_scrapes_break_the_picture(
    samples: list[tuple[str, float, float]], seconds: float
) -> None:
    """NaN, infinities, counters that go back, series that come and go, clocks that stand still."""
    scrapes = []
    for at, place in ((0.0, 1), (seconds, 2)):
        lines = [f"{sample[0]} {sample[place]}" for sample in samples]
        text = "\n".join(["order_relay_in_flight 1", *lines, ""])
        scrapes.append(Scrape(at, parse(text)))
    view = scenes.view_of({scenes.ADDRESS: scrapes}, scenes.queues())
    for width, lines_ in ((80, 24), (60, None), (120, 40)):
        rows = drawn(view, width, lines_).splitlines()
        assert max(map(cell_len, rows)) <= width
        assert not any("nan" in row for row in rows)
