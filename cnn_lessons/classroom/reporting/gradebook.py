"""From results to grades: which of two files counts, points, lateness, totals."""

import dataclasses
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnn_lessons.classroom.record import CORRECT, MISSING, REFUSED, Mark, Result
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.policy import LATEST, Policy
from cnn_lessons.classroom.reporting.whose import collections_in, student_of

DAY = 24 * 60 * 60
# Which copy or version a file's name says it is: "… (2)", "…-2", "… 2", "…-Copy2", "… copy 2", "… 복사본", "…_v2".
COPY = re.compile(
    r"(?:\((\d{1,2})\)|-(\d{1,2})|(?<= )([2-9])|(?<![^\W_])(?:(?:copy|kopie|복사본) ?(\d{1,2})?|v(\d{1,2})))$",
    re.IGNORECASE,
)


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

    @cached_property
    def compared(self) -> bool:
        """Whether nbval compared the saved outputs of any file."""
        return any(row.result.cells for row in self.all_rows)


def grade_book(results: Sequence[Result], policy: Policy) -> GradeBook:
    """Return the grades that a policy makes of results, whatever order they come in.

    Args:
        results: one a file.
        policy: how points are given and taken.
    """
    handed_in = defaultdict(lambda: defaultdict(list))
    collections = collections_in(results)
    whose = {result.file: student_of(result.file, policy, collections) for result in results}
    own = _chapters(results, {file: student for file, (student, _) in whose.items()}) | set(policy.weights)
    for result in sorted(results, key=lambda result: result.file):
        student, notes = whose[result.file]
        there = [chapter for chapter in result.chapters if chapter in own]
        copied = [chapter for chapter in result.chapters if chapter not in own]
        notes += tuple(f"exercises of chapter {chapter}, which nobody handed in, do not count" for chapter in copied)
        for chapter in there or ("",):
            handed_in[student][chapter].append(_row(student, chapter, result, policy, notes))
    found = {chapter for chapters in handed_in.values() for chapter in chapters if chapter}
    chapters = tuple(sorted(found | set(policy.weights)))
    students = []
    for name in sorted(handed_in, key=by_name):
        rows = [row for chapter in sorted(handed_in[name]) for row in _counting(handed_in[name][chapter], policy)]
        students.append(Student(name, tuple(rows), _total(rows, chapters, policy)))
    return GradeBook(policy, chapters, tuple(students))


def by_name(name: str) -> tuple[str, str]:
    """Return a key by which names are sorted as readers expect, and always the same."""
    return unicodedata.normalize("NFKC", name).casefold(), name


def _chapters(results: Sequence[Result], whose: Mapping[str, str]) -> set[str]:
    """Return the chapters that were handed in: as more than a guest, or by most, for then they were asked for."""
    found = [(whose[result.file], chapter, result) for result in results for chapter in result.chapters]
    held = Counter(chapter for _, chapter in {(student, chapter) for student, chapter, _ in found})
    most = len({student for student, *_ in found}) / 2
    by_most = {chapter for chapter, count in held.items() if 1 < count > most}
    return by_most | {chapter for _, chapter, result in found if not _is_guest(result, chapter)}


def _is_guest(result: Result, chapter: str) -> bool:
    """Whether a file holds less than half of a chapter, and most of another: then some cells were copied into it."""
    held = {mark.exercise for mark in result.marks if mark.status != MISSING}

    def share(chapter: str) -> float:
        exercises = course.exercises(chapter)
        return len(held.intersection(exercises)) / (len(exercises) or 1)

    return share(chapter) < 0.5 and any(share(other) >= 0.5 for other in result.chapters)


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
    ran = [row for row in ran if not _is_guest(row.result, row.chapter)] or ran  # nor does what was copied along

    def when(row):
        stem = unicodedata.normalize("NFC", row.result.file.rsplit(".", 1)[0])
        copy = COPY.search(stem)  # a browser numbers later downloads
        number = int(next(filter(None, copy.groups()), 1)) if copy else 0
        return -math.inf if row.result.handed_in is None else row.result.handed_in, number, row.result.file

    chosen = max(ran, key=when if policy.several_files == LATEST else lambda row: (row.percent or 0, *when(row)))
    others = tuple(row for row in rows if row is not chosen)
    names = ", ".join(row.result.file for row in others)
    why = f"of {len(rows)} files the {policy.several_files} counts; left out: {names}"
    times = [row.result.handed_in for row in ran]
    if policy.several_files == LATEST and None in times:
        why += " (not every time is known, so the order of their names decides)"
    elif policy.several_files == LATEST and times.count(chosen.result.handed_in) > 1:
        why += " (their times are equal, so the order of their names decides)"
    return [dataclasses.replace(chosen, left_out=others, notes=(*chosen.notes, why))]


def _total(rows: Iterable[Row], chapters: Sequence[str], policy: Policy) -> float | None:
    """Return the mean of the chapters' percentages by their weights; a chapter not handed in counts 0.

    One in which there is nothing to earn does not count.
    """
    percents = {row.chapter: row.percent or 0 for row in rows if row.chapter}
    weights = policy.weights or dict.fromkeys(chapters, 1)
    weights = {c: weight for c, weight in weights.items() if _worth(c, policy)}
    whole = sum(weights.values())
    return round(sum(weights[c] * percents.get(c, 0) for c in weights) / whole, 1) if whole else None


def _worth(chapter: str, policy: Policy) -> float:
    """Return the points of a chapter in which everything is correct."""
    return sum(policy.points.of(name, chapter) for name in course.exercises(chapter))


def plural(count: int, word: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
