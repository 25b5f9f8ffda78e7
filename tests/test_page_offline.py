"""Pages of the built book opened from the disk with the network shut: whole, and silent in the console."""

import re

import pytest
from page_survey import PAGES, questions, to_ask
from playwright.sync_api import expect

from cnn_lessons.widgets import MODULES

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("book_url", ["file"], indirect=True)]
STEP_MS = 16  # a step of a widget fits between two pictures of the screen, on a machine where the
RULER_MS = 10  # ruler of page_survey.js takes as long; on a slower or busy one it may take as much longer
SETTLED = "() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready])"
UNSEEN = "widgets => widgets.filter((w) => w.getBoundingClientRect().height < 100).map((w) => w.localName)"
BROKEN = "images => images.filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src)"


@pytest.mark.parametrize("path", to_ask(PAGES))
def test_page_is_whole_and_asks_for_nothing(watched_page, path):
    watched_page.goto(f"{watched_page.book}/{path}")
    watched_page.evaluate(SETTLED)
    assert watched_page.locator("h1:visible").count() == 1  # the theme hides another, for print
    assert watched_page.locator("img:visible").evaluate_all(BROKEN) == []
    assert watched_page.locator("mjx-merror").count() == 0
    assert watched_page.locator(".math:visible").count() <= watched_page.locator("mjx-container").count()
    widgets = watched_page.locator(", ".join(MODULES))
    assert widgets.evaluate_all(UNSEEN) == []
    if widgets.count():
        watched_page.evaluate(questions())
        times = watched_page.evaluate("(tags) => survey.steps(tags)", list(MODULES))
        assert len(times) > 3 * widgets.count()
        assert [step for step in times if step[0] >= STEP_MS * max(1, step[1] / RULER_MS)] == []


def test_search_finds_a_word_and_opens_what_it_found(watched_page):
    """By keyboard, from a chapter: Ctrl+K, a word, Enter; then the first result."""
    watched_page.goto(f"{watched_page.book}/notebooks/02_convolution.html")
    watched_page.keyboard.press("Control+k")
    watched_page.keyboard.type("stride")
    watched_page.keyboard.press("Enter")
    hits = watched_page.locator("#search-results li a")
    expect(hits.first).to_have_attribute("href", re.compile("03_arithmetic_of_shapes"))
    hits.first.focus()
    watched_page.keyboard.press("Enter")
    watched_page.wait_for_url("**/03_arithmetic_of_shapes.html*")
    assert "stride" in watched_page.locator("article").first.inner_text().lower()
