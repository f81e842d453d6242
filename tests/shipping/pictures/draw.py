"""Draws every shot of a recording, or of the sample, into PNG files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from charts.sources.dashboards.boards import files
from tests.shipping.dashboards import sample
from tests.shipping.dashboards.queries import Span
from tests.shipping.pictures.browser import photograph
from tests.shipping.pictures.packages import bundle
from tests.shipping.pictures.recording import Recording
from tests.shipping.pictures.shots import SHOTS
from tests.shipping.pictures.told import height, told
from tests.world.prometheus import running

WIDTH = 1400
_POINTS = 240
_SCRAPE_SECONDS = 15
"""What a data source of Grafana is told unless someone changes it."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Look:
    """Dark or light, and how wide."""

    theme: str
    width: int = WIDTH


def draw(recording: Recording, out: Path, look: Look, say: Say) -> None:
    """The pictures of a recording, in the folder `out`."""
    script = bundle(say)
    span = span_of(recording.start, recording.end, _SCRAPE_SECONDS)
    with running(recording.data) as server:
        _draw(script, server.url, span, out, look, say)


def draw_sample(out: Path, look: Look, say: Say) -> None:
    """The same of three hours that never were; in seconds, for work on the dashboards."""
    script = bundle(say)
    end = sample.END
    span = span_of(end - sample.MINUTES * sample.STEP_SECONDS, end, sample.STEP_SECONDS)
    with TemporaryDirectory(prefix="blocks-") as folder:
        sample.write_blocks(Path(folder))
        with running(Path(folder)) as server:
            _draw(script, server.url, span, out, look, say)


def span_of(start: int, end: int, scrape_seconds: int) -> Span:
    """Points at whole steps, as Grafana sets them, so that a picture does not depend on chance."""
    step = max(scrape_seconds, round((end - start) / _POINTS / 15) * 15)
    return Span(start - start % step + step, end - end % step, step, scrape_seconds)


def _draw(script: Path, url: str, span: Span, out: Path, look: Look, say: Say) -> None:
    out.mkdir(parents=True, exist_ok=True)
    boards = {path.stem: json.loads(text) for path, text in files().items()}
    for shot in SHOTS:
        page = told(url, boards[shot.board], shot, span) | {
            "theme": look.theme,
            "width": look.width,
        }
        picture = out / f"{shot.name}.png"
        photograph(script, page, (look.width, height(page)), picture)
        say(f"{picture}: {picture.stat().st_size // 1024} KiB")
