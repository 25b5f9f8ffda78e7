"""What the theme's and Sphinx's markup gets wrong, above all for those with a screen reader or a slow line, mended."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# What is wrong, and what stands there instead. The tests look at the result with axe-core: they find what is left
# where another version of the theme writes it in another way.
MENDS = [
    # The name leaves out what the button shows ("Ctrl+K"): without it, the name is what it shows.
    (re.compile(r'(<button class="[^"]*search-button-field[^"]*"[^>]*?) aria-label="Search"'), r"\1"),
    # Three names in one button, and none of them is the button's.
    (re.compile(r'(<(?:i|span) class="theme-switch[^>]*?)\s+title="[^"]*"'), r'\1 aria-hidden="true"'),
    # Title and search lie in no landmark, where nobody who goes from one to the next finds them.
    (
        re.compile(r'<div (?=(?:id="pst-primary-sidebar" )?class="bd-sidebar-primary)'),
        '<div role="complementary" aria-label="The book" ',
    ),
    # Windows over the page: the search, and on a phone what stands at the sides.
    (re.compile(r'<dialog (?=id="pst-search-dialog")'), '<dialog aria-label="Search" '),
    (re.compile(r'<dialog (?=id="pst-primary-sidebar-modal")'), '<dialog aria-label="The book" '),
    (re.compile(r'<dialog (?=id="pst-secondary-sidebar-modal")'), '<dialog aria-label="On this page" '),
    # A part of the sidebar is named in Korean; `page_language` does not come by what the table of contents says.
    (re.compile(r'(class="caption-text">)([가-힣][가-힣 ]*[가-힣])'), r'\1<span lang="ko">\2</span>'),
    # A comma after a formula does not begin a line.
    (re.compile(r'\(?<span class="math notranslate[^<]*</span>[,.;:!?)]+'), r'<span class="whole">\g<0></span>'),
    # The scripts of the page of results: read in order, after the page.
    (re.compile(r'<script (?=src="[^"]*(?:searchtools|language_data|searchindex)\.js)'), '<script defer="defer" '),
]
# The theme loads the search, with the index of the whole book, into every page, for results while one types. That is
# off: the page of results loads it anyway.
SEARCH = re.compile(r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>\s*')
# A signature on several lines is a list of definitions without a term.
LINES = re.compile(r'<dl>\s*((?:<dd><em class="sig-param.*?</dd>\s*)+)</dl>', re.DOTALL)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the step to Sphinx's events."""
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page of the book that was written."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        mended = mend(page if path.name == "search.html" else SEARCH.sub("", page))
        if mended != page:
            path.write_text(mended, encoding="utf-8")


def mend(page: str) -> str:
    """Return the page with accessible names, landmarks and signatures."""
    for wrong, right in MENDS:
        page = wrong.sub(right, page)
    return LINES.sub(as_lines, page)


def as_lines(signature: re.Match) -> str:
    """The parameters of a signature, each on a line of its own."""
    lines = signature[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f'<span class="sig-lines">{lines}</span>'
