"""A made class, graded in one command: the table says of every file what it must, whatever the file does."""

import os
import shutil
from pathlib import Path

import made_class
import pytest
from made_class import ASKED, CHAPTER, Expected

from cnn_lessons.classroom.grading.judging import misconception
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.whole_class import Options, grade
from cnn_lessons.classroom.reporting.report import KEPT
from cnn_lessons.exercises import names

LIMITS = Limits(
    cell_seconds=8, seconds=80, check_seconds=8, grace=4, memory=3 * 10**9, disk=10**8, output=10**6, processes=30
)
TO_THE_BANK = 6  # notebooks of wrong answers: some are enough, test_exercises.py tries them all

pytestmark = pytest.mark.namespaces


def write_class(folder: Path, teacher: Path) -> dict[str, Expected]:
    """Write the class; return what the table must say of each file."""
    table = {}

    def hand_in(file: str, content: bytes, expected: Expected) -> None:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        table[file] = expected

    every = [made_class.right(name) for name in names(CHAPTER)]
    blanks = [made_class.blank(name) for name in names(CHAPTER)]
    for who, cells, statuses in (
        ("perfect", every, ["correct"] * 7),
        ("blank", blanks, ["not attempted"] * 7),
        ("half", every[:4] + blanks[4:], ["correct"] * 4 + ["not attempted"] * 3),
    ):
        content = made_class.notebook(made_class.START, *cells)
        hand_in(
            f"{who}/03_arithmetic_of_shapes.ipynb",
            content,
            Expected("graded", "", dict(zip(names(CHAPTER), statuses, strict=True))),
        )
    for who, (harm, expected) in made_class.harms(teacher).items():
        hand_in(f"{who}/03_harm.ipynb", made_class.harmed(harm), expected)
    for who, (content, expected) in {**made_class.cheats(), **made_class.handled()}.items():
        hand_in(f"{who}/03_notebook.ipynb", content, expected)
    for name, (content, expected) in made_class.unlucky().items():
        hand_in(f"unlucky/{name}", content, expected)
    for who, (content, wrongs) in list(made_class.of_the_bank().items())[:TO_THE_BANK]:
        hand_in(f"{who}/03_notebook.ipynb", content, Expected("graded", "", dict.fromkeys(wrongs, "not yet")))
    return table | archived(folder) | linked(folder, teacher)


def archived(folder: Path) -> dict[str, Expected]:
    """Write an archive with a good file, a path that leads out, and a name that is there twice."""
    good = made_class.notebook(made_class.START, made_class.right())
    content = made_class.archive({"anna/03.ipynb": good, "../outside.ipynb": good, "anna/notes.txt": b"hello"})
    (folder / "all.zip").write_bytes(content)
    return {
        "all.zip/anna/03.ipynb": Expected("graded", "", "correct"),
        "all.zip/outside.ipynb": Expected("refused", "leads out of the archive", None),
        "all.zip/anna/notes.txt": Expected("refused", "ends in .txt", None),
    }


def linked(folder: Path, teacher: Path) -> dict[str, Expected]:
    (folder / "linked").mkdir()
    (folder / "linked" / "03.ipynb").symlink_to(teacher)
    os.mkfifo(folder / "linked" / "pipe.ipynb")
    return {
        "linked/03.ipynb": Expected("refused", "is a link", None),
        "linked/pipe.ipynb": Expected("refused", "is no plain file", None),
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    base = tmp_path_factory.mktemp("class")
    teacher = base / "teacher" / "private.txt"
    teacher.parent.mkdir()
    teacher.write_text("secret")
    table = write_class(base / "submissions", teacher)
    told = []
    results = grade(
        base / "submissions", base / "report", Options(LIMITS, saved=False), lambda *step: told.append(step)
    )
    return base, table, {result.file: result for result in results}, told


def test_every_file_of_the_class_has_the_line_that_it_must_have(graded):
    _, table, results, _ = graded
    assert set(results) == set(table)
    problems = [wrong for file, expected in table.items() if (wrong := difference(results[file], expected))]
    assert not problems, "\n".join(problems)


def difference(result, expected: Expected) -> str:
    """Return how a result differs from what it must be, or ""."""
    said = " | ".join([result.problem, *result.remarks, *result.notes, *(mark.remark for mark in result.marks)])
    wanted = expected.says.split(" | ")
    statuses = {mark.exercise: mark.status for mark in result.marks}
    asked = expected.status if isinstance(expected.status, dict) else {ASKED: expected.status}
    if result.outcome != expected.outcome or not all(words in said for words in wanted):
        return f"{result.file}: expected {expected.outcome}, {expected.says!r}; got {result.outcome}, {said!r}"
    if expected.status and {name: statuses.get(name) for name in asked} != asked:
        return f"{result.file}: expected {asked}, got {statuses}"
    if not expected.says and (result.problem or result.remarks or result.notes):
        return f"{result.file}: expected nothing to be said, got {said!r}"
    return ""


def test_wrong_answers_of_the_bank_get_their_own_message_and_misconception(graded):
    _, _, results, _ = graded
    told = []
    for who, (_, wrongs) in list(made_class.of_the_bank().items())[:TO_THE_BANK]:
        marks = {mark.exercise: mark for mark in results[f"{who}/03_notebook.ipynb"].marks}
        for name, wrong in wrongs.items():
            assert wrong.says in marks[name].message, marks[name]
            assert marks[name].misconception == misconception(name, marks[name].message)
            told.append(marks[name].misconception)
    assert sum(map(bool, told)) > 10


def test_files_outside_are_as_they_were(graded):
    base, *_ = graded
    assert (base / "teacher" / "private.txt").read_text() == "secret"
    assert not list(base.rglob("outside.ipynb"))


def test_grading_again_runs_nothing_that_is_unchanged(graded):
    base, table, results, told = graded
    assert told[0][:2] == (0, len(table)) and told[-1][:2] == (len(table), len(table))
    again = []
    second = grade(
        base / "submissions", base / "report", Options(LIMITS, saved=False), lambda *step: again.append(step)
    )
    assert again == [(len(table), len(table), "")]
    assert {result.file: result for result in second} == results


def test_file_that_comes_again_under_another_name_and_time_is_not_run_again(graded, tmp_path):
    base, _, results, _ = graded
    shutil.copytree(base / "report" / KEPT, tmp_path / "report" / KEPT)
    once, again = "half/03_arithmetic_of_shapes.ipynb", "april.zip/half_12345/03_arithmetic_of_shapes (1).ipynb"
    (tmp_path / "in").mkdir()
    content = (base / "submissions" / once).read_bytes()
    (tmp_path / "in" / "april.zip").write_bytes(made_class.archive({again.partition("/")[2]: content}))
    told = []
    (result,) = grade(
        tmp_path / "in", tmp_path / "report", Options(LIMITS, saved=False), lambda *step: told.append(step)
    )
    assert told == [(1, 1, "")]
    assert (result.file, result.marks, result.sha256) == (again, results[once].marks, results[once].sha256)
    assert result.handed_in != results[once].handed_in


def test_name_that_gives_the_chapter_is_part_of_what_was_graded(tmp_path):
    unmarked = made_class.notebook("def nothing_of_the_course():\n    return 1")
    (tmp_path / "in").mkdir()
    for name in ("03_shapes.ipynb", "04_pooling.ipynb", "copy_of_04_pooling.ipynb"):
        (tmp_path / "in" / name).write_bytes(unmarked)
    told = []
    options = Options(LIMITS, saved=False)
    results = grade(tmp_path / "in", tmp_path / "report", options, lambda *step: told.append(step))
    assert [result.chapters for result in results] == [("03",), ("04",), ("04",)]
    assert len(told) == 3  # the beginning, and two files: of copies, one is run
    assert (told[0][:2], told[-1][:2]) == ((0, 3), (3, 3))
