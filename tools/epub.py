"""The EPUB: every page of the book as XHTML, with MathML for formulas and pictures for widgets, and its package."""

import html
import io
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from epub_package import Chapter, packed
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import BrowserContext, Page
from reading import PAPER, cover, facts, in_browsers, laid_out, pages, parts

from cnn_lessons.widgets import MODULES

COLUMN = {"width": 640, "height": 900}  # a widget's picture is as wide as a reader's column
COVER = {"width": 800, "height": 1200}
COLOURS = 256  # of a drawing
MEAN_OFF, MOST_OFF = 0.5, 64  # of 255: drawings lose up to 0.3 in the mean and 59 at most, photographs 1.8 and more


class Read(NamedTuple):
    """A page of the book for an e-book: XHTML of its article, its titles, and its pictures by name."""

    xhtml: str
    titles: list[dict]
    pictures: dict[str, bytes]


def file_of(name: str) -> str:
    """The file of a page in the e-book."""
    return f"{name.rpartition('/')[2]}.xhtml"


def of_page(page: Page, titles: list[dict]) -> Read:
    """Turn a page that has been made ready into XHTML and pictures."""
    own = next(name for name in pages() if unquote(urlsplit(page.url).path).endswith(f"/{name}.html"))
    page.set_viewport_size(COLUMN)
    page.add_style_tag(content=".cnnw::after { content: none }")  # the picture's caption says it
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # printing has ended it
    page.add_script_tag(path=PAPER / "epub.js")
    widgets = page.locator(", ".join(MODULES)).all()
    stem = file_of(own).removesuffix(".xhtml")
    pictures = {f"{stem}-{number}.png": widget.screenshot() for number, widget in enumerate(widgets, start=1)}
    files = {name: file_of(name) for name in pages()}
    handles = page.evaluate_handle(f"[...document.querySelectorAll({', '.join(MODULES)!r})]")
    made = page.evaluate(
        "([own, files, names, widgets]) => chapter(own, files, names, widgets)", [own, files, list(pictures), handles]
    )
    for source in made["pictures"]:
        path = unquote(urlsplit(source).path)
        with open(path, "rb") as file:
            pictures[path.rpartition("/")[2]] = file.read()
    return Read(made["xhtml"], titles, pictures)


def whole(read: dict[str, Read]) -> bytes:
    """The e-book as the bytes of its file.

    Args:
        read: every page of the book by name, in reading order.
    """
    (picture,) = in_browsers(photograph_cover, [cover_page()], viewport=COVER, device_scale_factor=2)
    chapters = []
    for number, part in enumerate(parts()):
        if part.title:
            chapters.append(Chapter(f"part-{number}.xhtml", part.title, part_body(part.title), [], level=0))
        for name in part.pages:
            page = read[name]
            level = 1 if part.title else 0
            chapters.append(Chapter(file_of(name), page.titles[0]["title"], page.xhtml, page.titles[1:], level))
    pictures = {name: light(content) for page in read.values() for name, content in page.pictures.items()}
    return packed(facts(), chapters, pictures, picture)


def light(content: bytes) -> bytes:
    """A drawing as a PNG with a palette; a picture that would lose by it, such as a photograph, as it is."""
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    few = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    off = ImageStat.Stat(ImageChops.difference(few.convert("RGBA"), picture))
    if max(off.mean) > MEAN_OFF or max(most for _, most in off.extrema) > MOST_OFF:
        return content
    made = io.BytesIO()
    few.save(made, "PNG", optimize=True)
    return min(content, made.getvalue(), key=len)


def part_body(title: str) -> str:
    """What stands on the page that names a part."""
    return f'<section class="part"><h1>{html.escape(title)}</h1></section>'


def cover_page() -> str:
    """The cover, as on the PDF's first page."""
    return f'<!doctype html><html lang="en"><body class="front picture">{cover()}</body></html>'


def photograph_cover(window: BrowserContext, text: str) -> bytes:
    """A JPEG of the cover."""
    return laid_out(window, text).screenshot(type="jpeg", quality=90)
