"""The pages around the chapters by keyboard, screen reader, phone and clock; and what the claims refuse."""

import re
from types import SimpleNamespace

import machine
import page_markup
import pytest
import reading
from conftest import BOOK
from docutils.core import publish_doctree, publish_from_doctree
from learning_path import WritesMarkdown
from myst_parser.parsers.docutils_ import Parser
from page_claims import PageClaims, alt_problem, jumps, survey_of
from page_survey import CHAPTERS, LISTINGS, PAGES
from playwright.sync_api import expect

surveyed = survey_of([page for page in PAGES if page not in CHAPTERS])


class TestPage(PageClaims):
    pass


@pytest.mark.parametrize(
    ("alt", "shared", "problem"),
    [
        ("images/plot_3.png", ["plot"], "name of a file"),
        ("A figure.", [], "only that there is a figure"),
        ("Loss curves", ["loss", "curves"], "at least 6 words"),
        ("Several coloured lines that go up and down", ["lines"], "what does it have to do with it"),
    ],
)
def test_alternative_text_that_says_nothing_is_refused(alt, shared, problem):
    assert problem in alt_problem(alt, shared)


def test_alternative_text_that_says_something_is_accepted():
    assert alt_problem("Training loss falls from 2.3 to 0.4 in ten epochs", ["training", "loss", "epochs"]) == ""


def test_part_of_the_sidebar_in_korean_says_so():
    caption = '<span class="caption-text">{} · In Korean</span>'
    assert page_markup.mend(caption.format("한국어 요약")) == caption.format('<span lang="ko">한국어 요약</span>')
    assert page_markup.mend(caption.format("Part I")) == caption.format("Part I")


def test_comma_after_a_formula_stays_with_it():
    formula = '<span class="math notranslate nohighlight">\\(H\\)</span>'
    assert page_markup.mend(f"to {formula}, so") == f'to <span class="whole">{formula},</span> so'
    assert page_markup.mend(f"of ({formula}). So") == f'of <span class="whole">({formula}).</span> So'
    assert page_markup.mend(f"of {formula} and") == f"of {formula} and"


def test_table_that_the_book_writes_has_headers_for_its_rows():
    def nested_parse(lines, offset, box):
        box += publish_doctree("\n".join(lines), parser=Parser()).children

    place = SimpleNamespace(state=SimpleNamespace(nested_parse=nested_parse), env=SimpleNamespace(docname="book/any"))
    page = publish_doctree("")
    page += WritesMarkdown.markdown(place, ["| run | loss |", "|---|--:|", "| one | 0.5 |"])
    shown = publish_from_doctree(page, writer_name="html5").decode()
    assert re.search(r'<th class="stub"><p>one</p></th>\s*<td class="text-right"><p>0.5</p></td>', shown)


@pytest.mark.browser
def test_only_a_formula_that_scrolls_is_a_stop_of_the_keyboard(browser):
    script = (machine.ROOT / "book" / "_static" / "formulas.js").read_text(encoding="utf-8")
    box = '<mjx-container display="true" style="display: block; overflow-x: auto">{}</mjx-container>'
    boxes = box.format('<div style="width: 600px">wide</div>') + box.format("narrow")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content(f"{boxes}<script>{script}</script>")
    wide, narrow = page.locator("mjx-container").all()
    expect(wide).to_have_attribute("tabindex", "0")
    expect(page.get_by_role("group", name="Formula, scrolls")).to_have_text("wide")
    expect(narrow).not_to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(wide).not_to_have_attribute("tabindex", "0")
    expect(page.get_by_role("group")).to_have_count(0)
    page.close()


@pytest.mark.browser
def test_pages_are_those_of_the_book():
    made = {"_modules/index.html", "genindex.html", "py-modindex.html", "search.html"}
    assert set(PAGES) - set(LISTINGS) == made | {f"{page}.html" for page in reading.pages()}


@pytest.mark.browser
def test_book_ships_nothing_of_axe():
    assert [path for path in BOOK.rglob("*") if "axe" in path.name] == []


def test_a_jump_between_headings_is_found():
    assert jumps([1, 2, 3, 2, 3]) == []
    assert jumps([1, 2, 4, 2]) == [(2, 4)]
