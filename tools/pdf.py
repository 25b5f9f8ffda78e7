"""The PDF: every page of the book as Chromium prints it, joined, with contents, bookmarks, links and page numbers."""

import datetime
import html
import io
from typing import NamedTuple

from pdf_parts import Sheet, bookmark, describe, link_up, places_in, stamp
from playwright.sync_api import BrowserContext, Page
from pypdf import PdfReader, PdfWriter
from reading import Part, cover, facts, in_browsers, laid_out, parts


class Printed(NamedTuple):
    """A page of the book as a PDF, with its titles: level, text and place."""

    pdf: bytes
    titles: list[dict]


class Entry(NamedTuple):
    """A line of the contents: 0 for a part, 1 for a page, 2 for a section; the link; the number of its sheet."""

    level: int
    title: str
    link: str
    number: int


def of_page(page: Page, titles: list[dict]) -> Printed:
    """Print a page that has been made ready."""
    return Printed(page.pdf(prefer_css_page_size=True, print_background=True), titles)


def whole(printed: dict[str, Printed]) -> bytes:
    """The whole book as one PDF.

    Args:
        printed: every page of the book by name, in reading order.

    Returns:
        The PDF. Its first sheets, title and contents, have Roman numbers; the text begins on sheet 1.
    """
    dividers = iter(split(in_browsers(print_html, [part_pages()])[0]))
    body: list[Sheet] = []
    for part in parts():
        if part.title:
            body.append(Sheet(part.title, [next(dividers)], {}, "part", []))
        for name in part.pages:
            reader = PdfReader(io.BytesIO(printed[name].pdf))
            titles = printed[name].titles
            body.append(Sheet(titles[0]["title"], list(reader.pages), places_in(reader), name, titles))
    lines = contents(body)
    total = sum(len(sheet.pages) for sheet in body)
    front, furniture = in_browsers(print_html, [front_pages(lines), furniture_pages(body)])
    first = Sheet("", split(front), {}, "front", [])
    if len(split(furniture)) != total:
        raise ValueError(f"expected {total} sheets with numbers, got {len(split(furniture))}")
    writer = PdfWriter()
    for sheet in (first, *body):
        for page in sheet.pages:
            writer.add_page(page)
    start = len(first.pages)
    stamp(writer, PdfReader(io.BytesIO(furniture)), start)
    link_up(writer, body, start)
    bookmark(writer, body, start)
    describe(writer, facts(), start)
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def split(pdf: bytes) -> list:
    """The sheets of a PDF."""
    return list(PdfReader(io.BytesIO(pdf)).pages)


def print_html(window: BrowserContext, text: str) -> bytes:
    """Print a text that stands in no built page."""
    page = laid_out(window, text)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    return pdf


def contents(body: list[Sheet]) -> list[Entry]:
    """The table of contents: parts, pages and their sections, each with the number of the sheet where it begins."""
    entries = []
    number = 1
    for sheet in body:
        if sheet.name == "part":
            entries.append(Entry(0, sheet.title, "", number))
        for title in sheet.titles:
            if title["level"] <= 2:
                index, _ = sheet.places.get(title["place"], (0, 0))
                link = f"book:{sheet.name}#{title['place']}"
                entries.append(Entry(title["level"], title["title"], link, number + index))
        number += len(sheet.pages)
    return entries


def front_pages(lines: list[Entry]) -> str:
    """Title page and contents."""
    known = {name: html.escape(text) for name, text in facts().items()}
    today = datetime.date.today()
    rows = "\n".join(
        f'<li class="level-{line.level}"><a {target(line)}><span>{html.escape(line.title)}</span>'
        f"<b>{line.number}</b></a></li>"
        for line in lines
    )
    return f"""<!doctype html><html lang="en"><body class="front">{cover()}
      <section class="imprint"><p>Version {known["version"]}, printed from the book on
      {today.day} {today:%B %Y}.</p><p>Text and figures: CC BY 4.0. Code: MIT licence.</p>
      <p>The book in a browser has the same text with live widgets; you run its chapters from<br>
      <a href="{known["address"]}">{known["address"].removeprefix("https://")}</a>.</p></section>
      <nav><h1>Contents</h1><ol>{rows}</ol></nav></body></html>"""


def target(line: Entry) -> str:
    """Where a line of the contents leads; a part's leads nowhere, its first page comes next."""
    return f'href="{html.escape(line.link)}"' if line.link else ""


def part_pages() -> str:
    """One page a part, which names it."""
    named: list[Part] = [part for part in parts() if part.title]
    sections = []
    for part in named:
        first, _, second = part.title.partition(" · ")
        small = f"<p>{html.escape(first)}</p>" if second else ""
        sections.append(f'<section class="part">{small}<h1>{html.escape(second or first)}</h1></section>')
    return f'<!doctype html><html lang="en"><body class="front">{"".join(sections)}</body></html>'


def furniture_pages(body: list[Sheet]) -> str:
    """One page a sheet of the text: its number, and above it the title of the page of the book that it continues."""
    sections = []
    for sheet in body:
        for index in range(len(sheet.pages)):
            number = len(sections) + 1
            head = f"<p>{html.escape(sheet.title)}</p>" if index and sheet.name != "part" else ""
            foot = f"<b>{number}</b>" if sheet.name != "part" else ""
            sections.append(f"<section>{head}{foot}</section>")
    return f'<!doctype html><html lang="en"><body class="furniture">{"".join(sections)}</body></html>'
