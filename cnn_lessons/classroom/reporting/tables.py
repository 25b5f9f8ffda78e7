"""grades.csv, totals.csv and results.json: the report for spreadsheets and programs."""

import csv
import io
import json
from typing import Any

from cnn_lessons.classroom.record import to_json
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.gradebook import GradeBook, Row
from cnn_lessons.classroom.reporting.markup import plain

FORMAT, VERSION = "cnn_lessons grades", 1
WORK, COMPARED = "student chapter file points of percent late percent_off", "nbval_match nbval_differ nbval_fail"
COLUMNS = (*WORK.split(), *COMPARED.split(), "problem", "remarks")
LONGEST = 2000  # characters in a cell; a spreadsheet takes at most 32767
# A spreadsheet runs a cell that begins so; East Asian versions also take the wide forms.
RUNS = tuple("=+-@\t\r\n|%＝＋－＠")


def grades(book: GradeBook) -> bytes:
    """Return one row for each student and chapter, with a column for each exercise.

    It is UTF-8 with a byte order mark: without one Excel takes the file for the country's old encoding, and every 김
    becomes three other letters. pandas, R, LibreOffice and Google Sheets skip the mark.
    """
    exercises = [name for chapter in book.chapters for name in course.exercises(chapter)]
    rows = [_line(row, exercises) for row in book.rows]
    return _csv([*COLUMNS, *exercises], rows)


def totals(book: GradeBook) -> bytes:
    """Return one row for each student: the total in percent, and the percentage of each chapter."""
    heads = ["student", "total_percent", *(f"chapter_{chapter}" for chapter in book.chapters)]
    rows = []
    for student in book.students:
        works = [student.row(chapter) for chapter in book.chapters]
        rows.append([student.name, student.total, *(work and work.percent for work in works)])
    return _csv(heads, rows)


def everything(book: GradeBook, results: list, pages: dict[str, str], version: str, date: str) -> bytes:
    """Return the whole report as JSON, every record of the engine in it. ASCII: lone surrogates survive it."""
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "course": version,
        "date": date,
        "policy": book.policy.to_json(),
        "students": [
            {
                "student": student.name,
                "page": pages[student.name],
                "total_percent": student.total,
                "chapters": [_graded(row) for row in student.rows],
            }
            for student in book.students
        ],
        "results": [to_json(result) for result in sorted(results, key=lambda result: result.file)],
    }
    return (json.dumps(whole, indent=1) + "\n").encode("ascii")


def cell(value: Any) -> Any:
    """Return a value as a spreadsheet may have it: numbers plain, text in one line and never a formula."""
    if value is None:
        return ""
    if type(value) in (int, float):
        return int(value) if value == int(value) else value
    text = plain(str(value), LONGEST)
    return f"'{text}" if value.startswith(RUNS) or text.lstrip().startswith(RUNS) else text


def _line(row: Row, exercises: list[str]) -> list[Any]:
    said, cells, result = {mark.exercise: mark.status for mark in row.marks}, row.result.cells, row.result
    nbval = [cells.match, cells.differ, cells.fail] if cells else [None] * 3
    remarks = "; ".join(filter(None, [*result.remarks, *result.notes, result.cells_note, *row.notes]))
    known = bool(row.chapter)
    points = [row.points, row.of, row.percent] if known else [None] * 3
    late = [row.days_late, row.percent_off if row.days_late is not None else None]
    fixed = [row.student, row.chapter, result.file, *points, *late, *nbval, result.problem, remarks]
    return [*fixed, *(said.get(name) for name in exercises)]


def _graded(row: Row) -> dict[str, Any]:
    return {
        "chapter": row.chapter,
        "file": row.result.file,
        "earned": row.earned,
        "days_late": row.days_late,
        "percent_off": row.percent_off,
        "points": row.points,
        "of": row.of,
        "percent": row.percent,
        "left_out": [other.result.file for other in row.left_out],
        "notes": list(row.notes),
    }


def _csv(heads: list[str], rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)  # lines end with \r\n, as RFC 4180 has it
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
