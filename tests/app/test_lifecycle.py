"""Starting, holding and stopping the relay as a process, on a real broker."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.world.admin import metric, ready
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy
from tests.world.fixtures import RunRelay
from tests.world.producer import GOOD, Producer
from tests.world.relay_process import KEY, RelayProcess
from tests.world.standin import Options, RequestIdIs, StandIn
from tests.world.standin.faults import Delay, HangAfter, HangBefore


async def test_sigterm_finishes_what_is_in_flight_and_exits_0(run_relay: RunRelay) -> None:
    """The order at the API is answered and acked before the process ends."""
    async with run_relay() as running:
        running.api.faults.add(Delay(seconds=0.5), RequestIdIs(request_id="o-1"))
        await running.producer.send("o-1")
        await running.api.in_flight(1)
        running.relay.process.send_signal(signal.SIGTERM)
        assert (await running.producer.reply("o-1"))["status"] == "accepted"
        assert await running.relay.exit_code() == 0
        assert (await running.relay.event("stopped"))["left"] == 0
        assert await running.vhost.ready("orders.requests") == 0


async def test_what_cannot_finish_in_time_stays_with_the_broker(run_relay: RunRelay) -> None:
    """Exit 75 says so; the next process gets it again, and the API has one order of it."""
    async with run_relay(DRAIN_SECONDS=0.2) as running:
        running.api.faults.add(HangAfter(), RequestIdIs(request_id="o-1"), times=1)
        await running.producer.send("o-1")
        await running.api.seen("o-1")
        running.relay.process.send_signal(signal.SIGTERM)
        assert await running.relay.exit_code() == 75
        assert (await running.relay.event("stopped"))["left"] == 1
        async with run_relay() as again:
            assert (await running.producer.reply("o-1"))["status"] == "accepted"
            assert again.api.ledger.orders_of("o-1") == 1


async def test_a_second_signal_ends_at_once(run_relay: RunRelay) -> None:
    """A person who sends it does not want to wait."""
    async with run_relay() as running:
        running.api.faults.add(HangBefore(), RequestIdIs(request_id="o-1"), times=1)
        await running.producer.send("o-1")
        await running.api.seen("o-1")
        running.relay.process.send_signal(signal.SIGINT)
        await running.relay.event("draining", signal="SIGINT")
        running.relay.process.send_signal(signal.SIGTERM)
        assert await running.relay.exit_code() == 75


@pytest.mark.timeout(180)
async def test_buffered_orders_are_given_back_at_the_stop(run_relay: RunRelay) -> None:
    """What has not begun goes to another process at once, not after the drain time."""
    # Longer than the reply is waited for: the slow order must not make way for the other.
    long = {"API__TIMEOUT_SECONDS": 300, "DRAIN_SECONDS": 300}
    async with run_relay(API__CONCURRENCY=1, **long) as running:
        running.api.faults.add(HangBefore(), RequestIdIs(request_id="slow"), times=1)
        await running.producer.send("slow")
        await running.api.seen("slow")
        await running.producer.send("waiting")
        await running.vhost.until(lambda queues: queues["orders.requests"].unacked == 2)
        async with run_relay():
            running.relay.process.send_signal(signal.SIGTERM)
            assert (await running.producer.reply("waiting"))["status"] == "accepted"
            assert running.relay.process.returncode is None


async def test_a_broker_that_is_away_at_the_start_is_waited_for(
    vhost: VirtualHost, settings: dict[str, Any]
) -> None:
    """With a line for each try at the level debug, and consuming as soon as it is there."""
    async with Proxy("127.0.0.1", vhost.node.amqp_port) as proxy:
        await proxy.refuse(on=True)
        away = vhost.url.replace(f":{vhost.node.amqp_port}/", f":{proxy.port}/")
        told = {"AMQP__URL": away, "LOG__LEVEL": "debug"}
        async with RelayProcess.start(settings | told) as relay:
            line = await relay.event("broker connection lost", cause="connect_failed")
            assert f"127.0.0.1:{proxy.port}" in line["reason"]
            await relay.until(lambda _: len(_tries(relay)) >= 4)
            await proxy.refuse(on=False)
            await relay.event("consuming")


def _tries(relay: RelayProcess) -> list[dict[str, Any]]:
    return [line for line in relay.lines if line.get("cause") == "connect_failed"]


async def test_an_absent_api_is_waited_for(vhost: VirtualHost, settings: dict[str, Any]) -> None:
    """Orders wait and are placed when it is back; the start does not depend on it."""
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}/api/v2"
    async with RelayProcess.start(settings | {"API__URL": url}) as relay:
        await relay.event("consuming")
        async with Producer.connect(vhost.url) as producer:
            await producer.send("o-1")
            line = await relay.event("attempt", request_id="o-1")
            assert line["outcome"] == "unreached"
            async with StandIn(Options(keys=frozenset({KEY})), port=port):
                assert (await producer.reply("o-1"))["status"] == "accepted"


@pytest.mark.parametrize(
    ("change", "fault", "advice"),
    [
        (lambda url: url.replace("@", "x@"), "login", "the broker refuses user and password"),
        (
            lambda url: url.rpartition("/")[0] + "/nowhere",
            "vhost_missing",
            "there is no such vhost",
        ),
    ],
    ids=["wrong password", "missing vhost"],
)
async def test_a_refusal_by_the_broker_is_said_in_words(
    settings: dict[str, Any], change: Any, fault: str, advice: str
) -> None:
    """In the log and by `/readyz`, with what to do; there are tries on, for it may be mended."""
    url = change(settings["AMQP__URL"])
    async with RelayProcess.start(settings | {"AMQP__URL": url}) as relay:
        for name in ("consume", "publish"):
            line = await relay.event("broker connection lost", connection=name, fault=fault)
            assert f": {advice}; see " in line["reason"]
        status, reasons = await ready(relay)
    assert status == 503
    assert [reason.split(";")[0] for reason in reasons[:2]] == [
        f"broker connection {name}: lost, connect_failed: {advice}"
        for name in ("consume", "publish")
    ]
    assert all("see " in reason and "ORDER_RELAY_AMQP__URL" in reason for reason in reasons[:2])


async def test_a_topology_that_differs_is_said(
    vhost: VirtualHost, settings: dict[str, Any]
) -> None:
    """What stands there and what is needed."""
    await vhost.declare("orders.retry.1", message_ttl=5000)
    async with RelayProcess.start(settings) as relay:
        line = await relay.event("broker connection lost", cause="topology", fault="differs")
        assert "stop all relays, and once it is empty delete it" in line["reason"]
        assert "queue orders.retry.1 differs: " in line["reason"]


async def test_check_mode_says_what_is_missing(
    vhost: VirtualHost, settings: dict[str, Any]
) -> None:
    """An operator owns it: nothing is declared."""
    async with RelayProcess.start(settings | {"AMQP__TOPOLOGY": "check"}) as relay:
        line = await relay.event("broker connection lost", cause="topology")
        assert "order-relay topology declares it (exchange orders is missing; " in line["reason"]
        assert line["reason"].endswith(" more)")
        await relay.event("hold", reason="publisher", why=line["reason"])
        _, reasons = await ready(relay)
    assert f"held: publisher: {line['reason']}" in reasons
    assert vhost.queues() == {}


async def test_two_replicas_share_the_rate(run_relay: RunRelay) -> None:
    """Each process has a share of the key's budget, by the number of consumers."""
    async with (
        run_relay(API__RATE_PER_SECOND=40) as first,
        run_relay(API__RATE_PER_SECOND=40) as second,
    ):
        await second.relay.event("limits", rate_per_second=20.0)
        await first.producer.send("o-1", GOOD)
        await first.producer.reply("o-1")


HELD = 'order_relay_held{reason="credentials"}'


async def test_a_wrong_key_holds_orders_until_it_works(run_relay: RunRelay, api: StandIn) -> None:
    """Consumption stops, readiness says why, nothing is answered or parked; then all is served."""
    api.accept_keys("another")
    # At the usual level only the first of the probes would be written.
    async with run_relay(LOG__LEVEL="debug") as running:
        for number in range(20):
            await running.producer.send(f"o-{number}")
        await running.relay.event("hold", reason="credentials", held=True)
        await running.relay.event("not consuming", why="orders are held")
        why = "held: credentials: the API answered 401; see ORDER_RELAY_API__KEY"
        assert await ready(running.relay) == (503, [why])
        assert await metric(running.relay, HELD) == 1
        await running.relay.until(lambda _: _probes(running.relay) >= 2)
        assert running.producer.replies == {}
        assert await running.vhost.ready("orders.parked") == 0
        api.accept_keys(KEY)
        for number in range(20):
            assert (await running.producer.reply(f"o-{number}"))["status"] == "accepted"
        assert api.ledger.summary()["more_than_one_order"] == 0
        assert await metric(running.relay, HELD) == 0


def _probes(relay: Any) -> int:
    return len([line for line in relay.lines if line.get("outcome") == "misconfigured"])


async def test_a_rotated_key_is_taken_up_without_a_restart(
    run_relay: RunRelay, api: StandIn, settings: dict[str, Any], tmp_path: Path
) -> None:
    """The file is read again when it changes."""
    (tmp_path / "api__key").write_text("the-old-key-1\n")
    del settings["API__KEY"]
    api.accept_keys("the-old-key-1")
    async with run_relay(SECRETS_DIR=tmp_path) as running:
        await running.producer.send("o-1")
        assert (await running.producer.reply("o-1"))["status"] == "accepted"
        api.accept_keys("the-new-key-2")
        renewed = tmp_path / "renewed"
        renewed.write_text("the-new-key-2\n")
        renewed.replace(tmp_path / "api__key")
        await running.producer.send("o-2")
        assert (await running.producer.reply("o-2"))["status"] == "accepted"
        await running.relay.event("API key read again")
        text = "\n".join(running.relay.raw)
        assert "the-old-key-1" not in text
        assert "the-new-key-2" not in text


async def test_a_hold_ends_with_the_process_not_its_orders(
    run_relay: RunRelay, api: StandIn
) -> None:
    """A held relay drains at once, and the next one serves what it held."""
    api.accept_keys("another")
    async with run_relay() as running:
        await running.producer.send("o-1")
        await running.relay.event("hold", reason="credentials", held=True)
        running.relay.process.terminate()
        assert await running.relay.exit_code() == 0
        assert running.producer.replies == {}
        api.accept_keys(KEY)
        async with run_relay():
            assert (await running.producer.reply("o-1"))["status"] == "accepted"
