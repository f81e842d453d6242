"""SIGTERM as Ctrl-C: what ends a long run in order ends it in both cases."""

import signal


def interrupt(_number: int, _frame: object) -> None:
    """A handler of SIGTERM that hands it on as SIGINT."""
    # asyncio's own handler cancels the main task; an exception raised here could strike anywhere.
    signal.raise_signal(signal.SIGINT)
