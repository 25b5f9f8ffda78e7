"""The chapters of the built book by keyboard, screen reader, phone and clock."""

import machine
import pytest
from page_claims import PageClaims, survey_of
from page_survey import CHAPTERS

surveyed = survey_of(CHAPTERS)


class TestChapter(PageClaims):
    def test_chapter_has_figures_and_links_to_judge(self, surveyed):
        assert surveyed.figures and all(surveyed.hovered.values())


@pytest.mark.browser
def test_no_chapter_is_left_out():
    assert len(CHAPTERS) == len(list((machine.ROOT / "notebooks").glob("[0-9]*.ipynb"))) >= 12
