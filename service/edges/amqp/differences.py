"""Every argument of ours in which a queue differs: the broker names one at a time.

What it does not compare (the queue's type, and arguments that are theirs alone) only its management
API tells.
"""

import re
from collections.abc import Awaitable, Callable

from service.edges.amqp.faults import difference

MOST_DIFFERENCES = 12

Arguments = dict[str, str | int]

_INEQUIVALENT = re.compile(
    r"inequivalent arg '(?P<name>x-[^']+)' for queue .*: received .* but current is "
    r"(?:none|the value '(?P<value>.*)' of type '(?P<type>[^']*)')",
    re.DOTALL,
)


async def differences(
    refusal: Callable[[Arguments], Awaitable[str | None]], arguments: Arguments
) -> list[str]:
    """What differs, in our words; `refusal` says what the broker says of a queue with these."""
    asked, found = dict(arguments), list[str]()
    while len(found) < MOST_DIFFERENCES and (words := await refusal(asked)) is not None:
        told = difference(words)
        if told is None:
            # It does not come to compare further: what is there is of another kind.
            break
        found.append(told)
        if (match := _INEQUIVALENT.search(words)) is None:
            break
        # As it is, so that the next question is about the next argument.
        asked = _as_it_is(asked, match)
    return found


async def but_for(
    name: str, refusal: Callable[[Arguments], Awaitable[str | None]], arguments: Arguments
) -> Arguments:
    """The arguments with `name` as the queue has it, where it differs in nothing else."""
    match = _INEQUIVALENT.search(await refusal(arguments) or "")
    if match is None or match["name"] != name:
        return arguments
    asked = _as_it_is(arguments, match)
    return asked if await refusal(asked) is None else arguments


def _as_it_is(asked: Arguments, match: re.Match[str]) -> Arguments:
    others = {name: value for name, value in asked.items() if name != match["name"]}
    if match["value"] is None:
        return others
    number = match["type"] not in ("longstr", "bool")
    return others | {match["name"]: int(match["value"]) if number else match["value"]}
