"""A page and what it draws, photographed by a Chromium without a window; and finding programs."""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_SECONDS = 300
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--allow-file-access-from-files", "--disable-extensions"),
    # The page's clock, not the machine's: however busy it is, everything is drawn by then.
    "--virtual-time-budget=20000",
)
_NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome")}


class NoPictureError(Exception):
    """Chromium made no picture; the message has what it said."""


class ToolsMissingError(Exception):
    """Something is not there without which there is no picture; the message says what to do."""


def find(program: str) -> str | None:
    """Where it is, under whatever name it goes by."""
    return next(filter(None, map(shutil.which, _NAMES.get(program, (program,)))), None)


def check(*programs: str) -> None:
    """ToolsMissingError, in one line, unless all of them are there."""
    missing = [program for program in programs if find(program) is None]
    if missing:
        names = " ".join(missing)
        message = f"not on the PATH: {', '.join(missing)}; on Debian: apt-get install {names}"
        raise ToolsMissingError(message)


def photograph(script: Path, told: dict[str, Any], size: tuple[int, int], picture: Path) -> None:
    """Writes `picture` (PNG, of `size` in pixels): what `script` draws of what it is told."""
    check("chromium")
    with TemporaryDirectory(prefix="pictures-") as folder:
        page = Path(folder, "page.html")
        page.write_text(_page(script, told), encoding="utf-8")
        command = (
            *(str(find("chromium")), *_FLAGS, f"--user-data-dir={folder}/profile"),
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
