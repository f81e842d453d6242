"""Checks the site that was built; with `--look` in a real browser, too (`make docs`)."""

import asyncio
import sys

from docs.sources.site.__main__ import SITE
from tests.shipping.docs.site.built import problems
from tests.shipping.docs.site.looking import look
from tests.shipping.pictures.browser import ToolsMissingError


def work(arguments: list[str]) -> int:
    """The exit code: 1 where something is wrong."""
    found = list(problems(SITE / "html", SITE / "pages"))
    pages = len(list((SITE / "html").rglob("*.html")))
    print(f"{pages} pages in {SITE / 'html'}: {len(found) or 'nothing'} wrong")
    if "--look" in arguments:
        try:
            seen = asyncio.run(look(SITE / "html", _keep))
        except ToolsMissingError as error:
            print(f"not looked at: {error}")
            return 1
        print(
            f"{seen.looks} looks, wide and 390 pixels, light and dark: {seen.requests} requests, "
            f"{len(seen.elsewhere)} of them to other hosts; pictures in {SITE / 'pictures'}"
        )
        found += [*seen.problems, *(f"asks {url}" for url in seen.elsewhere)]
    for one in found:
        print(one)
    return 1 if found else 0


def _keep(name: str, picture: bytes) -> None:
    folder = SITE / "pictures"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(picture)


if __name__ == "__main__":
    sys.exit(work(sys.argv[1:]))
