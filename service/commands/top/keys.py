"""Keys of a terminal that do not wait for a line's end."""

import asyncio
import os
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

QUIT = b"qQ"


@contextmanager
def quit_key(source: TextIO, quit_: Callable[[], None]) -> Iterator[None]:
    """Call `quit_` at q, until the block ends; where `source` is no terminal nothing is read."""
    if not source.isatty():
        yield
        return
    descriptor = source.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def pressed() -> None:
        data = os.read(descriptor, 64)
        if not data:
            # The terminal is gone, and would be readable for ever.
            loop.remove_reader(descriptor)
        if set(data) & set(QUIT):
            quit_()

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, pressed)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
