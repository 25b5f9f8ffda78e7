"""What the widget tests stand on: Node for their arithmetic, and pages that hold them."""

import contextlib
import functools
import http.server
import json
import re
import subprocess
import threading

import machine
import pytest

from cnn_lessons.widgets import module_source

# JSON has no infinities: both sides write −Infinity as "-inf".
RUNNER = """
import * as widget from "./widget.mjs";
import { createInterface } from "node:readline";
const write = (key, value) => (value === -Infinity ? "-inf" : value);
for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: name === "defaults" ? widget.DEFAULTS : widget[name](...args) };
  } catch (error) {
    answer = { error: error.name, message: error.message };
  }
  console.log(JSON.stringify(answer, write));
}
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Widgets</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ margin: 1rem; font-family: sans-serif }}</style></head>
<body><button id="before">before</button><main>{elements}</main><button id="after">after</button>
{scripts}</body></html>
"""

# The colours behind an element's text and of the text, as they come out on white.
PAINT = """node => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const paint = (colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const papers = ["white"];
  for (let part = node; part; part = part.parentElement)
    papers.splice(1, 0, getComputedStyle(part).backgroundColor);
  return [papers.map(paint).at(-1), paint(getComputedStyle(node).color)];
}"""

LISTEN = """live => {
  globalThis.said = [];
  const note = () => said.push(live.textContent.trim());
  new MutationObserver(note).observe(live, { childList: true, subtree: true });
}"""
OUTLINED = """() => [document.activeElement, document.activeElement.closest('.cnnw-segments')]
  .some(node => node && getComputedStyle(node).outlineStyle !== 'none')"""
IN_ONE_GO = """async ([key, times]) => {
  for (let i = 0; i < times; i++) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((drawn) => queueMicrotask(() => queueMicrotask(drawn)));
  }
}"""

both_ways = pytest.mark.parametrize("widget_page", ["http", "file"], indirect=True)


def run_in_node(tag: str, cases: list[dict], folder) -> list[dict]:
    """Call exported functions of a widget's module, one {"name", "args"} a line, in a single Node process."""
    node = machine.find_node()
    if node is None:
        pytest.skip("no Node on this machine: `make test` installs one")
    (folder / "widget.mjs").write_text(module_source(tag), encoding="utf-8")
    (folder / "run.mjs").write_text(RUNNER, encoding="utf-8")
    lines = "\n".join(json.dumps(case) for case in cases)
    command = [str(node / "node"), str(folder / "run.mjs")]
    done = subprocess.run(command, input=lines, text=True, encoding="utf-8", capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def ask_node(tag: str, name: str, calls: list, folder) -> list:
    """What an exported function of a widget's module gives for each list of arguments; none may be an error."""
    answers = run_in_node(tag, [{"name": name, "args": arguments} for arguments in calls], folder)
    assert all("value" in answer for answer in answers), [answer for answer in answers if "value" not in answer]
    return [answer["value"] for answer in answers]


def html_of(widget) -> str:
    """The element that a page without a kernel shows."""
    return widget._repr_mimebundle_()[0]["text/html"]


def page_with(*elements: str, tags: tuple[str, ...]) -> str:
    """A page that holds these elements and the modules of these tags, inline as in the book."""
    scripts = "".join(f'<script type="module">{module_source(tag)}</script>' for tag in tags)
    return PAGE.format(elements="<p>text between</p>".join(elements), scripts=scripts)


@contextlib.contextmanager
def served(folder):
    """The folder under an address of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def strict_page(browser, base: str, **options):
    """A page that fails the test on a request beyond ``base``, a failed one, or an error in the page."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults = []
    page.route(
        lambda url: not url.startswith((base, "data:", "blob:")),
        lambda route: (faults.append(f"request to {route.request.url}"), route.abort()),
    )
    page.on("pageerror", lambda error: faults.append(f"error {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed {request.url}"))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not faults, faults


def status(page):
    """Where a widget says to a screen reader what changed."""
    return page.get_by_role("status")


def grid(page, name: str):
    """The grid of numbers whose label begins with this name."""
    return page.get_by_role("grid", name=re.compile(f"^{name}"))


def cell(page, name: str, row: int, col: int):
    """A cell of a grid, rows and columns from 0, padding included."""
    return grid(page, name).get_by_role("row").nth(row).get_by_role("gridcell").nth(col)


def values(page, name: str) -> list[list[str]]:
    """The texts of a grid, without the small print in the corners."""
    return grid(page, name).evaluate(
        "grid => [...grid.children].map(row => [...row.children].map(cell => cell.firstChild.textContent))"
    )


def listen_to(place) -> None:
    """Note from now on what this place says; `said_in` gives it."""
    place.evaluate(LISTEN)


def said_in(page) -> list[str]:
    """What was said since `listen_to`."""
    return page.evaluate("said")


def press_in_one_go(page, key: str, times: int) -> None:
    """Press a key so often that all of it falls between two pictures of the screen."""
    page.evaluate(IN_ONE_GO, [key, times])


def stops_of_tab(page) -> list[str]:
    """What Tab stops at between the button before and the one after; each stop shows that it has the focus."""
    page.locator("#before").focus()
    stops = []
    while len(stops) < 60:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "after":
            return stops
        stops.append(page.evaluate("document.activeElement.type || document.activeElement.tagName"))
        assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"expected Tab to leave the widget, got {stops}")


def contrast(a: list[float], b: list[float]) -> float:
    """WCAG's contrast of two colours, 1 to 21."""

    def light(pixel):
        parts = [x / 255 / 12.92 if x / 255 <= 0.04045 else ((x / 255 + 0.055) / 1.055) ** 2.4 for x in pixel]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    low, high = sorted([light(a), light(b)])
    return (high + 0.05) / (low + 0.05)


def text_contrast(node) -> float:
    """The contrast of an element's text with what is painted behind it, see-through colours included."""
    return contrast(*node.evaluate(PAINT))


def overflow_of(page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
