"""The table of the kill score, from the file that the tests keep current."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from learning_path import WritesMarkdown
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("kill-score", KillScore)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class KillScore(WritesMarkdown):
    """How many wrong answers each check was tried against, and how many it refused with the right message."""

    required_arguments = 1  # the file, relative to the page

    def run(self) -> list[nodes.Node]:
        """Return the table, the total in its last row."""
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        if not Path(path).exists():
            raise self.error(f"expected the kill score in {relative}, found none. Run `make score`.")
        exercises = json.loads(Path(path).read_text(encoding="utf-8"))["exercises"]
        rows = [(name, score["tried"], score["killed"]) for name, score in exercises.items()]
        total = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))
        head = ["| exercise | wrong answers tried | refused with the right message |", "|---|--:|--:|"]
        return self.markdown(head + [f"| {name} | {tried} | {killed} |" for name, tried, killed in [*rows, total]])
