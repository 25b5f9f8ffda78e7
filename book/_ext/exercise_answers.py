"""Folded hints and solutions from the package: under each exercise cell, and on a page of all."""

from typing import Any

from chapters import MARKER
from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from cnn_lessons.exercises import catalog, solution_text

logger = logging.getLogger(__name__)
MATH = {
    False: r'<span class="math notranslate nohighlight">\({}\)</span>',
    True: r'<div class="math notranslate nohighlight">\[{}\]</div>',
}  # by whether the formula stands alone


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the page's directive and the step that serves exercise cells."""
    app.add_directive("exercise-solutions", ExerciseSolutions)
    app.connect("doctree-read", add_answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_answers(app: Sphinx, doctree: nodes.document) -> None:
    """Put the folded hints and the solution under every cell that begins with `# exercise: name`."""
    for cell in list(doctree.findall(is_code_cell)):
        code = next(iter(cell.findall(nodes.literal_block)), None)
        marker = MARKER.match(code.astext()) if code else None
        if not marker:
            continue
        if marker[1] not in catalog():
            logger.warning("no exercise is called %r; names() lists them", marker[1], location=code)
            continue
        position = cell.parent.index(cell) + 1
        cell.parent[position:position] = [answers(marker[1])]


def is_code_cell(node: nodes.Node) -> bool:
    """Whether a node is a notebook's code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def answers(name: str) -> nodes.container:
    """Three folded hints and the folded solution of an exercise."""
    box = nodes.container(classes=["answers"])
    for number, hint in enumerate(catalog()[name].hints, start=1):
        box += folded(f"Hint {number}", nodes.raw("", as_html(hint), format="html"))
    box += folded("Solution", python(solution_text(name)))
    return box


def folded(summary: str, *content: nodes.Node) -> list[nodes.Node]:
    """Content that a click on its summary unfolds; the browser's own element, so it works by keyboard."""
    start = nodes.raw("", f"<details><summary>{summary}</summary>", format="html")
    return [start, *content, nodes.raw("", "</details>", format="html")]


def python(source: str) -> nodes.literal_block:
    """A block of highlighted Python."""
    return nodes.literal_block(source, source, language="python")


def as_html(markdown: str) -> str:
    """A short piece of Markdown, formulas between dollars included, as HTML."""
    parser = MarkdownIt("commonmark").use(
        dollarmath_plugin, renderer=lambda content, options: MATH[options["display_mode"]].format(content)
    )
    return parser.render(markdown)


class ExerciseSolutions(SphinxDirective):
    """All exercises by chapter, each with its statement, hints and solution."""

    def run(self) -> list[nodes.Node]:
        """Return one section a chapter."""
        chapters: dict[str, list[nodes.Node]] = {}
        for exercise in catalog().values():
            chapters.setdefault(exercise.chapter, []).append(self.entry(exercise))
        return [self.chapter(number, entries) for number, entries in sorted(chapters.items())]

    def chapter(self, number: str, entries: list[nodes.Node]) -> nodes.section:
        """The section of one chapter."""
        return section(f"solutions-chapter-{number}", [nodes.Text(f"Chapter {number}")], entries)

    def entry(self, exercise: Any) -> nodes.section:
        """The section of one exercise; its anchor is solution-NAME."""
        title = [nodes.Text(f"{exercise.title} · "), nodes.literal("", exercise.name)]
        statement = nodes.raw("", as_html(exercise.statement), format="html")
        content = [python(exercise.blank()), statement, answers(exercise.name)]
        anchor = f"solution-{exercise.name.replace('_', '-')}"
        return section(anchor, title, content)


def section(anchor: str, title: list[nodes.Node], content: list[nodes.Node]) -> nodes.section:
    """A titled section with an anchor."""
    return nodes.section("", nodes.title("", "", *title), *content, ids=[anchor], names=[anchor])
