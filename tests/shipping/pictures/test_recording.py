"""The story of a recording, and the folder that keeps one."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from service.core.request import MAX_MESSAGE_ID_CHARACTERS
from tests.shipping.pictures import mail
from tests.shipping.pictures.browser import ToolsMissingError, check, find
from tests.shipping.pictures.recording import Moment, Recording, cleared, kept
from tests.shipping.pictures.story import STORY, Happening, faults, orders_per_second
from tests.world.standin.matching import FaultRules


def test_the_acts_follow_each_other() -> None:
    """Each thing happens, the API is away in the middle, and the end is calm."""
    assert all(act.begins < act.ends for act in STORY)
    assert all(one.ends <= other.begins for one, other in pairwise(STORY))
    assert {act.happening for act in STORY} == set(Happening)
    away = [act for act in STORY if act.happening is Happening.REFUSED]
    assert all(0.33 < act.begins < act.ends < 0.67 for act in away)
    assert STORY[-1].ends < 0.95


@pytest.mark.parametrize("happening", [None, *Happening])
def test_the_api_takes_what_it_is_told(happening: Happening | None) -> None:
    """The faults of the happening come before those of every day."""
    rules = FaultRules()
    rules.replace_json(faults(happening))
    assert len(rules.rules) >= len(faults(None)) > 3
    assert faults(happening)[-len(faults(None)) :] == faults(None)


def test_the_rate_rises_and_falls_a_little() -> None:
    """Around the usual one."""
    rates = [orders_per_second(share / 100, 8) for share in range(101)]
    assert 6 <= min(rates) < 7.5
    assert 8.5 < max(rates) <= 10


def test_the_odd_messages_of_a_day() -> None:
    """Orders with a deadline, and two messages that are none."""
    letters = [mail.letter(number, 1000.2) for number in range(300)]
    assert letters[0].headers == {"x-order-relay-deadline": 1100}
    odd = [(one.message_id or "", one.body[:3]) for one in letters if not one.headers]
    assert [(len(name) > MAX_MESSAGE_ID_CHARACTERS, body) for name, body in odd] == [
        (True, b"{}"),
        (False, b"two"),
    ]
    assert json.loads(letters[1].body)["service"] == 1500


def test_a_recording_is_there_when_it_has_ended(tmp_path: Path) -> None:
    """A folder without the file that is written last has none."""
    assert kept(tmp_path) is None
    recording = Recording(tmp_path, 10, 20, [Moment(12.5, "the API is back")])
    recording.write()
    assert kept(tmp_path) == recording
    recording.data.mkdir()
    (tmp_path / "mine").touch()
    assert kept(cleared(tmp_path)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it, in one line; a program of another name is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolsMissingError) as caught:
        check("chromium", "npm")
    assert str(caught.value) == (
        "not on the PATH: chromium, npm; on Debian: apt-get install chromium npm"
    )
    browser = tmp_path / "chromium-browser"
    browser.touch(mode=0o755)
    assert find("chromium") == str(browser)
    check("chromium")
