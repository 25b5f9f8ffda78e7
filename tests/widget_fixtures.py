"""Fixtures for widgets in a real browser; use them with ``pytest_plugins = ["widget_fixtures"]``."""

import contextlib
import json

import pytest
from widget_harness import html_of, page_with, served, strict_page

# A model as anywidget hands it to a view, with a record of what a kernel would receive.
KERNEL = """
const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
const { default: widget } = await import(url);
const state = STATE, listeners = new Map(), log = [];
const model = {
  get: (name) => state[name],
  set: (name, value) => { log.push(["set", name, value]); state[name] = value; fire(name); },
  save_changes: () => log.push(["save_changes"]),
  on: (events, listener) => events.split(" ").forEach((event) => {
    listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  }),
  off: (events, listener) => events.split(" ").forEach((event) => {
    listeners.set(event, (listeners.get(event) ?? []).filter((other) => other !== listener));
  }),
};
const fire = (name) => (listeners.get(`change:${name}`) ?? []).forEach((listener) => listener());
const el = document.querySelector("main").appendChild(document.createElement("div"));
const stop = await widget.render({ model, el });
globalThis.kernel = { log, model, stop, el, listening: () => [...listeners.values()].flat().length,
  receive: (name, value) => { state[name] = value; fire(name); } };
"""


@pytest.fixture
def widget_page(request, browser, tmp_path):
    """A function (*widgets or element texts, **context options) → an open page, from a file.

    With the mark ``both_ways`` the test runs twice, from a file and over http.
    """
    with contextlib.ExitStack() as stack:
        way = getattr(request, "param", "file")
        base = stack.enter_context(served(tmp_path)) if way == "http" else tmp_path.as_uri()

        def open_page(*widgets, **options):
            elements = [widget if isinstance(widget, str) else html_of(widget) for widget in widgets]
            tags = tuple(dict.fromkeys(element[1:].split()[0] for element in elements))
            (tmp_path / "page.html").write_text(page_with(*elements, tags=tags), encoding="utf-8")
            page = stack.enter_context(strict_page(browser, base, **options))
            page.goto(f"{base}/page.html")
            page.locator(".cnnw").first.wait_for()
            return page

        yield open_page


@pytest.fixture
def kernel_page(browser, tmp_path):
    """A function (widget) → a page where the module runs on a stand-in for anywidget's model, as `kernel`."""
    with contextlib.ExitStack() as stack:

        def open_page(widget):
            (tmp_path / "page.html").write_text(page_with(tags=()), encoding="utf-8")
            page = stack.enter_context(strict_page(browser, tmp_path.as_uri()))
            page.goto(f"{tmp_path.as_uri()}/page.html")
            state = widget.get_state(widget.state_names())
            source = json.dumps(str(widget._esm))
            script = KERNEL.replace("SOURCE", source).replace("STATE", json.dumps(state))
            page.evaluate(f"async () => {{{script}}}")
            return page

        yield open_page
