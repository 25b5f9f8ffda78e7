"""The pages around the chapters by keyboard, screen reader, phone and clock; and what the claims refuse."""

import pytest
from conftest import BOOK
from page_claims import PageClaims, alt_problem, jumps, survey_of
from page_survey import CHAPTERS, PAGES

# The listings of the package are many and made alike: the longest one stands for them, `--run slow` asks all.
LISTINGS = [page for page in PAGES if page.startswith("_modules/cnn_lessons/")]
LONGEST = max(LISTINGS, key=lambda page: (BOOK / page).stat().st_size, default=None)

surveyed = survey_of(
    [
        pytest.param(page, marks=pytest.mark.slow) if page in LISTINGS and page != LONGEST else page
        for page in PAGES
        if page not in CHAPTERS
    ]
)


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


@pytest.mark.browser
def test_book_ships_nothing_of_axe():
    assert [path for path in BOOK.rglob("*") if "axe" in path.name] == []


def test_a_jump_between_headings_is_found():
    assert jumps([1, 2, 3, 2, 3]) == []
    assert jumps([1, 2, 4, 2]) == [(2, 4)]
