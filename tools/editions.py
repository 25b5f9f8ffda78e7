"""Makes the PDF and the EPUB of the built book: `python tools/editions.py pdf`, `… epub`, or `… pdf epub`.

Every page is opened once, for all that is asked, and what is already made from this very book is left alone.
"""

import re
import shutil
import sys
import time
from pathlib import Path

import epub
import pdf
from machine import ROOT, say
from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as BrowserError
from reading import HTML, EditionError, fingerprint, in_browsers, is_current, keep, opened, pages

TARGETS = {name: ROOT / "_build" / f"cnn-lessons.{name}" for name in ("pdf", "epub")}
WORDS = {"pdf": "a PDF for paper", "epub": "an EPUB for e-readers"}
PLACE = re.compile(r'(<!-- editions: [^>]* -->)(<p class="take-along">.*?</p>)?')


def main(wanted: list[str]) -> int:
    """Make the editions that are asked for; return the exit code."""
    if not wanted or set(wanted) - set(TARGETS):
        print("usage: python tools/editions.py pdf|epub …", file=sys.stderr)
        return 2
    try:
        key = fingerprint()
        stale = [name for name in wanted if not is_current(TARGETS[name], key)]
        for name in set(wanted) - set(stale):
            say(f"{TARGETS[name].name} is made from this very book already")
        if stale:
            make(stale, key)
        offer(key)
    except (EditionError, ValueError, BrowserError) as error:
        print(f"\nnothing was made: {error}", file=sys.stderr)
        return 1
    return 0


def make(names: list[str], key: str) -> None:
    """Open every page, and make the editions of what they give."""
    start = time.monotonic()
    say(f"opening {len(pages())} pages for {' and '.join(TARGETS[name].name for name in names)}")

    def work(window: BrowserContext, name: str) -> dict:
        page, titles = opened(window, name)
        parts = {edition: EDITIONS[edition].of_page(page, titles) for edition in names}
        page.close()
        return parts

    longest_first = sorted(pages(), key=lambda name: -(HTML / f"{name}.html").stat().st_size)
    done = dict(zip(longest_first, in_browsers(work, longest_first, device_scale_factor=2), strict=True))
    for edition in names:
        keep(TARGETS[edition], EDITIONS[edition].whole({name: done[name][edition] for name in pages()}), key)
        size = TARGETS[edition].stat().st_size / 1e6
        say(f"{path_of(TARGETS[edition])}: {size:.1f} MB ({time.monotonic() - start:.0f} s)")


def offer(key: str) -> None:
    """Put the editions of this very book beside the pages, and link them from the page that welcomes the reader."""
    made = {name: target for name, target in TARGETS.items() if is_current(target, key)}
    for target in made.values():
        shutil.copy2(target, HTML / target.name)
    page = HTML / f"{pages()[0]}.html"
    links = " and ".join(f'<a href="../{made[name].name}">{WORDS[name]}</a>' for name in WORDS if name in made)
    words = f"<strong>Take it with you.</strong> The same book as {links}. Widgets are pictures there."
    text = f'<p class="take-along">{words}</p>'
    old = page.read_text(encoding="utf-8")
    new, count = PLACE.subn(lambda found: f"{found[1]}{text}", old)
    if count != 1:
        raise EditionError(f"expected one place for links in {path_of(page)}, found {count}. See book/welcome.md.")
    if new != old:
        page.write_text(new, encoding="utf-8")


def path_of(target: Path) -> Path:
    """The path as a reader at the terminal types it."""
    return target.relative_to(ROOT)


EDITIONS = {"pdf": pdf, "epub": epub}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
