"""How the pages become the site: places, links, lists, and that no page is left out."""

import json
import subprocess
import tomllib
from pathlib import PurePosixPath as Path

import pytest

from docs.sources.site.__main__ import HERE, PYTHON, SITE, build, lay_out, tracked
from docs.sources.site.anchors import anchor, by_github
from docs.sources.site.laying import code_page, navigation, page, place
from tests.shipping.docs.site.built import Page, differences, problems


@pytest.mark.parametrize(
    ("file", "there"),
    [
        ("README.md", "readme.md"),
        ("docs/limits.md", "limits.md"),
        ("docs/contract/README.md", "contract/index.md"),
        ("docs/contract/vectors.jsonl", "contract/vectors.jsonl"),
        ("docs/samples/go/order.go", "samples/order.go.md"),
        ("docs/samples/go/go.mod", None),
        ("docs/sources/doctor.py", None),
        ("service/flow/relay.py", None),
    ],
)
def test_each_file_has_its_place_or_none(file: str, there: str | None) -> None:
    """The site has the pages, not the code of the relay."""
    assert place(Path(file)) == (Path(there) if there else None)


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[a](limits.md#rules)", "[a](limits.md#rules)"),
        ("[a](../README.md#run-it)", "[a](readme.md#run-it)"),
        ("[a](contract)", "[a](contract/index.md)"),
        ("![a [b]](pictures/way.svg)", "![a [b]](pictures/way.svg)"),
        ("[a](#here) [b](https://example.com/x)", "[a](#here) [b](https://example.com/x)"),
        ("[`tls.py`](../service/edges/tls.py)", "`tls.py`"),
        ("[where](../service/edges/tls.py)", "where (`service/edges/tls.py`)"),
        ("```\n[a](../README.md)\n```", "```\n[a](../README.md)\n```"),
    ],
)
def test_a_link_leads_to_a_page_of_the_site_or_is_only_a_name(link: str, becomes: str) -> None:
    """Code stays as it is."""
    assert page(Path("docs/x.md"), link, lambda path: path.suffix == "", "") == becomes


def test_a_link_out_of_the_site_leads_to_the_repository_where_one_is_set() -> None:
    """On its main branch."""
    text = page(Path("docs/x.md"), "[a](../service/a.py)", lambda _: False, "https://example.com/r")
    assert text == "[a](https://example.com/r/blob/main/service/a.py)"


def test_what_belongs_to_an_item_stays_in_it() -> None:
    """GitHub asks for two columns or three, the site for four; the next item stays an item."""
    text = "1. a\n\n   ```\n   b\n   ```\n2. c\n\n- d\n  - e\nend\n  f"
    wanted = "1. a\n\n    ```\n    b\n    ```\n\n2. c\n\n- d\n    - e\nend\n  f"
    assert page(Path("docs/x.md"), text, lambda _: False, "") == wanted


def test_a_sample_is_shown_as_it_is() -> None:
    """With its language."""
    shown = code_page(Path("docs/samples/order.sh"), "exit\n")
    assert shown.endswith("```sh\nexit\n```\n")


def test_a_folder_of_the_navigation_is_its_pages() -> None:
    """The folder's own page first."""
    pages = [Path("runs/a.md"), Path("runs/index.md"), Path("b.md")]
    assert (
        navigation('{ "Runs" = "runs/" }', pages) == '{ "Runs" = ["runs/index.md", "runs/a.md"] }'
    )


def test_a_headline_has_the_anchor_that_github_gives_it() -> None:
    """Dots and quotes go, each space is a dash."""
    assert anchor("... an `API` error code?") == "-an-api-error-code"
    assert by_github() is anchor


def test_the_navigation_has_every_page() -> None:
    """And none that is not there."""
    places = {there for file in tracked() if (there := place(file)) and there.suffix == ".md"}
    text = navigation((HERE / "zensical.toml").read_text(encoding="utf-8"), list(places))
    named = json.dumps(tomllib.loads(text)["project"]["nav"])
    assert [str(each) for each in places if f'"{each}"' not in named] == []


def test_no_page_stands_for_the_list_that_it_is_in() -> None:
    """A page called index does, and its own title is nowhere then: it is its folder's only."""
    nav = tomllib.loads((HERE / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    sections = [pages for entry in nav for pages in entry.values() if isinstance(pages, list)]
    assert len(sections) == 3
    assert [each for pages in sections for each in pages if "index.md" in str(each)] == []


def test_what_is_wrong_with_a_built_site_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A link to nowhere, a missing anchor, a script of another host, a list that is none."""
    html, markdown = tmp_path_factory.mktemp("html"), tmp_path_factory.mktemp("markdown")
    (markdown / "a.md").write_text("- one\n- two\n", encoding="utf-8")
    (html / "a.html").write_text(
        '<script src="https://example.com/x.js"></script><article><a href="b.html">b</a>'
        '<a href="#c">c</a><a id="d" href="#d">d</a><p>- one - two</p></article>',
        encoding="utf-8",
    )
    assert list(problems(html, markdown)) == [
        "a.html: fetches https://example.com/x.js",
        "a.html: b.html leads nowhere",
        "a.html: #c leads nowhere",
        "a.html: 0 <li> of 2 that its source has",
    ]
    assert list(differences(Page("<article><li>a</li></article>"), "- a")) == []


@pytest.mark.skipif(not PYTHON.exists(), reason="Zensical is not there; `make docs` installs it")
def test_the_site_is_built_without_a_warning() -> None:
    """As `make docs` builds it."""
    lay_out()
    assert build(output=subprocess.DEVNULL) == 0
    assert list(problems(SITE / "html", SITE / "pages")) == []
