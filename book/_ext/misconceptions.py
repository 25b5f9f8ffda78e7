"""Every mistake that the course knows by name, on one page: those of the checks, and those of the tutorials.

The list is complete without a script. With one, a box above it leaves what holds the words that a reader types.
"""

import re
from pathlib import Path
from typing import Any

from chapters import LAB, Chapter, Objective
from docutils import nodes
from exercise_answers import section
from learning_path import MadeOfChapters, exercise_link, link
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx

from cnn_lessons.exercises import catalog, names

FILTER = """<div class="mistake-filter" role="search" hidden>
<label for="mistake-words">Words of your mistake</label>
<input id="mistake-words" type="search" autocomplete="off" spellcheck="false" placeholder="padding height width">
<p role="status" aria-live="polite"></p>
</div>"""
CHAPTER_LINK = re.compile(r"notebooks/(\d\d)_\w+\.ipynb")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("misconceptions", Misconceptions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def messages(name: str) -> list[str]:
    """What the check of an exercise says of the mistakes that it recognises, each text once."""
    return list(dict.fromkeys(mistake.message for mistake in catalog()[name].mistakes))


def tutorial_errors(text: str) -> dict[str, list[str]]:
    """The headings of book/tutorial_errors.md, by the first chapter that each one's text links to."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        chapter = CHAPTER_LINK.search(rest)
        if not chapter:
            raise ValueError(
                f"book/tutorial_errors.md: expected a link to a chapter under {title!r}, got none. Add one."
            )
        found.setdefault(chapter[1], []).append(title)
    return found


class Misconceptions(MadeOfChapters):
    """The filter, and one section a chapter."""

    def run(self) -> list[nodes.Node]:
        """Return the box, the sections, and the script."""
        chapters = self.chapters()
        objectives = self.objectives(chapters)
        path = Path(self.env.srcdir) / "book" / "tutorial_errors.md"
        self.env.note_dependency(str(path))
        slips = tutorial_errors(path.read_text("utf-8"))
        script = Path(__file__).with_name("mistake_filter.js").read_text("utf-8")
        return [
            nodes.raw("", FILTER, format="html"),
            *(self.chapter(chapter, objectives[number], slips.get(number, [])) for number, chapter in chapters.items()),
            nodes.raw("", f"<script>{script}</script>", format="html"),
        ]

    def chapter(self, chapter: Chapter, objectives: list[Objective], slips: list[str]) -> nodes.section:
        """The section of one chapter: what tutorials say, then exercise by exercise."""
        parts = [self.exercise(chapter, objectives, name) for name in names(chapter.number)]
        if slips:
            items = self.markdown(f"- [{slip}](tutorial_errors.md#{default_slugify(slip)})" for slip in slips)
            items[0]["classes"].append("mistakes")
            parts.insert(0, section(f"tutorials-chapter-{chapter.number}", [nodes.Text("What tutorials say")], items))
        title = f"{chapter.number} · {chapter.title}"
        return section(f"mistakes-chapter-{chapter.number}", [nodes.Text(title)], parts)

    def exercise(self, chapter: Chapter, objectives: list[Objective], name: str) -> nodes.section:
        """The section of one exercise: where it stands, what to read again, and what its check says of mistakes."""
        taught = [part for objective in objectives if name in objective.exercises for part in objective.sections]
        again = " · ".join(link(chapter, part) for part in dict.fromkeys(taught) if part.title != LAB)
        where = f"Exercise: {exercise_link(chapter, name)}." + (f" Read again: {again}." if again else "")
        known = messages(name)
        if not known:
            where += " This check has no list: it looks at what your answer does, and says what it found."
        title = [nodes.Text(f"{catalog()[name].title} · "), nodes.literal("", name)]
        anchor = f"mistakes-{name.replace('_', '-').lower()}"
        return section(anchor, title, [*self.markdown([where]), *([listed(known)] if known else [])])


def listed(texts: list[str]) -> nodes.bullet_list:
    """A list of the texts, what stands between backticks as code."""
    items = nodes.bullet_list(classes=["mistakes"])
    items += [nodes.list_item("", nodes.paragraph("", "", *with_code(text))) for text in texts]
    return items


def with_code(text: str) -> list[nodes.Node]:
    """The pieces of a message: plain text, and code between backticks."""
    pieces = re.split(r"`([^`]+)`", text)
    return [nodes.literal("", piece) if i % 2 else nodes.Text(piece) for i, piece in enumerate(pieces) if piece]
