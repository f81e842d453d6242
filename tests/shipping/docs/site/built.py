"""What the files of the site tell: links, whom a browser asks, what is shown of a page."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

COUNTED = ("li", "pre", "table", "tr", "h1", "h2", "h3", "h4", "blockquote", "img")
"""Of these the site has as many as GitHub would show."""

_ASKED = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
"""What a browser fetches without being asked to."""


class Page(HTMLParser):
    """A page's ids, links, what it fetches, and how many elements its article has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.elements: Counter[str] = Counter()
        self._in_article = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Of everything that begins."""
        values = {name: value or "" for name, value in attrs}
        self._in_article = self._in_article or tag == "article"
        if self._in_article:
            self.elements[tag] += 1
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if (name := _ASKED.get(tag)) in values and values.get("rel") != "canonical":
            self.fetched.append(values[str(name)])

    def handle_endtag(self, tag: str) -> None:
        """Only the article's end matters."""
        self._in_article = self._in_article and tag != "article"


def problems(html: Path, markdown: Path) -> Iterator[str]:
    """What is wrong with the built site, a line each."""
    pages = {
        file.relative_to(html).as_posix(): Page(file.read_text(encoding="utf-8"))
        for file in sorted(html.rglob("*.html"))
        # Its links begin at the site's root, wherever that will be.
        if file.name != "404.html"
    }
    for name, page in pages.items():
        yield from (f"{name}: fetches {url}" for url in page.fetched if urlsplit(url).netloc)
        for link in dict.fromkeys([*page.links, *page.fetched]):
            if not _leads(html, pages, name, link):
                yield f"{name}: {link} leads nowhere"
        source = (markdown / name).with_suffix(".md")
        yield from (f"{name}: {one}" for one in differences(page, source.read_text("utf-8")))


def differences(page: Page, source: str) -> Iterator[str]:
    """Where the page shows other than what CommonMark makes of its source."""
    wanted = Page(f"<article>{MarkdownIt().enable('table').render(source)}</article>").elements
    for tag in COUNTED:
        if page.elements[tag] != wanted[tag]:
            yield f"{page.elements[tag]} <{tag}> of {wanted[tag]} that its source has"


def _leads(html: Path, pages: dict[str, Page], name: str, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    there = normpath(Path(name).parent / unquote(parts.path)) if parts.path else name
    if not parts.fragment or there not in pages:
        return (html / there).exists()
    return unquote(parts.fragment) in pages[there].ids
