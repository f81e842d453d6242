"""No secret comes out, neither at the start nor as the process runs, also of a key read later."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.app.loading import load
from service.app.wiring import key_source
from service.flow.events import Event
from service.flow.events.process import KeyReloaded
from tests.commands.typed import typed
from tests.world.admin import get
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import RunRelay
from tests.world.relay_process import KEY, RelayProcess
from tests.world.standin import RequestIdIs, StandIn
from tests.world.standin.faults import ErrorNamingKey, OkWithError, ResetAfter, Status


async def test_no_secret_comes_out_while_orders_succeed_fail_and_wait(
    run_relay: RunRelay, settings: dict[str, Any], vhost: VirtualHost, api: StandIn
) -> None:
    """Not in log lines at debug level, metrics, health, replies, parked or retried headers."""
    echo = f"your key {KEY} is not welcome"
    api.faults.add(OkWithError(error=f"refused {KEY}"), RequestIdIs(request_id="echoed"))
    api.faults.add(ErrorNamingKey(error=echo), RequestIdIs(request_id="held"))
    api.faults.add(ResetAfter(), RequestIdIs(request_id="reset"), times=3)
    api.faults.add(
        Status(status=500, body=f"oops {KEY}"), RequestIdIs(request_id="late"), times=None
    )
    few = {"RETRY__DELAYS_SECONDS": "1", "RETRY__MAX_ATTEMPTS": "4"}
    async with run_relay(LOG__LEVEL="debug", **few) as running:
        for message_id in ("good", "echoed", "held", "reset", "late"):
            await running.producer.send(message_id)
        await running.producer.send("bad", {"key": "x"})
        for message_id in ("good", "echoed", "held", "reset", "late", "bad"):
            await running.producer.reply(message_id)
        parked = await vhost.get("orders.parked")
        pages = [await get(running.relay, page) for page in ("/metrics", "/readyz", "/livez")]
        replies = [m for many in running.producer.replies.values() for m in many]
        running.relay.process.terminate()
        assert await running.relay.exit_code() == 0
        words = [
            *running.relay.raw,
            *(body for _, body in pages),
            *(f"{m.body!r} {m.headers!r} {m.info()!r}" for m in replies),
            f"{parked.body!r} {parked.headers!r} {parked.info()!r}",
        ]
    for secret in (KEY, vhost.password):
        assert [text for text in words if secret in text] == []
    echoed = json.loads(running.producer.replies["echoed"][0].body)
    assert echoed["error"]["message"] == "refused ***"


async def test_no_secret_comes_out_when_nothing_works(settings: dict[str, Any]) -> None:
    """A refused login and a broker URL that cannot be reached are told without the password."""
    urls = "amqp://me:canary-password-1@127.0.0.1:1/,amqp://me:canary%21password@b.invalid:2/"
    more = {"AMQP__URL": urls, "LOG__LEVEL": "debug", "LOG__FORMAT": "json"}
    async with RelayProcess.start(settings | more) as relay:
        await relay.event("broker without TLS", brokers="b.invalid:2")
        await relay.event("broker connection lost")
        relay.process.terminate()
        assert await relay.exit_code() == 0
        text = "\n".join(relay.raw)
        assert "canary" not in text


@pytest.mark.timeout(180)
def test_no_secret_comes_out_of_the_commands(tmp_path: Path) -> None:
    """Neither good settings nor bad ones show them, on either stream, or in the process list."""
    bad = [
        {"API__KEY": "canary-1\x07", "AMQP__URL": "amqp://u:canary-2@/"},
        {"API__KEY": " canary-1", "AMQP__URL": "amqp://u:canary-2@host:canary/"},
        {"API__KEY": "canary-1", "API__URL": "https://u:canary-3@example.com/"},
    ]
    for settings in bad:
        result = typed("config", cwd=tmp_path, **settings)
        assert result.returncode == 78
        assert "canary" not in result.stdout + result.stderr


def test_a_key_that_is_read_later_is_one_of_the_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anybody hears of it: the very next log line may have it."""
    file = tmp_path / "api__key"
    file.write_text("the-old-key-1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORDER_RELAY_API__KEY", raising=False)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    loaded = load()
    secrets = loaded.secrets()
    known: list[tuple[Event, bool]] = []
    source = key_source(
        loaded, lambda event: known.append((event, "the-new-key-2" in secrets)), secrets
    )
    assert source.current() == "the-old-key-1"
    renewed = tmp_path / "renewed"
    renewed.write_text("the-new-key-2")
    renewed.replace(file)
    assert source.current() == "the-new-key-2"
    assert known == [(KeyReloaded(), True)]
    assert secrets.count("the-new-key-2") == 1
