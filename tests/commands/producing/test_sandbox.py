"""`order-relay sandbox`, from its first line to its cleaning up, with `send` as the producer."""

import json
import signal
from pathlib import Path

import pytest
from aiormq.exceptions import ChannelNotFoundEntity
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.sandbox.faults import FAULTS
from service.commands.send.command import Ended
from tests.commands.parked.conftest import Run, run
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import RelayProcess

__all__ = ["run"]

SANDBOX = """
import sys
sys.argv = ["order-relay", "sandbox", "--clean"]
from service.__main__ import main
main()
"""
ORDER = {"service": 7, "link": "https://example.com/p/1", "quantity": 100}
ENDS = {"": "accepted", **dict.fromkeys(FAULTS, "accepted"), "always-lost": "unknown"}


async def test_a_producer_tries_itself(vhost: VirtualHost, run: Run, tmp_path: Path) -> None:
    """Each fault ends as it must; the settings' key and API are never used; all of it goes."""
    orders = [
        {"properties": {"message_id": f"a-{n}"}, "body": ORDER | {"sandbox": n}} for n in ENDS
    ]
    refused = {"404": "service_not_found", "402": "insufficient_balance", "no": "refused"}
    orders += [
        {"properties": {"message_id": f"a-{n}"}, "body": ORDER | {"service": int(n)}}
        for n in ("404", "402")
    ]
    orders.append({"properties": {"message_id": "a-no"}, "body": ORDER | {"sandbox": "no"}})
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(orders))
    elsewhere = {"API__URL": "http://127.0.0.1:1/", "API__KEY": "a-real-key"}
    async with RelayProcess.start(
        {"AMQP__URL": vhost.url, "LOG__FORMAT": "json"} | elsewhere, code=SANDBOX
    ) as sandbox:
        await sandbox.event("consuming")
        said = await run("send", str(file), "--namespace", "sandbox")
        replies = [json.loads(line) for line in said.stdout.splitlines()]
        ends = {each["request_id"]: each for each in replies if "status" in each}
        assert {n: ends[f"a-{n}"]["status"] for n in ENDS} == ENDS
        assert {n: ends[f"a-{n}"]["error"]["code"] for n in refused} == refused
        assert ends["a-lost-answer"]["attempts"] == 2
        assert said.returncode == Ended.UNKNOWN
        again = await run("sandbox")
        assert (again.returncode, "has consumers already" in again.stderr) == (1, True)
        sandbox.process.send_signal(signal.SIGINT)
        assert await sandbox.exit_code() == 0
    assert "a-real-key" not in "".join(sandbox.raw)
    async with vhost.channel() as channel:
        with pytest.raises(ChannelNotFoundEntity):
            await channel.declare_queue("sandbox.parked", passive=True)


def test_real_orders_are_not_played_with() -> None:
    """Where the namespace is that of real ones, or is none."""
    said = CliRunner().invoke(app, ["sandbox", "--namespace", "orders"])
    assert (said.exit_code, "is for real orders" in said.stderr) == (1, True)
    for wrong in (["--namespace", "a b"], ["--fault", "none"]):
        assert CliRunner().invoke(app, ["sandbox", *wrong]).exit_code == 2


def test_its_help_names_every_fault() -> None:
    """As does the page for producers."""
    told = CliRunner().invoke(app, ["sandbox", "--help"]).stdout
    page = (Path(__file__).parents[3] / "docs" / "producers.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if name not in told or f"`{name}`" not in page] == []
