"""From results to grades: which file is whose, which of two counts, points, lateness, totals."""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnn_lessons.classroom.record import CORRECT, MISSING, REFUSED, Mark, Result
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.policy import LATEST, Policy

DAY = 24 * 60 * 60
ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz)$", re.IGNORECASE)
# What browsers, Jupyter and students leave of a notebook's name: "anna_02_convolution (1)", "02_convolution-Copy1".
CHAPTERS = "|".join(name for name, _ in course.CHAPTERS.values())
AT_END = re.compile(rf"[-_ ]*(?:{CHAPTERS})[-_ ]*(?:\(\d+\)|-(?:Copy)?\d+)?$", re.IGNORECASE)
AT_START = re.compile(rf"^(?:{CHAPTERS})[-_ ]*", re.IGNORECASE)
COPY_OF = re.compile(r"^(?:copy[-_ ]of[-_ ]+)+", re.IGNORECASE)
COPY = re.compile(r"(?:\((\d+)\)|-(?:Copy)?(\d+))$", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One student's work on one chapter.

    Args:
        student: as read off the path.
        chapter: two digits; "" if no exercise of the course was found in the file.
        result: what was found in the file that counts.
        marks: one for each exercise of the chapter, in its order; "missing" where the file had nothing to say.
        earned: points before lateness.
        of: points of a chapter in which everything is correct.
        days_late: days begun since the deadline; None without a deadline, or where the time is not known.
        percent_off: of the points earned, for lateness.
        left_out: of the same student and chapter, what does not count.
        notes: what to know of how the grade came about.
    """

    student: str
    chapter: str
    result: Result
    marks: tuple[Mark, ...]
    earned: float
    of: float
    days_late: int | None
    percent_off: float
    left_out: tuple["Row", ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Points after what lateness takes off."""
        return round(self.earned * (1 - self.percent_off / 100), 4)

    @property
    def percent(self) -> float | None:
        """`points` as a percentage of `of`; None where there is nothing to earn."""
        return round(100 * self.points / self.of, 1) if self.of else None


@dataclass(frozen=True)
class Student:
    """A student, the rows in the order of the chapters, and the total in percent (None if nothing counts)."""

    name: str
    rows: tuple[Row, ...]
    total: float | None

    def row(self, chapter: str) -> Row | None:
        """Return the work on a chapter; None if nothing was handed in."""
        return next((row for row in self.rows if row.chapter == chapter), None)


@dataclass(frozen=True)
class GradeBook:
    """The whole class.

    Args:
        policy: by which it was graded.
        chapters: those that somebody handed in or that carry weight, in order.
        students: by name.
    """

    policy: Policy
    chapters: tuple[str, ...]
    students: tuple[Student, ...]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows that count, by student and chapter."""
        return tuple(row for student in self.students for row in student.rows)

    @cached_property
    def all_rows(self) -> tuple[Row, ...]:
        """Every row, each that counts before those that it leaves out."""
        return tuple(one for row in self.rows for one in (row, *row.left_out))


def grade_book(results: Sequence[Result], policy: Policy) -> GradeBook:
    """Return the grades that a policy makes of results, whatever order they come in.

    Args:
        results: one a file.
        policy: how points are given and taken.
    """
    handed_in = defaultdict(lambda: defaultdict(list))
    collections = _collections(results)
    for result in sorted(results, key=lambda result: result.file):
        student, notes = student_of(result.file, policy, collections)
        for chapter in result.chapters or ("",):
            handed_in[student][chapter].append(_row(student, chapter, result, policy, notes))
    found = {chapter for chapters in handed_in.values() for chapter in chapters if chapter}
    chapters = tuple(sorted(found | set(policy.weights)))
    students = []
    for name in sorted(handed_in, key=by_name):
        rows = [row for chapter in sorted(handed_in[name]) for row in _counting(handed_in[name][chapter], policy)]
        students.append(Student(name, tuple(rows), _total(rows, chapters, policy)))
    return GradeBook(policy, chapters, tuple(students))


def student_of(file: str, policy: Policy, collections: Mapping[str, int]) -> tuple[str, tuple[str, ...]]:
    """Return whose file it is, and what to know of how that was found out.

    Args:
        file: its path below the folder of submissions.
        policy: its `student` says how to read the path.
        collections: archives that hold the files of many, and how many folders of a path there name nobody.
    """
    pattern, notes = policy.student_pattern(), ()
    parts = file.split("/")
    inside = parts[min(collections.get(parts[0], 0), len(parts) - 1) :]  # what lies above those folders keeps its name
    if pattern:
        found = pattern.search("/".join(inside)) or pattern.search(file)
        if found and (found["student"] or "").strip():
            return _composed(found["student"]), ()
        notes = ("the policy's pattern for the student does not fit this path",)
    return _composed(_unit(inside) or _stem(inside[-1])) or file, notes


def _unit(path: Sequence[str]) -> str:
    """Return what names the student in a path: the first folder, or what the file's name holds beside the chapter's."""
    *folders, name = path
    if folders:
        return ARCHIVE.sub("", folders[0])
    stem = COPY_OF.sub("", _stem(name))
    bare = AT_END.sub("", stem)
    return AT_START.sub("", stem) if bare == stem else bare


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0] or name


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()  # macOS writes 김 as three letters


def _collections(results: Iterable[Result]) -> dict[str, int]:
    """Return the archives that hold the files of many students, each with the number of leading folders to skip.

    Such an archive is all that there is, or it holds one chapter under several folders or names. A student's own holds
    each chapter once, or in one folder, or once of them under no name: who packs a class names everybody's.
    """
    paths = [result.file.split("/") for result in results]
    found = {}
    for archive in {path[0] for path in paths if len(path) > 1 and ARCHIVE.search(path[0])}:
        inside = [(result, path) for result, path in zip(results, paths, strict=True) if path[0] == archive]
        tops = {path[1] for result, path in inside if result.outcome != REFUSED or path[-1].endswith(".ipynb")}
        below = {path[2] if len(path) > 3 else _unit(path[2:]) for _, path in inside if len(path) > 2} - {""}
        skip = 2 if len(tops) == 1 and len(below) > 1 else 1  # hw.zip/hw/Kim/…
        units = defaultdict(set)
        for result, path in inside:
            for chapter in result.chapters:
                units[chapter].add(_unit(path[skip:]))
        several = any(len(unit) > 1 and "" not in unit for unit in units.values())
        if several or all(path[0] == archive for path in paths):
            found[archive] = skip
    return found


def by_name(name: str) -> tuple[str, str]:
    """Return a key by which names are sorted as readers expect, and always the same."""
    return unicodedata.normalize("NFKC", name).casefold(), name


def _row(student: str, chapter: str, result: Result, policy: Policy, notes: tuple[str, ...]) -> Row:
    said = {mark.exercise: mark for mark in result.marks}
    marks = tuple(said.get(name) or Mark(name, MISSING, "") for name in course.exercises(chapter))
    worth = {mark.exercise: policy.points.of(mark.exercise, chapter) for mark in marks}
    earned = sum(worth[mark.exercise] for mark in marks if mark.status == CORRECT)
    if result.outcome == REFUSED:
        earned = 0
    elif not chapter:
        notes += ("no exercise of the course was found in it",)
    days, late, due = None, 0.0, policy.due(chapter) if chapter else None
    if due and result.handed_in is None:
        notes += ("when it was handed in is not known, so it does not count as late",)
    elif due:
        late = max(0.0, (result.handed_in - due.timestamp()) / DAY)
        days = math.ceil(late)
    off = policy.late.off(late)
    if off == 100 and days:
        notes += (f"late by {plural(days, 'day')}: no points",)
    return Row(student, chapter, result, marks, earned, sum(worth.values()), days, off, notes=notes)


def _counting(rows: list[Row], policy: Policy) -> Iterable[Row]:
    """Return the row that counts of several; where the chapter is not known, all of them."""
    if len(rows) == 1 or not rows[0].chapter:
        return rows
    ran = [row for row in rows if row.result.outcome != REFUSED] or rows
    ran = [row for row in ran if row.percent_off < 100] or ran  # what comes too late takes nothing away

    def when(row):
        stem = row.result.file.rsplit(".", 1)[0]
        copy = COPY.search(stem)  # a browser numbers later downloads
        number = int(copy[1] or copy[2]) if copy else 0
        return -math.inf if row.result.handed_in is None else row.result.handed_in, number, row.result.file

    chosen = max(ran, key=when if policy.several_files == LATEST else lambda row: (row.percent or 0, *when(row)))
    others = tuple(row for row in rows if row is not chosen)
    names = ", ".join(row.result.file for row in others)
    why = f"of {len(rows)} files the {policy.several_files} counts; left out: {names}"
    if policy.several_files == LATEST and any(row.result.handed_in is None for row in ran):
        why += " (not every time is known, so the order of their names decides)"
    return [_with(chosen, left_out=others, notes=(*chosen.notes, why))]


def _with(row: Row, **changes) -> Row:
    return Row(**{**vars(row), **changes})


def _total(rows: Iterable[Row], chapters: Sequence[str], policy: Policy) -> float | None:
    """Return the mean of the chapters' percentages by their weights; a chapter not handed in counts 0."""
    percents = {row.chapter: row.percent or 0 for row in rows if row.chapter}
    weights = policy.weights or dict.fromkeys(chapters, 1)
    whole = sum(weights.values())
    return round(sum(weights[c] * percents.get(c, 0) for c in weights) / whole, 1) if whole else None


def plural(count: int, word: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
