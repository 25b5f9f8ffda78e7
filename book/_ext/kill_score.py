"""The table of the kill score, from the file that the tests keep current."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("kill-score", KillScore)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class KillScore(SphinxDirective):
    """How many wrong answers each check was tried against, and how many it refused with the right message."""

    required_arguments = 1  # the file, relative to the page

    def run(self) -> list[nodes.Node]:
        """Return the table, the total in its last row."""
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        if not Path(path).exists():
            raise self.error(f"expected the kill score in {relative}, found none. Run `make score`.")
        exercises = json.loads(Path(path).read_text(encoding="utf-8"))["exercises"]
        counts = [(name, score["tried"], score["killed"]) for name, score in exercises.items()]
        total = ("all", sum(row[1] for row in counts), sum(row[2] for row in counts))
        head = ("exercise", "wrong answers tried", "refused with the right message")
        return [table(head, [*counts, total])]


def table(head: tuple[str, ...], rows: list[tuple]) -> nodes.table:
    """A table with a head row, every cell a short text."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", table_row(head))
    group += nodes.tbody("", *(table_row(row) for row in rows))
    return nodes.table("", group)


def table_row(texts: tuple) -> nodes.row:
    """One row of a table."""
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", str(text))) for text in texts))
