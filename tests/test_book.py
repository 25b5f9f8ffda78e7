"""The built book in a real browser, from a server, with the network shut: what pages offer.

From plain files test_page_offline.py opens its pages.
"""

import re

import pytest
from address import published

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("book_url", ["http", "file"], indirect=True)
def test_index_leads_to_the_welcome_page(watched_page):
    watched_page.goto(f"{watched_page.book}/index.html")
    watched_page.wait_for_url("**/book/welcome.html")


def test_formulas_are_typeset_from_the_book_itself(watched_page):
    watched_page.goto(f"{watched_page.book}/book/notation.html")
    watched_page.locator("mjx-container").first.wait_for()
    assert watched_page.locator("mjx-container").count() > 10


def test_search_finds_a_word(watched_page):
    watched_page.goto(f"{watched_page.book}/search.html?q=stride")
    watched_page.locator("#search-results li a[href*='03_arithmetic_of_shapes']").first.wait_for()


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


def test_no_docstring_is_torn_at_a_colon(watched_page):
    """Before a colon in the first line of a result the reference expects a type, and prints it as one, last."""
    watched_page.goto(f"{watched_page.book}/book/api.html")
    pairs = "dts => dts.map(dt => [dt.textContent, dt.nextElementSibling.textContent.trim()])"
    fields = watched_page.locator("dt[class^=field]").evaluate_all(pairs)
    assert sum(name == "Returns:" for name, _ in fields) > 30
    types = re.compile(r"(?!.*\w \w)(cnn_lessons|float|str|int|bool|tuple|list|dict)\b.*")
    torn = [text for name, text in fields if name == "Return type:" or name == "Type:" and not types.fullmatch(text)]
    assert torn == []
