"""The stand-in as a process: `READY <url>` on stdout once it listens; SIGTERM or SIGINT ends it."""

import argparse
import asyncio
import signal
import ssl
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tests.world.standin.catalogue import Catalogue, Service
from tests.world.standin.rules import Rate
from tests.world.standin.server import Options, StandIn


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.standin", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 is any free port (default)")
    add("--key", action="append", help="an accepted key; may be repeated (default: test-key)")
    add("--balance", type=_decimal, help="of the account (default: unlimited)")
    add("--price", type=_decimal, default=Decimal(1), help="of a unit of a usual service")
    add("--minimum", type=int, default=1, help="quantity of a usual service")
    add("--maximum", type=int, default=2**63 - 1, help="quantity of a usual service")
    add("--services", type=_ranges, default=Catalogue().ids, help="such as 1-99,1000-9999")
    add("--unknown", type=_ids, default=frozenset(), help="services taken out, such as 13,66")
    add("--service-price", type=_priced, action="append", default=[], metavar="ID=PRICE")
    add("--rate", type=float, help="calls a second (default: no limit)")
    add("--burst", type=float, help="calls at once (default: a second's worth)")
    add("--rate-status", type=int, choices=(429, 503), default=429)
    add("--retry-after", choices=("seconds", "date", "none"), default="seconds")
    add("--window", type=float, help="seconds that a request_id is remembered (default: for ever)")
    add("--keep-calls", type=int, default=10_000, help="calls that GET /calls shows")
    add("--tls-cert", help="PEM file; serves https")
    add("--tls-key", help="PEM file")
    return parser


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that a parsed command line asks for."""
    usual = Service(arguments.price, arguments.minimum, arguments.maximum)
    special = {number: replace(usual, price=price) for number, price in arguments.service_price}
    rate = None
    if arguments.rate is not None:
        rate = Rate(arguments.rate, arguments.burst, arguments.rate_status, arguments.retry_after)
    return Options(
        keys=frozenset(arguments.key or ["test-key"]),
        catalogue=Catalogue(arguments.services, arguments.unknown, special, usual),
        balance=arguments.balance,
        rate=rate,
        idempotency_window_seconds=arguments.window,
        keep_calls=arguments.keep_calls,
        keep_requests=0,
    )


async def serve(options: Options, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Before READY: whoever reads it may send the signal at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with StandIn(options, host=host, port=port, tls=tls) as api:
        print(f"READY {api.base_url}", flush=True)
        await stop.wait()


def main(command_line: Sequence[str] | None = None) -> None:
    """Runs the stand-in; a mistake on the command line exits with 2 and says what it is."""
    command = parser()
    arguments = command.parse_args(command_line)
    try:
        options = options_of(arguments)
        tls = _tls(arguments.tls_cert, arguments.tls_key)
    except (ValueError, OSError) as error:
        command.error(str(error))
    asyncio.run(serve(options, arguments.host, arguments.port, tls))


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _ranges(text: str) -> tuple[range, ...]:
    pairs = (part.partition("-") for part in text.split(","))
    return tuple(range(int(first), int(last or first) + 1) for first, _, last in pairs)


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
