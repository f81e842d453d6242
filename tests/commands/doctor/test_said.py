"""What is said of what was found."""

import json

import pytest

from service.commands.doctor import api_kinds, kinds
from service.commands.doctor.command import refused, tell
from service.commands.doctor.findings import Finding
from tests.commands.doctor.fronts import Authority
from tests.commands.doctor.stand import SetUp, Stand, bad, looked_at
from tests.world.broker.vhost import VirtualHost
from tests.world.standin import StandIn


async def test_every_argument_of_a_queue_that_differs_is_named_and_no_order_is_placed(
    vhost: VirtualHost,
    api: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A classic queue is called one."""
    await vhost.declare("orders.parked", queue_type="classic")
    await vhost.declare("orders.requests", queue_type="quorum", max_length=5)
    folder = tmp_path_factory.mktemp("doctor")
    stand = Stand(vhost, Authority(folder), folder)
    found = await looked_at(SetUp(""), stand, monkeypatch, {"API__URL": api.url})
    texts = [each.found for each in bad(found) if each.kind is kinds.DIFFERS]
    assert "queue orders.parked differs: x-queue-type is 'classic', must be 'quorum'" in texts
    for argument in ("x-dead-letter-exchange", "x-delivery-limit", "x-max-length", "x-overflow"):
        assert any(f"orders.requests differs: {argument}" in text for text in texts)
    assert api.ledger.summary()["orders"] == 0


def test_it_is_told_as_lines_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same exit code; nothing that a terminal would obey."""
    found = [Finding(kinds.CONNECTED, "fine"), Finding(api_kinds.API_ODD, "the API says \x1b[2J")]
    assert tell(found, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok          OR-B00  fine",
        "look        OR-A08  the API says ?[2J",
        "                    see whether these words are about the account",
        "What each code means: docs/doctor.md",
        "Good to go, but look at 1.",
    ]
    assert tell([Finding(kinds.OLD, "3.9")], as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["code"] == "OR-B31"
    assert told["verdict"] == "Not good to go: 1 thing is wrong."


def test_settings_that_cannot_be_used_have_a_code_too(capsys: pytest.CaptureFixture[str]) -> None:
    """And the exit code of bad settings."""
    assert refused(["ORDER_RELAY_X: there is no such setting"], as_json=True) == 78
    (told,) = json.loads(capsys.readouterr().out)["findings"]
    assert (told["code"], told["mark"]) == ("OR-S01", "wrong")
