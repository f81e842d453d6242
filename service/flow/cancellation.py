"""Telling a cancellation of ours from one that a library let out of a call of its own."""

import asyncio


def is_ours(error: BaseException) -> bool:
    """Whether `error`, raised in the present task, is there because somebody cancelled that task.

    aiormq ends calls by CancelledError when what they wait for is gone: taken for ours, that would
    end a loop that must go on, or leave a delivery unsettled.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
