"""The frame of a long command: it ends in order when it is interrupted, and says what was wrong."""

import logging
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiormq.exceptions import AMQPError
from rich.table import Table

from tests.world.broker import BrokerError, Container, Installed, RabbitNode, ensure_rabbitmq
from tests.world.broker.find import Missing, Say
from tests.world.load.processes import ProcessFailedError

INTERRUPTED = 128 + 2
FAILURES = (AMQPError, AssertionError, BrokerError, ProcessFailedError, TimeoutError)
"""What a trial fails with where the world around the relay is not as it must be."""


def carried_out(work: Callable[[], int], tell: Say | None = None) -> int:
    """The exit code of the work: its own, 1 where it fails, or 130 after Ctrl-C or SIGTERM."""
    tell = tell or say
    # Explicitly: a shell starts background jobs with SIGINT ignored, and then Python keeps it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupt)
    # Else each connection that is lost on purpose would print a line, and those that are not made.
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    # What such a connection says when another thread happens to collect it.
    warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never", RuntimeWarning)
    try:
        return work()
    except KeyboardInterrupt:
        tell("interrupted; everything that was started is gone")
        return INTERRUPTED
    except FAILURES as error:
        tell(f"WRONG: {error}")
    except ExceptionGroup as group:
        for each in group.exceptions:
            tell(f"WRONG: {type(each).__name__}: {each}")
    return 1


def interrupt(_number: int, _frame: object) -> None:
    """A handler of SIGTERM that hands it on as SIGINT."""
    # asyncio's own handler cancels the main task; an exception raised here could strike anywhere.
    signal.raise_signal(signal.SIGINT)


def say(line: str) -> None:
    """Prints it at once, also into a pipe."""
    print(line, flush=True)


def rabbitmq(tell: Say | None = None) -> Installed | Container:
    """The RabbitMQ to use, installed if need be; BrokerError where there is none."""
    found = ensure_rabbitmq(tell or say)
    if isinstance(found, Missing):
        raise BrokerError(found.advice)
    return found


@contextmanager
def temporary(trial: str) -> Iterator[Path]:
    """A folder that is named after the trial, gone after."""
    with TemporaryDirectory(prefix=f"order-relay-{trial}-") as folder:
        yield Path(folder)


@contextmanager
def broker_node(trial: str) -> Iterator[tuple[RabbitNode, Path]]:
    """A node, and the folder with its files; both are gone after."""
    found = rabbitmq()
    with temporary(trial) as folder, RabbitNode.start(folder, found=found, say=say) as node:
        yield node, folder


def at_least(least: int) -> Callable[[str], int]:
    """A whole number on a command line; fewer is a mistake."""

    def number(text: str) -> int:
        if (found := int(text)) < least:
            raise ValueError(text)
        return found

    return number


def table_of(first: str, *numbers: str) -> Table:
    """A table with numbers in all columns but the first."""
    table = Table()
    for place, column in enumerate((first, *numbers)):
        table.add_column(column, overflow="fold", justify="right" if place else "left")
    return table
