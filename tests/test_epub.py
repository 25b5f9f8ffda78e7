"""The e-book: passes EPUBCheck without a warning, has every page, and asks for nothing outside itself."""

import io
import re
import zipfile
from functools import cache

import epub
import machine
import numpy as np
import pytest
import reading
from bs4 import BeautifulSoup
from conftest import EDITIONS
from PIL import Image
from test_print import article_of, as_printed

from cnn_lessons.widgets import MODULES

pytestmark = pytest.mark.editions
EPUB = EDITIONS[1]
PAGES = reading.pages()
KOREAN = re.compile("[가-힣]")
BROWSERS = "setup.xhtml#on-your-machine"  # where the book says how to get the edition with live widgets


@cache
def files() -> dict[str, bytes]:
    with zipfile.ZipFile(EPUB) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def chapter(page: str) -> BeautifulSoup:
    return document(epub.file_of(page))


@cache
def document(file: str) -> BeautifulSoup:
    return BeautifulSoup(files()[f"book/{file}"], "html.parser")


@pytest.fixture
def reader(browser, tmp_path):
    """Open a document of the e-book as an e-reader 600 pixels wide does; the e-reader's page is black if `dark`."""
    with zipfile.ZipFile(EPUB) as archive:
        archive.extractall(tmp_path)
    page = browser.new_page(viewport={"width": 600, "height": 800})

    def open_document(file: str, dark: bool = False):
        page.goto((tmp_path / "book" / file).as_uri())
        if dark:
            page.add_style_tag(content="html { background: #000; color: #fff }")
        return page

    yield open_document
    page.close()


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
    listed = [link["href"] for link in document("nav.xhtml").nav.find_all("a")]
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
            assert not re.search(r"(?:src|poster)=\"https?:|url\((?!#)", text), name
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


def test_contents_show_parts_and_chapters_and_keep_sections_for_the_menu():
    toc = document("nav.xhtml").nav
    shown = [link["href"] for link in toc.find_all("a") if not link.find_parent(hidden=True)]
    parts = [f"part-{number}.xhtml" for number, part in enumerate(reading.parts()) if part.title]
    assert sorted(shown) == sorted([*parts, *map(epub.file_of, PAGES)])


def test_korean_is_declared_as_korean():
    package = files()["book/package.opf"].decode()
    assert re.findall("<dc:language>(.*?)</dc:language>", package) == ["en", "ko"]
    for page in PAGES:
        assert chapter(page).html["lang"] == ("ko" if page.startswith("book/ko/") else "en"), page
        for node in chapter(page).find_all(lang=True):
            assert node["xml:lang"] == node["lang"], (page, node)
    entries = document("nav.xhtml").nav.find_all("a")
    assert sum(bool(KOREAN.search(link.get_text())) for link in entries) > 40
    assert all(link["xml:lang"] == ("ko" if KOREAN.search(link.get_text()) else "en") for link in entries)


def test_style_leaves_the_colour_of_letters_to_the_reader():
    sheet = files()["book/style.css"].decode()
    assert not re.findall(r"(?<![-\w])color:.*", sheet)
    assert ".highlight .k { font-weight: bold }" in sheet and ".highlight .p {" not in sheet


def test_words_do_not_promise_what_an_e_book_has_not():
    everything = " ".join(" ".join(chapter(page).get_text().split()) for page in PAGES)
    everything += files()["book/package.opf"].decode()
    for words in (
        "Press Open in Colab",
        "widget in these pages",
        "widgets in these pages",
        "results and widgets included",
        "live widgets",
    ):
        assert words not in everything
    assert not chapter("book/mistakes").select("[role=search], input")


def test_caption_of_a_widget_leads_to_where_it_is_live():
    links = [caption.a["href"] for page in PAGES for caption in chapter(page).select(".widget figcaption")]
    assert len(links) > 30
    assert set(links) == {BROWSERS}
    assert chapter("book/setup").find(id=BROWSERS.partition("#")[2])


def test_alternative_of_a_widget_says_what_it_shows():
    for page in PAGES:
        for picture in chapter(page).select(".widget img"):
            kind, _, shown = picture["alt"].partition(". ")
            assert picture.find_next("figcaption").get_text().startswith(kind), kind
            assert re.search(r"\d", shown), picture["alt"]
            assert len(picture["alt"]) <= 400, picture["alt"]
    first = chapter("notebooks/06_training").select_one(".widget img")["alt"]
    assert re.search(r"Run: Training loss; .*\. not augmented: \d\.\d+; ", first)


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_drawing_of_what_needs_what_is_whole(reader, dark):
    page = reader("path.xhtml", dark)
    boxes = page.evaluate("""[...document.querySelectorAll(".chapter-graph a")].map((link) => {
        const [box, ...texts] = [...link.querySelectorAll("rect, text")].map((node) => node.getBoundingClientRect());
        return texts.every(({ left, right, top, bottom }) =>
            left > box.left && right < box.right && top > box.top && bottom < box.bottom);
    })""")
    assert len(boxes) == 12
    assert all(boxes)
    arrows = page.evaluate("""[...document.querySelectorAll(".chapter-graph .needs")].map((line) => {
        const { fill, stroke, markerEnd } = getComputedStyle(line);
        return [fill, stroke, markerEnd];
    })""")
    assert len(arrows) >= 11
    ink = "rgb(255, 255, 255)" if dark else "rgb(0, 0, 0)"
    assert all(fill == "none" and stroke == ink and "#needs" in marker for fill, stroke, marker in arrows)


@pytest.mark.browser
def test_code_can_be_read_at_night(reader):
    page = reader("02_convolution.xhtml", dark=True)
    inks = page.evaluate("""[...new Set([...document.querySelectorAll("pre, pre *")].map(
        (node) => getComputedStyle(node).color))]""")
    assert inks == ["rgb(255, 255, 255)"]


@pytest.mark.browser
def test_rows_of_a_printed_table_stay_whole(reader):
    page = reader("11_wide_resnet.xhtml")
    torn = page.evaluate(r"""[...document.querySelectorAll(".wide")].filter((pre) => {
        const { lineHeight, paddingTop } = getComputedStyle(pre);
        const lines = (pre.clientHeight - 2 * parseFloat(paddingTop)) / parseFloat(lineHeight);
        return lines > pre.textContent.trimEnd().split("\n").length + 0.5;
    }).map((pre) => pre.textContent)""")
    assert page.locator("pre.wide").count() > 0
    assert not torn


def test_drawing_is_stored_with_a_palette_and_looks_the_same():
    drawing = Image.new("RGBA", (400, 300), "white")
    drawing.paste((200, 30, 40, 255), (50, 50, 350, 250))
    drawing.putpixel((9, 9), (0, 0, 255, 255))
    before = png_of(drawing)
    after = Image.open(io.BytesIO(epub.light(before)))
    assert after.mode == "P"
    assert after.convert("RGBA").tobytes() == drawing.tobytes()


def test_photograph_stays_exact():
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    photo = png_of(Image.fromarray(noise))
    assert epub.light(photo) == photo


def png_of(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def test_pictures_are_not_stored_in_more_colours_than_they_show():
    pictures = [content for name, content in files().items() if name.endswith(".png")]
    assert sum(Image.open(io.BytesIO(one)).mode == "P" for one in pictures) > 70
    assert sum(map(len, pictures)) < 4_000_000
