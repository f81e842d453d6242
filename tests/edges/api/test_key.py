"""Where the key comes from: fixed, or a file that changes while the relay runs."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.core.outcome import Answered
from service.edges.api.key import FixedKey, KeyFile, UnusableKeyError
from service.flow.events import Event
from service.flow.events.process import KeyReloaded, KeyUnreadable
from tests.edges.api.clients import ANSWER, FORM, against
from tests.edges.api.server import always, answer

USELESS = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b" \n\t", "is empty", id="blank"),
    pytest.param(b"\xff\xfek\x00", "is not UTF-8", id="not UTF-8"),
    pytest.param(b"one\ntwo", "has a control character or an invisible one", id="two lines"),
    pytest.param(b"\xef\xbb\xbfkey", "has a control character or an invisible one", id="BOM"),
    pytest.param(b"k" * 4097, "has more than 4096 bytes", id="large"),
]

Watched = tuple[KeyFile, list[Event]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a good key in it."""
    file = tmp_path / "api__key"
    file.write_text("first\n")
    return file


@pytest.fixture
def watched(file: Path) -> Watched:
    """The key of that file, and what is told about it."""
    events: list[Event] = []
    return KeyFile(file, events.append), events


def ignore(event: Event, /) -> None:
    """For tests that are about the key alone."""


def replace(file: Path, content: bytes) -> None:
    """Put another file in its place, as an operator's tool does."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)


def become_a_folder(file: Path) -> None:
    """Put a folder in the file's place."""
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("secret", [SecretStr(" fixed\n"), " fixed\n"])
def test_a_fixed_key_is_stripped_and_hidden(secret: SecretStr | str) -> None:
    """The white space at its ends is nobody's intent, and its repr does not show it."""
    key = FixedKey(secret)
    assert key.current() == "fixed"
    assert "fixed" not in repr(key)


@pytest.mark.parametrize(("secret", "reason"), [("", "is empty"), ("a\x00b", "has a control")])
def test_a_useless_fixed_key_is_an_error(secret: str, reason: str) -> None:
    """The error says what is wrong, and not what the key was."""
    with pytest.raises(UnusableKeyError, match=rf"^The API key cannot be used: .*{reason}"):
        FixedKey(secret)


def test_a_file_is_stripped_and_hidden(file: Path) -> None:
    """The key is what stands in the file, without the line end."""
    key = KeyFile(file, ignore)
    assert key.current() == "first"
    assert "first" not in repr(key)
    assert str(file) in repr(key)


def test_an_unchanged_file_says_nothing(watched: Watched) -> None:
    """No event for a key that is the same."""
    key, events = watched
    assert [key.current(), key.current()] == ["first", "first"]
    assert events == []


@pytest.mark.parametrize("in_place", [True, False])
def test_a_new_key_is_used_at_once(file: Path, watched: Watched, *, in_place: bool) -> None:
    """Written over or replaced, the next attempt has the new key; one event says so."""
    key, events = watched
    if in_place:
        file.write_text("the second one")
    else:
        replace(file, b"other")
    assert key.current() == ("the second one" if in_place else "other")
    key.current()
    assert events == [KeyReloaded()]


def test_a_swapped_link_is_followed(tmp_path: Path) -> None:
    """Kubernetes keeps secrets behind a link to a folder, and swaps the link."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "api__key").write_text(name)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "api__key").symlink_to("..data/api__key")
    events: list[Event] = []
    key = KeyFile(tmp_path / "api__key", events.append)
    assert key.current() == "one"
    (tmp_path / "..new").symlink_to("two")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert key.current() == "two"
    assert events == [KeyReloaded()]


def test_the_same_key_in_another_file_says_nothing(file: Path, watched: Watched) -> None:
    """Only a new key is news."""
    key, events = watched
    replace(file, b"first")
    assert key.current() == "first"
    assert events == []


@pytest.mark.parametrize(("content", "reason"), USELESS)
def test_a_useless_file_keeps_the_last_good_key(
    file: Path, content: bytes, reason: str, watched: Watched
) -> None:
    """One event for the trouble, one for its end."""
    key, events = watched
    replace(file, content)
    assert [key.current(), key.current()] == ["first", "first"]
    assert events == [KeyUnreadable(f"{file} {reason}")]
    replace(file, b"second")
    assert [key.current(), key.current()] == ["second", "second"]
    assert events[1:] == [KeyReloaded()]


def test_every_change_of_the_trouble_is_told_once(file: Path, watched: Watched) -> None:
    """Missing, then empty, then a folder, then missing again: four events."""
    key, events = watched
    for change in (Path.unlink, Path.touch, become_a_folder, Path.rmdir):
        change(file)
        assert [key.current(), key.current()] == ["first", "first"]
    assert events == [
        KeyUnreadable(f"{file} is missing"),
        KeyUnreadable(f"{file} is empty"),
        KeyUnreadable(f"{file} is no regular file"),
        KeyUnreadable(f"{file} is missing"),
    ]


def test_the_same_key_after_trouble_is_news(file: Path, watched: Watched) -> None:
    """Who read that the key was unreadable wants to read that it is not any more."""
    key, events = watched
    kept = file.rename(file.with_suffix(".kept"))
    key.current()
    kept.rename(file)
    assert key.current() == "first"
    assert events == [KeyUnreadable(f"{file} is missing"), KeyReloaded()]


def test_a_file_that_cannot_be_opened_is_unusable(tmp_path: Path) -> None:
    """The system's own reason stands in the error."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(UnusableKeyError, match="cannot be read: too many levels"):
        KeyFile(loop, ignore)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
def test_a_file_that_opens_and_cannot_be_read_is_unusable() -> None:
    """A regular file whose first byte cannot be read, for root neither."""
    with pytest.raises(UnusableKeyError, match=r"mem cannot be read: input/output error$"):
        KeyFile(Path("/proc/self/mem"), ignore)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe would hold up every order until someone writes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnusableKeyError, match="is no regular file"):
        KeyFile(pipe, ignore)


@pytest.mark.parametrize(("content", "reason"), USELESS)
def test_a_useless_first_file_is_an_error(tmp_path: Path, content: bytes, reason: str) -> None:
    """There is no last good key yet."""
    file = tmp_path / "api__key"
    file.write_bytes(content)
    with pytest.raises(UnusableKeyError) as raised:
        KeyFile(file, ignore)
    assert str(raised.value) == f"The API key cannot be used: {file} {reason}"


def test_a_missing_file_at_the_start_is_an_error(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(UnusableKeyError, match=r"^The API key cannot be used: .* is missing$"):
        KeyFile(tmp_path / "nowhere", ignore)


async def test_the_attempt_after_a_change_has_the_new_key(file: Path) -> None:
    """The same connection, another key."""
    async with against(always(answer(ANSWER)), key=KeyFile(file, ignore)) as (server, api):
        assert await api.submit(FORM) == Answered(200, ANSWER)
        replace(file, b"second")
        assert await api.submit(FORM) == Answered(200, ANSWER)
    assert [request.body for request in server.requests] == [
        b"key=first&" + FORM,
        b"key=second&" + FORM,
    ]
    assert len(server.peers) == 1
