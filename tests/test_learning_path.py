"""The path, the objectives, the mistakes, the summaries in Korean: none of them disagrees with a chapter."""

import copy
import json
import re
from dataclasses import replace
from pathlib import Path

import chapters as source
import learning_path
import misconceptions
import pytest
import torch_messages
import yaml
from conftest import BOOK
from test_glossary import ROWS, terms

from cnn_lessons.exercises import catalog, check, names

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "book"
CHAPTERS = source.read_chapters(ROOT / "notebooks")
ENTRIES = yaml.safe_load((PAGES / "objectives.yml").read_text("utf-8"))
OBJECTIVES = source.read_objectives(PAGES / "objectives.yml", CHAPTERS)
BY_PAGE = {chapter.page: chapter for chapter in CHAPTERS.values()}
PATH = (PAGES / "path.md").read_text("utf-8")
KOREAN = sorted((PAGES / "ko").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?:\.\./)+(notebooks/\w+)\.ipynb(?:#([^)]+))?\)")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


# As a notebook shows them, with other numbers than the page.
PASTED = [
    "RuntimeError: Given groups=1, weight of size [16, 1, 5, 5], expected input[4, 28, 28, 1] to have 1 channels, "
    "but got 28 channels instead",
    "UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
    "should call them in the opposite order",
    "_pickle.UnpicklingError: Weights only load failed. This file can still be loaded, to do so you have two options",
    "RuntimeError: permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
    "desired ordering of dimensions i.e. input.dim() = 3 is not equal to len(dims) = 4",
    'RuntimeError: Error(s) in loading state_dict for ResNet: Missing key(s) in state_dict: "conv1.weight". ',
    "size mismatch for head.weight: copying a param with shape torch.Size([10, 64]) from checkpoint",
    "IndexError: Target 7 is out of bounds.",
]


# What the chapters say


def test_every_chapter_says_what_it_needs_and_how_long_it_takes():
    assert list(CHAPTERS) == [f"{number:02}" for number in range(1, len(CHAPTERS) + 1)] and len(CHAPTERS) >= 12
    for number, chapter in CHAPTERS.items():
        assert all(need < number for need in chapter.needs), f"{number} needs a later chapter"
        assert chapter.needs or number == "01", f"{number}: expected numbers such as 06 after **You need**"
        assert 20 <= chapter.reading < chapter.complete <= 180, f"{number}: **Time** is from 20 to 180 minutes"
        assert 0 < chapter.cpu_seconds <= 60, f"{number}: a chapter ends within a minute"
        assert 4 <= len(chapter.objectives) <= 6, f"{number}: a chapter has four to six objectives"
        assert sorted(chapter.exercises) == sorted(names(number))


def test_needs_are_read_from_lists_ranges_and_links():
    sentence = "chapters [06](06_training.ipynb), 02 and [09](09_resnet_on_cifar.ipynb) to [11](11_wide_resnet.ipynb)."
    assert list(source.numbers(sentence)) == ["06", "02", "09", "10", "11"]
    assert CHAPTERS["05"].needs == ("02", "03", "04")  # the sentence after names chapter 06, which is not needed


def test_chapter_that_hides_its_time_is_refused(tmp_path):
    text = (ROOT / "notebooks" / "04_pooling.ipynb").read_text("utf-8")
    (tmp_path / "04_pooling.ipynb").write_text(text.replace("35 minutes to read", "a while to read"), "utf-8")
    with pytest.raises(ValueError, match="04_pooling.ipynb: expected words like"):
        source.read_chapters(tmp_path)


def test_anchors_are_those_of_the_book():
    """MyST numbers the second heading of one name; so does the reader of the notebooks."""
    anchors = [heading.anchor for heading in CHAPTERS["03"].headings if "keeps" in heading.title]
    assert anchors == ["the-padding-that-keeps-the-size", "the-padding-that-keeps-the-size-1"]


# The path


def test_drawing_has_a_link_for_every_chapter_and_an_arrow_for_every_need():
    svg = learning_path.drawing(CHAPTERS, "book/path")
    for chapter in CHAPTERS.values():
        assert f'<a href="../{chapter.page}.html">' in svg
        assert f">{chapter.number} {chapter.title}<" in svg
    needs = learning_path.nearest(CHAPTERS)
    assert svg.count('class="needs"') == sum(map(len, needs.values())) >= 11
    assert needs["05"] == ["04"]  # which brings 02 and 03 along
    behind = {}
    for number, chapter in CHAPTERS.items():
        behind[number] = set(needs[number]).union(*(behind[need] for need in needs[number]))
        assert set(chapter.needs) <= behind[number]  # an arrow left out is one that others imply


def test_no_two_boxes_of_the_drawing_touch_and_no_arrow_runs_behind_one():
    where = learning_path.places(CHAPTERS)
    rows = {number: top for number, (_, top, _) in where.items()}
    for number, (left, top, width) in where.items():
        assert left >= 0
        assert left + width <= learning_path.WIDTH
        for other, (start, row, _) in where.items():
            assert other == number or row != top or start >= left + width or start < left
        for need in learning_path.nearest(CHAPTERS)[number]:
            between = [row for row in rows.values() if rows[need] < row < top]
            assert not between, f"the arrow from {need} to {number} passes a row: bend it"


def test_chapter_that_the_path_calls_a_side_road_is_needed_by_none():
    said = re.search(r"Chapters? ([\d, and]+) (?:is|are) the only side roads?", PATH)
    assert said, "book/path.md: expected 'Chapter 07 is the only side road' or 'Chapters 07 and 12 are …'"
    needed = {need for chapter in CHAPTERS.values() for need in chapter.needs}
    assert set(CHAPTERS) - needed - {max(CHAPTERS)} == set(re.findall(r"\d\d", said[1])), "see book/path.md"


def plan() -> list[tuple[str, int]]:
    """The rows of the two hours: what to do, and the minutes."""
    table = PATH.partition("| what | minutes |")[2].partition("\n\n")[0]
    return [(what, int(minutes)) for what, minutes in re.findall(r"^\| (.+?) \| \**(\d+)\** \|$", table, re.MULTILINE)]


def share(page: str, anchor: str, is_exercise: bool) -> float:
    """Minutes that a section, or an exercise, takes of the time that its chapter states."""
    chapter = BY_PAGE[page]
    if is_exercise:
        return (chapter.complete - chapter.reading) / len(chapter.exercises)
    words = {name: len(re.findall(r"\w+", text)) for name, text in chapter.text.items()}
    return chapter.reading * words[anchor] / sum(words.values())


def test_two_hours_add_up():
    *rows, (word, total) = plan()
    assert word == "**all**"
    assert sum(minutes for _, minutes in rows) == total == 120


def test_two_hours_give_each_part_the_time_that_its_chapter_states():
    exercises = {(c.page, heading.anchor) for c in CHAPTERS.values() for heading in c.exercises.values()}
    for what, minutes in plan()[:-1]:
        links = LINK.findall(what)
        assert links, what
        is_exercise = what.startswith("Exercise: ")
        assert not is_exercise or set(links) <= exercises
        wanted = sum(share(page, anchor, is_exercise) for page, anchor in links)
        by_chapter = f"{wanted:.1f} by **Time** in the notebook, {minutes} in book/path.md"
        assert wanted <= minutes <= wanted + 3, f"{what}: {by_chapter}"


def test_hours_read_as_people_say_them():
    assert [learning_path.hours(minutes) for minutes in (40, 60, 90, 475)] == ["40 min", "1 h", "1 h 30", "7 h 55"]


@pytest.mark.parametrize("page", ["path.md", "glossary.md", "tutorial_errors.md", *(f"ko/{p.name}" for p in KOREAN)])
def test_links_into_chapters_are_alive(page):
    for target, anchor in LINK.findall((PAGES / page).read_text("utf-8")):
        assert target in BY_PAGE, f"no chapter {target}"
        assert not anchor or anchor in BY_PAGE[target].text, f"no section #{anchor} in {target}"


# The objectives


def test_every_objective_has_a_section_and_every_exercise_an_objective():
    for number, objectives in OBJECTIVES.items():
        assert [objective.text for objective in objectives] == list(CHAPTERS[number].objectives)
        assert all(objective.sections for objective in objectives)
        assert {name for objective in objectives for name in objective.exercises} == set(names(number))


def change(chapter, edit, tmp_path):
    """Read the objectives of one chapter after an edit of its entries."""
    entries = copy.deepcopy(ENTRIES[chapter.number])
    edit(entries)
    (tmp_path / "objectives.yml").write_text(yaml.safe_dump({chapter.number: entries}, allow_unicode=True), "utf-8")
    return source.read_objectives(tmp_path / "objectives.yml", {chapter.number: chapter})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda them: them["say which pixels"]["exercises"].clear(), "got none for \\['max_pool2d_gradient'\\]"),
        (lambda them: them["say which pixels"]["exercises"].append("normalize"), "exercises of the chapter, got"),
        (
            lambda them: them["say which pixels"]["sections"].append("Where it went"),
            "got 'Where it went'. Was it renamed",
        ),
        (
            lambda them: them["say which pixels"]["sections"].clear(),
            "section that teaches 'You can say which",
        ),
        (lambda them: them.pop("measure how much"), "expected a section that teaches 'You can measure"),
        (lambda them: them.update({"fly": {"sections": ["Recall"], "exercises": []}}), "begins with 'fly', got 0"),
        (lambda them: them.update({"pool": them["say which pixels"]}), "begins with 'pool', got 2"),
    ],
)
def test_objectives_that_fit_no_chapter_are_refused(edit, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        change(CHAPTERS["04"], edit, tmp_path)


def test_objective_that_is_said_anew_is_refused_until_its_entry_is(tmp_path):
    chapter = CHAPTERS["04"]
    changed = replace(chapter, objectives=("You can do something else.", *chapter.objectives[1:]))
    with pytest.raises(ValueError, match="begins with 'pool a small picture', got 0"):
        change(changed, lambda entries: None, tmp_path)


# The mistakes


def test_messages_are_those_that_a_check_gives():
    said = misconceptions.messages("conv_output_size")
    verdict = check(
        "conv_output_size",
        lambda size, kernel_size, stride=1, padding=0, dilation=1: (
            (size + padding - dilation * (kernel_size - 1) - 1) // stride + 1
        ),
    )
    assert sum(message in verdict.message for message in said) == 1
    assert all(len(set(misconceptions.messages(name))) == len(misconceptions.messages(name)) for name in names())
    assert sum(len(misconceptions.messages(name)) for name in names()) > 800


def test_code_in_a_message_is_set_as_code():
    pieces = misconceptions.with_code("Keep the axis with `keepdim=True`, or `unsqueeze` it.")
    assert [(type(piece).__name__, piece.astext()) for piece in pieces] == [
        ("Text", "Keep the axis with "),
        ("literal", "keepdim=True"),
        ("Text", ", or "),
        ("literal", "unsqueeze"),
        ("Text", " it."),
    ]


def test_every_tutorial_error_has_a_chapter():
    text = (PAGES / "tutorial_errors.md").read_text("utf-8")
    found = misconceptions.tutorial_errors(text)
    assert sum(map(len, found.values())) == text.count("\n## ")
    assert set(found) <= set(CHAPTERS)
    with pytest.raises(ValueError, match="under 'A new one', got none"):
        misconceptions.tutorial_errors(f"{text}\n## A new one\n\nIt links nowhere.\n")


@pytest.mark.parametrize(
    ("message", "brought_up_by"), list(zip(torch_messages.quoted(), torch_messages.BROUGHT_UP_BY, strict=True))
)
def test_pytorch_says_what_the_page_quotes(message, brought_up_by):
    with pytest.raises(Exception, match=re.escape(message.removeprefix("addmm: "))):  # a version before says no "addmm"
        brought_up_by()


@pytest.mark.browser
@pytest.mark.parametrize("book_url", ["file"], indirect=True)
def test_mistakes_are_all_on_the_page_and_the_box_leaves_those_that_fit(watched_page):
    watched_page.goto(f"{watched_page.book}/book/mistakes.html")
    shown = watched_page.locator(".mistake-filter ~ section li:visible")
    everything = shown.count()
    slips = (PAGES / "tutorial_errors.md").read_text("utf-8").count("\n## ")
    own = sum(len(misconceptions.messages(name)) for name in names())
    assert everything == slips + own + len(torch_messages.items())
    assert watched_page.locator("[id^=mistakes-chapter-] section").count() >= len(catalog())
    watched_page.get_by_label("Words of your mistake").focus()
    watched_page.keyboard.type("pooling stride=None")
    left = shown.all_inner_texts()
    assert 0 < len(left) < 10
    assert all("stride=None" in text for text in left)
    assert watched_page.get_by_role("status").inner_text() == f"{len(left)} of {everything} mistakes"
    assert watched_page.locator("[id^=mistakes-chapter-]:visible").count() == 1
    for pasted in PASTED:
        watched_page.get_by_label("Words of your mistake").fill(pasted)
        assert shown.count() == 1 and watched_page.locator("[id^=mistakes-chapter-]:visible").count() == 0, pasted
    watched_page.get_by_label("Words of your mistake").fill("(N, C, H, W)")
    assert 0 < shown.count() < everything / 10
    watched_page.get_by_label("Words of your mistake").fill("")
    assert shown.count() == everything
    watched_page.goto(f"{watched_page.book}/book/mistakes.html#mistakes-chapter-02")
    watched_page.get_by_label("Words of your mistake").fill("pooling stride=None")
    watched_page.locator("a[href$='#mistakes-chapter-02']:visible").first.click()  # the address has it already
    assert shown.count() == everything


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "page"),
    [("flipped kernel chessboard", "tutorial_errors"), ("wrapped round clamp", "mistakes"), ("합성곱", "ko/02")],
)
@pytest.mark.parametrize("book_url", ["file"], indirect=True)
def test_search_of_the_book_finds_the_new_pages(watched_page, words, page):
    watched_page.goto(f"{watched_page.book}/search.html?q={words}")
    watched_page.locator(f"#search-results li a[href*='book/{page}.html']").first.wait_for()


@pytest.mark.browser
def test_drawing_with_its_links_is_in_the_book():
    """That they lead to places that exist, test_links.py says."""
    page = (BOOK / "book" / "path.html").read_text("utf-8")
    assert len(re.findall(r'<a href="\.\./notebooks/', page)) >= len(CHAPTERS)


# The summaries in Korean


def test_every_chapter_has_a_summary_in_korean():
    assert [path.stem for path in KOREAN] == list(CHAPTERS)
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    for path in (PAGES / "ko" / "index.md", *KOREAN):
        assert path.read_text("utf-8").startswith("---\nlang: ko\n---\n# ")
        assert f"book/ko/{path.stem}\n" in toc


def everything_in(path: Path) -> str:
    """The text and the code of a chapter, and what its cells print."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    printed = [line for cell in cells for output in cell.get("outputs", []) for line in output.get("text", [])]
    return "".join(line for cell in cells for line in [*cell["source"], "\n"]).replace("{,}", ",") + "".join(printed)


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: path.stem)
def test_figures_of_a_korean_summary_are_those_of_its_chapter(path):
    known = set(NUMBER.findall(everything_in(ROOT / f"{CHAPTERS[path.stem].page}.ipynb")))
    text = LINK.sub("]", path.read_text("utf-8").partition("\n\n")[2])
    strange = set(NUMBER.findall(text)) - known - {f"{int(number)}" for number in CHAPTERS}  # "4장" names a chapter
    assert strange == set()


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: path.stem)
def test_korean_summary_uses_the_terms_of_the_glossary_at_the_usual_length(path):
    pairs = {}
    for english, _, _, korean, _ in ROWS:
        for term in terms(english):
            pairs.setdefault(term, set()).update(terms(korean))
    text = path.read_text("utf-8")
    used = re.findall(r"\*\*([^*]+)\*\*\(([^)]+)\)", text)
    assert len(used) >= 3
    for korean, english in used:
        assert korean in pairs.get(english.lower(), set()), f"the glossary has no pair {korean}, {english}"
    assert 350 <= len(text.split()) <= 600
    assert "## 핵심" in text
    assert "## 어디선가 읽었을 말" in text


@pytest.mark.browser
def test_korean_pages_say_that_they_are_korean():
    for path in KOREAN:
        assert '<div lang="ko">' in (BOOK / "book" / "ko" / f"{path.stem}.html").read_text("utf-8")
        assert f'<span lang="ko">{path.stem} · ' in (BOOK / "book" / "path.html").read_text("utf-8")  # the sidebar
    glossary = (BOOK / "book" / "glossary.html").read_text("utf-8")
    assert '<div lang="ko">' not in glossary
    assert '<span lang="ko">합성곱, 컨볼루션</span>' in glossary
