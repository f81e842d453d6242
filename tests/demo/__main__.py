"""`run` shows everything once and cleans up; `up`, `send` and `down` let you play with it."""

import argparse
import asyncio
import io
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

import httpx2

from tests.demo import tour
from tests.demo.background import HOME, Background
from tests.demo.processes import DemoError
from tests.demo.show import Show
from tests.world.broker.errors import BrokerError
from tests.world.load import ProcessFailedError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """The exit code: 1 when something failed or was not as expected, 128 + n after a signal."""
    chosen = parser().parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a process of the demo said may have letters that the terminal has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    show = Show()
    background = Background(show, chosen.home.resolve())
    match chosen.command:
        case "run":
            return _until_signal(show, tour.run(show))
        case "up":
            return _until_signal(show, background.up())
        case "send":
            return _until_signal(show, background.send(chosen.order, chosen.id))
        case _:
            return _until_signal(show, background.down())


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME, help="folder of `up` (default: .demo)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="some 40 orders, each with its ending; then all is gone")
    commands.add_parser("up", help="start the same parts and leave them running")
    send = commands.add_parser("send", help="send one order to them and wait for its reply")
    send.add_argument("order", nargs="?", help="its body, as JSON (default: a good order)")
    send.add_argument("--id", help="its message_id (default: a new one)")
    commands.add_parser("down", help="end what `up` started")
    return parser


def _until_signal(show: Show, work: Coroutine[None, None, int]) -> int:
    received: list[signal.Signals] = []
    try:
        return asyncio.run(_cancelled_by_signal(show, work, received))
    except asyncio.CancelledError:
        return 128 + received[0]
    except (DemoError, BrokerError, ProcessFailedError, httpx2.HTTPError, OSError) as error:
        show.problems([str(error)])
        return 1


async def _cancelled_by_signal(
    show: Show, work: Coroutine[None, None, int], received: list[signal.Signals]
) -> int:
    loop = asyncio.get_running_loop()
    working = asyncio.ensure_future(work)

    def on_signal(number: signal.Signals) -> None:
        # Only the first one: another would break off the stopping of the processes.
        if not received:
            received.append(number)
            with suppress(OSError):
                show.title(f"{number.name}: stopping ...")
            working.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    return await working


if __name__ == "__main__":
    sys.exit(main())
