"""What the PDF and the EPUB share: the pages in reading order, opened in a browser and made ready for paper.

The built book in _build/html is the one source of both. A page is opened as a reader would open it, so formulas are
typeset and widgets live; tools/paper/paper.js then takes the site away and unfolds what a click would unfold.
"""

import functools
import hashlib
import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple

import yaml
from machine import ROOT, find_chromium
from playwright.sync_api import BrowserContext, Page, sync_playwright
from records import read_record, write_record, write_whole

HTML = ROOT / "_build" / "html"
BOOK_STAMP = ROOT / "_build" / "book.sha256"
PAPER = ROOT / "tools" / "paper"
VENDOR = ROOT / "_build" / "vendor"
AT_ONCE = 2
SHEET = {"width": 605, "height": 900}  # the text on A4: what is drawn wider is shrunk, its letters with it
PAGE_SECONDS = 120  # a page takes a few; a machine under load takes its time
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"
STYLES = {  # the weights that the styles use, by npm package
    "source-serif-4": ("400", "400-italic", "600", "600-italic"),
    "source-sans-3": ("400", "400-italic", "600"),
    "source-code-pro": ("400", "400-italic", "600"),
    "gowun-dodum": ("400",),  # Korean
}


class EditionError(Exception):
    """An edition that cannot be made; the message says what was expected, what came, and what to do."""


class Part(NamedTuple):
    """A part of the book: its title, and its pages as paths without suffix, such as "notebooks/02_convolution"."""

    title: str
    pages: list[str]


def parts() -> list[Part]:
    """The parts of _toc.yml in order, before them one without a title: the page that welcomes the reader."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = [Part(part["caption"], [chapter["file"] for chapter in part["chapters"]]) for part in toc["parts"]]
    return [Part("", [toc["root"]]), *named]


def pages() -> list[str]:
    """All pages in reading order."""
    return [page for part in parts() for page in part.pages]


def facts() -> dict[str, str]:
    """Title, author and address from _config.yml, and the version of the package."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return {
        "title": config["title"],
        "author": config["author"],
        "address": config["repository"]["url"],
        "version": re.search(r'^version = "(.+)"', project, re.MULTILINE)[1],
        "about": re.search(r'^description = "(.+)"', project, re.MULTILINE)[1],
    }


def fingerprint() -> str:
    """A fingerprint of the built book and of the tools that make an edition of it."""
    if not BOOK_STAMP.exists():
        raise EditionError(f"expected a built book in {HTML.relative_to(ROOT)}, found none. Run `make book` first.")
    files = [BOOK_STAMP, *sorted((ROOT / "tools").rglob("*.*")), *sorted(VENDOR.glob("*/package.json"))]
    key = hashlib.sha256()
    for file in files:
        if file.suffix != ".pyc":
            key.update(f"{file.name}\0".encode() + file.read_bytes())
    return key.hexdigest()


def is_current(target: Path, key: str) -> bool:
    """Whether the edition is there and was made from just this book by these tools."""
    return target.exists() and read_record(target.with_suffix(f"{target.suffix}.json")) == key


def keep(target: Path, content: bytes, key: str) -> None:
    """Write the edition, whole or not at all, and remember what it was made from."""
    write_whole(target, content)
    write_record(target.with_suffix(f"{target.suffix}.json"), key)


def in_browsers(work: Callable[[BrowserContext, Any], Any], items: list, **context: Any) -> list:
    """Call `work` for every item, in two browsers at once; return the results in order.

    Args:
        work: takes a browser's context and an item.
        items: what there is to do, the longest first if their lengths differ much.
        context: how the browser presents itself, such as `device_scale_factor=2`.
    """
    queue: Queue = Queue()
    for number, item in enumerate(items):
        queue.put((number, item))
    results: list[Any] = [None] * len(items)

    def one_browser() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*QUIET, OFFLINE])
            window = browser.new_context(color_scheme="light", **context)
            window.set_default_timeout(1000 * PAGE_SECONDS)
            try:
                while True:
                    number, item = queue.get_nowait()
                    results[number] = work(window, item)
            except Empty:
                browser.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for running in [pool.submit(one_browser) for _ in range(min(AT_ONCE, len(items)))]:
            running.result()
    return results


def opened(window: BrowserContext, name: str) -> tuple[Page, list[dict]]:
    """A page of the built book made ready for paper, and its titles with level and place."""
    page = window.new_page()
    page.set_viewport_size(SHEET)
    page.goto((HTML / f"{name}.html").as_uri())
    page.emulate_media(media="print")
    page.add_script_tag(path=PAPER / "paper.js")
    page.add_style_tag(content=style())
    return page, page.evaluate("([own, pages]) => prepare(own, pages)", [name, pages()])


def laid_out(window: BrowserContext, text: str) -> Page:
    """A page for a text that stands in no built page, in the fonts and the look of paper."""
    page = window.new_page()
    page.goto((PAPER / "cover.html").as_uri())  # a page from a file may use fonts from files
    page.set_content(text)
    page.add_style_tag(content=style())
    page.evaluate("document.fonts.ready")
    return page


def cover() -> str:
    """The cover, the same on the PDF's first page and in the e-book."""
    logo = (ROOT / "book" / "_static" / "logo.svg").read_text(encoding="utf-8")
    known = {name: html.escape(text) for name, text in facts().items()}
    return (PAPER / "cover.html").read_text(encoding="utf-8").format(logo=logo, **known)


@functools.cache
def style() -> str:
    """The fonts and the look of paper as one style sheet."""
    sheets = []
    for font, styles in STYLES.items():
        folders = sorted(VENDOR.glob(f"fontsource-{font}-*"))
        if not folders:
            raise EditionError(f"expected the font {font} in {VENDOR.relative_to(ROOT)}, found none. Run `make pdf`.")
        for name in styles:
            sheet = (folders[-1] / f"{name}.css").read_text(encoding="utf-8")
            sheets.append(sheet.replace("url(./", f"url({folders[-1].as_uri()}/"))
    return "\n".join([*sheets, (PAPER / "paper.css").read_text(encoding="utf-8")])
