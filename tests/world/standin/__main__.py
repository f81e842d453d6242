"""The stand-in as a process: `READY <url>` on stdout once it listens; SIGTERM or SIGINT ends it."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from decimal import Decimal

from tests.world.standin.catalogue import Catalogue
from tests.world.standin.server import Options, StandIn


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.standin", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 is any free port (default)")
    add("--key", action="append", help="an accepted key; may be repeated (default: test-key)")
    add("--balance", type=_decimal, help="of the account (default: unlimited)")
    add("--maximum", type=int, default=2**63 - 1, help="quantity of an order")
    add("--unknown", type=_ids, default=frozenset(), help="services taken out, such as 13,66")
    add("--service-price", type=_priced, action="append", default=[], metavar="ID=PRICE")
    add("--keep-calls", type=int, default=10_000, help="calls that GET /calls shows")
    return parser


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that a parsed command line asks for."""
    prices = dict(arguments.service_price)
    return Options(
        keys=frozenset(arguments.key or ["test-key"]),
        catalogue=Catalogue(unknown=arguments.unknown, prices=prices, maximum=arguments.maximum),
        balance=arguments.balance,
        keep_calls=arguments.keep_calls,
        keep_requests=0,
    )


async def serve(options: Options, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Before READY: its reader may send the signal at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with StandIn(options, host=host, port=port) as api:
        print(f"READY {api.base_url}", flush=True)
        await stop.wait()


def main(command_line: Sequence[str] | None = None) -> None:
    """Runs the stand-in; a mistake on the command line exits with 2 and says what it is."""
    arguments = parser().parse_args(command_line)
    asyncio.run(serve(options_of(arguments), arguments.host, arguments.port))


def _ids(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split(",")))


def _priced(text: str) -> tuple[int, Decimal]:
    number, _, price = text.partition("=")
    return int(number), _decimal(price)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        # argparse shows a message for a ValueError, and a traceback for this.
        raise ValueError(text) from None


if __name__ == "__main__":
    main()
