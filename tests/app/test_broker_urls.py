"""The broker's URL: which ones are taken, and that no piece of a password ever comes out."""

import string
from itertools import cycle
from random import Random
from urllib.parse import quote, unquote

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner
from yarl import URL

from service.app.checks import check_broker_urls
from service.commands.cli import app

SHOWN, TAKEN, PIECE = 80, 200, 4
COMMANDS = (["config"], ["topology"])


pytestmark = pytest.mark.usefixtures("only_the_key")


def said(monkeypatch: pytest.MonkeyPatch, url: str, command: list[str]) -> tuple[int, str]:
    """The exit code of a command with this URL, and all that it prints."""
    monkeypatch.setenv("ORDER_RELAY_AMQP__URL", url)
    result = CliRunner().invoke(app, command)
    return result.exit_code, result.output + result.stderr + repr(result.exception)


def pieces(password: str) -> set[str]:
    """Every run of so many characters in it, as it is and as it is escaped."""
    texts = (password, quote(password, safe=""))
    return {text[at : at + PIECE] for text in texts for at in range(len(text) - PIECE + 1)}


@pytest.mark.usefixtures("uncovered")
def test_no_piece_of_a_password_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was put into the URL, and whatever a library would have made of its parts."""
    dice = Random(20)
    signs = string.punctuation * 2 + string.digits * 3 + string.ascii_letters
    shown: list[tuple[str, str]] = []
    commands = cycle(COMMANDS)
    for _ in range(SHOWN):
        password = "".join(dice.choices(signs, k=dice.randint(6, 24)))
        for spelt in (password, f"12{password}", quote(password, safe="")):
            url = f"amqp://me:{spelt}@127.0.0.1:1/"
            code, text = said(monkeypatch, url, next(commands))
            assert code in (0, 1, 78)
            shown += [(piece, text) for piece in pieces(spelt) if piece in text]
    assert shown == []


def test_the_broker_gets_the_password_that_was_meant() -> None:
    """A URL that is taken is read by the library as it is written."""
    dice = Random(21)
    taken = 0
    for _ in range(TAKEN):
        spelt = quote("".join(dice.choices(string.printable, k=9)), safe=dice.choice(("", "!:&+")))
        url = f"amqp://me:{spelt}@h:5/{spelt}"
        check_broker_urls(SecretStr(url))
        read = URL(url)
        taken += (read.host, read.port, read.password) == ("h", 5, unquote(spelt))
    assert taken == TAKEN


@pytest.mark.parametrize(
    "password", ["p@ss", "12/ss", "12#ss", "12?ss", "p[ss", "1]ss", r"p\ss", "100%ss", "p%ffss"]
)
def test_a_password_that_is_not_escaped_is_refused(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """Even where the URL can be read: a part of it would be the host, the port or the vhost."""
    code, text = said(monkeypatch, f"amqp://me:{password}@127.0.0.1:1/", ["config"])
    assert code == 78
    assert "URL 1 cannot be read as amqp://user:password@host:port/vhost; in the user," in text


def test_a_comma_in_a_password_is_told_from_two_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """It separates brokers."""
    code, text = said(monkeypatch, "amqp://me:12,ss@127.0.0.1:1/", ["config"])
    assert code == 78
    assert "URL 2 must begin with amqp:// or amqps://; a comma in a password is written %2C" in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://h", "amqp://h"),
        ("amqps://me@h:5671/shop", "amqps://me:***@h:5671/shop"),
        ("amqp://me:p:q%40%2F@[::1]:5672/a%2Fb", "amqp://me:***@[::1]:5672/a%2Fb"),
        ("amqp://me:~!$&'()*+;=-._\"<>^`{|}@h/%2F?heartbeat=30", "amqp://me:***@h/%2F"),
    ],
)
def test_a_right_url_is_taken(monkeypatch: pytest.MonkeyPatch, url: str, shown: str) -> None:
    """With what has no other meaning in a URL as it is, and the rest escaped."""
    code, text = said(monkeypatch, url, ["config"])
    assert code == 0
    assert next(iter(text.splitlines())).split()[1] == shown


@pytest.mark.parametrize("query", ["token=x", "heartbeat=0", "heartbeat=9&x=y", "heartbeat=601"])
def test_what_has_no_meaning_in_the_query_is_refused(
    monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """The library would pass over it without a word."""
    code, text = said(monkeypatch, f"amqp://h/?{query}", ["config"])
    assert code == 78
    assert "URL 1 may have no query but heartbeat=SECONDS, 1 to 600" in text
