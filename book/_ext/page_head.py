"""What a link to a page shows elsewhere, in search results and in chats: its title and its first paragraph."""

import re
import textwrap
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

TAGS = """
<meta name="description" content="{text}"/>
<meta property="og:title" content="{title}"/>
<meta property="og:description" content="{text}"/>
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the step to Sphinx's events."""
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the tags to the head of a page that has text of its own."""
    texts = (paragraph.astext() for paragraph in doctree.findall(nodes.paragraph)) if doctree else ()
    first = next((text for text in texts if len(text.split()) > 5), "")  # the badge has fewer words
    if first:
        title = app.env.titles[pagename].astext()
        text = textwrap.shorten(re.sub(r"<[^>]+>", "", first), 200, placeholder=" …")
        context["metatags"] += TAGS.format(title=escape(title), text=escape(text))
