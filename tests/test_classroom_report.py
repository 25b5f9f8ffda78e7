"""The report: records, tables for spreadsheets, the pages, what a hostile file may not do to them."""

import csv
import io
import json
import os
import random
import re
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path

import machine
import nbformat
import pytest
import yaml
from made_results import APRIL, hostile_class, made_class, result

from cnn_lessons.classroom.grading import prison, whole_class
from cnn_lessons.classroom.grading.limits import GIGABYTE
from cnn_lessons.classroom.record import Cells, Mark, from_json, to_json
from cnn_lessons.classroom.reporting import course, insight, page, report
from cnn_lessons.classroom.reporting.feedback import page_names
from cnn_lessons.classroom.reporting.gradebook import grade_book
from cnn_lessons.classroom.reporting.policy import Late, Policy, example
from cnn_lessons.exercises import catalog

DAY = datetime(2026, 4, 8, 9, 30, tzinfo=timezone.utc)
DUE = Policy(deadline=datetime.fromtimestamp(APRIL, timezone.utc), late=Late(10))


def render(results, policy=None, date=DAY):
    return report.render(results, policy or Policy(), date)


class Tags(HTMLParser):
    """The tags of a page, its text, and whatever in it would run or fetch."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.addresses, self.handlers = [], "", [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src")]
        self.handlers += [name for name, _ in attributes if name.startswith("on") or name == "style"]

    def handle_data(self, data):
        self.text += data


def table_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def made():
    return render(made_class(), DUE)


@pytest.fixture(scope="module")
def attacked():
    return render(hostile_class())


def test_record_survives_json_with_lone_surrogates_and_all():
    for record in [*made_class(), *hostile_class()]:
        assert from_json(json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": "fine"}, "one of graded, stopped, refused, got 'fine'"),
        ({"handed_in": float("nan")}, "seconds since the epoch or None, got nan"),
        ({"seconds": True}, "a number of seconds, got True"),
        ({"chapters": "02"}, "expected chapters to be a list"),
        ({"marks": [{"exercise": "x"}]}, "mark: expected the fields exercise, status"),
        ({"cells": {"match": 1, "differ": -1, "fail": 0}}, "expected differ to be a number of cells, got -1"),
        ({"more": 1}, "result: expected the fields file"),
    ],
)
def test_record_that_is_none_is_refused(change, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        from_json({**to_json(result()), **change})


def test_mark_stands_once_for_each_exercise():
    with pytest.raises(ValueError, match="two of correlate2d"):
        result(marks=(Mark("correlate2d", "correct", ""), Mark("correlate2d", "not yet", "")))


def test_what_the_report_knows_of_the_course_is_what_the_notebooks_say():
    files = sorted((machine.ROOT / "notebooks").glob("[0-9]*.ipynb"))
    assert [path.stem for path in files] == [slug for slug, _ in course.CHAPTERS.values()]
    for path, (number, (_, title)) in zip(files, course.CHAPTERS.items(), strict=True):
        cells = nbformat.read(path, 4).cells
        headings = re.findall(r"^#+ (.+)$", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.M)
        assert headings[0] == f"{number} · {title}"
        assert not {course.section(name) for name in course.exercises(number)} - set(headings), path.name
        after = "\n".join(cell.source for cell in cells).split("## Find the bug")[1]
        assert re.findall(r"^# exercise: (\w+)", after, re.M) == [course.bug_lab(number)]
    assert course.every_exercise() == list(catalog())


def test_report_sends_a_student_where_the_book_sends_a_reader():
    objectives = yaml.safe_load((machine.ROOT / "book" / "objectives.yml").read_text(encoding="utf-8"))
    of = [entry for chapter in objectives.values() for entry in chapter.values()]
    for name in set(course.every_exercise()) - set(map(course.bug_lab, course.CHAPTERS)):
        sections = [section for entry in of if name in entry["exercises"] for section in entry["sections"]]
        assert course.section(name) in sections, name


def test_csv_gives_excel_hangul_and_programs_plain_numbers(made):
    assert made["grades.csv"].startswith(b"\xef\xbb\xbf") and "김철수".encode() in made["grades.csv"]
    rows = table_of(made["grades.csv"])
    late = next(row for row in rows if row["late"] == "1" and row["chapter"] == "02")
    full = float(late["points"]) / (1 - float(late["percent_off"]) / 100)
    assert full == sum(late[name] == "correct" for name in course.exercises("02"))
    assert float(late["percent"]) == pytest.approx(100 * float(late["points"]) / float(late["of"]), abs=0.06)
    assert len(rows) == len({(row["student"], row["chapter"]) for row in rows})
    assert {row["student"] for row in table_of(made["totals.csv"])} == {row["student"] for row in rows}


def test_csv_holds_no_cell_that_a_spreadsheet_runs(attacked):
    tables = [attacked[name].decode("utf-8-sig") for name in ("grades.csv", "totals.csv")]
    lines = [list(csv.reader(io.StringIO(text))) for text in tables]
    assert all(len({len(line) for line in table}) == 1 for table in lines)
    cells = [cell for table in lines for line in table for cell in line]
    assert not [cell for cell in cells if cell.strip().startswith(tuple("=+-@\t\r＝"))]
    assert "'+1" in cells and "'=1" in cells
    assert not [cell for cell in cells if re.search(r"[\x00-\x1f\ud800-\udfff\u202e]", cell)]


def test_no_text_of_a_student_becomes_markup(attacked):
    for path, content in attacked.items():
        if path.endswith(".html"):
            page = Tags(content.decode())
            own = 1 if path == "index.html" else 0
            assert page.tags.count("script") == own and not page.handlers, path
            assert not {"img", "iframe", "b "} & set(page.tags) and page.tags.count("title") == 1
            local = re.compile(r"data:,|#\w+|feedback/[\w%.-]+\.html")
            assert all(local.fullmatch(address) for address in page.addresses), page.addresses
    assert "<script>alert(1)</script>" in Tags(attacked["index.html"].decode()).text


def test_pages_have_safe_names_of_their_own(attacked):
    names = [path for path in attacked if path.startswith("feedback/")]
    students = len(grade_book(hostile_class(), Policy()).students)
    assert len({name.casefold() for name in names}) == len(names) == students > 15
    for name in names:
        stem = name.removeprefix("feedback/").removesuffix(".html")
        assert re.fullmatch(r"[\w-]+", stem) and len(stem.encode()) < 140 and stem != "con"
    assert "feedback/김철수.html" in names


def test_students_of_one_name_have_two_pages_whatever_the_order():
    students = ["Anna Kim", "Anna/Kim", "anna kim", "ben", "Ａnna Kim", ".", "..", "con"]
    names = page_names(students)
    assert names == page_names(students[::-1]) and names["ben"] == "ben.html"
    assert len({name.casefold() for name in names.values()}) == len(students)


def test_feedback_tells_a_student_everything_about_the_own_work_and_nothing_of_others(made):
    book, whole = grade_book(made_class(), DUE), json.loads(made["results.json"])
    for student, listed in zip(book.students, whole["students"], strict=True):
        text = Tags(made[f"feedback/{listed['page']}"].decode()).text
        others = {other.name for other in book.students} - {student.name}
        assert student.name in text and not [name for name in others if name in text]
        for row in student.rows:
            assert row.result.file in text and (not row.chapter or f"Chapter {course.heading(row.chapter)}" in text)
            for mark in row.marks:
                assert mark.exercise in text and mark.message.split("\n")[0] in text
                assert mark.misconception.replace("`", "") in text


def test_feedback_says_a_misconception_once_and_where_to_read():
    slip = "The stride comes first."
    marks = (
        Mark("correlate2d", "not yet", f"on x = 1\nexpected 2, got 3\n{slip}", slip, "two cells: the last counts"),
    )
    page = render([result(marks=marks)])["feedback/anna.html"].decode()
    text = Tags(page).text
    assert text.count(slip) == 1 and "expected 2, got 3" in text and "two cells: the last counts" in text
    assert "section “A window, a product, a sum”" in text
    assert "github" not in page  # the book shows the solutions


def test_files_for_the_teachers_eye_come_with_their_reasons():
    started = ["correlate2d"]
    results = [
        result("a/02.ipynb", remarks=("torch.equal was replaced",)),
        result("b/02.ipynb", outcome="refused", problem="not a notebook", chapters=(), marks=(), cells=None),
        result("c/02.ipynb", outcome="stopped", problem="stopped after 120 s"),
        result("d/02.ipynb", correct=started, sha256="same"),
        result("e/02.ipynb", correct=started, sha256="same"),
        result("f/02.ipynb", sha256="blank"),
        result("g/02.ipynb", sha256="blank"),
        result("h/02.ipynb", cells=Cells(30, 1, 2)),
        result("i/02.ipynb", cells=None, cells_note="no saved outputs"),
    ]
    flags = insight.flags(grade_book(results, Policy()))
    assert [(flag.kind, flag.row.student, flag.reasons) for flag in flags if flag.kind != insight.ODD] == [
        (insight.TAMPERING, "a", ("torch.equal was replaced",)),
        (insight.NOT_RUN, "b", ("not a notebook",)),
        (insight.CUT_SHORT, "c", ("stopped after 120 s",)),
        (insight.SAME_FILE, "d", ("to the last byte the file of e",)),
        (insight.SAME_FILE, "e", ("to the last byte the file of d",)),
        (insight.OUTPUTS, "h", ("1 cell comes out otherwise and 2 cells fail, 30 as saved",)),
        (insight.OUTPUTS, "i", ("no saved outputs",)),
    ]
    text = Tags(render(results)["index.html"].decode()).text
    assert all(reason in text for flag in flags for reason in flag.reasons)


def test_two_folders_of_one_name_in_an_archive_are_told_of_gravely():
    (moodle,) = re.findall(r"^# student = '(.*_assignsubmission_)'", example(), re.M)
    one, other = "Minjun Kim_1001_assignsubmission_file", "Minjun Kim_1044_assignsubmission_file"
    files = [
        f"ch02.zip/{one}/02.ipynb",
        f"ch02.zip/{one}/old/02.ipynb",
        "ch02.zip/Lee_1002_assignsubmission_file/02.ipynb",
    ]
    files += [f"ch02 again.zip/{other}/02.ipynb"]
    both = "ch02 again.zip, ch02.zip"
    beside = f"lies in {both}; who packed {both} chose the names there: the file of only one counts"
    (flag,) = _namesakes(files, moodle)
    assert flag.reasons == (beside,)
    files += [f"ch02.zip/{other}/02.ipynb"]
    (flag,) = _namesakes(files, moodle)
    assert flag.row.student == "Minjun Kim" and len(flag.row.left_out) == 3
    assert flag.reasons == (beside, f"ch02.zip holds {one}, {other}: the file of only one counts")
    html = render([result(file) for file in files], Policy(student=moodle))["index.html"].decode()
    assert re.search(rf'<details[^>]* class="grave"[^>]*><summary><b>1</b><span>{insight.SAME_NAME}<', html)
    assert not _namesakes(["ch02.zip/anna_02_convolution/02.ipynb", "ch02.zip/anna/02.ipynb", files[0]], "")


def test_two_folders_of_one_name_are_found_below_the_archives_own_folder():
    files = [f"hw.zip/hw/Kim_{number}_assignsubmission_file/02.ipynb" for number in (1, 2)]
    (flag,) = _namesakes(files, r"(?:^|/)(?P<student>[^/_]+)_\d+_assignsubmission_")
    assert "Kim_1_assignsubmission_file, Kim_2_assignsubmission_file" in flag.reasons[0]


@pytest.mark.parametrize("top", ["", "ch02/", "ch02/all/"])
@pytest.mark.parametrize("below", ["/02.ipynb", "_02_convolution.ipynb"])
def test_students_of_one_name_are_told_of_without_an_archive_too(top, below):
    (moodle,) = re.findall(r"^# student = '(.*_assignsubmission_)'", example(), re.M)
    one, other = (f"{top}Minjun Kim_{number}_assignsubmission_file" for number in (1001, 1044))
    (flag,) = _namesakes([one + below, other + below], moodle)
    assert flag.row.student == "Minjun Kim" and "Kim_1001_" in flag.reasons[0] and "Kim_1044_" in flag.reasons[0]
    assert not _namesakes([one + below, one + below.replace("02", "draft_02"), f"again/{other}{below}"], moodle)


def test_second_file_of_one_student_makes_no_namesake():
    canvas, github = (
        re.search(rf"^# student = '(.*)' +# {name}", example(), re.M)[1] for name in ("Canvas", "GitHub Classroom")
    )
    for end in ("_60001_02_convolution.ipynb", "_60002_02_convolution-1.ipynb"):
        assert not _namesakes([f"kim_12345{end}", "kim_LATE_12345_60003_02_convolution.ipynb"], canvas)
    assert not _namesakes([f"ch02-submissions/ch02-kim/{folder}02.ipynb" for folder in ("", "old/")], github)
    assert not _namesakes(["kim_1_02_convolution.ipynb", "kim_2_02_convolution (1).ipynb"], "^(?P<student>[^/_]+)_")
    at_end = r"(?:^|/)(?P<student>[^/_]+)_[^/]*\.ipynb$"
    assert not _namesakes(["kim_02_convolution.ipynb", "kim_02_convolution (1).ipynb"], at_end)
    without_lookahead = canvas.replace(r"(?=\d+_)", r"\d+_")
    assert not _namesakes([f"kim_12345_{number}_02_convolution.ipynb" for number in (60001, 60002)], without_lookahead)
    assert not _namesakes(["02_convolution_20231234.ipynb", "02_convolution_20231234 (1).ipynb"], "")


@pytest.mark.parametrize("top", ["", "all.zip/"])
def test_word_that_may_be_no_name_is_told_of_gravely(top):
    files = [f"{top}02_convolution_제출.ipynb", f"{top}lee_02_convolution.ipynb"]
    assert not _namesakes(files, "")
    assert not _namesakes([*files, f"{top}lee_02_convolution (1).ipynb", f"{top}02_convolution (1).ipynb"], "")
    for copy in ("02_convolution_제출 (1)", "Copy_of_02_convolution_제출"):
        (flag,) = _namesakes([*files, f"{top}{copy}.ipynb"], "")
        assert flag.row.student == "제출" and "“제출” may be no name" in flag.reasons[0]
        assert files[0] in flag.reasons[0] and f"{top}{copy}.ipynb" in flag.reasons[0]


@pytest.mark.parametrize("top", ["", "term/"])
def test_folders_of_two_assignments_make_no_namesakes(top):
    (moodle,) = re.findall(r"^# student = '(.*_assignsubmission_)'", example(), re.M)
    files = [f"{top}ch0{number}/Kim_{number}001_assignsubmission_file/02.ipynb" for number in (2, 3)]
    assert not _namesakes(files, moodle)


@pytest.mark.parametrize(
    "name",
    ["02_convolution" + 33 * " copy 2" + " x", "-" * 60_000, 4000 * "02_convolution"],
    ids=["copies", "dashes", "chapters"],
)
def test_name_that_can_be_read_in_very_many_ways_is_read(name):
    assert grade_book([result(f"{name}.ipynb")], Policy()).students


@pytest.mark.parametrize("pattern", ["", r"_(?P<student>\d{4,})_hw"])
def test_archive_that_holds_a_file_under_the_name_of_another_is_pointed_out(pattern):
    kim, lee = ("kim_111222_hw", "lee_222333_hw") if pattern else ("kim", "lee")
    own = f"{kim}.zip/03_arithmetic_of_shapes.ipynb"
    packed = [f"{lee}.zip/{name}/03_arithmetic_of_shapes.ipynb" for name in (lee, kim)]
    (flag,) = _namesakes([own, *packed], pattern)
    said = f"lies in {kim}.zip, {lee}.zip; who packed {lee}.zip chose the names there: the file of only one counts"
    assert flag.reasons == (said,)
    theirs = [f"class.zip/{name}/03_arithmetic_of_shapes.ipynb" for name in (lee, kim)]
    assert _namesakes([*theirs, *packed], pattern)
    assert _namesakes([f"{kim}/03_arithmetic_of_shapes.ipynb", *packed], pattern)
    assert not _namesakes([own, f"{kim} (1).zip/03_arithmetic_of_shapes.ipynb"], pattern)
    assert not _namesakes([own, f"{lee}.zip/03_arithmetic_of_shapes.ipynb"], pattern)
    assert not _namesakes([own, *packed], pattern, copies=True)
    copy = result(f"{lee}.zip/{kim} (1)/03_arithmetic_of_shapes.ipynb", sha256=result(own).sha256)
    book = grade_book([*map(result, [own, *packed]), copy], Policy(student=pattern))
    assert insight.SAME_NAME in {flag.kind for flag in insight.flags(book)}


def _namesakes(files, pattern, copies=False):
    results = [result(file, **({"sha256": "0" * 64} if copies else {})) for file in files]
    book = grade_book(results, Policy(student=pattern))
    return [flag for flag in insight.flags(book) if flag.kind == insight.SAME_NAME]


def test_file_that_does_not_count_is_looked_at_all_the_same():
    results = [result("a/02.ipynb"), result("a/01.ipynb", handed_in=0, remarks=("torch.equal was replaced",))]
    book = grade_book(results, Policy())
    assert book.rows[0].result == results[0] and insight.flags(book)[0].row.result == results[1]


def test_time_beyond_the_calendar_is_only_late():
    page = render([result(handed_in=1e15)], DUE)["feedback/anna.html"].decode()
    assert "Handed in 9999" in Tags(page).text


def test_note_that_every_file_has_is_no_reason_to_look():
    results = [result(f"{name}/02.ipynb", cells=None, cells_note="nbval was not asked for") for name in "ab"]
    book = grade_book(results, Policy())
    assert not insight.flags(book)
    assert "saved outputs were not compared" in page.index(book, {"a": "a.html", "b": "b.html"}, "1", "today").decode()


def test_rates_and_mistakes_count_the_files_that_were_run():
    slip = "The kernel is flipped."
    marks = (Mark("correlate2d", "not yet", slip, slip),)
    results = [result(f"{name}/02.ipynb", marks=marks) for name in "ab"]
    results.append(result("c/02.ipynb", correct=["correlate2d"]))
    results.append(result("d/02.ipynb", outcome="refused", problem="a link", marks=()))
    book = grade_book(results, Policy())
    rate = insight.rates(book, "02")[0]
    assert (rate.counts["correct"], rate.students) == (1, 3)
    assert insight.slips(book, "02") == [insight.Slip("correlate2d", slip, ("a", "b"))]
    assert insight.hardest(book).exercise == "conv2d_channels"
    assert "1 of 3 correct (33 %)" in Tags(render(results)["index.html"].decode()).text


def test_report_depends_on_the_results_alone_and_on_the_date(made):
    shuffled = made_class()
    random.Random(1).shuffle(shuffled)
    assert render(shuffled, DUE) == made
    other = render(shuffled, DUE, datetime(2027, 1, 2, 3, 4, tzinfo=timezone.utc))
    for name, content in made.items():
        assert (other[name] == content) == name.endswith(".csv")
        dated = re.sub(rb"2026-04-08(.)09:30", rb"2027-01-02\g<1>03:04", content)
        assert dated == other[name]


def test_results_json_holds_every_record_the_policy_and_the_version(made):
    whole = json.loads(made["results.json"])
    assert [from_json(record) for record in whole["results"]] == sorted(made_class(), key=lambda r: r.file)
    assert whole["policy"] == DUE.to_json() and whole["course"] and whole["date"] == DAY.isoformat()
    assert all(f"feedback/{student['page']}" in made for student in whole["students"])


def test_command_grades_by_the_policy_and_the_limits_that_it_is_given(tmp_path, monkeypatch, shell):
    asked, exercises = [], course.exercises("02")

    def grade(*given):
        asked.append(given)
        return [result("anna/02.ipynb", correct=exercises)]

    monkeypatch.setattr(prison, "namespaces_work", lambda: True)
    monkeypatch.setattr(whole_class, "grade", grade)
    (tmp_path / "policy.toml").write_text("[points]\nexercise = 3\n")
    limits = ["--policy", tmp_path / "policy.toml", "--seconds", 70, "--cell-seconds", 7, "--memory", 2, "--jobs", 3]
    code, out, _ = shell("grade", tmp_path, "--out", tmp_path / "out", "--quiet", "--no-nbval", *limits)
    assert code == 0 and "1 graded" in out
    (row,) = table_of((tmp_path / "out" / "grades.csv").read_bytes())
    assert float(row["points"]) == float(row["of"]) == 3 * (len(exercises) - 1) + 1  # the bug lab counts 1
    options = asked[0][2]
    assert (options.limits.seconds, options.limits.cell_seconds, options.limits.memory) == (70, 7, 2 * GIGABYTE)
    assert (options.jobs, options.saved) == (3, False)


def test_empty_class_has_a_report_too():
    assert "0 students" in Tags(render([])["index.html"].decode()).text


def test_old_report_is_replaced_as_a_whole(tmp_path):
    out = tmp_path / "marks" / "report"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    (out / ".DS_Store").touch()
    (out / ".~lock.grades.csv#").touch()  # LibreOffice has it open
    (out / report.KEPT).mkdir()
    (out / report.KEPT / "a.json").write_text("{}")
    assert report.write_report([result("ben/02.ipynb")], Policy(), out, DAY) == out / "index.html"
    assert (out / report.KEPT / "a.json").read_text() == "{}"  # or grading again would run the whole class
    assert [path.name for path in (out / "feedback").iterdir()] == ["ben.html"]
    assert [path.name for path in out.parent.iterdir()] == ["report"]


@pytest.mark.parametrize(("step", "call_number"), [("writing", 3), ("exchange", 2), ("exchange", 3)])
def test_stop_half_way_leaves_the_old_report_whole(step, call_number, tmp_path, monkeypatch):
    out = tmp_path / "report"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    (out / report.KEPT).mkdir()
    (out / report.KEPT / "a.json").write_text("{}")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    calls, write, rename = [], Path.write_bytes, os.rename

    def third(real):
        def call(*arguments):
            calls.append(arguments)
            if len(calls) == call_number:
                raise KeyboardInterrupt
            return real(*arguments)

        return call

    if step == "writing":
        monkeypatch.setattr(Path, "write_bytes", third(write))
    else:
        monkeypatch.setattr(report.os, "rename", third(rename))
    with pytest.raises(KeyboardInterrupt):
        report.write_report(made_class(), Policy(), out, DAY)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_folder_that_cannot_be_renamed_gets_the_report_all_the_same(tmp_path, monkeypatch):
    out = tmp_path / "mounted"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    (out / report.KEPT).mkdir()
    rename = os.rename

    def busy(source, target):
        if Path(source) == out:
            raise OSError(16, "Device or resource busy")
        rename(source, target)

    monkeypatch.setattr(os, "rename", busy)
    report.write_report([result("ben/02.ipynb")], Policy(), out, DAY)
    assert "ben" in (out / "grades.csv").read_text("utf-8-sig") and (out / report.KEPT).is_dir()
    assert len(list((out / "feedback").iterdir())) == 1
    assert {path.name for path in out.iterdir()} <= report.OURS and [path.name for path in tmp_path.iterdir()] == [
        "mounted"
    ]


def test_folder_that_is_only_in_use_keeps_the_old_report(tmp_path, monkeypatch):
    out = tmp_path / "report"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def in_use(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "rename", in_use)
    with pytest.raises(PermissionError):
        report.write_report([result("ben/02.ipynb")], Policy(), out, DAY)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_what_a_stop_left_in_a_mounted_report_is_not_foreign(tmp_path):
    out = tmp_path / "report"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    (out / ".report-abc").mkdir()
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)


def test_comments_that_a_teacher_put_beside_the_feedback_are_not_lost(tmp_path):
    out = tmp_path / "report"
    report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)
    (out / "feedback" / "anna-comments.docx").write_text("well done")
    with pytest.raises(ValueError, match="found feedback/anna-comments.docx"):
        report.write_report([result("anna/02.ipynb")], Policy(), out, DAY)


@pytest.mark.parametrize("name", ["grades.csv", "index.html", "results.json"])
def test_file_of_a_reports_name_that_no_report_wrote_is_not_lost(tmp_path, name):
    (tmp_path / name).write_text("[]")
    with pytest.raises(ValueError, match=f"found {name}"):
        report.write_report([], Policy(), tmp_path, DAY)
    assert (tmp_path / name).read_text() == "[]"


def test_folder_with_anything_else_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(ValueError, match="found thesis.docx"):
        report.write_report([], Policy(), tmp_path, DAY)
    with pytest.raises(ValueError, match="got the file"):
        report.write_report([], Policy(), tmp_path / "thesis.docx", DAY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.browser
def test_table_sorts_and_filters_by_keyboard_and_asks_for_nothing(window, tmp_path):
    asked, faults = [], []
    page = window.new_page()
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    out = report.write_report([*made_class(), *hostile_class()], DUE, tmp_path / "report", DAY)
    page.goto(out.as_uri())
    students = page.locator("table.class tbody tr:not([hidden]) th")
    totals = page.locator("table.class tbody td:nth-child(2)").evaluate_all("all => all.map(td => +td.dataset.value)")
    assert totals == sorted(totals)
    page.get_by_label("Find a student").focus()
    page.keyboard.type("weber")
    assert students.all_inner_texts() == ["Anna Weber"] and "1 of" in page.locator("#said").inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    for _ in range(3):  # past the table, which scrolls and so takes the focus, to the second head
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    total = page.get_by_role("columnheader", name="Total")
    assert total.get_attribute("aria-sort") == "descending" and "Anna Weber" in students.all_inner_texts()[:8]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert total.get_attribute("aria-sort") == "none"
    names = students.all_inner_texts()
    few = ["Anna Weber", "Zoë de Vries", "김철수"]
    assert [name for name in names if name in few] == few
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("link", name="Anna Weber").first.click()
    page.get_by_role("heading", name="Feedback for Anna Weber").wait_for()
    page.close()
    assert not faults and {url for url in asked if not url.startswith("data:")} == {out.as_uri(), page.url}
