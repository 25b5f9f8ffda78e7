"""The printed book: complete, in order, with bookmarks and links that lead right, and nothing of this machine."""

import ast
import re
from functools import cache
from pathlib import Path

import machine
import pdf_parts
import pypdf
import pypdfium2
import pytest
import reading
from bs4 import BeautifulSoup, Tag
from conftest import BOOK, EDITIONS

PDF = EDITIONS[0]
CHAPTERS = [page for page in reading.pages() if page.startswith("notebooks/")]
# What a widget shows on paper, and would not in its first state.
TELLING = {
    "02_convolution": r"window row 3, column 2:",
    "03_arithmetic_of_shapes": r"Layer 5: Conv2d",
    "04_pooling": r"window row 2, column \d:",
    "05_mlp_against_cnn": r"shift (?!0 right, 0 down)\d \w+, \d \w+",
    "06_training": r"Last values of each run",
    "07_alexnet": r"Step 16: Linear",
    "11_wide_resnet": r"WRN-28-10, part by part",
}


@cache
def texts() -> list[str]:
    """The text of every sheet, its number and its running title last."""
    document = pypdfium2.PdfDocument(PDF)
    return [document[i].get_textpage().get_text_range() for i in range(len(document))]


@cache
def pdf() -> pypdf.PdfReader:
    return pypdf.PdfReader(PDF)


@cache
def bookmarks() -> list[tuple[int, str, int, object]]:
    """Depth, title, sheet and height (or none: the top of the sheet) of every bookmark, in order."""

    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(pdf().pages)}

    def walk(items, depth):
        for item in items:
            if isinstance(item, list):
                yield from walk(item, depth + 1)
            else:
                yield depth, item.title, numbers[item.page.idnum], item.top

    return list(walk(pdf().outline, 0))


@cache
def labels() -> list[str]:
    return pdf().page_labels


@cache
def article_of(page: str) -> BeautifulSoup:
    return BeautifulSoup((BOOK / f"{page}.html").read_text(encoding="utf-8"), "html.parser").article


def title_of(page: str) -> str:
    return article_of(page).h1.get_text().removesuffix("#").strip()


def squeezed(text: str) -> str:
    """A text without spaces: what is read off a PDF has some between Korean letters."""
    return "".join(text.split())


@cache
def first_sheets() -> dict[str, int]:
    """The sheet on which every page of the book begins."""
    tops = {title: sheet for depth, title, sheet, _ in bookmarks() if depth <= 1}
    return {page: tops[title_of(page)] for page in reading.pages()}


def sheets_of(page: str) -> range:
    starts = sorted(
        {*first_sheets().values(), *(sheet for depth, _, sheet, _ in bookmarks() if depth == 0), len(texts())}
    )
    first = first_sheets()[page]
    return range(first, starts[starts.index(first) + 1])


def text_of(page: str) -> str:
    return "".join(texts()[sheet] for sheet in sheets_of(page))


def packed(text: str) -> str:
    """Text without white space and hyphens: lines wrap anywhere, and pdfium takes a hyphen at an end for a break."""
    return re.sub(r"[\s\u00a0\ufffe\u00ad-]+", "", text)


@pytest.mark.editions
def test_bookmarks_are_parts_then_pages_then_sections_in_the_order_of_the_book():
    expected = []
    for part in reading.parts():
        depth = 1 if part.title else 0
        expected += [(0, part.title)] if part.title else []
        expected += [(depth, title_of(page)) for page in part.pages]
    shown = [(depth, title) for depth, title, _, _ in bookmarks() if (depth, title) in set(expected)]
    assert shown == expected
    assert [sheet for _, _, sheet, _ in bookmarks()] == sorted(sheet for _, _, sheet, _ in bookmarks())


@pytest.mark.editions
def test_bookmark_leads_to_the_sheet_that_shows_its_title():
    wrong = [
        (title, sheet)
        for _, title, sheet, _ in bookmarks()
        if packed(title.split(" · ")[-1]) not in packed(texts()[sheet])
    ]
    assert not wrong
    sections = [float(top) for depth, _, _, top in bookmarks() if depth >= 2]
    assert len(set(sections)) > 50  # each at a height of its own, not at the top of the sheet


@pytest.mark.editions
@pytest.mark.parametrize("page", CHAPTERS)
def test_code_and_what_it_prints_are_complete(page):
    printed = "".join(without_furniture(sheet, title_of(page)) for sheet in sheets_of(page))
    article = article_of(page)
    for answers in article.select(".answers"):
        answers.extract()
    blocks = [packed(as_printed(pre)) for pre in article.select(".cell pre")]
    assert len(blocks) > 20
    assert not [block for block in blocks if block not in printed]


def as_printed(pre: Tag) -> str:
    """Code as it is printed: without the words that tell those who cannot see a picture what it shows."""
    code = pre.get_text()
    if "alt=" not in code or not pre.find_parent(class_="cell_input"):
        return code
    lines = code.encode().splitlines(keepends=True)
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    found = [key.value for call in calls for key in call.keywords if key.arg == "alt"]
    for value in sorted(found, key=lambda value: -value.lineno):
        head = lines[value.lineno - 1][: value.col_offset]
        tail = lines[value.end_lineno - 1][value.end_col_offset :]
        lines[value.lineno - 1 : value.end_lineno] = [head + '"…"'.encode() + tail]
    return b"".join(lines).decode()


def without_furniture(sheet: int, title: str) -> str:
    """The text of a sheet without white space, its number and the running title, which are written last."""
    text, number = packed(texts()[sheet]), labels()[sheet]
    assert text.endswith(number)
    return text.removesuffix(number).removesuffix(packed(title))


@pytest.mark.editions
def test_sheet_has_the_number_that_contents_and_viewer_show():
    front = [sheet for sheet, label in enumerate(labels()) if not label.isdigit()]
    lines = "\n".join(pdf().pages[sheet].extract_text() for sheet in front).splitlines()
    contents = "\n".join(map(squeezed, lines))
    for page, sheet in first_sheets().items():
        assert texts()[sheet].split()[-1] == labels()[sheet]
        title = "\n?".join(map(re.escape, squeezed(title_of(page))))  # a long one takes two lines
        assert re.search(rf"{title}\n?{labels()[sheet]}\b", contents), page


@pytest.mark.editions
def test_every_sheet_is_a4_and_there_are_as_many_as_expected():
    assert 150 < len(texts()) < 450
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pdf().pages} == {(595, 842)}


@pytest.mark.editions
@pytest.mark.parametrize(("chapter", "shown"), TELLING.items())
def test_widget_shows_a_telling_state(chapter, shown):
    assert re.search(shown, " ".join(text_of(f"notebooks/{chapter}").split()))


@pytest.mark.editions
def test_curves_that_a_reader_would_switch_on_are_drawn_and_their_letters_can_be_read():
    (sheet,) = [sheet for sheet in sheets_of("notebooks/06_training") if "\nhealthy 0." in texts()[sheet]]
    assert all(re.search(rf"^{run} \d+\.\d+ \d+\.\d+ ", texts()[sheet], re.MULTILINE) for run in "ABCDEF")
    assert "On paper a picture" in texts()[sheet]
    letters = pypdfium2.PdfDocument(PDF)[sheet].get_textpage()
    first, count = letters.search("epoch").get_next()
    assert letters.get_charbox(first + count - 1)[2] - letters.get_charbox(first)[0] > 18  # points: about 8 a letter


@pytest.mark.editions
def test_controls_and_the_site_around_the_text_are_gone():
    everything = "".join(texts())
    for words in (
        "Link to this heading",
        "Fill all",
        "Swap with kept",
        "Neighbours show",
        "Print to PDF",
        "Click a square",
        "Hint 1\r\nHint 2",
    ):
        assert words not in everything


@pytest.mark.editions
def test_answers_stand_apart_from_their_questions():
    for page in CHAPTERS:
        text = text_of(page)
        assert text.rindex("Answers") > text.index("What’s next"), page


@pytest.mark.editions
def test_recall_has_its_five_questions_together_and_a_lab_its_answer_where_the_others_are():
    text = " ".join(text_of("notebooks/09_resnet_on_cifar").split())
    before, answers = re.split(r" Answers (?=1)", text)
    recall = before.split(" Recall ")[-1]
    assert recall.index("Why do the channels double") < recall.index("What may still be wrong?")
    assert "Find the bug:" in answers
    assert "every block gets the stage’s stride" in answers
    assert "every block gets the stage’s stride" not in before


@pytest.mark.editions
def test_exercise_names_where_its_solution_stands():
    text = " ".join(text_of("notebooks/02_convolution").split())
    assert "under “Solutions” · correlate2d, in the part “Around the chapters”" in text


@pytest.mark.editions
def test_words_on_paper_do_not_speak_of_a_screen():
    text = " ".join("".join(map(text_of, ("book/welcome", "book/path", "book/results", "book/api"))).split())
    for words in (
        "work right here",
        "Open in Colab at its top",
        "foot of each page",
        "The buttons above",
        "[source]",
        "with the widgets",
    ):
        assert words not in text


@pytest.mark.editions
def test_summary_in_korean_takes_one_page():
    summaries = [page for page in reading.pages() if re.search(r"/ko/\d\d$", page)]
    assert len(summaries) == len(CHAPTERS)
    assert not [page for page in summaries if len(sheets_of(page)) > 1]


@pytest.mark.editions
def test_korean_terms_can_be_read_and_searched():
    glossary = text_of("book/glossary")
    for term in ("합성곱", "수용 영역", "특징 맵", "경사 하강법"):
        assert packed(term) in packed(glossary)


@pytest.mark.editions
def test_links_lead_into_the_file_or_to_the_web_and_never_to_this_machine():
    inner, outer = 0, []
    for page in pdf().pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            outer += [str(link["/A"]["/URI"])] if "/A" in link else []
            inner += "/Dest" in link
    assert inner > 200
    assert all(address.startswith("https://") for address in outer), outer
    raw = PDF.read_bytes()
    for place in (b"file:", b"127.0.0.1", str(machine.ROOT).encode(), b"book:notebooks"):
        assert place not in raw
    assert str(machine.ROOT) not in "".join(texts())


@pytest.mark.editions
def test_file_says_what_it_is():
    known = reading.facts()
    assert (pdf().metadata.title, pdf().metadata.author) == (known["title"], known["author"])
    assert pdf().trailer["/Root"]["/Lang"] == "en"
    assert known["version"] in texts()[1]


@pytest.mark.editions
def test_welcome_page_offers_both_editions_and_they_lie_beside_it():
    page = BOOK / f"{reading.pages()[0]}.html"
    links = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".take-along a")
    assert [(page.parent / link["href"]).resolve().name for link in links] == [path.name for path in EDITIONS]
    for path in EDITIONS:
        assert (BOOK / path.name).read_bytes() == path.read_bytes()


def test_link_to_a_place_that_is_not_printed_is_an_error():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_uri(0, "book:notebooks/02_convolution#nowhere", [0, 0, 9, 9])
    with pytest.raises(
        ValueError, match="expected a place in the PDF for the link book:notebooks/02_convolution#nowhere"
    ):
        pdf_parts.link_up(writer, [], 0)


def test_edition_is_made_once_for_one_book(tmp_path: Path):
    target = tmp_path / "book.pdf"
    assert not reading.is_current(target, "key")
    reading.keep(target, b"content", "key")
    assert reading.is_current(target, "key")
    assert not reading.is_current(target, "another")


def test_edition_of_a_book_that_is_not_built_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "BOOK_STAMP", tmp_path / "book.json")
    with pytest.raises(reading.EditionError, match="Run `make book` first"):
        reading.fingerprint()


@pytest.mark.browser
@pytest.mark.parametrize("book_url", ["file"], indirect=True)
def test_widget_is_as_before_once_it_is_printed_and_keeps_what_a_reader_has_set(watched_page):
    watched_page.goto(f"{watched_page.book}/notebooks/02_convolution.html")
    stepper = watched_page.locator("cnn-conv").first
    words = stepper.locator(".cnnw-sum")

    def send(event: str) -> str:
        # Read within the same task: a button that calls print() is on the stack while the paper is laid out.
        return words.evaluate(f"words => {{ window.dispatchEvent(new Event('{event}')); return words.innerText }}")

    first = words.inner_text()
    assert "row 3, column 2" in send("beforeprint")
    send("afterprint")
    assert words.inner_text() == first
    stepper.get_by_role("button", name="Next step").click()
    own = words.inner_text()
    assert own != first
    assert send("beforeprint") == own
    assert send("afterprint") == own


@pytest.mark.browser
@pytest.mark.parametrize("book_url", ["file"], indirect=True)
def test_page_is_printed_light_whatever_its_theme_and_is_dark_again_afterwards(watched_page):
    watched_page.emulate_media(color_scheme="dark")
    watched_page.goto(f"{watched_page.book}/notebooks/02_convolution.html")
    watched_page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    ink = watched_page.locator(".bd-article p").first

    def after(*events: str) -> int:
        sent = "".join(f"window.dispatchEvent(new Event('{event}'));" for event in events)
        return ink.evaluate(f"ink => {{ {sent} return Number(getComputedStyle(ink).color.match(/\\d+/)[0]) }}")

    assert after() > 128  # bright on dark
    assert after("beforeprint", "beforeprint") < 128  # dark on the white of paper; a browser may announce it twice
    assert after("afterprint") > 128
