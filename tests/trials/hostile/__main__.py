"""`make hostile`: exit code 0 when all was taken as it should be, 1 with what was not.

The offending cases are kept in a folder that is named at the end.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.edges.api.tls import Authority
from tests.trials.hostile.answering import answer_all
from tests.trials.hostile.answers import many
from tests.trials.hostile.answers_content import CONTENT
from tests.trials.hostile.answers_framing import FRAMING
from tests.trials.hostile.at_once import at_once
from tests.trials.hostile.attacks import attacks
from tests.trials.hostile.findings import Finding, Findings
from tests.trials.hostile.flood import flood
from tests.trials.hostile.neighbours import Size, copies, large_bodies
from tests.trials.hostile.no_right import no_right
from tests.trials.hostile.reply_queues import REPLY_QUEUES, beside
from tests.trials.hostile.settings_table import table
from tests.trials.hostile.settings_trial import try_all
from tests.world.broker import VirtualHost
from tests.world.commands import at_least, broker_node, carried_out, say, temporary

NEIGHBOURS = (
    partial(large_bodies, size=Size()),
    partial(copies, size=Size()),
    partial(attacks, size=Size()),
    no_right,
)


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.hostile", description=__doc__)
    add = parser.add_argument
    add("--messages", type=at_least(0), default=10_000, help="hostile messages and good orders")
    add("--answers", type=at_least(0), default=10_000, help="hostile answers of the API")
    add("--no-neighbours", action="store_true", help="leave the bad neighbours out")
    add(
        "--seconds", type=at_least(0), default=120, help="of good orders beside all of them at once"
    )
    add("--orders", type=at_least(0), default=1_000, help="beside each reply queue that takes none")
    add("--no-settings", action="store_true", help="leave the wrong settings out")
    add("--seed", type=int, help="the same number gives the same cases (default: any)")
    add("--keep", type=Path, metavar="FOLDER", help="where offending cases are kept")
    return carried_out(lambda: _run(parser.parse_args(command_line)))


def _run(chosen: argparse.Namespace) -> int:
    keep = chosen.keep or Path(tempfile.mkdtemp(prefix="order-relay-hostile-kept-"))
    seed = random.SystemRandom().randrange(2**32) if chosen.seed is None else chosen.seed
    wrong = list(table())

    def answers(findings: Findings) -> None:
        with temporary("hostile") as directory:
            cases = many((*FRAMING, *CONTENT), chosen.answers, seed)
            asyncio.run(answer_all(cases, Authority(directory), findings.add))

    def settings(findings: Findings) -> None:
        with temporary("hostile") as directory:
            try_all(wrong, directory, findings.add)

    def messages(findings: Findings) -> None:
        with broker_node("hostile") as (node, directory), VirtualHost.fresh(node) as host:
            asyncio.run(flood(host, directory, chosen.messages, seed, findings))

    def neighbours(findings: Findings) -> None:
        for neighbour in NEIGHBOURS:
            with broker_node("hostile") as (node, directory), VirtualHost.fresh(node) as host:
                told(findings, asyncio.run(neighbour(host, directory)))

    def together(findings: Findings) -> None:
        with (
            broker_node("hostile") as (node, directory),
            VirtualHost.fresh(node) as alone,
            VirtualHost.fresh(node) as beside,
        ):
            places = [(host, directory / host.name) for host in (alone, beside)]
            for _, folder in places:
                folder.mkdir()
            told(findings, asyncio.run(at_once(places, chosen.seconds)))

    def reply_queues(findings: Findings) -> None:
        with broker_node("hostile") as (node, directory):
            for neighbour, bad_in_ten in REPLY_QUEUES:
                with VirtualHost.fresh(node) as host:
                    folder = directory / host.name
                    folder.mkdir()
                    trial = beside(neighbour, host, folder, chosen.orders, bad_in_ten=bad_in_ten)
                    told(findings, asyncio.run(trial))

    say(f"seed {seed}")
    clean = [
        _tried("answers of the API", chosen.answers, keep / "answers", answers),
        _tried(
            "wrong settings", len(wrong) * (not chosen.no_settings), keep / "settings", settings
        ),
        _tried(
            "bad neighbours",
            len(NEIGHBOURS) * (not chosen.no_neighbours),
            keep / "neighbours",
            neighbours,
        ),
        _tried("bad neighbours at once", bool(chosen.seconds), keep / "at-once", together),
        _tried("messages", chosen.messages, keep / "messages", messages),
        _tried(
            "reply queues that take none",
            len(REPLY_QUEUES) * bool(chosen.orders),
            keep / "reply-queues",
            reply_queues,
        ),
    ]
    say("All is well." if all(clean) else f"Offending cases are kept in {keep}")
    return 0 if all(clean) else 1


def told(findings: Findings, finding: Finding) -> None:
    """Counts a finding whose name has figures, which are said."""
    say(f"  {finding.family}: {finding.name}")
    findings.add(finding)


def _tried(what: str, count: int, keep: Path, trial: Callable[[Findings], None]) -> bool:
    """Whether nothing of it offends; nothing at all is tried when there is none."""
    if not count:
        return True
    say(f"{count:,} {what} ...")
    findings = Findings(count, keep, say)
    trial(findings)
    for line in findings.table():
        say(line)
    return findings.clean


if __name__ == "__main__":
    sys.exit(main())
