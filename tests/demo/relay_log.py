"""What the relay says while orders wait: the lines of its log that a newcomer wants to see."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HOLDS = {
    "throttled": "all orders wait as long as the API has asked to",
    "credentials": "all orders wait, one goes ahead to try the key",
    "circuit": "all orders wait, one goes ahead to try the API",
    "publisher": "all orders wait, the broker does not confirm",
}


@dataclass
class RelayLog:
    """Reads the log on from where it was read last."""

    path: Path
    _at: int = 0

    def news(self) -> list[str]:
        """A line for each wait and each hold since the last time."""
        with self.path.open("rb") as file:
            file.seek(self._at)
            whole, end, _ = file.read().rpartition(b"\n")
        self._at += len(whole) + len(end)
        return [text for line in _objects(whole) if (text := self._told(line)) is not None]

    def _told(self, line: dict[str, Any]) -> str | None:
        match line:
            case {"event": "retry", "request_id": str(name), "where": str(where)}:
                reason = line.get("reason")
                seconds = line.get("delay_seconds", 0)
                queue = " (retry queue)" if where == "queue" else ""
                return f"{name}: {reason}; again in {seconds:.1f} s{queue}"
            case {"event": "hold", "reason": str(why), "held": True}:
                return _HOLDS.get(why, why)
            case _:
                return None


def defects(path: Path) -> list[str]:
    """The errors in the log, but for the refused key that the demo brings about."""
    lines = _objects(path.read_bytes())
    bad = [line for line in lines if line.get("level") in ("error", "critical")]
    return [json.dumps(line) for line in bad if line.get("reason") != "credentials"]


def left_in_flight(path: Path) -> int:
    """How many orders the relay had to give back at its end; -1 where it did not end in order."""
    stopped = [line for line in _objects(path.read_bytes()) if line.get("event") == "stopped"]
    return int(stopped[-1].get("left", -1)) if stopped else -1


def _objects(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if isinstance(value, dict):
            yield value
