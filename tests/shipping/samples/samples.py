"""Which samples there are, what each needs, and what each must say."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

FOLDER = Path(__file__).parents[3] / "docs" / "samples"
ORDER: dict[str, object] = {"service": 42, "link": "https://example.com/p/1", "quantity": 1000}
LONG_AGO = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: its file, the programs that it needs, how it is made ready, and how it is run.

    `{python}` and `{outbox}` stand for what they say; `messages` says that its outbox has whole
    messages.
    """

    file: str
    tools: tuple[str, ...]
    prepare: tuple[str, ...]
    run: tuple[str, ...]
    messages: bool = False

    @property
    def missing(self) -> list[str]:
        """The programs that are not there."""
        return [tool for tool in self.tools if shutil.which(tool) is None]


_NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
_PIP = ("{python}", "-m", "uv", "pip", "install", "--quiet", "--target", "packages")
_MAVEN = ("mvn", "--quiet", "--batch-mode", "compile")
SAMPLES = (
    Sample("order_pika.py", (), (*_PIP, "pika"), ("{python}", "order_pika.py", "{outbox}")),
    Sample("order_aio_pika.py", (), (), ("{python}", "order_aio_pika.py", "{outbox}")),
    Sample("node/order.mjs", ("node", "npm"), _NPM, ("node", "order.mjs", "{outbox}")),
    Sample("go/order.go", ("go",), ("go", "mod", "tidy"), ("go", "run", ".", "{outbox}")),
    Sample(
        "java/src/main/java/Order.java",
        ("java", "mvn"),
        _MAVEN,
        (*_MAVEN, "exec:java", "-Dexec.args={outbox}"),
    ),
    Sample("order.sh", ("sh",), (), ("sh", "order.sh", "{outbox}"), messages=True),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ENDS = ("accepted", "rejected", "failed", "unknown")


def outbox() -> dict[str, dict[str, Any]]:
    """An order for each status, by the status that it must end with."""
    changes: dict[str, dict[str, object]] = {
        "accepted": {"sandbox": "lost-answer"},
        "rejected": {"quantity": 0},
        "unknown": {"sandbox": "always-lost"},
    }
    orders: dict[str, dict[str, Any]] = {
        end: {"id": str(uuid4()), "order": ORDER | changes.get(end, {})} for end in ENDS
    }
    orders["failed"]["deadline"] = LONG_AGO
    return orders


def written(line: Mapping[str, Any], *, as_message: bool) -> str:
    """A line of the outbox, as the sample reads it."""
    if not as_message:
        return json.dumps(line)
    headers = {"x-order-relay-deadline": line["deadline"]} if "deadline" in line else {}
    properties = {"message_id": line["id"]}
    return json.dumps({"properties": properties, "headers": headers, "body": line["order"]})


def said(output: str, *, as_messages: bool) -> dict[str, str]:
    """What a sample said of each order: its id, and the status with an order's id."""
    # Maven puts its colours back before the first line, asked or not.
    output = _COLOUR.sub("", output)
    if not as_messages:
        pairs = [line.split(" ", 1) for line in output.splitlines() if " " in line]
        return {found[0]: found[1] for found in pairs}
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    replies = [line for line in lines if "status" in line]
    return {r["request_id"]: f"{r['status']} {r.get('order', '')}".strip() for r in replies}
