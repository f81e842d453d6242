"""The stand-in on its own: READY on stdout, options, and an end at once on a signal."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx2
import pytest

from tests.world.standin.__main__ import main, options_of, parser
from tests.world.standin.example import order_form


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process and the URL that it said it is ready at."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.world.standin", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            ready = (await process.stdout.readline()).decode()
        assert ready.startswith("READY http://127.0.0.1:")
        yield process, ready.removeprefix("READY ").strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_at_once(client: httpx2.AsyncClient, number: signal.Signals) -> None:
    """It exits with 0 although a call hangs, and the caller sees its connection end."""
    async with running("--key", "k") as (process, url):
        await client.post(url + "/faults", json={"fault": "hang_after", "times": None})
        call = asyncio.create_task(client.post(url + "/api/v2", data=order_form(key="k")))
        async with asyncio.timeout(10):
            while not (await client.get(url + "/ledger?summary=1")).json()["orders"]:
                pass
        process.send_signal(number)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
        with pytest.raises(httpx2.TransportError):
            await call


def test_options_of_the_command_line() -> None:
    """Every option reaches the stand-in."""
    line = (
        "--key a --key b --balance 10.5 --maximum 500 --unknown 2 --service-price 9=4 "
        "--keep-calls 0"
    )
    options = options_of(parser().parse_args(line.split()))
    assert options.keys == {"a", "b"}
    assert options.balance == Decimal("10.5")
    assert options.keep_calls == 0
    prices = {number: options.catalogue.price(number) for number in ("1", "2", "9", "100")}
    assert prices == {"1": 1, "2": None, "9": 4, "100": None}
    assert options.catalogue.maximum == 500


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--balance much", "argument --balance"),
        ("--service-price 7=x", "argument --service-price"),
    ],
)
def test_a_mistake_on_the_command_line(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It exits with 2 and says which option is wrong."""
    with pytest.raises(SystemExit) as exit_:
        main(line.split())
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
