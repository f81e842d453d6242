"""`doctor --bundle`: what a supporter needs, in one file. No message and no secret is in it.

Of a message its id is told. Lines of the log lose what may quote a producer or the API.

What could hold a secret is left out rather than masked; what is in is masked all the same.
"""

import io
import json
import os
import platform
import tarfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import get_args

from service.app.masking import hider, secrets_in
from service.app.settings import AdminSettings, ShownSettings
from service.app.sources import Found
from service.commands import addresses
from service.commands.config import lines
from service.commands.doctor.findings import Finding, verdict
from service.commands.top.scraping import ScrapeFailedError, fetch
from service.flow.events import Event
from service.flow.events.labels import HoldReason

MOST_LOG_BYTES = 4 * 1024 * 1024
MOST_LOG_LINES = 1000
METRICS_SECONDS = 5.0
_EVENTS = {kind.text for kind in get_args(Event)}
_QUOTING = {
    *("message", "reason", "why", "error", "last_error", "exception"),
    *("order", "routing_key", "correlation_id", "by"),
}
"""Fields whose text may be a producer's, the API's or a person's."""
_HOLDS = [str(reason) for reason in HoldReason]
_OURS = ("order_relay_", "process_", "python_", "# ")


async def contents(
    settings: ShownSettings,
    found: Mapping[str, Found],
    findings: Sequence[Finding],
    log: Path | None,
) -> dict[str, str]:
    """The files by their names, without a secret of the settings."""
    told = {"findings": [each.as_json() for each in findings], "verdict": verdict(findings)}
    texts = {
        "doctor.json": json.dumps(told, indent=2) + "\n",
        "settings.txt": "\n".join(lines(settings, found)) + "\n",
        "versions.txt": "\n".join(_versions()) + "\n",
        "metrics.txt": await _metrics(settings.admin),
    }
    if log is not None:
        texts["log.jsonl"] = log_lines(_end_of(log))
    hide = hider(text for one in found.values() for text in secrets_in(one.variable, one.text))
    return {name: hide(text) for name, text in texts.items()}


def log_lines(text: str) -> str:
    """The last lines that a relay wrote, without what they quote; others may hold anything."""
    kept, left_out = list[str](), 0
    for line in text.splitlines():
        if (ours := _ours(line)) is not None:
            kept.append(json.dumps(ours))
        else:
            left_out += bool(line.strip())
    told = json.dumps({"lines_left_out_that_are_no_relays": left_out})
    return "\n".join([told, *kept[-MOST_LOG_LINES:]]) + "\n"


def write(file: Path, texts: Mapping[str, str]) -> None:
    """The whole bundle or nothing, for its owner only; FileExistsError, and other OSErrors."""
    folder = f"order-relay-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    # Made beside it, for its owner only: a link is atomic, and never replaces what is there.
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as unfinished:
        with tarfile.open(fileobj=unfinished, mode="w:gz") as archive:
            for name, text in texts.items():
                data = text.encode(errors="replace")
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
                archive.addfile(entry, io.BytesIO(data))
        unfinished.flush()
        os.fsync(unfinished.fileno())
        os.link(unfinished.name, file)


def _versions() -> list[str]:
    here = [f"Python {platform.python_version()}", platform.platform()]
    return here + sorted(f"{one.name}=={one.version}" for one in distributions())


async def _metrics(admin: AdminSettings) -> str:
    try:
        (url,) = addresses.of([], admin)
        text = await fetch(url, within_seconds=METRICS_SECONDS)
    except (addresses.UnusableAddressError, ScrapeFailedError) as error:
        return f"# no metrics of a relay here: {error}\n"
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith(_OURS))


def _end_of(file: Path) -> str:
    """What is at the end of the file, from the beginning of a line on."""
    with file.open("rb") as reading:
        size = reading.seek(0, os.SEEK_END)
        reading.seek(max(0, size - MOST_LOG_BYTES))
        data = reading.read(MOST_LOG_BYTES)
    text = data.decode(errors="replace")
    return text if size <= MOST_LOG_BYTES else text.partition("\n")[2]


def _ours(line: str) -> dict[str, object] | None:
    with suppress(ValueError, RecursionError, TypeError):
        read = json.loads(line)
        if isinstance(read, dict) and read.get("event") in _EVENTS:
            return {name: of for name, of in read.items() if name not in _QUOTING or of in _HOLDS}
    return None
