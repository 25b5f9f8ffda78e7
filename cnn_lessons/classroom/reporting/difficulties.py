"""The exercises of the class: how many have each right, and which mistakes were made by whom."""

from typing import Any

from cnn_lessons.classroom.record import CORRECT, MISSING, NOT_ATTEMPTED, NOT_REACHED, NOT_YET
from cnn_lessons.classroom.reporting import course, sheet
from cnn_lessons.classroom.reporting.gradebook import GradeBook
from cnn_lessons.classroom.reporting.insight import Rate, Slip, rates, slips
from cnn_lessons.classroom.reporting.markup import Html, element


def exercises(book: GradeBook, pages: dict[str, str]) -> list[Any]:
    """Return the section of the exercises; `pages` has the name of each student's page."""
    parts = []
    for chapter in book.chapters:
        rated = [rate for rate in rates(book, chapter) if rate.students]
        if not rated:
            parts.append([element("h3", course.heading(chapter)), element("p", "Nobody's file was run.")])
            continue
        heads = [
            element("th", text, scope="col")
            for text in ("Exercise", "Correct", "", "Not yet", "Not attempted", "Other")
        ]
        table = element(
            "table", element("thead", element("tr", heads)), element("tbody", map(_rate, rated)), class_="rates"
        )
        made = slips(book, chapter)
        parts.append([element("h3", course.heading(chapter)), element("div", table, class_="wide")])
        if made:
            parts.append(element("h3", f"Mistakes in chapter {chapter}, the most common first"))
            parts += [_slip(slip, pages) for slip in made]
    return [
        element("h2", "Exercises and mistakes", id="exercises"),
        element(
            "p",
            "Of the files that were run. The bar shows what is correct, then, paler, what was tried.",
            class_="soft",
        ),
        parts,
    ]


def _rate(rate: Rate) -> Html:
    part = {status: 100 * rate.counts[status] / rate.students for status in (CORRECT, NOT_YET)}
    others = rate.counts[MISSING] + rate.counts[NOT_REACHED]
    return element(
        "tr",
        element("th", element("code", rate.exercise), element("span", rate.title, class_="title"), scope="row"),
        element("td", sheet.bar(part)),
        element("td", passed(rate)),
        element("td", sheet.sign(NOT_YET), f" {rate.counts[NOT_YET]}", data_head="Not yet"),
        element("td", sheet.sign(NOT_ATTEMPTED), f" {rate.counts[NOT_ATTEMPTED]}", data_head="Not attempted"),
        element("td", sheet.sign(MISSING), f" {others}", data_head="Missing or not reached"),
    )


def _slip(slip: Slip, pages: dict[str, str]) -> Html:
    who = element("ul", [element("li", sheet.feedback_link(student, pages)) for student in slip.students], class_="who")
    told = element("span", sheet.prose(slip.misconception), " ", element("code", slip.exercise, class_="soft"))
    count = element("b", len(slip.students), element("span", " students", class_="hidden"))
    return element("details", element("summary", count, told), who)


def passed(rate: Rate) -> str:
    """Return how many have an exercise right: "24 of 38 correct (63 %)"."""
    return f"{rate.counts[CORRECT]} of {rate.students} correct ({sheet.percent(rate.share)})"
