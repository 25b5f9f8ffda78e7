"""What every page of the book must keep. A test file names its pages and takes these claims over.

surveyed = survey_of(CHAPTERS)

class TestChapter(PageClaims):
    pass
"""

import re

import pytest
from conftest import BOOK
from page_survey import PAINT_MS, Survey, to_ask

OWN_BYTES, PICTURE_BYTES, REQUESTS = 1_200_000, 3_000_000, 60
SCRIPT = re.compile(r"<script[^>]*\ssrc=[^>]*>")
FILE_NAME = re.compile(r"\S+\.(png|jpe?g|svg|gif|webp)$", re.IGNORECASE)
SAYS_NOTHING = re.compile(r"(an? |the )?(image|picture|figure|plot|photo|screenshot|output)( of)?\W*$", re.IGNORECASE)
LEAST_WORDS, LEAST_SHARED = 6, 3


def survey_of(paths: list[str]):
    """A fixture that visits each of these pages once, for all claims."""

    @pytest.fixture(scope="module", params=to_ask(paths))
    def surveyed(request, survey_page, book_over_http):
        return Survey(survey_page, book_over_http, request.param)

    return surveyed


def alt_problem(alt: str, shared: list[str]) -> str:
    """What keeps an alternative text from saying what its figure shows, or "".

    Words alone can be any: so it must also share some with the section that the figure stands in.
    """
    if FILE_NAME.match(alt.strip()):
        return "it is the name of a file"
    if SAYS_NOTHING.match(alt.strip()):
        return "it says only that there is a figure"
    if len(alt.split()) < LEAST_WORDS:
        return f"expected a sentence of at least {LEAST_WORDS} words"
    if len(shared) < LEAST_SHARED:
        return f"of its words, the text around it has only {shared}: what does it have to do with it?"
    return ""


def jumps(levels: list[int]) -> list[tuple[int, int]]:
    """The places where a heading lies more than one level below the one before it."""
    return [(one, other) for one, other in zip(levels, levels[1:], strict=False) if other > one + 1]


@pytest.mark.browser
class PageClaims:
    """Each method is a claim on a surveyed page."""

    def test_page_has_a_title_a_language_and_landmarks(self, surveyed):
        head = surveyed.head
        assert head["title"] and head["language"] == "en" and head["mains"] == 1
        assert all(head["navigations"]) and len(set(head["navigations"])) == len(head["navigations"])
        assert all(head["windows"])

    def test_what_is_in_korean_says_so(self, surveyed):
        assert surveyed.head["korean"] == []

    def test_page_is_whole(self, surveyed):
        assert surveyed.head["broken"] == [] and surveyed.head["faults"] == []

    def test_every_picture_keeps_its_shape(self, surveyed):
        assert surveyed.distorted == []

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_page_has_no_barrier_that_axe_knows(self, surveyed, theme):
        assert surveyed.violations[theme] == []

    def test_headings_come_in_the_order_of_sight_without_jumps(self, surveyed):
        levels = [level for level, _, _ in surveyed.headings]
        heights = [top for _, _, top in surveyed.headings]
        assert levels.count(1) == 1 and levels[0] == 1
        assert jumps(levels) == [] and heights == sorted(heights)
        assert all(words for _, words, _ in surveyed.headings)

    def test_every_figure_says_what_it_shows(self, surveyed):
        problems = {alt: alt_problem(alt, shared) for alt, _, shared in surveyed.figures}
        assert {alt: problem for alt, problem in problems.items() if problem} == {}
        assert len(problems) == len({source for _, source, _ in surveyed.figures}), "two figures share a text"

    def test_keyboard_skips_to_the_text(self, surveyed):
        assert surveyed.skipping == [True, True]

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_focus_is_seen_wherever_it_goes(self, surveyed, theme):
        assert surveyed.unmarked[theme]["stops"] > 10
        assert surveyed.unmarked[theme]["faults"] == []

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_link_under_the_mouse_can_be_read(self, surveyed, theme):
        assert surveyed.hovered[theme] is None or surveyed.hovered[theme] >= 4.5

    def test_nothing_moves_for_who_asked_for_less_motion(self, surveyed):
        assert surveyed.moving == []

    def test_page_fits_a_phone(self, surveyed):
        excess, elements = surveyed.beyond
        assert excess <= 0, f"scrolls sideways by {excess} px at 390 px: {elements}"

    def test_keyboard_reaches_every_formula_that_scrolls(self, surveyed):
        assert surveyed.unreached == []

    def test_page_is_light(self, surveyed):
        weight = surveyed.weight
        assert weight["theme"] > 100_000, "the theme's files are not where they are looked for"
        assert weight["own"] <= OWN_BYTES and weight["pictures"] <= PICTURE_BYTES and weight["requests"] <= REQUESTS

    def test_no_script_keeps_the_text_waiting(self, surveyed):
        page = (BOOK / surveyed.path).read_text(encoding="utf-8")
        waited_for = [tag for tag in SCRIPT.findall(page) if not re.search(r"\b(defer|async|type=.module)\b", tag)]
        assert [tag for tag in waited_for if "documentation_options.js" not in tag] == []

    def test_page_is_painted_in_time(self, surveyed):
        assert min(surveyed.paints) < PAINT_MS
