"""What every page of the report is made of: the frame, signs, bars, links."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnn_lessons.classroom.record import CORRECT, MISSING, NOT_ATTEMPTED, NOT_REACHED, NOT_YET, Mark
from cnn_lessons.classroom.reporting.markup import Html, element, join

SIGNS = {CORRECT: "●", NOT_YET: "△", NOT_ATTEMPTED: "○", MISSING: "×", NOT_REACHED: "…"}
MEANING = {
    CORRECT: "correct",
    NOT_YET: "not yet",
    NOT_ATTEMPTED: "not attempted",
    MISSING: "missing: no cell of that name",
    NOT_REACHED: "not reached: the run was stopped before",
}


def page(title: str, styles: list[str], *content: Any, script: str = "") -> bytes:
    """Return a whole page that stands alone: it asks for nothing, and runs no script but its own.

    Args:
        title: of the window.
        styles: names of files in `static`, in order.
        *content: of the page.
        script: name of a file in `static`; "" for a page without one.
    """
    style, code = Html("\n".join(map(_static, styles))), Html(_static(script)) if script else None
    allowed = f"default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src {_hash(style)}"
    if code:
        allowed += f"; script-src {_hash(code)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=allowed),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        element("style", style),
    )
    body = element("body", element("main", *content), element("script", code, type="module") if code else None)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n".encode()


def sign(status: str) -> Html:
    """Return a status as a sign in its colour; the word must stand beside it, or in a label around it."""
    return element("span", SIGNS[status], class_=kind(status), aria_hidden="true")


def kind(status: str) -> str:
    """Return the class that gives a status its colour."""
    return status.replace(" ", "-")


def strip(marks: tuple[Mark, ...]) -> Html:
    """Return one sign for each exercise, in their order; the label says them in words."""
    told = ", ".join(f"{mark.exercise} {mark.status}" for mark in marks)
    return element(
        "span", [sign(mark.status) for mark in marks], class_="strip", role="img", aria_label=told, title=told
    )


def bar(parts: dict[str, float], class_: str = "bar") -> Html:
    """Return a bar of parts, each 0 to 100, by status; the numbers must stand beside it."""
    drawn, left = [element("rect", class_="track", width="100", height="10")], 0.0
    for status, width in parts.items():
        if width:
            shape = {"x": f"{left:.4g}", "width": f"{width:.4g}", "height": "10"}
            drawn.append(element("rect", class_=f"part-{kind(status)}", **shape))
        left += width
    return element("svg", drawn, class_=class_, viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")


def name(text: str) -> Html:
    """Return a name from a student's file, cut to a line, whose direction of reading stays its own."""
    return element("bdi", text if len(text) <= 80 else f"{text[:79]}…", title=text if len(text) > 80 else None)


def feedback_link(student: str, pages: dict[str, str]) -> Html:
    """Return a student's name as the link to the feedback page."""
    return element("a", name(student), href=f"feedback/{quote(pages[student])}")


def number(value: float) -> str:
    """Return a number without needless decimals: "3", "82.5"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Return a share from 0 to 1 as "57 %"."""
    return f"{100 * share:.0f} %"


def prose(text: str) -> Html:
    """Return a sentence of the course in which `code` is set as code."""
    return join(element("code", part) if place % 2 else part for place, part in enumerate(text.split("`")))


def legend() -> Html:
    """Return what the signs mean."""
    said = [element("span", sign(status), " ", MEANING[status]) for status in SIGNS]
    return element("p", said, class_="signs small")


def lines(*items: Any) -> Html:
    """Return a list, one item a line."""
    return element("ul", [element("li", join(item)) for item in items])


@cache
def _static(file: str) -> str:
    return (Path(__file__).parent / "static" / file).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
