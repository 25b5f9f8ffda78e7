"""What the theme's and Sphinx's markup gets wrong, above all for those with a screen reader or a slow line, mended."""

import re
import struct
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

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
# The icons of the theme are letters of a font. This draws them a second time, and weighs more than the rest of a page.
ICONS = re.compile(r"<script [^>]*scripts/fontawesome\.js[^>]*></script>\s*")
# A browser that knows the size of a picture keeps its place, and no text jumps when it comes.
PICTURE = re.compile(r'<img (?![^>]*\bwidth=)(?=[^>]*\bsrc="([^"]*_images/[^"]+\.png)")')
# A signature on several lines is a list of definitions without a term.
LINES = re.compile(r'<dl>\s*((?:<dd><em class="sig-param.*?</dd>\s*)+)</dl>', re.DOTALL)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the two steps."""
    app.add_post_transform(KeepPerCent)
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class KeepPerCent(SphinxPostTransform):
    """Keeps a number and its per cent on one line."""

    default_priority = 900  # after every text has its final form

    def run(self, **kwargs: Any) -> None:
        """Join them in the texts of one page, but not in code, which is to be copied."""
        for text in list(self.document.findall(nodes.Text)):
            joined = re.sub(r"(?:(?<=\d)|^) (?=%)", "\N{NO-BREAK SPACE}", text)
            if joined != text and not isinstance(text.parent, (nodes.raw, nodes.literal, nodes.literal_block)):
                text.parent.replace(text, nodes.Text(joined))


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page of the book that was written."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        mended = mend(page if path.name == "search.html" else SEARCH.sub("", page))
        mended = PICTURE.sub(lambda picture, folder=path.parent: sized(picture, folder), mended)
        if mended != page:
            path.write_text(mended, encoding="utf-8")


def mend(page: str) -> str:
    """Return the page with accessible names, landmarks and signatures."""
    for wrong, right in MENDS:
        page = wrong.sub(right, page)
    return LINES.sub(as_lines, ICONS.sub("", page))


def sized(picture: re.Match, folder: Path) -> str:
    """The beginning of a picture's element, with the size that the file's header gives."""
    with (folder / picture[1]).open("rb") as file:
        width, height = struct.unpack(">16x2I", file.read(24))
    return f'{picture[0]}width="{width}" height="{height}" '


def as_lines(signature: re.Match) -> str:
    """The parameters of a signature, each on a line of its own."""
    lines = signature[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f'<span class="sig-lines">{lines}</span>'
