"""Pictures of the dashboards as they look when a recorded run is over; makes the recording first.

Needs chromium, npm (Grafana's panels, over 600 MB, are installed once into a cache folder),
prometheus and RabbitMQ.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import CalledProcessError

from tests.shipping.pictures.browser import NoPictureError, ToolsMissingError, check
from tests.shipping.pictures.draw import Look, draw, draw_sample
from tests.shipping.pictures.packages import bundle, needed
from tests.shipping.pictures.record import record
from tests.shipping.pictures.recording import Recording, cleared, kept
from tests.world.broker import BrokerError, ensure_rabbitmq
from tests.world.broker.find import Missing
from tests.world.commands import interrupt
from tests.world.load import ProcessFailedError

_TROUBLES = (
    *(BrokerError, NoPictureError, ProcessFailedError, ToolsMissingError),
    *(CalledProcessError, TimeoutError),
)


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 0, 1 with what is wrong, or 130 after Ctrl-C."""
    asked = _parser().parse_args(command_line)
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        _make(asked)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except _TROUBLES as error:
        _say(f"WRONG: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.shipping.pictures", description=__doc__)
    add = parser.add_argument
    add("what", nargs="?", choices=("record", "draw", "sample"), help="only this (default: both)")
    add("--minutes", type=float, default=30, help="length of a new recording (%(default)g)")
    add("--keep", type=Path, default=Path("dist/recording"), help="its folder (%(default)s)")
    add("--out", type=Path, default=Path("dist/pictures"), help="folder of PNGs (%(default)s)")
    add("--theme", choices=("dark", "light"), default="dark")
    return parser


def _make(asked: argparse.Namespace) -> None:
    look = Look(asked.theme)
    if asked.what == "record":
        check("prometheus")
        _record(asked)
        return
    # Before half an hour goes by.
    check("chromium", "prometheus", *needed())
    bundle(_say)
    if asked.what == "sample":
        draw_sample(asked.out, look, _say)
        return
    recording = kept(asked.keep)
    if recording is None:
        if asked.what == "draw":
            message = f"there is no recording in {asked.keep}; `record` makes one"
            raise ToolsMissingError(message)
        recording = _record(asked)
    else:
        _say(f"The recording in {asked.keep} is used; delete that folder for a new one")
    draw(recording, asked.out, look, _say)


def _record(asked: argparse.Namespace) -> Recording:
    found = ensure_rabbitmq(_say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    _say(f"Recording {asked.minutes:g} minutes of orders into {asked.keep} ...")
    return asyncio.run(record(cleared(asked.keep), asked.minutes, _say))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
