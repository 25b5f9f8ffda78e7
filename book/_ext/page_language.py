"""Korean in an English book: what is Korean says so, which gives it its voice, its fonts and its line breaks.

`lang: ko` in a page's front matter marks the whole content. Every text with Hangul is marked by itself as well: in the
glossary, and in the titles that the sidebar repeats. The frame around the pages stays English.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

HANGUL = re.compile(r"[\uac00-\ud7a3]")
KEPT_AS_THEY_ARE = (nodes.raw, nodes.literal, nodes.literal_block, nodes.comment)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the two steps."""
    app.add_transform(MarkKorean)
    app.connect("html-page-context", mark_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class MarkKorean(SphinxTransform):
    """Puts each text with Hangul into an element of its language."""

    default_priority = 870  # when the texts have their final form, and before Sphinx collects the titles at 880

    def apply(self, **kwargs: Any) -> None:
        """Mark the texts of one page."""
        for text in list(self.document.findall(nodes.Text)):
            if HANGUL.search(text) and not isinstance(text.parent, KEPT_AS_THEY_ARE):
                # Docutils writes a class like this as the attribute lang.
                text.parent.replace(text, nodes.inline("", text.astext(), classes=["language-ko"]))


def mark_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the content of a page that names its language into an element of that language."""
    language = (context.get("meta") or {}).get("lang")
    if language and doctree is not None:
        context["body"] = f'<div lang="{language}">{context["body"]}</div>'
