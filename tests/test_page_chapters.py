"""The chapters of the built book by keyboard, screen reader, phone and clock."""

import pytest
from page_claims import PageClaims, survey_of
from page_survey import CHAPTERS

surveyed = survey_of(CHAPTERS)


class TestChapter(PageClaims):
    pass


@pytest.mark.browser
def test_no_chapter_is_left_out():
    assert len(CHAPTERS) == 12
