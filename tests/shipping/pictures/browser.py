"""A page and what it draws, photographed by a Chromium without a window."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.shipping.pictures.tools import ToolsMissingError, find

_SECONDS = 300
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--allow-file-access-from-files", "--disable-extensions"),
    # The page's clock, not the machine's: however busy it is, everything is drawn by then.
    "--virtual-time-budget=20000",
)


class NoPictureError(Exception):
    """Chromium made no picture; the message has what it said."""


def photograph(script: Path, told: dict[str, Any], size: tuple[int, int], picture: Path) -> None:
    """Writes `picture` (PNG, of `size` in pixels): what `script` draws of what it is told."""
    browser = find("chromium")
    if browser is None:
        message = "there is no chromium on the PATH"
        raise ToolsMissingError(message)
    with TemporaryDirectory(prefix="pictures-") as folder:
        page = Path(folder, "page.html")
        page.write_text(_page(script, told), encoding="utf-8")
        command = (
            *(browser, *_FLAGS, f"--user-data-dir={folder}/profile"),
            *(f"--window-size={size[0]},{size[1]}", f"--screenshot={picture.resolve()}"),
            page.as_uri(),
        )
        picture.unlink(missing_ok=True)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    if not picture.exists():
        raise NoPictureError(done.stderr)


def _page(script: Path, told: dict[str, Any]) -> str:
    # A "</script>" in some text would end the element early.
    data = json.dumps(told).replace("</", "<\\/")
    style = script.with_suffix(".css").as_uri()
    return (
        '<!doctype html><meta charset="utf-8"><title>pictures</title><div id="root"></div>'
        f'<link rel="stylesheet" href={json.dumps(style)}>'
        f"<script>window.TOLD = {data}</script><script src={json.dumps(script.as_uri())}></script>"
    )
