"""Measure the built book in a browser on this machine: largest contentful paint, weight and requests of its pages.

python tools/bench_pages.py     (after `make book`; `make bench` calls it)

Paint is the best of a few loads over http, the first with an empty cache: other programs only ever make it slower.
"""

import functools
import http.server
import statistics
import sys
import threading

from machine import ROOT, find_chromium
from playwright.sync_api import Page, sync_playwright

BOOK = ROOT / "_build" / "html"
LOADS = 5
PAINT = """() => new Promise((answer) => {
  new PerformanceObserver((list) => answer(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""
FETCHED = """() => {
  const entries = performance.getEntriesByType("resource");
  return [entries.length + 1, entries.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)];
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main() -> int:
    """Measure every page and print a table, the slowest first."""
    if not (BOOK / "index.html").exists():
        print("expected the book in _build/html, found none. Run `make book` first.", file=sys.stderr)
        return 1
    pages = sorted(path for folder in ("book", "notebooks") for path in (BOOK / folder).glob("*.html"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=BOOK))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        print(f"Chromium {browser.version}, 1280×900, best and median of {LOADS} loads over http on this machine")
        rows = []
        for path in pages:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            address = f"http://127.0.0.1:{server.server_port}/{path.relative_to(BOOK)}"
            rows.append((*measure(page, address), str(path.relative_to(BOOK))))
            page.context.close()
        browser.close()
    server.shutdown()
    for best, median, requests, size, name in sorted(rows, reverse=True):
        print(f"  {name:44} {best:5.0f} ms, median {median:5.0f} ms; {requests:3} requests, {size / 1e6:.2f} MB")
    return 0


def measure(page: Page, address: str) -> tuple[float, float, int, int]:
    """Return the best and the median paint in ms, and the requests and bytes of the first load."""
    page.goto(address)
    paints, (requests, size) = [page.evaluate(PAINT)], page.evaluate(FETCHED)
    for _ in range(LOADS - 1):
        page.goto("about:blank")
        page.goto(address)
        paints.append(page.evaluate(PAINT))
    return min(paints), statistics.median(paints), requests, size


if __name__ == "__main__":
    sys.exit(main())
