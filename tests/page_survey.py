"""One visit to a page of the built book in a browser, and all that it tells: `Survey`. Claims are in page_claims."""

import functools
import re
from pathlib import Path

import machine
import pytest
from conftest import BOOK

NOT_PAGES = ("_static/", "index.html")  # the theme's fragments, and the redirect to the first page
PAGES = sorted(
    str(path.relative_to(BOOK))
    for path in BOOK.rglob("*.html")
    if not str(path.relative_to(BOOK)).startswith(NOT_PAGES)
)
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
LISTINGS = [page for page in PAGES if page.startswith("_modules/cnn_lessons/")]
NO_BOOK = "no book"  # in place of its pages
LONGEST = max(LISTINGS, key=lambda page: (BOOK / page).stat().st_size, default=None)

BY_COLOUR = ["color-contrast", "link-in-text-block"]  # the rules whose answer depends on light and dark
THEME = re.compile(r"_static/(scripts/(bootstrap|pydata|sphinx-book)|styles/(theme|pydata|sphinx-book))")
PICTURES = (".png", ".svg", ".jpg", ".gif", ".webp")
PAINT_MS = 1500
LOADS = 6  # the best of so many loads: other programs on the machine make a single one slow


def to_ask(pages: list[str]) -> list:
    """These pages as parameters of a test, which the mark `browser` skips where there are none yet.

    The listings of the package are many and made alike: the longest one stands for them, `--run slow` asks all.
    """
    return [
        pytest.param(page, marks=pytest.mark.slow) if page in LISTINGS and page != LONGEST else page for page in pages
    ] or [NO_BOOK]


def questions() -> str:
    """The script that defines `survey`."""
    return Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


@functools.cache
def axe() -> str:
    """The script that defines `axe`."""
    script = next(machine.ROOT.glob("_build/vendor/axe-core-*/axe.min.js"), None)
    assert script, "expected axe-core in _build/vendor, found none: `make test` fetches it"
    return script.read_text(encoding="utf-8")


def weigh(base: str, loaded: dict) -> dict[str, float]:
    """The requests of a page and its bytes after unpacking: pictures, script and style, of which the theme's own."""
    paths = [address.removeprefix(f"{base}/").partition("?")[0] for address in loaded["addresses"]]
    sizes = {path: (BOOK / path).stat().st_size for path in paths}
    code = {path: size for path, size in sizes.items() if path.endswith((".js", ".css"))}
    theme = sum(size for path, size in code.items() if THEME.match(path))
    pictures = sum(size for path, size in sizes.items() if path.endswith(PICTURES))
    return {
        "requests": len(paths) + 1,
        "pictures": pictures + loaded["pictures"],
        "theme": theme,
        "own": sum(code.values()) - theme + loaded["inline"],
    }


class Survey:
    """What a page told, in the order in which it was asked: wide, on a phone, wide again in light and in dark."""

    def __init__(self, page, base: str, path: str):
        self.page, self.path = page, path
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size({"width": 1280, "height": 900})
        self.paints = []
        while not self.paints or (min(self.paints) >= PAINT_MS and len(self.paints) < LOADS):
            page.goto("about:blank")
            page.goto(f"{base}/{path}")
            page.evaluate(questions())
            self.paints.append(self.ask("paint()"))
        self.ask("settled()")
        self.weight = weigh(base, self.ask("loaded()"))
        self.head, self.headings, self.figures = self.ask("head()"), self.ask("headings()"), self.ask("figures()")
        self.moving, self.distorted = self.ask("moving()"), self.ask("distorted()")
        self.skipping = self.skip()
        page.set_viewport_size({"width": 390, "height": 844})
        self.beyond, self.unreached = self.ask("beyond()"), self.ask("unreached()")
        self.distorted += self.ask("distorted()")
        page.set_viewport_size({"width": 1280, "height": 900})
        self.ask("unfold()")
        self.ask("thin()")
        self.ask("stops()")
        page.evaluate(axe())
        self.violations, self.unmarked, self.hovered = {}, {}, {}
        self.look("light")
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        self.look("dark", only=BY_COLOUR)

    def look(self, theme: str, only: list[str] | None = None) -> None:
        """Ask axe, go round all stops of the keyboard, and look at a link as it is under the mouse."""
        self.violations[theme] = self.ask("axe(only)", only=only)
        self.unmarked[theme] = self.ask("unmarked()")
        links = self.page.locator("article a[href]:visible", has_text=re.compile(r"\w"))
        self.hovered[theme] = None
        if links.count():  # a page may have none
            links.first.hover(timeout=5_000)
            self.hovered[theme] = self.ask("hovered()")

    def ask(self, question: str, **words):
        """Call a function of page_survey.js; `words` are names that the question uses."""
        names = ", ".join(words)
        return self.page.evaluate(f"({{ {names} }}) => survey.{question}", words)

    def skip(self) -> list[bool]:
        """Whether the first Tab shows a link on top of the page, and the next stop after it lies in the text."""
        self.page.keyboard.press("Tab")
        shown = "() => document.activeElement.closest('.skip-link') && survey.onTop(document.activeElement)"
        first = self.page.evaluate(shown)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        second = self.page.evaluate("() => Boolean(document.activeElement.closest('main'))")
        self.page.evaluate("() => document.activeElement.blur()")  # some buttons show a hint while they have the focus
        return [bool(first), second]
