"""`order-relay sandbox`, from its first line to its cleaning up, with `send` as the producer."""

import json
import signal
from pathlib import Path

import pytest
from aiormq.exceptions import ChannelNotFoundEntity
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.sandbox.command import _free, _taken
from service.commands.sandbox.faults import FAULTS
from service.commands.send.command import Ended
from service.core.topology import build_topology, build_whole_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.depths import QueueDepths
from tests.commands.parked.conftest import Run, run
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import RelayProcess, environment

__all__ = ["run"]

SANDBOX = """
import sys
sys.argv = ["order-relay", "sandbox", "--clean"]
from service.__main__ import main
main()
"""
ORDER = {"service": 7, "link": "https://example.com/p/1", "quantity": 100}
OTHERWISE = "; name another namespace, or say --force"
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


async def test_orders_of_others_are_not_played_with(vhost: VirtualHost) -> None:
    """Messages wait in one of the queues, or one could not be read."""
    depths = QueueDepths(Broker([vhost.url]), build_topology("shop", (1, 5)))
    await vhost.declare("shop.retry.5")
    assert await _taken(depths, "shop", (1, 5)) is None
    assert await _taken(depths, "shop", (1, 5, 7)) == f"shop.retry.7 could not be read{OTHERWISE}"
    await vhost.publish(b"{}", routing_key="shop.retry.5")
    assert await _taken(depths, "shop", (1, 5)) == f"shop.retry.5 has messages already{OTHERWISE}"


async def test_only_what_it_made_is_deleted(vhost: VirtualHost) -> None:
    """One queue that was there before is enough."""
    topology = build_whole_topology("shop", (1,))
    broker = Broker([vhost.url])
    assert await _free(broker, topology)
    await vhost.declare("shop.parked")
    assert not await _free(broker, topology)


@pytest.mark.parametrize("namespace", ["orders", "orders.test", "shop"])
def test_real_orders_are_not_played_with(namespace: str) -> None:
    """Whatever is said."""
    runner = CliRunner(env=environment(AMQP__NAMESPACE="shop", AMQP__URL="amqp://127.0.0.1:1/"))
    said = runner.invoke(app, ["sandbox", "--namespace", namespace, "--force", "--clean"])
    assert (said.exit_code, f"the namespace {namespace} is" in said.stderr) == (1, True)


def test_a_wrong_name_is_none() -> None:
    """Of a namespace, or of a fault."""
    for wrong, why in (
        (["--namespace", "a b"], "--namespace: must be 1 to 64 letters"),
        (["--fault", "none"], "--fault: known are busy-429, "),
    ):
        said = CliRunner().invoke(app, ["sandbox", *wrong])
        assert (said.exit_code, why in " ".join(said.stderr.split())) == (2, True)


def test_a_broker_that_is_away_is_all_that_is_wrong() -> None:
    """Another namespace would not help."""
    runner = CliRunner(env=environment(AMQP__URL="amqp://127.0.0.1:1/"))
    said = runner.invoke(app, ["sandbox"])
    assert (said.exit_code, "nothing listens there" in said.stderr) == (1, True)
    assert "--force" not in said.stderr


def test_its_help_names_every_fault() -> None:
    """As does the page for producers."""
    told = CliRunner().invoke(app, ["sandbox", "--help"]).stdout
    page = (Path(__file__).parents[3] / "docs" / "producers.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if name not in told or f"`{name}`" not in page] == []
