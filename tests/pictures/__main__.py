"""Draws the dashboards from what a Prometheus knows, or from the sample, and writes PNG files."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.dashboards import sample
from tests.dashboards.boards import files
from tests.dashboards.prometheus import running
from tests.dashboards.queries import Span, of_panel
from tests.pictures.browser import photograph
from tests.pictures.packages import bundle

_WIDTH = 1600
_POINTS = 240
_UNIT_PIXELS = 38
_TOP_PIXELS = 64
_END_OF_SAMPLE = datetime(2026, 1, 15, 12, tzinfo=UTC)


def main() -> None:
    """One PNG a dashboard, in the folder that is named."""
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    script = bundle()
    with _source(asked.prometheus) as (url, end):
        span = _span(round(end.timestamp()), asked.hours)
        for path in files():
            dashboard = json.loads(path.read_text(encoding="utf-8"))
            told = _told(dashboard, url, span, asked.theme)
            picture = asked.out / f"{path.stem}.png"
            photograph(script, told, (_WIDTH, _height(dashboard)), picture)
            sys.stdout.write(f"{picture}: {picture.stat().st_size // 1024} KiB\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--prometheus", help="address of a Prometheus; without it, the sample")
    parser.add_argument("--hours", type=float, default=3, help="how far to look back")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--out", type=Path, default=Path("dist/pictures"), help="folder")
    return parser.parse_args()


@contextmanager
def _source(url: str | None) -> Iterator[tuple[str, datetime]]:
    """A Prometheus, and the last moment to look at."""
    if url is not None:
        yield url, datetime.now(UTC)
        return
    with TemporaryDirectory(prefix="blocks-") as folder:
        sample.write_blocks(Path(folder), _END_OF_SAMPLE)
        with running(Path(folder)) as started:
            yield started.url, _END_OF_SAMPLE


def _span(end: int, hours: float) -> Span:
    """Points at whole steps, as Grafana sets them, so that a picture does not depend on chance."""
    step = max(15, round(hours * 3600 / _POINTS / 15) * 15)
    last = end - end % step
    return Span(last - round(hours * 3600) // step * step, last, step)


def _told(dashboard: dict[str, Any], url: str, span: Span, theme: str) -> dict[str, Any]:
    series = {
        panel["id"]: [one.as_json() for one in of_panel(url, panel, span)]
        for panel in dashboard["panels"]
    }
    return {
        "dashboard": dashboard,
        "series": series,
        "from": span.start * 1000,
        "to": span.end * 1000,
        "theme": theme,
        "width": _WIDTH,
        "unit": _UNIT_PIXELS,
        "top": _TOP_PIXELS,
    }


def _height(dashboard: dict[str, Any]) -> int:
    lowest = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    return _TOP_PIXELS + int(lowest) * _UNIT_PIXELS + 8


if __name__ == "__main__":
    main()
