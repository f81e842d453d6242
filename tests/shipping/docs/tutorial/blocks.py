"""What the tutorial tells to type, block by block, and what must come of it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[4] / "docs" / "tutorial.md"
PROGRAM = "~/order-relay/bin/order-relay"
READY = "consuming"

ENDS = ((0, "accepted", 1), (1, "rejected", 0), (0, "accepted", 2), (2, "failed", 0))
"""Exit code, status and attempts of each order that it sends."""


@dataclass(frozen=True)
class Tutorial:
    """The blocks in their order; `orders` are single commands."""

    install: str
    broker: str
    sandbox: str
    orders: tuple[str, ...]


def read() -> Tutorial:
    """From the page; ValueError where it has other blocks than these."""
    found = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    install, broker, sandbox, first, others = found
    url, *orders = (first + others).splitlines()
    return Tutorial(install, broker, sandbox, tuple(f"{url}\n{order}\n" for order in orders))


def wrong(ends: Sequence[tuple[int, str]]) -> list[str]:
    """What is not as the page says, of the exit code and the output of each order."""
    return [
        f"order {number}: {code}, {output!r}"
        for number, ((code, output), wanted) in enumerate(zip(ends, ENDS, strict=True), 1)
        if (code, *_reply(output)) != wanted
    ]


def _reply(output: str) -> tuple[Any, Any]:
    lines: list[dict[str, Any]] = [*map(json.loads, output.splitlines()), {}, {}]
    said, reply, *_ = lines
    if said.get("message_id") != reply.get("request_id"):
        return None, None
    return reply.get("status"), reply.get("attempts")
