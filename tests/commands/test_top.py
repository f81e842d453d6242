"""`order-relay top` on real parts: what it prints is true, and it leaves the terminal as it was."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.app.settings import AdminSettings
from service.commands import addresses
from service.commands.cli import app
from tests.commands.test_commands import order_relay
from tests.commands.typed import typed
from tests.world.admin import admin_url
from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.fixtures import RunRelay
from tests.world.relay_process import environment
from tests.world.terminal import Terminal

NOTHING = f"amqp://{LOOPBACK}:1/"


def row(picture: str, label: str) -> list[str]:
    """The words beside a label of the picture; the first one that is met."""
    for line in picture.splitlines():
        for side in line.split("│"):
            words = re.split(r"\s{2,}|\s(?=\d)", side.removeprefix("!!").removeprefix("!").strip())
            if words[0] == label:
                return words[1:]
    raise AssertionError(f"no {label!r} in:\n{picture}")


@pytest.mark.timeout(180)
async def test_one_look_shows_the_true_numbers(run_relay: RunRelay) -> None:
    """Of a relay that served orders, without its key, beside one that is not there."""
    async with run_relay() as running:
        for number in range(12):
            await running.producer.send(f"good-{number}")
        for number in range(3):
            await running.producer.send(f"bad-{number}", {"service": 7})
        for number in range(12):
            await running.producer.reply(f"good-{number}")
        for number in range(3):
            await running.producer.reply(f"bad-{number}")
        url = await admin_url(running.relay)
        settings: dict[str, Any] = {"AMQP__URL": running.vhost.url}
        (free,) = free_ports(1)
        silent = f"http://{LOOPBACK}:{free}"
        arguments = ["top", "--once", "--interval", "0.5", "--url", url, "--url", silent]
        looked = await asyncio.to_thread(typed, *arguments, **settings)
    assert (looked.returncode, looked.stderr) == (0, "")
    assert "1 of 2 answer" in looked.stdout
    assert "1 of 2 relays silent" in looked.stdout
    assert row(looked.stdout, "taken")[-1] == "15"
    assert row(looked.stdout, "accepted")[-1] == "12"
    assert row(looked.stdout, "rejected")[-1] == "3"
    assert row(looked.stdout, "invalid_order")[-1] == "3"
    ready, consumers = row(looked.stdout, "requests")
    # More at a time is another consumer of the same process.
    assert (ready, int(consumers.split()[0]) >= 1) == ("0", True)
    assert row(looked.stdout, "parked")[-1] == "0"
    assert row(looked.stdout, "broker") == ["connected"]
    assert f"{LOOPBACK}:{free}" in looked.stdout
    assert "connection refused" in looked.stdout
    assert running.vhost.password not in looked.stdout


def test_nothing_to_see_is_exit_1() -> None:
    """With the reason in the picture, and no traceback; what is no terminal gets one picture."""
    (port,) = free_ports(1)
    looked = typed("top", ADMIN__PORT=port, AMQP__URL=NOTHING)
    assert (looked.returncode, looked.stderr) == (1, "")
    assert "NO ANSWER" in looked.stdout
    assert "connection refused" in looked.stdout
    assert f"queues not asked: {LOOPBACK}:1 vhost /" in looked.stdout


def test_no_session_keys_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not even an empty file for them."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    looked = order_relay("top", "--url", "https://127.0.0.1:1", AMQP__URL=NOTHING)
    assert looked.returncode == 1
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "relay:8080"], "'relay:8080' must be an http or https URL with a host"),
        (["--url", "http://me:pw@relay/?t=x"], "'http://***@relay/?***' must have no user,"),
        (["--url", "http://relay/\N{SNOWMAN}"], "must have ASCII characters only"),
        (["--interval", "0"], "--interval"),
        (["--interval", "nan"], "--interval"),
        (["--twice"], "--twice"),
    ],
)
def test_bad_arguments_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """As with every command."""
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["top", "--once", *arguments])
    assert told.exit_code == 2
    assert words in told.output


def test_bad_settings_are_told_but_only_those_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The API's are none of its business."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDER_RELAY_API__CONCURRENCY", "0")
    monkeypatch.setenv("ORDER_RELAY_ADMIN__PORT", "70000")
    told = CliRunner().invoke(app, ["top", "--once"])
    assert told.exit_code == 78
    assert "ORDER_RELAY_ADMIN__PORT" in told.output
    assert "ORDER_RELAY_API" not in told.output


@pytest.mark.parametrize(
    ("given", "admin", "urls"),
    [
        ([], AdminSettings(), ["http://127.0.0.1:8080/metrics"]),
        ([], AdminSettings(host="::", port=81), ["http://[::1]:81/metrics"]),
        ([], AdminSettings(host="relay.shop"), ["http://relay.shop:8080/metrics"]),
        (["https://a/"], AdminSettings(port=0), ["https://a/metrics"]),
        (
            ["http://a:1/b/c", "http://a:1"],
            AdminSettings(),
            ["http://a:1/b/c", "http://a:1/metrics"],
        ),
        (["http://a", "http://a/metrics"], AdminSettings(), ["http://a/metrics"]),
    ],
)
def test_where_the_metrics_are(given: list[str], admin: AdminSettings, urls: list[str]) -> None:
    """At the given addresses, each once, else at the settings' own."""
    assert addresses.of(given, admin) == urls


def test_any_port_is_no_address() -> None:
    """Which one it became only the relay's log knows."""
    with pytest.raises(addresses.UnusableAddressError, match="ADMIN__PORT is 0"):
        addresses.of([], AdminSettings(port=0))


@pytest.mark.timeout(180)
async def test_the_live_view_leaves_the_terminal_as_it_was(run_relay: RunRelay) -> None:
    """Its own screen, keys read at once; the end gives both back, and is exit 0."""
    async with run_relay() as running:
        arguments = ["top", "--url", await admin_url(running.relay), "--interval", "0.2"]
        settings = environment(AMQP__URL=running.vhost.url) | {"TERM": "xterm-256color"}
        for ending in ("SIGINT", "q"):
            async with Terminal.run(arguments, settings) as terminal:
                before = terminal.modes()
                await terminal.shows("ALL WELL")
                await terminal.shows("1 consumer")
                assert terminal.modes() != before
                await terminal.end(ending)
                assert await terminal.exit_code() == 0
                assert terminal.modes() == before
            text = terminal.text
            assert text.index("\x1b[?1049h") < text.index("ALL WELL") < text.rindex("\x1b[?1049l")
            assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_only_top_loads_rich() -> None:
    """It is a fifth of the time until `run` takes its first order."""
    program = "import sys, service.commands.cli, service.app.run; print('rich' in sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert loaded.stdout == "False\n"
