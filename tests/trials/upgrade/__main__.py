"""`make upgrade`: exit code 0 when both releases served all orders, 1 with what is wrong."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.trials.upgrade.trial import trial
from tests.world.broker import BrokerError, VirtualHost
from tests.world.commands import at_least, broker_node, carried_out, say

ROOT = Path(__file__).parents[3]


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.upgrade", description=__doc__)
    add = parser.add_argument
    add("--from", dest="ref", help="the previous release (the last tag, else the end of 0.1.0)")
    add("--orders", type=at_least(1), default=100, help="in each of five phases (%(default)s)")
    chosen = parser.parse_args(command_line)
    return carried_out(lambda: _upgrade(chosen.ref or _previous(), chosen.orders))


def _upgrade(ref: str, orders: int) -> int:
    with broker_node("upgrade") as (node, folder), VirtualHost.fresh(node) as host:
        archive = _git("archive", "--format=tar", ref, "service")
        subprocess.run(("tar", "-x", "-C", folder), input=archive, check=True)
        say(f"From {_git('log', '-1', '--format=%h, %ad', ref).decode().strip()} to this one ...")
        found = asyncio.run(trial(host, folder, orders))
    say(
        f"{found.orders} orders: {found.by_previous} answered by the previous "
        f"release, {found.by_this} by this one; {found.retried} waits, "
        f"{found.redelivered} redelivered"
    )
    for one in found.wrong:
        say(f"WRONG: {one}")
    return 1 if found.wrong else 0


def _previous() -> str:
    """The last tag; without any, what came before the changelog's first unreleased change."""
    if tags := _git("tag", "--sort=-creatordate").decode().split():
        return tags[0]
    changes = _git("log", "--format=%H", "-SUnreleased", "--", "CHANGELOG.md").decode().split()
    if not changes:
        raise BrokerError("the history of the previous release is not here; name it with --from")
    return f"{changes[-1]}^"


def _git(*arguments: str) -> bytes:
    return subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
