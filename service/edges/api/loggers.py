"""Keeps the key out of what httpx2 and httpcore2 log."""

import logging


class _StepOnly(logging.Filter):
    """Keeps only the name of the step: the rest has the answer's headers and lines unfiltered."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().split(" ", 1)[0], ()
        return True


class _Nothing(logging.Filter):
    """Lets nothing through: the line has the whole URL and the peer's reason phrase."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return False


_FILTERS = {"httpx2": _Nothing(), "httpcore2.http11": _StepOnly()}


def keep_answers_out_of_logs() -> None:
    """Filter the libraries' loggers, for the whole process; calling it again changes nothing."""
    for name, only in _FILTERS.items():
        logging.getLogger(name).addFilter(only)
