"""Every page in a real browser: wide and narrow, light and dark."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from tests.shipping.docs.site.browsing import Tab, browser

_SCREENS = {"wide": (1400, 900), "narrow": (390, 844)}
_SCHEMES = {"light": "default", "dark": "slate"}
_WIDTH = "document.scrollingElement.scrollWidth"
_IS_SHOWN = """
new Promise(resolve => {
  const look = left => {
    const shown = document.body.getAttribute("data-md-color-scheme");
    if (shown === WANTED || !left) {
      Promise.allSettled(document.getAnimations().map(each => each.finished))
        .then(() => resolve(shown === WANTED));
    } else {
      setTimeout(look, 20, left - 1);
    }
  };
  look(250);
})
"""
"""Whether the page has followed to a scheme, once all is where it belongs."""

_SEARCHED = {
    "must ascend, and have at least one tier": "errors.html",
    "nothing listens there; see whether the broker runs": "errors.html",
    "no certain answer within": "errors.html",
    "OR-B13": "doctor.html",
    "sharing interrupted": "logs.html",
    "OrderRelayThrottled": "alerts.html",
    "ORDER_RELAY_DRAIN_SECONDS": "settings.html",
}
"""Words that somebody has before them, and a page that the search must find for them."""

_SEARCH = """
new Promise(resolve => {
  const root = [...document.querySelectorAll("*")].find(each => each.shadowRoot)?.shadowRoot;
  const input = root?.querySelector("input");
  if (!input) document.querySelector(".md-search__button").click();
  if (input && input.value !== WORDS) {
    input.value = WORDS;
    input.dispatchEvent(new Event("input", {bubbles: true}));
  }
  const links = [...(root?.querySelectorAll("[role=listbox] a") ?? [])];
  setTimeout(() => resolve(links.map(each => each.href)), 50);
})
"""
"""Type into the search, which is opened first; what it shows."""
_TRIES = 200


@dataclass(frozen=True)
class Seen:
    """What a look at all pages came to."""

    looks: int
    requests: int
    elsewhere: tuple[str, ...]
    problems: tuple[str, ...]


async def look(html: Path, keep: Callable[[str, bytes], object]) -> Seen:
    """Each page on each screen in each scheme; `keep` gets a picture of each."""
    problems: list[str] = []
    looks = 0
    async with _served(html) as url, browser() as tab:
        for page in _pages(html):
            await tab.open(f"{url}/{page}")
            for scheme in _SCHEMES:
                for screen, (width, height) in _SCREENS.items():
                    await tab.look(width, height, scheme)
                    looks += 1
                    problems += await _wrong(tab, page, screen, scheme)
                    name = f"{page.replace('/', '-').removesuffix('.html')}-{screen}-{scheme}.png"
                    keep(name, await tab.picture())
        problems += [f"search: no {page} for {words!r}" async for words, page in _lost(tab, url)]
        other = {one for one in tab.requests if not _is_ours(one, url)}
        return Seen(looks, len(tab.requests), tuple(sorted(other)), tuple(problems))


async def _wrong(tab: Tab, page: str, screen: str, scheme: str) -> list[str]:
    found = []
    if not await tab.value(_IS_SHOWN.replace("WANTED", json.dumps(_SCHEMES[scheme]))):
        found.append(f"{page}: is not {scheme}")
    width, _ = _SCREENS[screen]
    needs = await tab.value(_WIDTH)
    if needs > width:
        found.append(f"{page}, {screen}: needs {needs} pixels")
    return found


async def _lost(tab: Tab, url: str) -> AsyncIterator[tuple[str, str]]:
    """What the search does not find."""
    await tab.open(f"{url}/index.html")
    for words, page in _SEARCHED.items():
        for _ in range(_TRIES):
            links = await tab.value(_SEARCH.replace("WORDS", json.dumps(words)))
            if any(urlsplit(link).path == f"/{page}" for link in links):
                break
        else:
            yield words, page


def _pages(html: Path) -> Iterator[str]:
    yield from sorted(file.relative_to(html).as_posix() for file in html.rglob("*.html"))


def _is_ours(url: str, ours: str) -> bool:
    return urlsplit(url).scheme in ("data", "blob", "about") or url.startswith(f"{ours}/")


@contextlib.asynccontextmanager
async def _served(html: Path) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_static("/", html)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
