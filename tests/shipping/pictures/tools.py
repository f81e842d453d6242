"""The programs that pictures need, and what to do where one is missing."""

import shutil

_NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome")}


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
