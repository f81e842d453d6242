"""Whether a cancellation is ours, or leaks out of a library's call."""

import asyncio


def is_ours(error: BaseException) -> bool:
    """Whether `error`, raised in the current task, means that this task was cancelled.

    aiormq also raises CancelledError when what a call waits for is gone: taken for ours, that would
    end a loop that must continue, or leave a delivery unsettled.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
