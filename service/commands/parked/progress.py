"""How far a long command is, now and then."""

import sys
import time

from service.commands.top.words import count

EVERY_SECONDS = 1.0


class Progress:
    """Tells at most once a second; in a terminal on one line."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._open = False

    def tell(self, done: int, left: int) -> None:
        """So many are done, so many are left."""
        now = time.monotonic()
        if now - self._told_at < EVERY_SECONDS:
            return
        self._told_at = now
        text = f"{count(done)} done, {count(left)} left"
        sys.stderr.write(f"\r{text:<40}" if self._terminal else f"{text}\n")
        sys.stderr.flush()
        self._open = self._terminal

    def end(self) -> None:
        """What comes next stands on a line of its own."""
        if self._open:
            sys.stderr.write("\n")
            self._open = False
