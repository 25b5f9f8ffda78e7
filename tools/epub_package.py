"""The package of an e-book: what lies in the file, in which order it is read, and its table of contents."""

import datetime
import io
import re
import uuid
import zipfile
from html import escape
from typing import NamedTuple

from pygments.formatters import HtmlFormatter
from reading import PAPER

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
CONTAINER = HEAD + (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
TYPES = {"xhtml": "application/xhtml+xml", "css": "text/css", "png": "image/png", "jpg": "image/jpeg"}
TYPES |= {"svg": "image/svg+xml", "ncx": "application/x-dtbncx+xml"}
ACCESS = {
    "accessMode": ["textual", "visual"],
    "accessModeSufficient": ["textual"],
    "accessibilityFeature": ["alternativeText", "MathML", "structuralNavigation", "tableOfContents", "readingOrder"],
    "accessibilityHazard": ["none"],
    "accessibilitySummary": ["Figures and widgets have alternative text; formulas are MathML with their TeX."],
}
COVER = "images/cover.jpg"
STAMP = (2026, 1, 1, 0, 0, 0)  # of every file inside: the e-book of one book is the same, byte for byte, on one day


class Chapter(NamedTuple):
    """A document of the e-book: its file, title, body, the titles in it with level and place, its depth (0: a part)."""

    file: str
    title: str
    body: str
    titles: list[dict]
    level: int


def packed(known: dict[str, str], chapters: list[Chapter], pictures: dict[str, bytes], cover: bytes) -> bytes:
    """The bytes of the e-book.

    Args:
        known: title, author, address, version and a sentence about the book.
        chapters: in reading order; one with level 0 and no titles names the part of those below it.
        pictures: by name, for `images/`.
        cover: a JPEG.
    """
    cover_body = f'<section class="cover"><img src="{COVER}" alt="Cover of {escape(known["title"])}"/></section>'
    documents = {"cover.xhtml": document("Cover", cover_body)}
    documents |= {chapter.file: document(chapter.title, chapter.body) for chapter in chapters}
    documents["nav.xhtml"] = document("Contents", navigation(chapters))
    files = {f"images/{name}": content for name, content in pictures.items()} | {COVER: cover}
    files |= {name: text.encode() for name, text in documents.items()}
    files["style.css"] = f"{(PAPER / 'epub.css').read_text(encoding='utf-8')}\n{emphasis()}\n".encode()
    files["toc.ncx"] = ncx(known, chapters).encode()
    files["package.opf"] = package(known, files, ["cover.xhtml", "nav.xhtml", *(one.file for one in chapters)]).encode()
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", STAMP), b"application/epub+zip")  # first, and as it is
        for name, content in {"META-INF/container.xml": CONTAINER.encode(), **with_folder(files)}.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def emphasis() -> str:
    """The weight and slant of words in code; no colours, so that the reader's own stay, on black too."""
    rules = HtmlFormatter(style="tango").get_style_defs(".highlight").splitlines()
    words = [rule for rule in rules if "font-" in rule and not re.match(r"\.highlight \.(o|p|pm) ", rule)]  # no = ( ,
    return "\n".join(re.sub(r"color: [^;}]+; ", "", rule) for rule in words)


def with_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files by their path in the archive."""
    return {f"book/{name}": content for name, content in files.items()}


def document(title: str, body: str) -> str:
    """A whole XHTML document."""
    names = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    sheet = '<link rel="stylesheet" type="text/css" href="style.css"/>'
    head = f"<head><title>{escape(title)}</title>{sheet}</head>"
    return f"{HEAD}<!DOCTYPE html>\n<html {names} {language(title)}>{head}<body>{body}</body></html>\n"


def language(title: str) -> str:
    """The attributes that name the language of a title and of what stands under it."""
    code = "ko" if re.search("[가-힣]", title) else "en"
    return f'lang="{code}" xml:lang="{code}"'


def grouped(chapters: list[Chapter]) -> list[tuple[Chapter, list[Chapter]]]:
    """Every chapter of level 0 with those below it."""
    groups: list[tuple[Chapter, list[Chapter]]] = []
    for chapter in chapters:
        if chapter.level == 0:
            groups.append((chapter, []))
        else:
            groups[-1][1].append(chapter)
    return groups


def navigation(chapters: list[Chapter]) -> str:
    """The table of contents, and where a reader begins. Sections are in a reader's menu only: they fill many pages."""

    def link(target: str, title: str) -> str:
        return f'<a href="{target}" {language(title)}>{escape(title)}</a>'

    def entry(chapter: Chapter, below: list[Chapter]) -> str:
        sections = [title for title in chapter.titles if title["level"] == 2 and title["place"]]
        lines = [f"<li>{link(chapter.file + '#' + t['place'], t['title'])}</li>" for t in sections]
        lines += [entry(one, []) for one in below]
        shown = "" if below else ' hidden="hidden"'
        inner = f"<ol{shown}>{''.join(lines)}</ol>" if lines else ""
        return f"<li>{link(chapter.file, chapter.title)}{inner}</li>"

    rows = "".join(entry(chapter, below) for chapter, below in grouped(chapters))
    marks = "".join(
        f'<li><a epub:type="{kind}" href="{file}">{title}</a></li>'
        for kind, file, title in (("cover", "cover.xhtml", "Cover"), ("bodymatter", chapters[0].file, "Begin reading"))
    )
    return (
        f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{rows}</ol></nav>'
        f'<nav epub:type="landmarks" hidden="hidden"><h2>Places</h2><ol>{marks}</ol></nav>'
    )


def identifier(known: dict[str, str]) -> str:
    """The same for every edition of this book."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, known['address'])}"


def ncx(known: dict[str, str], chapters: list[Chapter]) -> str:
    """The table of contents for older readers: parts and chapters."""
    numbers = iter(range(1, len(chapters) + 1))

    def point(chapter: Chapter, below: list[Chapter]) -> str:
        number = next(numbers)
        label = f"<navLabel><text>{escape(chapter.title)}</text></navLabel>"
        inner = "".join(point(one, []) for one in below)
        return f'<navPoint id="p{number}" playOrder="{number}">{label}<content src="{chapter.file}"/>{inner}</navPoint>'

    points = "".join(point(chapter, below) for chapter, below in grouped(chapters))
    return (
        f'{HEAD}<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1" xml:lang="en"><head>'
        f'<meta name="dtb:uid" content="{identifier(known)}"/><meta name="dtb:depth" content="2"/></head>'
        f"<docTitle><text>{escape(known['title'])}</text></docTitle><navMap>{points}</navMap></ncx>\n"
    )


def package(known: dict[str, str], files: dict[str, bytes], order: list[str]) -> str:
    """The package document: metadata, everything in the file, and the order of reading."""
    now = datetime.datetime.now(datetime.timezone.utc)
    about = known["about"].replace("live widgets", "pictures of widgets")
    facts = {"title": known["title"], "language": "en", "creator": known["author"], "description": about}
    facts |= {"source": known["address"], "rights": "Text and figures: CC BY 4.0. Code: MIT licence."}
    metadata = f'<dc:identifier id="id">{identifier(known)}</dc:identifier>'
    metadata += "".join(f"<dc:{name}>{escape(text)}</dc:{name}>" for name, text in facts.items())
    metadata += "<dc:language>ko</dc:language>"
    metadata += f'<meta property="dcterms:modified">{now:%Y-%m-%dT00:00:00Z}</meta>'
    metadata += f'<meta name="cover" content="{key_of(COVER)}"/>'
    metadata += "".join(
        f'<meta property="schema:{name}">{escape(text)}</meta>' for name, texts in ACCESS.items() for text in texts
    )
    items = "".join(item(name, content) for name, content in sorted(files.items()))
    refs = "".join(f'<itemref idref="{key_of(name)}"/>' for name in order)
    contents = key_of("toc.ncx")
    return (
        f'{HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f'<manifest>{items}</manifest><spine toc="{contents}">{refs}</spine></package>\n'
    )


def key_of(name: str) -> str:
    """A file's name as an XML name."""
    return "f-" + re.sub(r"\W", "-", name)


def item(name: str, content: bytes) -> str:
    """A file's line in the manifest, with what a reader must be able to do for it."""
    suffix = name.rpartition(".")[2]
    marks = {"nav.xhtml": ["nav"], COVER: ["cover-image"]}.get(name, [])
    if suffix == "xhtml":
        marks += [mark for mark, sign in (("mathml", b"<math"), ("svg", b"<svg")) if sign in content]
    listed = " ".join(marks)
    properties = f' properties="{listed}"' if marks else ""
    return f'<item id="{key_of(name)}" href="{name}" media-type="{TYPES[suffix]}"{properties}/>'
