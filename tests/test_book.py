"""The built book in a real browser: every page, from a server and from plain files, with the network shut."""

import pytest
from address import published
from conftest import BOOK

from cnn_lessons.widgets import MODULES

pytestmark = pytest.mark.browser

NOT_PAGES = ("_static/", "index.html")  # the theme's fragments, and the redirect to the first page
PAGES = sorted(
    str(path.relative_to(BOOK))
    for path in BOOK.rglob("*.html")
    if not str(path.relative_to(BOOK)).startswith(NOT_PAGES)
)
ALIKE = [page for page in PAGES if page.startswith(("_modules/", "book/ko/"))]  # listings, summaries in Korean
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const beyond = (e) => e.getBoundingClientRect().right > width + 1;
  const wide = [...document.querySelectorAll("body *")].filter(beyond).slice(0, 5);
  return [document.documentElement.scrollWidth - width, wide.map((e) => e.outerHTML.slice(0, 80))];
}"""
BARE_IMAGES = "images => images.filter((i) => !(i.alt || '').trim()).map((i) => i.outerHTML.slice(0, 120))"
WIDGETS = ", ".join(MODULES)
UNSEEN = "widgets => widgets.filter((w) => w.getBoundingClientRect().height < 100).map((w) => w.localName)"
SETTLED = "() => Promise.all([window.MathJax?.startup?.promise, document.fonts.ready])"
BROKEN_IMAGES = "images => images.filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src)"


def test_book_has_all_pages():
    for page in ("book/welcome.html", "notebooks/01_images_as_tensors.html", "search.html"):
        assert page in PAGES


@pytest.mark.parametrize("path", [page for page in PAGES if page not in ALIKE])
def test_page_is_whole_and_asks_for_nothing(watched_page, path):
    check_page(watched_page, path)


@pytest.mark.parametrize("book_url", ["file"], indirect=True)  # many of one kind: where more can go wrong
@pytest.mark.parametrize("path", ALIKE)
def test_page_of_many_is_whole_and_asks_for_nothing(watched_page, path):
    check_page(watched_page, path)


def check_page(watched_page, path):
    watched_page.goto(f"{watched_page.book}/{path}")
    watched_page.evaluate(SETTLED)
    assert watched_page.title().strip()
    assert watched_page.locator("h1:visible").count() == 1  # the theme hides another, for print
    assert watched_page.locator("img").evaluate_all(BARE_IMAGES) == []
    assert watched_page.locator("img:visible").evaluate_all(BROKEN_IMAGES) == []
    assert watched_page.locator("mjx-merror").count() == 0
    assert watched_page.locator(WIDGETS).evaluate_all(UNSEEN) == []
    watched_page.set_viewport_size({"width": 390, "height": 844})
    excess, elements = watched_page.evaluate(OVERFLOW)
    assert excess <= 0, f"scrolls sideways by {excess} px at 390 px: {elements}"


def test_index_leads_to_the_welcome_page(watched_page):
    watched_page.goto(f"{watched_page.book}/index.html")
    watched_page.wait_for_url("**/book/welcome.html")


def test_formulas_are_typeset_from_the_book_itself(watched_page):
    watched_page.goto(f"{watched_page.book}/book/notation.html")
    watched_page.locator("mjx-container").first.wait_for()
    assert watched_page.locator("mjx-container").count() > 10


def test_search_finds_a_word(watched_page):
    watched_page.goto(f"{watched_page.book}/search.html?q=stride")
    hits = watched_page.locator("#search-results li a")
    hits.first.wait_for()
    watched_page.wait_for_load_state("networkidle")
    assert any("03_arithmetic_of_shapes" in link.get_attribute("href") for link in hits.all())


def test_chapter_offers_colab(watched_page):
    watched_page.goto(f"{watched_page.book}/notebooks/02_convolution.html")
    links = [link.get_attribute("href") for link in watched_page.locator("a[href*='colab']").all()]
    assert links
    assert set(links) == {published().colab("02_convolution.ipynb")}


def test_exercise_has_three_folded_hints_and_a_solution(watched_page):
    watched_page.goto(f"{watched_page.book}/notebooks/03_arithmetic_of_shapes.html")
    answers = watched_page.locator(".answers").first
    assert answers.locator("summary").all_inner_texts() == ["Hint 1", "Hint 2", "Hint 3", "Solution"]
    solution = answers.locator("details").last
    assert not solution.locator(".highlight").is_visible()
    solution.locator("summary").focus()
    watched_page.keyboard.press("Enter")
    assert solution.locator(".highlight .k").first.is_visible()


def test_solutions_page_lists_every_exercise(watched_page):
    from cnn_lessons.exercises import names

    watched_page.goto(f"{watched_page.book}/book/solutions.html")
    for name in names():
        assert watched_page.locator(f"section#solution-{name.replace('_', '-')} details").count() == 4


def test_widget_lives_in_the_page(watched_page):
    watched_page.goto(f"{watched_page.book}/notebooks/02_convolution.html")
    widget = watched_page.locator("cnn-conv").first
    widget.locator("button, input").first.wait_for()
