"""The examples of the page for producers are what the relay takes and what it says."""

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.commands.cli import app
from service.core.answer import Answer, Problem
from service.core.body import read_object
from service.core.codes import Code, Status
from service.core.order import build_order
from service.core.reply import build_reply
from tests.core.build import NOW, message, received

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "producers.md").read_text(encoding="utf-8")
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ *\S*order-relay ((?:send|sandbox) .*)$", TUTORIAL, re.MULTILINE)
ORDER, *REPLIES = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_order_is_taken() -> None:
    """By the relay's own rules."""
    assert b"service=42" in build_order(read_object(ORDER.encode()), "o-1").form


def test_the_replies_are_those_of_the_relay() -> None:
    """Member by member, in their order: one with an order, one with an error."""
    balance = Problem(Code.INSUFFICIENT_BALANCE, "Insufficient balance", 400)
    answers = {
        "o-1": Answer(Status.ACCEPTED, 1, NOW, order_id="23501"),
        "o-2": Answer(Status.REJECTED, 1, NOW, problem=balance),
    }
    said = [
        build_reply(received(message(message_id=each)), answer, NOW + timedelta(seconds=0.12))
        for each, answer in answers.items()
    ]
    assert [json.dumps(json.loads(reply)) for reply in REPLIES] == [
        json.dumps(json.loads(each.message.body)) for each in said
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_tutorial_types_what_there_is(command: str) -> None:
    """Every command with its options; the tests of `sandbox` and `send` carry them out."""
    assert CliRunner().invoke(app, [*shlex.split(command), "--help"]).exit_code == 0
    wrong = [*shlex.split(command), "--no-such-option", "--help"]
    assert CliRunner().invoke(app, wrong).exit_code == 2
