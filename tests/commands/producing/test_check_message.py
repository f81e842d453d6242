"""`order-relay check-message`, and the vectors of docs/contract through it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.commands.cli import app
from service.core.codes import Code
from service.core.producing.advice import Unwise

ROOT = Path(__file__).parents[3]
VECTORS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "docs" / "contract" / "vectors.jsonl").read_text("utf-8").splitlines()
]
GOOD = VECTORS[0]["message"]
UNWISE = next(each["message"] for each in VECTORS if each["name"] == "unwise-counter")
BAD = next(each["message"] for each in VECTORS if each["name"] == "no-service")


def check(*messages: Mapping[str, Any], strict: bool = False) -> Result:
    """What it says of these, one a line on its stdin."""
    text = "\n".join(map(json.dumps, messages))
    options = ["--strict"] if strict else []
    return CliRunner().invoke(app, ["check-message", "-", *options], input=text)


def test_the_vectors_end_as_they_say() -> None:
    """Status, code, text and advice of each, by the code that the relay itself runs."""
    ended = check(*(each["message"] for each in VECTORS))
    assert ended.exit_code == 1
    said = {
        vector["name"]: _expected(json.loads(line))
        for vector, line in zip(VECTORS, ended.stdout.splitlines(), strict=True)
    }
    assert said == {vector["name"]: vector["expect"] for vector in VECTORS}


def _expected(says: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: says[name] for name in ("status", "code", "parked")}
    advice = [each["code"] for each in says["advice"]]
    replied = {"replied": says["reply"] is not None} if "reply" in says else {}
    return kept | {"text": says["message"], "advice": advice} | replied


def test_the_vectors_have_every_advice_and_every_code_of_a_first_look() -> None:
    """What needs a broker or the API cannot be among them."""
    assert {code for each in VECTORS for code in each["expect"]["advice"]} == set(Unwise)
    assert {each["expect"]["code"] for each in VECTORS} - {None} == {
        Code.INVALID_MESSAGE,
        Code.INVALID_ORDER,
        Code.MISSING_MESSAGE_ID,
        Code.MESSAGE_ID_TOO_LONG,
        Code.DEADLINE_PASSED,
    }


@pytest.mark.parametrize(
    ("message", "strict", "code"),
    [(GOOD, True, 0), (UNWISE, False, 0), (UNWISE, True, 1), (BAD, False, 1)],
)
def test_the_exit_code_says_whether_it_would_be_sent(
    message: Mapping[str, Any], code: int, *, strict: bool
) -> None:
    """With --strict what is unwise is wrong, too."""
    assert check(message, strict=strict).exit_code == code


def test_one_message_is_said_for_people() -> None:
    """Whole: the form that the API gets, and the reply."""
    says = json.loads(check(GOOD).stdout)
    assert says["form"].startswith("action=add&service=42&link=https")
    assert says["reply_if_accepted"]["body"]["status"] == "accepted"
    replied = json.loads(check(BAD).stdout)["reply"]
    assert replied["routing_key"] == "order.rejected"
    assert replied["body"]["error"]["code"] == "invalid_order"


def test_what_amqp_cannot_carry_is_said() -> None:
    """A reply_to of more than 255 bytes never reaches the broker."""
    long = {**GOOD, "properties": {**GOOD["properties"], "reply_to": "k" * 256}}
    says = json.loads(check(long).stdout)
    assert (says["status"], says["code"], says["parked"]) == ("rejected", "invalid_message", True)


def test_what_is_no_message_is_refused_in_one_line() -> None:
    """By the line; and nothing at all is no good message."""
    ended = check(GOOD, {"properties": {"messageId": "x"}, "body": 1})
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == (
        "order-relay: <stdin>: line 2: properties.messageId: is not known; "
        "did you mean message_id?\n"
    )
    assert check().exit_code == 1
