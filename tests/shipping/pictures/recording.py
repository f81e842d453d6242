"""A folder with what a Prometheus saw of a run, and when that was."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "recording.json"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something began, in seconds since the epoch, and what."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Recording:
    """From when until when (seconds since the epoch) the data in `folder` tells of a run."""

    folder: Path
    start: int
    end: int
    moments: Sequence[Moment] = ()

    @property
    def data(self) -> Path:
        """Prometheus's own folder."""
        return data_of(self.folder)

    def write(self) -> None:
        """Last of all: a folder without this file is of a run that did not end."""
        known = {
            "start": self.start,
            "end": self.end,
            "moments": [asdict(moment) for moment in self.moments],
        }
        text = json.dumps(known, indent=2) + "\n"
        (self.folder / _FILE).write_text(text, encoding="utf-8")


def data_of(folder: Path) -> Path:
    """Where Prometheus keeps what it sees."""
    return folder / "prometheus"


def cleared(folder: Path) -> Path:
    """The folder, there and without any recording, be it whole or broken off."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).unlink(missing_ok=True)
    shutil.rmtree(data_of(folder), ignore_errors=True)
    return folder


def kept(folder: Path) -> Recording | None:
    """The recording in a folder, or None where there is none that ended."""
    file = folder / _FILE
    if not file.exists():
        return None
    known = json.loads(file.read_text(encoding="utf-8"))
    moments = [Moment(**moment) for moment in known["moments"]]
    return Recording(folder, known["start"], known["end"], moments)
