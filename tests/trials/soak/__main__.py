"""`make soak`: exit code 0 when every order was accounted for, 1 with what is wrong."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aiormq.exceptions import AMQPError
from rich.console import Console

from tests.trials.soak.report import Report
from tests.trials.soak.run import Plan, StalledError, soak
from tests.trials.soak.show import Screen, summary, table
from tests.world.broker import BrokerError, RabbitNode, VirtualHost, ensure_rabbitmq
from tests.world.broker.find import Missing
from tests.world.load import ProcessFailedError
from tests.world.load.interrupts import interrupt

STEADY_ORDERS = 82_000
"""With fewer, the memory of recent requests is not full after the first tenth, and grows on."""


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.soak", description=__doc__)
    parser.add_argument("--orders", type=_count, default=100_000, help="how many (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to a file")
    chosen = parser.parse_args(command_line)
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        report = _soak(_plan(chosen.orders))
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except (AMQPError, BrokerError, ProcessFailedError, StalledError, TimeoutError) as error:
        _say(f"WRONG: {error}")
        return 1
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    return 1 if report.problems else 0


def _soak(plan: Plan) -> Report:
    found = ensure_rabbitmq(_say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="order-relay-soak-") as directory,
        RabbitNode.start(Path(directory), found=found, say=_say) as node,
        VirtualHost.fresh(node) as host,
        Screen(console, plan.orders) as screen,
    ):
        report = asyncio.run(soak(host, Path(directory), plan, screen))
    console.print(table(report))
    for line in summary(report):
        _say(line)
    return report


def _plan(orders: int) -> Plan:
    if orders >= STEADY_ORDERS:
        return Plan(orders)
    return Plan(orders, growth_limit_kib=30 * 1024)


def _count(text: str) -> int:
    number = int(text)
    if number < 10:
        raise ValueError(text)
    return number


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
