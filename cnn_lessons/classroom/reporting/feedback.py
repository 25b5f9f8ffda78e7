"""feedback/<student>.html: what one student needs to go on, and nothing about anybody else."""

import hashlib
import re
import unicodedata
from collections import Counter
from datetime import datetime, timezone

from cnn_lessons.classroom.record import CORRECT, MISSING, REFUSED, STOPPED, Mark
from cnn_lessons.classroom.reporting import course, sheet
from cnn_lessons.classroom.reporting.gradebook import Row, Student, by_name, plural
from cnn_lessons.classroom.reporting.markup import Html, element
from cnn_lessons.classroom.reporting.policy import Policy

# Names that Windows keeps for devices, with any ending.
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    "conin$",
    "conout$",
    *(f"{d}{n}" for d in ("com", "lpt") for n in "0123456789¹²³"),
}
LONGEST = 120  # bytes of a file's name before .html: file systems take 255, archives and old tools less
LAST = 253_370_764_800.0  # the year 9999: no calendar goes on after it, but a file from an archive may claim more


def page_names(students: list[str]) -> dict[str, str]:
    """Return a file's name for each student: letters and digits of any script, and "-" for what else there was.

    Whoever shares a name after that, or on a system that does not tell a from A, gets a few digits of a hash as well.
    """
    whole = {student: _bare(student) for student in students}
    shared = Counter(by_name(name)[0] for name in whole.values())
    taken, names = set(), {}
    for student in sorted(students, key=by_name):
        name = whole[student].encode()[:LONGEST].decode(errors="ignore")
        if shared[by_name(name)[0]] != 1 or not name or name.casefold() in DEVICES:  # 0 for a name that was cut
            digits = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            name = f"{name or 'student'}-{digits}"
        while by_name(name)[0] in taken:
            name += "-2"
        taken.add(by_name(name)[0])
        names[student] = f"{name}.html"
    return names


def feedback(student: Student, policy: Policy, date: str) -> bytes:
    """Return the page of one student.

    Args:
        student: with the work on each chapter.
        policy: tells the deadlines.
        date: as it shall stand on the page.
    """
    return sheet.page(
        f"Feedback for {student.name}",
        ["base.css", "feedback.css"],
        element("h1", "Feedback for ", sheet.name(student.name)),
        element("p", f"CNN Lessons. {date}", class_="soft"),
        [_chapter(row, policy) for row in student.rows],
    )


def _bare(student: str) -> str:
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else "-" for letter in student)
    return re.sub(r"-{2,}", "-", "".join(kept)).strip("-")


def _chapter(row: Row, policy: Policy) -> list[Html]:
    parts = [element("h2", f"Chapter {course.heading(row.chapter)}" if row.chapter else "A file without a chapter")]
    parts.append(element("p", "Your file: ", element("code", row.result.file), class_="file"))
    if row.result.outcome == REFUSED:
        parts.append(element("p", element("strong", "It was not run. "), row.result.problem, class_="likely"))
    elif row.result.outcome == STOPPED:
        parts.append(element("p", element("strong", "The run was stopped. "), row.result.problem, class_="likely"))
    if row.chapter:
        parts.append(element("p", element("strong", _points(row)), _lateness(row, policy)))
    parts += [element("p", f"Note: {note}.", class_="soft file") for note in row.notes]
    parts += [_outputs(row)]
    if row.result.outcome != REFUSED:
        parts += [_exercise(mark, row.chapter) for mark in row.marks]
    return parts


def _points(row: Row) -> str:
    right = sum(mark.status == CORRECT for mark in row.marks) if row.result.outcome != REFUSED else 0
    points = f"{sheet.number(row.points)} of {_in_points(row.of)}"
    return f"{points}. {right} of {plural(len(row.marks), 'exercise')} correct."


def _in_points(points: float) -> str:
    return f"{sheet.number(points)} point{'' if points == 1 else 's'}"


def _lateness(row: Row, policy: Policy) -> str:
    due = policy.due(row.chapter)
    if not row.days_late or due is None or row.result.handed_in is None:
        return ""
    came = datetime.fromtimestamp(min(row.result.handed_in, LAST), timezone.utc).astimezone(due.tzinfo)
    off = f" It takes off {sheet.number(row.percent_off)} % of {_in_points(row.earned)}." if row.percent_off else ""
    return f" Handed in {came:%Y-%m-%d %H:%M}, due {due:%Y-%m-%d %H:%M}: {plural(row.days_late, 'day')} late.{off}"


def _outputs(row: Row) -> Html | None:
    cells = row.result.cells
    if cells is None or not (cells.differ or cells.fail):
        return None
    told = f"When your notebook ran again, {plural(cells.match, 'cell')} gave what you had saved, {cells.differ} gave "
    advice = f"something else and {cells.fail} failed. Before you hand in, choose Restart and run all, then save."
    return element("p", told + advice, class_="soft")


def _exercise(mark: Mark, chapter: str) -> Html:
    title = course.exercises(chapter).get(mark.exercise, "")
    message = mark.message.replace(mark.misconception, "").strip() if mark.misconception else mark.message.strip()
    if mark.status == MISSING and not message:
        message = f"Your file has no cell and no function named {mark.exercise}. Take it from the chapter again."
    remark = element("p", f"Note: {mark.remark}", class_="soft file") if mark.remark else None
    likely = element("p", element("strong", "What it looks like: "), sheet.prose(mark.misconception), class_="likely")
    return element(
        "section",
        element("h3", element("code", mark.exercise), element("span", title, class_="title")),
        element("p", sheet.sign(mark.status), f" {mark.status}", class_=f"status {sheet.kind(mark.status)}"),
        element("p" if mark.status == CORRECT else "pre", message) if message else None,
        likely if mark.misconception else None,
        remark,
        _read_again(mark, chapter) if mark.status != CORRECT else None,
        class_=f"exercise {sheet.kind(mark.status)}",
    )


def _read_again(mark: Mark, chapter: str) -> Html:
    where = f"Chapter {course.heading(chapter)}"  # no link: the book shows the solutions
    section = course.section(mark.exercise)
    part = f", section “{section}”. " if section else ". "
    hints = f'hint("{mark.exercise}")'
    return element("p", f"Read again: {where}", part, "Stuck? ", element("code", hints), " in the notebook helps.")
