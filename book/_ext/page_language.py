"""Pages in another language than the book's: `lang: ko` in a page's front matter marks its content."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the step to Sphinx's event."""
    app.connect("html-page-context", mark_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mark_language(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the content of a page into an element of its language: its voice, its fonts, its line breaks.

    The frame around it, such as the sidebar, stays English.
    """
    language = (context.get("meta") or {}).get("lang")
    if language and doctree is not None:
        context["body"] = f'<div lang="{language}">{context["body"]}</div>'
