"""Keeps the key out of what httpx2 logs."""

import logging


def keep_answers_out_of_logs() -> None:
    """Silence the library's logger, for the whole process; calling it again changes nothing."""
    logging.getLogger("httpx2").addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    # The line has the whole URL and the peer's reason phrase.
    return False
