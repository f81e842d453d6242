"""`make hostile`: exit code 0 when all was taken as it should be, 1 with what was not.

The offending cases are kept in a folder that is named at the end.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aiormq.exceptions import AMQPError

from tests.edges.api.tls import Authority
from tests.trials.hostile.answering import answer_all
from tests.trials.hostile.answers import many
from tests.trials.hostile.answers_content import CONTENT
from tests.trials.hostile.answers_framing import FRAMING
from tests.trials.hostile.findings import Findings
from tests.trials.hostile.flood import flood
from tests.trials.hostile.settings_table import table
from tests.trials.hostile.settings_trial import try_all
from tests.world.broker import BrokerError, RabbitNode, VirtualHost, ensure_rabbitmq
from tests.world.broker.find import Missing
from tests.world.load import ProcessFailedError


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.hostile", description=__doc__)
    add = parser.add_argument
    add("--messages", type=_count, default=10_000, help="hostile messages and good orders")
    add("--answers", type=_count, default=10_000, help="hostile answers of the API")
    add("--no-settings", action="store_true", help="leave the wrong settings out")
    add("--seed", type=int, help="the same number gives the same cases (default: any)")
    add("--keep", type=Path, metavar="FOLDER", help="where offending cases are kept")
    chosen = parser.parse_args(command_line)
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    keep = chosen.keep or Path(tempfile.mkdtemp(prefix="order-relay-hostile-kept-"))
    seed = random.SystemRandom().randrange(2**32) if chosen.seed is None else chosen.seed
    _say(f"seed {seed}")
    try:
        clean = [
            _answers(chosen.answers, seed, keep / "answers"),
            chosen.no_settings or _settings(keep / "settings"),
            _messages(chosen.messages, seed, keep / "messages"),
        ]
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except (AMQPError, AssertionError, BrokerError, ProcessFailedError, TimeoutError) as error:
        _say(f"WRONG: {error}")
        return 1
    if all(clean):
        _say("All is well.")
        return 0
    _say(f"Offending cases are kept in {keep}")
    return 1


def _answers(count: int, seed: int, keep: Path) -> bool:
    if not count:
        return True
    findings = _begin("answers of the API", count, keep)
    with tempfile.TemporaryDirectory(prefix="order-relay-hostile-") as directory:
        authority = Authority(Path(directory))
        cases = many((*FRAMING, *CONTENT), count, seed)
        asyncio.run(answer_all(cases, authority, findings.add))
    return _end(findings)


def _settings(keep: Path) -> bool:
    cases = list(table())
    findings = _begin("wrong settings", len(cases), keep)
    with tempfile.TemporaryDirectory(prefix="order-relay-hostile-") as directory:
        try_all(cases, Path(directory), findings.add)
    return _end(findings)


def _messages(count: int, seed: int, keep: Path) -> bool:
    if not count:
        return True
    findings = _begin("messages", count, keep)
    found = ensure_rabbitmq(_say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    with (
        tempfile.TemporaryDirectory(prefix="order-relay-hostile-") as directory,
        RabbitNode.start(Path(directory), found=found, say=_say) as node,
        VirtualHost.fresh(node) as host,
    ):
        asyncio.run(flood(host, Path(directory), count, seed, findings))
    return _end(findings)


def _begin(what: str, count: int, keep: Path) -> Findings:
    _say(f"{count:,} {what} ...")
    return Findings(count, keep, _say)


def _end(findings: Findings) -> bool:
    for line in findings.table():
        _say(line)
    return findings.clean


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
