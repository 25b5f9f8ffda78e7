"""The files of the built book on the disk: nothing idle, each page says what it is, and pictures keep their place."""

import re
from functools import cache

import pytest
import reading
from bs4 import BeautifulSoup
from conftest import BOOK
from PIL import Image

pytestmark = pytest.mark.browser  # the mark of what needs the built book
PAGES = [f"{page}.html" for page in reading.pages()]


@cache
def parsed(page: str) -> BeautifulSoup:
    return BeautifulSoup((BOOK / page).read_text(encoding="utf-8"), "html.parser")


def test_no_file_is_idle():
    files = [path.name for path in BOOK.rglob("*")]
    assert [name for name in files if name.endswith((".map", ".ttf")) or name == "fontawesome.js"] == []
    assert sum(name.startswith("fa-") and name.endswith(".woff2") for name in files) == 3, "the icons' fonts"
    assert [page for page in PAGES if parsed(page).select("script[src*=fontawesome]")] == []


def test_pictures_keep_their_place_before_they_come():
    pictures = [(page, img) for page in PAGES for img in parsed(page).select('article img[src*="_images/"]')]
    assert len(pictures) > 50
    for page, img in pictures:
        with Image.open((BOOK / page).parent / img["src"]) as picture:
            assert picture.size == (int(img["width"]), int(img["height"])), (page, img["src"])


def test_number_and_its_per_cent_stay_on_one_line():
    for page in PAGES:
        texts = [
            text
            for text in parsed(page).article.find_all(string=True)
            if not text.find_parent(["pre", "code", "script", "summary"])
        ]
        assert [text for text in texts if re.search(r"\d %|^ %", text)] == [], page
    assert re.search("\\d\N{NO-BREAK SPACE}%", parsed("book/results.html").article.get_text())


@pytest.mark.parametrize("page", PAGES)
def test_page_says_what_it_is_where_it_is_linked(page):
    tags = {tag.get("name") or tag["property"]: tag["content"] for tag in parsed(page).head.select("meta[content]")}
    assert 30 < len(tags["description"]) <= 200 and "<" not in tags["description"]
    assert tags["og:description"] == tags["description"]
    assert parsed(page).h1.get_text().startswith(tags["og:title"])


def test_way_in_has_a_title_and_a_link():
    page = parsed("index.html")
    assert page.title.string == "CNN Lessons" and (BOOK / page.a["href"]).is_file()
