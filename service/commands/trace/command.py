"""`order-relay trace`: ask the relays and the broker for one order, and say what they know."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from service.app.exit_codes import ExitCode
from service.app.settings import ShownSettings
from service.commands.trace import relays, words
from service.commands.trace.judging import judge, wants_tiers
from service.commands.trace.looking import Looking, depths
from service.commands.trace.places import Trace


async def trace(
    settings: ShownSettings, urls: Sequence[str], message_id: str, *, as_json: bool
) -> ExitCode:
    """Say where the order is; exit code 1 where nothing is known of it."""
    found = await find(settings, urls, message_id)
    now, namespace = datetime.now(UTC), settings.amqp.namespace
    if as_json:
        said = words.as_json(message_id, found, namespace, now)
        sys.stdout.write(f"{json.dumps(said, indent=2)}\n")
    else:
        for line in words.lines(message_id, found, namespace, now):
            sys.stdout.write(f"{line}\n")
    return ExitCode.OK if found.found else ExitCode.CHECK_FAILED


async def find(settings: ShownSettings, urls: Sequence[str], message_id: str) -> Trace:
    """What is known of it now."""
    asking = asyncio.create_task(relays.ask(urls, message_id))
    looking = Looking(settings, message_id, await depths(settings))
    said, seen = await asyncio.gather(asking, looking.ends())
    if wants_tiers(said):
        seen = await looking.tiers(seen)
    found = judge(said, seen, datetime.now(UTC))
    if found.found:
        return found
    # It may have gone from a queue to a relay meanwhile.
    return judge(await relays.ask(urls, message_id), seen, datetime.now(UTC))
