"""A wrong key stops the orders and loses none, on real parts."""

from pathlib import Path
from typing import Any

from tests.world.admin import metric, ready
from tests.world.fixtures import RunRelay
from tests.world.relay_process import KEY
from tests.world.standin import StandIn

HELD = 'order_relay_held{reason="credentials"}'


async def test_a_wrong_key_holds_orders_until_it_works(run_relay: RunRelay, api: StandIn) -> None:
    """Consumption stops, readiness says why, nothing is answered or parked; then all is served."""
    api.accept_keys("another")
    # At the usual level only the first of the probes would be written.
    async with run_relay(LOG__LEVEL="debug") as running:
        for number in range(20):
            await running.producer.send(f"o-{number}")
        await running.relay.event("hold", reason="credentials", held=True)
        await running.relay.event("not consuming")
        assert await ready(running.relay) == (503, ["held: credentials"])
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
