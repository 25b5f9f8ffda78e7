"""The policy: what an instructor may turn, what a wrong file is told, and the grades that come of it."""

import dataclasses
import re
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from made_results import APRIL, result

from cnn_lessons.classroom.grading.limits import GIGABYTE, Limits
from cnn_lessons.classroom.record import Mark
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.gradebook import DAY, grade_book
from cnn_lessons.classroom.reporting.policy import Late, Points, Policy, example
from cnn_lessons.classroom.reporting.whose import student_of
from cnn_lessons.cli import grade as command
from cnn_lessons.cli.grade import _summary

SEOUL = timezone(timedelta(hours=9))
DUE = datetime.fromtimestamp(APRIL, SEOUL)
FIVE = tuple(course.exercises("02"))
PAGE = (Path(__file__).parent.parent / "book" / "instructors.md").read_text(encoding="utf-8")


def read(tmp_path, text):
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    return Policy.read(tmp_path / "policy.toml")


def only_row(results, policy=None):
    (row,) = grade_book(results, policy or Policy()).rows
    return row


def test_example_reads_back_to_the_defaults_and_shows_every_knob(tmp_path):
    assert read(tmp_path, example()) == Policy() == read(tmp_path, "")
    for kind in (Policy, Points, Late):
        for known in dataclasses.fields(kind):
            assert re.search(rf"^(# )?{known.name} = |^\[(points\.)?{known.name}\]", example(), re.M), known.name


def defaults(policy, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield every knob by its whole name, with its default as the page for instructors writes it."""
    for known in dataclasses.fields(policy):
        value = getattr(policy, known.name)
        if dataclasses.is_dataclass(value):
            yield from defaults(value, f"{known.name}.")
        else:
            shown = f'`"{value}"`' if isinstance(value, str) else "none" if value in (None, {}) else str(value)
            yield before + known.name, shown


def test_page_for_instructors_lists_every_knob_with_its_default():
    assert dict(re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", PAGE, re.M)) == dict(defaults(Policy()))


def test_page_for_instructors_tells_the_limits():
    most = Limits()
    assert most.disk == GIGABYTE / 2
    told = (
        f"A cell may take {most.cell_seconds:g} seconds, a notebook {most.seconds:g}, with "
        f"{most.memory / GIGABYTE:g} GB of memory, {most.processes} processes, {most.threads:,} threads, 1,024 open "
        "files for each process, half a gigabyte of files and "
        f"{most.output / 1e6:g} MB of prints."
    )
    assert told in " ".join(PAGE.split())


def test_commented_lines_of_the_example_are_right_as_they_stand(tmp_path):
    lines = example().splitlines()
    for place, line in enumerate(lines):
        if re.match(r"""# ["\w]+ = """, line):
            replaced = line[2:].split(" = ")[0]
            others = [other for other in lines if not other.startswith(f"{replaced} = ")]
            with_it = "\n".join([*others[: others.index(line)], line[2:], *others[others.index(line) + 1 :]])
            assert read(tmp_path, with_it) != Policy(), f"line {place + 1}"


WRONG = {
    "dedline = 1": "unknown key 'dedline'. Did you mean deadline?",
    "zzz = 1": "unknown key 'zzz'. Expected one of student, several_files",
    "[points]\nexercize = 1": r"unknown key 'exercize' in \[points\]. Did you mean exercise?",
    "[points.single]\nmaxpool2d = 1": "Did you mean max_pool2d?",
    "[weights]\n2 = 1": "Did you mean 02?",
    "[weights]\n02 = 0": "at least one chapter that weighs more",
    "points = 1": r"points: expected a table, \[points\], got 1",
    "[points]\nexercise = true": "points.exercise: expected a number, 0 or more, got True",
    "[points]\nbug_lab = nan": "points.bug_lab: expected a number",
    "[late]\nmost = 101": "late.most: expected a number from 0 to 100, got 101",
    "deadline = 2026-04-03T23:59:00": "deadline: expected a date and a time with a zone.*got 2026-04-03 23:59:00",
    "[deadlines]\n02 = 'soon'": "deadlines.02: expected a date and a time with a zone.*got 'soon'",
    "several_files = 'first'": "several_files: expected 'latest' or 'best', got 'first'",
    "student = '(['": "student: expected a regular expression",
    "student = '(?P<name>.)'": r"with a group \(\?P<student>…\)",
    "student": "policy.toml: ",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_policy_is_told_in_one_line_with_the_file(text, tmp_path):
    with pytest.raises(ValueError, match=WRONG[text]) as told:
        read(tmp_path, text)
    assert "policy.toml" in str(told.value) and "\n" not in str(told.value)


def test_python_310_without_tomli_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10))
    monkeypatch.setitem(sys.modules, "tomli", None)
    with pytest.raises(ValueError, match="pip install tomli"):
        read(tmp_path, "")


def test_single_points_override_the_bug_lab_and_the_rest():
    points = Points(exercise=2, bug_lab=5, single={"conv2d_unfold": 3, "flip_probe": 0.5})
    row = only_row([result(correct=FIVE)], Policy(points=points))
    assert row.of == row.points == 2 + 2 + 3 + 2 + 0.5
    assert only_row([result(correct=["flip_probe"])], Policy(points=Points(bug_lab=4))).points == 4


LATENESS = [(-1, 0, 5), (0, 0, 5), (1, 1, 4.5), (DAY, 1, 4.5), (DAY + 1, 2, 4), (4 * DAY, 4, 3.5), (6 * DAY + 1, 7, 0)]


@pytest.mark.parametrize(("seconds", "days", "points"), LATENESS)
def test_each_started_day_takes_its_percentage_up_to_the_most_until_nothing_counts(seconds, days, points):
    policy = Policy(deadline=DUE, late=Late(percent_per_day=10, most=30, refuse_after=6))
    row = only_row([result(correct=FIVE, handed_in=APRIL + seconds)], policy)
    assert (row.days_late, row.points) == (days, points)
    assert any("no points" in note for note in row.notes) == (points == 0)


def test_unknown_time_is_told_and_not_punished():
    row = only_row([result(correct=FIVE, handed_in=None)], Policy(deadline=DUE, late=Late(50)))
    assert row.points == 5 and row.days_late is None and "not known" in row.notes[0]


def test_deadline_of_a_chapter_overrides_the_common_one():
    later = Policy(deadline=DUE, deadlines={"02": DUE + timedelta(days=3)}, late=Late(50))
    assert only_row([result(correct=FIVE, handed_in=APRIL + 2.5 * DAY)], later).points == 5


def test_total_weighs_the_chapters_and_counts_what_is_missing_as_nothing():
    full = [
        result("a/02.ipynb", correct=FIVE),
        result("b/02.ipynb"),
        result("b/03.ipynb", ["03"], course.exercises("03")),
    ]
    assert [student.total for student in grade_book(full, Policy()).students] == [50, 50]
    weighed = grade_book(full, Policy(weights={"02": 3, "03": 1}))
    assert [student.total for student in weighed.students] == [75, 25]
    assigned = grade_book(full, Policy(weights={"02": 1, "04": 1}))
    assert [student.total for student in assigned.students] == [50, 0] and assigned.chapters == ("02", "03", "04")


def test_latest_or_best_file_counts_and_the_other_is_named():
    early = result("a/02.ipynb", correct=FIVE, handed_in=APRIL - 9.0)
    late = result("a/02 (1).ipynb", correct=FIVE[:2], handed_in=APRIL - 1.0)
    assert only_row([early, late]).result == late
    best = only_row([early, late], Policy(several_files="best"))
    assert best.result == early and [row.result for row in best.left_out] == [late]
    assert "a/02 (1).ipynb" in best.notes[0]


def test_without_times_the_names_decide_and_it_is_said():
    row = only_row([result("a/02.ipynb", handed_in=None), result("a/02b.ipynb", handed_in=None)])
    assert row.result.file == "a/02b.ipynb" and "order of their names" in row.notes[0]


def test_refused_file_never_takes_the_place_of_one_that_ran():
    ran = result("a/02.ipynb", correct=FIVE)
    refused = result("a/02b.ipynb", handed_in=APRIL + 9.0, outcome="refused", problem="too large", marks=())
    assert only_row([ran, refused]).result == ran
    assert only_row([refused]).points == 0


def of_chapters(file, whole, *copied, handed_in=APRIL):
    """A file that holds all of one chapter, and some exercises of another."""
    right = (*course.exercises(whole), *copied)
    chapters = tuple(sorted({whole, *(["03"] if copied else [])}))
    return result(file, chapters, handed_in=handed_in, marks=tuple(Mark(name, "correct", "") for name in right))


def test_cell_copied_into_the_next_chapter_takes_no_place():
    week_3 = of_chapters("kim/week3.ipynb", "03")
    week_4 = of_chapters("kim/week4.ipynb", "04", "conv_output_size", handed_in=APRIL + 9)
    for several in ("latest", "best"):
        book = grade_book([week_3, week_4], Policy(several_files=several))
        assert [(row.chapter, row.percent) for row in book.rows] == [("03", 100), ("04", 100)]


def test_cell_copied_from_a_chapter_that_nobody_handed_in_makes_none_of_it():
    kim, lee = of_chapters("kim/week4.ipynb", "04", "conv_output_size"), of_chapters("lee/week4.ipynb", "04")
    book = grade_book([kim, lee], Policy())
    assert book.chapters == ("04",) and [student.total for student in book.students] == [100, 100]
    assert "exercises of chapter 03, which nobody handed in" in book.rows[0].notes[0]
    assigned = grade_book([kim, lee], Policy(weights={"03": 1, "04": 1}))
    assert 50 < assigned.students[0].total < 60


def test_exercises_that_most_have_beside_a_whole_chapter_were_asked_for():
    homework = [of_chapters(f"{who}/hw.ipynb", "02", "conv_output_size", "receptive_field") for who in ("a", "b", "c")]
    book = grade_book(homework, Policy())
    assert book.chapters == ("02", "03") and len(book.rows) == 6
    homework += [of_chapters(f"{who}/week4.ipynb", "04") for who in ("a", "b", "c")]
    assert grade_book(homework, Policy()).chapters == ("02", "03", "04")


def test_chapter_with_nothing_to_earn_is_no_part_of_the_total():
    points = Points(single=dict.fromkeys(course.exercises("03"), 0))
    results = [of_chapters("a/02.ipynb", "02"), of_chapters("a/03.ipynb", "03")]
    for policy in (Policy(points=points), Policy(points=points, weights={"02": 1, "03": 1})):
        assert grade_book(results, policy).students[0].total == 100
    assert grade_book(results, Policy(points=points, weights={"03": 1})).students[0].total is None


def test_file_that_comes_too_late_for_points_does_not_replace_one_in_time():
    policy = Policy(deadline=datetime.fromtimestamp(APRIL, timezone.utc), late=Late(refuse_after=1))
    early, late = (
        result(f"a/02{name}.ipynb", correct=FIVE, handed_in=APRIL + days * DAY) for name, days in (("", 0), ("b", 9))
    )
    assert only_row([early, late], policy).result == early


def test_only_the_exercises_of_the_chapter_give_points():
    claimed = result(correct=FIVE)
    more = dataclasses.replace(claimed.marks[0], exercise="free_points")
    row = only_row([dataclasses.replace(claimed, marks=(*claimed.marks[1:], more))])
    assert row.points == 4 and row.marks[0].status == "missing"


PATHS = {
    ("anna/02_convolution.ipynb",): ["anna"],
    ("anna_02_convolution (1).ipynb", "ben.ipynb"): ["anna", "ben"],
    ("all.zip/anna/02.ipynb", "all.zip/ben/02.ipynb", "carl/02.ipynb"): ["anna", "ben", "carl"],
    ("all.zip/anna.ipynb", "all.zip/ben.ipynb"): ["anna", "ben"],
    ("anna.zip/sheets/02.ipynb", "ben.zip/sheets/02.ipynb"): ["anna", "ben"],
    ("s.zip/kim_1_02_convolution.ipynb", "s.zip/lee_2_02_convolution.ipynb", "late.ipynb"): ["kim_1", "late", "lee_2"],
    ("hw2.zip/Kim_1/02.ipynb", "hw2.zip/Lee_2/02.ipynb", "hw3.zip/Kim_1/02.ipynb", "hw3.zip/Lee_2/02.ipynb"): [
        "Kim_1",
        "Lee_2",
    ],
    ("hw.zip/hw/Kim/02.ipynb", "hw.zip/hw/Lee/02.ipynb"): ["Kim", "Lee"],
    ("anna.zip/02_convolution.ipynb", "anna.zip/02_convolution (1).ipynb", "ben/02.ipynb"): ["anna", "ben"],
    ("kim.zip/02_convolution.ipynb", "kim.zip/02_convolution-Copy1.ipynb", "lee/02.ipynb"): ["kim", "lee"],
    ("kim.zip/02_convolution.ipynb", "kim.zip/02_convolution_final.ipynb", "lee/02.ipynb"): ["kim", "lee"],
    ("kim.zip/02_convolution.ipynb", "kim.zip/backup/02_convolution.ipynb", "lee/02.ipynb"): ["kim", "lee"],
    ("kim.zip/hw/02_convolution.ipynb", "kim.zip/hw/old/02_convolution.ipynb", "lee/02.ipynb"): ["kim", "lee"],
    ("class.zip/Kim/sub/02_convolution.ipynb",): ["Kim"],
    ("x.zip/hw/kim_02_convolution.ipynb", "x.zip/hw/lee_02_convolution.ipynb"): ["kim", "lee"],
    ("x.zip/Copy_of_02_convolution.ipynb", "x.zip/02_convolution.ipynb", "lee/02.ipynb"): ["lee", "x"],
    ("02_convolution_anna.ipynb", "Ben_02_Convolution-1.ipynb"): ["anna", "Ben"],
    ("02_convolution_anna.ipynb", "02_convolution_anna (1).ipynb"): ["anna"],
    ("02_convolution_ipynb의_사본.ipynb", "02_convolution_ipynb의_사본 (1).ipynb"): [  # as Colab in Korean copies
        "02_convolution_ipynb의_사본",
        "02_convolution_ipynb의_사본 (1)",
    ],
    ("kim_02_convolution_ipynb의_사본 (1).ipynb", "kim_02_convolution.ipynb의 사본.ipynb", "kim/02.ipynb"): ["kim"],
    ("02_convolution-20231234.ipynb", "02_convolution-20235678.ipynb"): ["20231234", "20235678"],
    ("2.zip/02_convolution-20231234.ipynb", "2.zip/02_convolution-20235678.ipynb", "lee/02.ipynb"): [
        "20231234",
        "20235678",
        "lee",
    ],
    ("anna.zip/02_convolution.ipynb", "anna.zip/02_convolution-Copy1.ipynb"): ["anna"],
    ("anna_02_convolution_final.ipynb", "anna_02_convolution_v2.ipynb", "anna_03_arithmetic_of_shapes.ipynb"): ["anna"],
    ("Anna 02_convolution copy.ipynb", "Anna 02_convolution copy 2.ipynb", "Anna/02.ipynb"): ["Anna"],
    ("Anna 02_convolution 2.ipynb", "Anna 02_convolution - Kopie (2).ipynb", "Anna/02.ipynb"): ["Anna"],
    ("02_convolution 12.ipynb", "02_convolution_kim 2.ipynb"): ["12", "kim 2"],
    ("Anna 02_convolution - Copy (2).ipynb", "Anna 02_convolution 복사본.ipynb", "Anna_02_convolution_최종.ipynb"): [
        "Anna"
    ],
    ("anna_02_convolution.zip/02_convolution.ipynb", "02_convolution_ben.zip/02_convolution.ipynb"): ["anna", "ben"],
    ("anna_02_convolution.zip/02.ipynb", "anna_03_arithmetic_of_shapes.zip/sub/03.ipynb", "ben/02.ipynb"): [
        "anna",
        "ben",
    ],
    ("anna_02_convolution/02.ipynb", "anna/02.ipynb", "02_convolution/02.ipynb"): ["02_convolution", "anna"],
    ("Kim (1)/02.ipynb", "Kim (2)/02.ipynb"): ["Kim (1)", "Kim (2)"],
    ("hw1_02_convolution_anna.ipynb", "hw1_02_convolution_ben.ipynb"): [
        "hw1_02_convolution_anna",
        "hw1_02_convolution_ben",
    ],
    ("../../x.ipynb",): [".."],
    ("\u1100\u1175\u11b7/02.ipynb", "김/03.ipynb"): ["김"],  # as macOS and as everybody else writes it
}


@pytest.mark.parametrize("files", PATHS)
def test_student_is_the_first_folder_or_the_name_without_the_notebooks(files):
    book = grade_book([result(file) for file in files], Policy())
    assert [student.name for student in book.students] == PATHS[files]


def test_own_archive_of_several_chapters_is_one_students():
    files = {"anna.zip/a/02.ipynb": ("02",), "anna.zip/b/03.ipynb": ("03",), "ben/02.ipynb": ("02",)}
    book = grade_book([result(file, chapters) for file, chapters in files.items()], Policy())
    assert [student.name for student in book.students] == ["anna", "ben"]


def test_a_file_above_the_folders_of_an_archive_keeps_its_name():
    readme = result("hw.zip/readme.txt", outcome="refused", problem="ends in .txt", chapters=(), marks=())
    book = grade_book([result("hw.zip/hw/Kim/02.ipynb"), result("hw.zip/hw/Lee/02.ipynb"), readme], Policy())
    assert [student.name for student in book.students] == ["Kim", "Lee", "readme"]


def test_pattern_is_also_tried_inside_an_archive_of_the_class():
    policy = Policy(student="^(?P<student>[^/_]+)_")
    files = ("hw_02.zip/kim_1_02_convolution.ipynb", "hw_02.zip/lee_2_02_convolution.ipynb")
    assert [student.name for student in grade_book([result(file) for file in files], policy).students] == ["kim", "lee"]


@pytest.mark.parametrize("top", ["class.zip", "hw.zip/hw"])
def test_pattern_reads_no_name_off_the_archive_of_a_class(top):
    policy = Policy(student="^[^/]+/(?P<student>[^/]+)/")
    files = [f"{top}/{file}/02_convolution.ipynb" for file in ("kim", "lee/draft", "park/draft")]
    book = grade_book([result(file) for file in files], policy)
    assert [student.name for student in book.students] == ["kim", "lee", "park"]


def test_later_download_counts_where_the_times_are_equal():
    files = ("anna/02_convolution (2).ipynb", "anna/02_convolution.ipynb", "anna/02_convolution (10).ipynb")
    assert only_row([result(file) for file in files]).result.file == files[2]


COPIES = [
    ("_v9", "_v10"),
    (" copy", " copy 2"),
    ("", " copy"),
    ("", " 2"),  # as Finder writes it
    (" 2", " 3"),
    (" - Kopie", " - Kopie (2)"),
    ("-Copy9", "-Copy10"),
    (" - Copy (2)", " - Copy (10)"),
    ("_복사본 9", "_복사본 10"),
    ("", unicodedata.normalize("NFD", " 복사본")),  # as macOS writes it
    ("_V1", "_v2"),
]


@pytest.mark.parametrize(("before", "after"), COPIES)
def test_later_copy_counts_where_the_times_are_equal_and_it_is_said(before, after):
    rows = [result(f"anna/02_convolution{end}.ipynb") for end in (after, before)]
    row = only_row(rows)
    assert row.result == rows[0]
    assert row.notes[-1].endswith(" (their times are equal, so the order of their names decides)")
    rows[1] = dataclasses.replace(rows[1], handed_in=rows[1].handed_in + 1)
    row = only_row(rows)
    assert row.result == rows[1] and "names" not in row.notes[-1]


def test_end_of_a_word_is_no_version():
    files = ("anna/02_conv9.ipynb", "anna/02_convz.ipynb")
    assert only_row([result(file) for file in files]).result.file == files[1]


def test_refusal_after_days_counts_the_real_ones():
    policy = Policy(deadline=DUE, late=Late(percent_per_day=10, refuse_after=1.5))
    for days, percent_off in ((1.2, 20), (1.6, 100)):
        assert only_row([result(handed_in=APRIL + days * DAY)], policy).percent_off == percent_off


def test_pattern_reads_the_student_and_says_where_it_does_not_fit():
    policy = Policy(student="^[^/]+/(?P<student>[^/]+)/")
    assert student_of("group-a/anna/02.ipynb", policy, {}) == ("anna", ())
    student, notes = student_of("ben/02.ipynb", policy, {})
    assert student == "ben" and "does not fit" in notes[0]


def test_pattern_of_the_example_reads_the_folder_that_github_classroom_clones_into():
    (github,) = re.findall(r"^# student = '(.*)' +# GitHub Classroom", example(), re.M)
    files = {f"ch02-submissions/ch02-{name}/02_convolution.ipynb": name for name in ("anna", "bob", "carl")}
    files |= {"ch02-dora/02_convolution.ipynb": "dora"}
    assert {file: student_of(file, Policy(student=github), {})[0] for file in files} == files


def test_summary_counts_students_and_doubts_times_that_are_all_alike(tmp_path):
    results = [result(f"s{number}/02.ipynb", handed_in=APRIL + number) for number in range(6)]
    assert _summary(results, Policy(), tmp_path).startswith("6 files of 6 students: 6 graded")
    assert "time of the download" not in _summary(results, Policy(), tmp_path)
    assert "time of the download" in _summary(results, Policy(deadline=DUE), tmp_path)
    results[0] = result("s0/02.ipynb", handed_in=APRIL - DAY)
    assert "time of the download" not in _summary(results, Policy(deadline=DUE), tmp_path)


class OnlyForRoot:
    name = command.RESTRICTED.name

    def read_text(self):
        raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("held", "user", "told"),
    [
        ("1\n", 1000, "forbids"),
        ("0\n", 1000, ""),
        (None, 1000, ""),
        (OnlyForRoot(), 1000, "may forbid"),
        ("1\n", 0, ""),
    ],
)
def test_apparmor_is_blamed_only_where_it_forbids_namespaces(held, user, told, tmp_path, monkeypatch):
    file = tmp_path / command.RESTRICTED.name
    if isinstance(held, str):
        file.write_text(held)
    monkeypatch.setattr(command, "RESTRICTED", held if isinstance(held, OnlyForRoot) else file)
    monkeypatch.setattr(command.os, "geteuid", lambda: user)
    way = (
        " them: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows them until the machine starts anew."
    )
    assert command._way_out() == (f" AppArmor {told}{way}" if told else "")
