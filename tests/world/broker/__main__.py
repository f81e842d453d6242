"""`ensure` finds or installs RabbitMQ; `up DIR` runs a node until told."""

import argparse
import json
import signal
import sys
from pathlib import Path

from tests.world.broker.errors import BrokerError
from tests.world.broker.find import Missing, ensure_rabbitmq
from tests.world.broker.node import RabbitNode


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 when there is no RabbitMQ, or none that starts."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.broker", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("ensure", help="find RabbitMQ, or install it, and say where it is")
    up = commands.add_parser("up", help="run a private node until SIGTERM or SIGINT")
    up.add_argument("directory", type=Path, help="where its files go")
    chosen = parser.parse_args(arguments)
    try:
        return _ensure() if chosen.command == "ensure" else _up(chosen.directory)
    except BrokerError as error:
        _say(str(error))
        return 1


def _ensure() -> int:
    found = ensure_rabbitmq(_say)
    _say(str(found))
    return 1 if isinstance(found, Missing) else 0


def _up(directory: Path) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        with RabbitNode.start(directory, say=_say) as node:
            urls = {
                "amqp": node.amqp_url(),
                "management": node.management_url,
                "prometheus": node.prometheus_url,
            }
            sys.stdout.write(f"READY {json.dumps(urls)}\n")
            sys.stdout.flush()
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
