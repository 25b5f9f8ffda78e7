"""The way through the chapters: the drawing of what needs what, the table of times, the index of objectives.

All of it is read off the notebooks when the book is built; see `chapters`.
"""

import html
import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chapters import LAB, Chapter, Heading, Objective, read_chapters, read_objectives
from docutils import nodes
from docutils.statemachine import StringList
from exercise_answers import section
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WIDTH, HEIGHT, GAP, BETWEEN = 360, 52, 30, 12  # of the drawing, of a node, between rows, between nodes of a row
ARROW = (
    '<defs><marker id="needs" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
    'orient="auto"><path d="M0 0 L10 5 L0 10 z"/></marker></defs>'
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("chapter-graph", ChapterGraph)
    app.add_directive("chapter-times", ChapterTimes)
    app.add_directive("objectives-index", ObjectivesIndex)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def nearest(chapters: dict[str, Chapter]) -> dict[str, list[str]]:
    """Of each chapter's needs, those that no other of its needs already brings along."""
    behind: dict[str, set[str]] = {}
    for number, chapter in chapters.items():
        behind[number] = set(chapter.needs).union(*(behind[need] for need in chapter.needs))
    return {
        number: [need for need in chapter.needs if not any(need in behind[other] for other in chapter.needs)]
        for number, chapter in chapters.items()
    }


def places(chapters: dict[str, Chapter]) -> dict[str, tuple[float, float, float]]:
    """Where each chapter is drawn: left, top and width of its node. A row lower than all that it needs."""
    rows: dict[str, int] = {}
    for number, chapter in chapters.items():
        rows[number] = 1 + max((rows[need] for need in chapter.needs), default=-1)
    found = {}
    for number, row in rows.items():
        beside = [other for other in rows if rows[other] == row]
        width = (WIDTH - 4 - BETWEEN * (len(beside) - 1)) / len(beside)
        found[number] = (2 + beside.index(number) * (width + BETWEEN), 2 + row * (HEIGHT + GAP), width)
    return found


def drawing(chapters: dict[str, Chapter], page: str) -> str:
    """The chapters as an SVG: nodes that are links, arrows from what is needed to what needs it."""
    where = places(chapters)
    lines = [line(where[need], where[number]) for number, needs in nearest(chapters).items() for need in needs]
    boxes = [node(chapter, where[number], page) for number, chapter in chapters.items()]
    height = max(top for _, top, _ in where.values()) + HEIGHT + 2
    return (
        f'<svg class="chapter-graph" viewBox="0 0 {WIDTH} {height:g}" role="group" '
        f'aria-label="The chapters, each below those that it needs. The table after it says the same in words.">'
        f"{ARROW}{''.join(lines)}{''.join(boxes)}</svg>"
    )


def line(start: tuple[float, float, float], end: tuple[float, float, float]) -> str:
    """An arrow from the lower edge of one node to the upper edge of another."""
    (left, top, width), (to_left, to_top, to_width) = start, end
    x, y, to_x, to_y = left + width / 2, top + HEIGHT, to_left + to_width / 2, to_top - 1
    way = f"M{x:g} {y:g} C{x:g} {y + 18:g} {to_x:g} {to_y - 18:g} {to_x:g} {to_y:g}"
    return f'<path class="needs" d="{way}" marker-end="url(#needs)"/>'


def node(chapter: Chapter, place: tuple[float, float, float], page: str) -> str:
    """The box of a chapter, a link to it."""
    left, top, width = place
    target = posixpath.relpath(chapter.page, posixpath.dirname(page))
    middle = left + width / 2
    return (
        f'<a href="{target}.html"><rect x="{left:g}" y="{top:g}" width="{width:g}" height="{HEIGHT}" rx="8"/>'
        f'<text class="title" x="{middle:g}" y="{top + 22:g}">{chapter.number} {html.escape(chapter.title)}</text> '
        f'<text x="{middle:g}" y="{top + 41:g}">{hours(chapter.reading)}, in full {hours(chapter.complete)}</text></a>'
    )


def hours(minutes: int) -> str:
    """Minutes as a reader plans them: "40 min", "2 h", "1 h 30"."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02}" if minutes % 60 else f"{minutes // 60} h"


def link(chapter: Chapter, heading: Heading | None = None, words: str = "") -> str:
    """A link in Markdown, for a page in a folder beside the notebooks."""
    anchor = f"#{heading.anchor}" if heading else ""
    return f"[{words or (heading.title if heading else chapter.title)}](../{chapter.page}.ipynb{anchor})"


class WritesMarkdown(SphinxDirective):
    """A directive that says what it has to say in Markdown."""

    def markdown(self, lines: Iterable[str]) -> list[nodes.Node]:
        """The nodes of some Markdown: Sphinx then checks its links like those of any page."""
        box = nodes.container()
        self.state.nested_parse(StringList(list(lines), source=self.env.docname), 0, box)
        for columns in box.findall(nodes.tgroup):
            next(columns.findall(nodes.colspec))["stub"] = 1  # a row's first cell heads it, for screen readers
        return box.children


class MadeOfChapters(WritesMarkdown):
    """A directive that reads the notebooks of the book."""

    def chapters(self) -> dict[str, Chapter]:
        """Every chapter; the page is written anew when one changes."""
        folder = Path(self.env.srcdir) / "notebooks"
        for path in folder.glob("[0-9]*.ipynb"):
            self.env.note_dependency(str(path))
        return read_chapters(folder)

    def objectives(self, chapters: dict[str, Chapter]) -> dict[str, list[Objective]]:
        """The objectives of every chapter, with the sections and exercises of book/objectives.yml."""
        path = Path(self.env.srcdir) / "book" / "objectives.yml"
        self.env.note_dependency(str(path))
        return read_objectives(path, chapters)


class ChapterGraph(MadeOfChapters):
    """The drawing of what needs what."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing."""
        return [nodes.raw("", drawing(self.chapters(), self.env.docname), format="html")]


class ChapterTimes(MadeOfChapters):
    """The table of what each chapter needs and takes."""

    def run(self) -> list[nodes.Node]:
        """Return the table, the total in its last row."""
        chapters = self.chapters()
        rows = ["| chapter | needs | read | full | CPU | GPU |", "|---|---|--:|--:|--:|---|"]
        for chapter in chapters.values():
            needs = ", ".join(link(chapters[need], words=need) for need in chapter.needs) or "–"
            title = link(chapter, words=f"{chapter.number} {chapter.title}")
            times = f"{chapter.reading} | {chapter.complete} | {chapter.cpu_seconds} s"
            rows.append(f"| {title} | {needs} | {times} | {'more' if chapter.gpu_helps else '–'} |")
        reading, complete, seconds = (
            sum(getattr(chapter, name) for chapter in chapters.values())
            for name in ("reading", "complete", "cpu_seconds")
        )
        rows.append(f"| **all** | | {hours(reading)} | {hours(complete)} | {seconds} s | |")
        return [nodes.container("", *self.markdown(rows), classes=["chapter-times"])]


class ObjectivesIndex(MadeOfChapters):
    """Every objective, the sections that teach it and the exercises that test it."""

    def run(self) -> list[nodes.Node]:
        """Return one section a chapter."""
        chapters = self.chapters()
        return [
            section(
                f"objectives-chapter-{number}",
                [nodes.Text(f"{number} · {chapters[number].title}")],
                self.markdown(line for objective in objectives for line in entry(chapters[number], objective)),
            )
            for number, objectives in self.objectives(chapters).items()
        ]


def entry(chapter: Chapter, objective: Objective) -> list[str]:
    """An objective as a list item, with where it is taught and tested below."""
    taught = " · ".join(link(chapter, heading) for heading in objective.sections)
    tests = [f"{exercise_link(chapter, name)} (`{name}`)" for name in objective.exercises]
    recall = f"no exercise; ask yourself the {link(chapter, chapter.heading('Recall'), 'recall questions')}"
    return [f"- {objective.text}", f"  - Taught in {taught}", f"  - Tested by {' · '.join(tests) or recall}"]


def exercise_link(chapter: Chapter, name: str) -> str:
    """A link to an exercise; the labs of all chapters stand under one and the same heading."""
    heading = chapter.exercises[name]
    return link(chapter, heading, "the bug lab" if heading.title == LAB else heading.title)
