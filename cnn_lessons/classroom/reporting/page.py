"""index.html: who needs help, with what, and which files to look at."""

from itertools import groupby

from cnn_lessons.classroom.reporting import course, sheet
from cnn_lessons.classroom.reporting.difficulties import exercises, passed
from cnn_lessons.classroom.reporting.gradebook import GradeBook, Row, Student, plural
from cnn_lessons.classroom.reporting.insight import (
    CUT_SHORT,
    HELP_BELOW,
    NOT_RUN,
    ODD,
    SAME_FILE,
    SAME_NAME,
    TAMPERING,
    Flag,
    counted,
    flags,
    hardest,
    slips,
)
from cnn_lessons.classroom.reporting.markup import Html, element, join
from cnn_lessons.classroom.reporting.roster import students


def index(book: GradeBook, pages: dict[str, str], version: str, date: str) -> bytes:
    """Return the page of the whole class.

    Args:
        book: the grades.
        pages: of each student, the name of the feedback page.
        version: of the course.
        date: as it shall stand on the page.
    """
    found = flags(book)
    ways = sorted({row.result.isolation for row in book.rows if row.result.isolation})
    files = plural(len({row.result.file for row in book.rows}), "file")
    return sheet.page(
        f"Class report: chapter {', '.join(book.chapters)}",
        ["base.css", "table.css"],
        element("h1", "Class report"),
        element("p", element("strong", ", ".join(map(course.heading, book.chapters)) or "No chapter")),
        element("p", f"{plural(len(book.students), 'student')}, {files} that count. {date}", class_="soft"),
        _answers(book, found),
        _files(found, pages, book.compared),
        students(book, pages),
        exercises(book, pages),
        element(
            "footer",
            element("p", f"CNN Lessons {version}. The policy and every message are in results.json."),
            [element("p", "How the students' code was closed in: ", way) for way in ways],
        ),
        script="table.js",
    )


def _answers(book: GradeBook, found: list[Flag]) -> Html:
    """Return the three answers that a first look wants, each leading to its section."""
    urgent = {flag.row.result.file for flag in found if flag.kind != ODD}
    weak = sorted((student for student in book.students if (student.total or 0) < HELP_BELOW), key=_weakest)
    help_ = join(f"of {plural(len(book.students), 'student')}: a total below {HELP_BELOW} %. ", _few(weak))
    cards = (
        ("#files", "Which files to look at", str(len(urgent)), _kinds(found) or "nothing stands out"),
        ("#students", "Who needs help", str(len(weak)), help_),
        ("#exercises", "With what", *_hardest(book)),
    )
    return element("nav", [_card(*card) for card in cards], class_="answers", aria_label="At a glance")


def _card(to: str, asked: str, answer: str, told: str | Html) -> Html:
    parts = element("span", asked, class_="asked"), element("b", answer), element("span", told)
    return element("a", *parts, class_="answer", href=to)


def _weakest(student: Student) -> tuple[float, str]:
    return student.total or 0, student.name


def _few(students: list[Student]) -> Html | str:
    if not students:
        return ""
    names = [join(", " if place else "", sheet.name(student.name)) for place, student in enumerate(students[:3])]
    return join("The lowest: ", names, " …" if len(students) > 3 else "")


def _hardest(book: GradeBook) -> tuple[str, Html | str]:
    """Return the exercise that the fewest have right, with that number and the mistake that most have made."""
    worst = hardest(book)
    if not worst:
        return "–", "no file was run"
    every = [slip for chapter in book.chapters for slip in slips(book, chapter)]
    common = max(every, key=lambda slip: len(slip.students), default=None)
    told = f"is hardest: {passed(worst)}."
    if common:
        who = plural(len(common.students), "student")
        return worst.exercise, join(told, f" The most common mistake, {who}: ", sheet.prose(common.misconception))
    return worst.exercise, told


def _kinds(found: list[Flag]) -> str:
    counts = [(kind, len(list(group))) for kind, group in groupby(found, key=lambda flag: flag.kind) if kind != ODD]
    return ", ".join(f"{kind[0].lower()}{kind[1:]} {count}" for kind, count in counts)


def _files(found: list[Flag], pages: dict[str, str], compared: bool) -> list[Html]:
    outputs = "and all saved outputs were reproduced" if compared else "saved outputs were not compared"
    intro = f"Nothing was refused or stopped, nothing looks tampered with, {outputs}."
    urgent = any(flag.kind != ODD for flag in found)
    groups = []
    for kind, members in groupby(found, key=lambda flag: flag.kind):
        flagged = list(members)
        items = [
            (sheet.feedback_link(flag.row.student, pages), " ", _path(flag.row), [_said(text) for text in flag.reasons])
            for flag in flagged
        ]
        grave = kind in (TAMPERING, NOT_RUN, CUT_SHORT, SAME_FILE, SAME_NAME)
        heading = element("summary", element("b", len(flagged)), element("span", kind))
        groups.append(element("details", heading, sheet.lines(*items), open=grave, class_="grave" if grave else None))
    return [
        element("h2", "Files to look at first", id="files"),
        None if urgent else element("p", intro),
        *groups,
    ]


def _path(row: Row) -> Html:
    return element("span", row.result.file[-160:], " · ", counted(row) or "no exercise", class_="path")


def _said(text: str) -> Html:
    return element("span", text, class_="said")
