"""The table of the students: totals, points by chapter, a sign for each exercise, and what to talk about."""

from cnn_lessons.classroom.record import CORRECT, MISSING, NOT_ATTEMPTED, NOT_REACHED, NOT_YET, REFUSED
from cnn_lessons.classroom.reporting import sheet
from cnn_lessons.classroom.reporting.gradebook import GradeBook, Row, Student, plural
from cnn_lessons.classroom.reporting.markup import Html, element, join

NAMED = 4  # exercises that a student's row names before it counts the rest


def students(book: GradeBook, pages: dict[str, str]) -> list[Html]:
    """Return the section of the students; `pages` has the name of each one's page."""
    row = [
        _head("Student", "text"),
        _head("Total", "number", "ascending"),
        element("th", "To talk about", scope="col"),
        [_head(f"Chapter {chapter}", "number") for chapter in book.chapters],
    ]
    order = sorted(book.students, key=lambda student: (student.total is None, student.total))  # as after a first sort
    body = [_student(student, book, pages) for student in order]
    caption = element("caption", "Students, those with the lowest total first", class_="hidden")
    table = element("table", caption, element("thead", element("tr", row)), element("tbody", body), class_="class")
    find = element(
        "div",
        element("label", "Find a student", for_="find"),
        element("input", id="find", type="search", autocomplete="off", spellcheck="false"),
        element("output", id="said", for_="find", class_="soft"),
        class_="find",
        hidden=True,
    )
    return [
        element("h2", "Students", id="students"),
        element(
            "p",
            "Those with the lowest total first. A name leads to the page that you can send to the student.",
            class_="soft",
        ),
        find,
        sheet.legend(),
        element("div", table, class_="wide", role="region", aria_label="Students", tabindex="0"),
    ]


def _head(text: str, kind: str, order: str = "none") -> Html:
    return element("th", element("button", text, type="button"), scope="col", aria_sort=order, data_kind=kind)


def _student(student: Student, book: GradeBook, pages: dict[str, str]) -> Html:
    return element(
        "tr",
        element("th", sheet.feedback_link(student.name, pages), scope="row", data_value=student.name),
        _total(student.total),
        element("td", _topics(student), class_="stuck"),
        [_chapter(student.row(chapter), f"Chapter {chapter}") for chapter in book.chapters],
    )


def _total(percent: float | None) -> Html:
    if percent is None:
        return element("td", "–", data_value="")
    number = element("strong", f"{sheet.number(percent)} %")
    return element("td", number, sheet.bar({CORRECT: percent}, "bar mini"), data_value=percent, class_="total")


def _chapter(row: Row | None, head: str) -> Html:
    if row is None:
        return element("td", element("span", "not handed in", class_="soft"), data_value="", data_head=head)
    late = None
    if row.days_late:
        off = f", −{sheet.number(row.percent_off)} %" if row.percent_off else ""
        late = element("span", f"{plural(row.days_late, 'day')} late{off}", class_="late small")
    points = f"{sheet.number(row.points)} of {sheet.number(row.of)} "
    run = sheet.strip(row.marks) if row.result.outcome != REFUSED else element("span", "not run", class_="missing")
    percent = "" if row.percent is None else row.percent
    return element("td", points, run, late, data_value=percent, data_head=head)


def _topics(student: Student) -> list[Html]:
    """Return, by status, the exercises that are not correct yet; what was tried comes first."""
    marks = [mark for row in student.rows if row.result.outcome != REFUSED for mark in row.marks]
    refused = sum(row.result.outcome == REFUSED for row in student.rows)
    said = [element("span", f"{plural(refused, 'file')} not run", class_="missing")] if refused else []
    for status in (NOT_YET, NOT_ATTEMPTED, MISSING, NOT_REACHED):
        names = [mark.exercise for mark in marks if mark.status == status]
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            word = element("span", status, class_="hidden")
            told = [join(", " if place else None, element("code", name)) for place, name in enumerate(names[:NAMED])]
            said.append(element("span", sheet.sign(status), " ", word, " ", told, more))
    return said or [element("span", "–", class_="soft")]
