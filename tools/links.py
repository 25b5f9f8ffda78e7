"""Follows every link of the built book: those inside it always, those to other places where there is a network.

    .venv/bin/python tools/links.py     (or `make links`)

A link inside the book must lead to a file that is there and, behind a #, to an element that is there. A link to
another place is broken if its server says that there is no such page. A server that does not answer, or that does not
let programs in, says nothing about the link: it is listed as not checked. Exit code 1 if a link is broken, 2 if there
is no book.
"""

import html.parser
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from machine import ROOT, say

BOOK = ROOT / "_build" / "html"
FRAGMENTS = "_static"  # the theme keeps pieces of pages there, and links nobody to them
LINKING = {"href": ("a", "area", "link"), "src": ("audio", "embed", "iframe", "img", "script", "source", "video")}
TOP = ("", "top")  # a browser goes to the top of the page, whatever the page holds
GONE = (404, 410)
SECONDS = 10
AT_ONCE = 8
PROGRAM = {"User-Agent": "Mozilla/5.0 (compatible; a link check of CNN Lessons)"}  # some servers refuse Python's own


@dataclass
class Page(html.parser.HTMLParser):
    """What a page offers to links, and where it links to.

    Args:
        names: of the elements that a # may lead to.
        links: addresses as they are written, each once, in order.
    """

    names: set[str] = field(default_factory=set)
    links: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the names and links of one element."""
        for name, value in attrs:
            if name == "id" or (name, tag) == ("name", "a"):
                self.names.add(value or "")
            elif tag in LINKING.get(name, ()):
                self.links[(value or "").strip()] = None


def main() -> int:
    """Check the built book and say what is broken; return the exit code."""
    if not BOOK.joinpath("index.html").exists():
        print(f"links: expected the built book in {BOOK}, found none. Run `make book`.", file=sys.stderr)
        return 2
    pages = read(BOOK)
    broken = list(broken_inside(BOOK, pages))
    say(f"{len(pages)} pages: {len(broken)} links inside the book are broken")
    places = outside(pages)
    gone, unknown = check_outside(places)
    said = f"{len(places)} links to other places: {len(gone)} broken, {len(unknown)} not checked"
    say(said + (", no server answers: is there a network?" if places and len(unknown) == len(places) else ""))
    for line in broken + gone:
        print(f"broken: {line}")
    for line in unknown if len(unknown) < len(places) else []:
        print(f"not checked: {line}")
    return 1 if broken or gone else 0


def read(book: Path) -> dict[str, Page]:
    """Return every page of a built book, by its path in the book."""
    pages = {}
    for path in sorted(book.rglob("*.html")):
        name = path.relative_to(book).as_posix()
        if not name.startswith(FRAGMENTS):
            pages[name] = Page()
            pages[name].feed(path.read_text(encoding="utf-8"))
    return pages


def broken_inside(book: Path, pages: dict[str, Page]) -> Iterator[str]:
    """Yield a line for every link that should stay in the book and leads nowhere."""
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path, anchor = unquote(parts.path), unquote(parts.fragment)
            target = (book / name).parent.joinpath(path).resolve() if path else (book / name).resolve()
            if not target.is_relative_to(book.resolve()):
                yield f"{name} → {link}: leads out of the book"
            elif not target.is_file():
                yield f"{name} → {link}: no such file"
            elif anchor not in TOP and target.suffix == ".html":
                known = pages.get(target.relative_to(book.resolve()).as_posix(), Page())
                if anchor not in known.names:
                    yield f"{name} → {link}: no element is called {anchor!r}"


def outside(pages: dict[str, Page]) -> dict[str, str]:
    """Return the addresses of other places, and the first page that links to each.

    What follows a ? or # is cut off: the button for an issue carries the name of its page there.
    """
    found = {}
    for name, page in pages.items():
        for link in page.links:
            address = link.partition("#")[0].partition("?")[0]
            if urlsplit(address).scheme in ("http", "https"):
                found.setdefault(address, name)
    return found


def check_outside(places: dict[str, str]) -> tuple[list[str], list[str]]:
    """Ask for every address, several at once; return a line for each that is gone, and for each that stays unknown."""
    gone, unknown = [], []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (address, page), said in zip(places.items(), pool.map(answer, places), strict=True):
            if said in GONE:
                gone.append(f"{page} → {address}: the server says {said}")
            elif not isinstance(said, int) or said >= 400:
                unknown.append(f"{page} → {address}: {said}")
    return gone, unknown


def answer(address: str) -> int | str:
    """Return the status that a server gives for an address, or in words why there is none."""
    status: int | str = 0
    for method in ("HEAD", "GET"):  # a few servers know only GET
        try:
            request = urllib.request.Request(address, method=method, headers=PROGRAM)
            with urllib.request.urlopen(request, timeout=SECONDS) as found:
                return found.status
        except urllib.error.HTTPError as error:
            status = error.code
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(getattr(error, "reason", error))
    return status


if __name__ == "__main__":
    sys.exit(main())
