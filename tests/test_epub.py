"""The e-book: passes EPUBCheck without a warning, has every page, and asks for nothing outside itself."""

import re
import zipfile
from functools import cache

import epub
import machine
import pytest
import reading
from bs4 import BeautifulSoup
from conftest import EDITIONS
from test_print import article_of, as_printed

from cnn_lessons.widgets import MODULES

pytestmark = pytest.mark.editions
EPUB = EDITIONS[1]


@cache
def files() -> dict[str, bytes]:
    with zipfile.ZipFile(EPUB) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def chapter(page: str) -> BeautifulSoup:
    return BeautifulSoup(files()[f"book/{epub.file_of(page)}"], "html.parser")


def test_epubcheck_finds_no_error_and_no_warning():
    java, jar = machine.find_java(), machine.find_epubcheck()
    assert java and jar, "run `python3 tools/setup.py test`, which gets EPUBCheck and a Java"
    done = machine.run([java, "-Duser.language=en", "-jar", jar, "--failonwarnings", EPUB], timeout=300)
    assert "0 fatals / 0 errors / 0 warnings" in done.text, done.text
    assert done.code == 0, done.text


def test_reading_order_and_contents_are_those_of_the_book():
    package = files()["book/package.opf"].decode()
    paths = dict(re.findall(r'<item id="([^"]+)" href="([^"]+)"', package))
    order = [paths[ref] for ref in re.findall(r'<itemref idref="([^"]+)"', package)]
    wanted = [epub.file_of(page) for page in reading.pages()]
    assert [file for file in order if file in wanted] == wanted
    assert order[:2] == ["cover.xhtml", "nav.xhtml"]
    listed = [link["href"] for link in BeautifulSoup(files()["book/nav.xhtml"], "html.parser").nav.find_all("a")]
    assert [file for file in listed if file in wanted] == wanted
    assert sum("#" in file for file in listed) > 100


@pytest.mark.parametrize("page", reading.pages())
def test_chapter_has_all_code_formulas_pictures_and_widgets(page):
    for answers in article_of(page).select(".answers") if page.startswith("notebooks/") else []:
        answers.extract()
    assert [pre.get_text() for pre in chapter(page).select("pre")] == [
        as_printed(pre) for pre in article_of(page).select("pre")
    ]
    assert len(chapter(page).select("math[alttext]")) == len(article_of(page).select(".math"))
    widgets = len(article_of(page).find_all(list(MODULES)))
    assert len(chapter(page).select("figure.widget img")) == widgets
    assert len(chapter(page).select("img")) == len(article_of(page).select("img")) + widgets
    assert all(len(image["alt"]) > 20 for image in chapter(page).select("img"))


def test_nothing_lives_or_is_fetched():
    for name, content in files().items():
        if name.endswith((".xhtml", ".css", ".opf", ".ncx")):
            text = content.decode()
            assert not re.search(r"<script|<style|<iframe|<cnn-|\son\w+=|javascript:|@import", text), name
            assert not re.search(r"(?:src|poster)=\"https?:|url\(", text), name
            assert "file:" not in text
            assert str(machine.ROOT) not in text


def test_file_begins_as_a_reader_expects():
    with zipfile.ZipFile(EPUB) as archive:
        first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert files()["book/images/cover.jpg"][:2] == b"\xff\xd8"


def test_korean_terms_are_text():
    text = chapter("book/glossary").get_text()
    for term in ("합성곱", "수용 영역", "특징 맵"):
        assert term in text
