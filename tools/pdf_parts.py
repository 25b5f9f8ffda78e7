"""What the parts of the PDF become in the whole: links and bookmarks that know their sheet, numbers on every sheet."""

import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    Fit,
    FloatObject,
    NameObject,
    NullObject,
    TextStringObject,
)


class Sheet(NamedTuple):
    """The sheets of a page of the book, or of the page that names a part.

    Its places: by anchor, the index of the sheet and the height above its lower edge. Its name: that of the page of
    the book, or "part". Its titles: level, text and place.
    """

    title: str
    pages: list[PageObject]
    places: dict[str, tuple[int, float]]
    name: str
    titles: list[dict]


def places_in(reader: PdfReader) -> dict[str, tuple[int, float]]:
    """Where the anchors of a printed page lie: the index of the sheet, and the height above its lower edge."""
    found = {}
    for name, place in reader.named_destinations.items():
        index = reader.get_destination_page_number(place)
        if index is not None and place.top is not None:
            found[unquote(name.lstrip("/"))] = (index, float(place.top))
    return found


def stamp(writer: PdfWriter, furniture: PdfReader, start: int) -> None:
    """Lay a sheet of `furniture` over every sheet from `start` on: page number and running title.

    pypdf's own `merge_page` reads every drawing command of the page below, which takes minutes for a book.
    """
    for page, over in zip(writer.pages[start:], furniture.pages, strict=True):
        form = DecodedStreamObject()
        form.set_data(over.get_contents().get_data())
        form[NameObject("/Type")], form[NameObject("/Subtype")] = NameObject("/XObject"), NameObject("/Form")
        form[NameObject("/BBox")] = ArrayObject(FloatObject(x) for x in over.mediabox)
        form[NameObject("/Resources")] = over["/Resources"].clone(writer)
        resources = page[NameObject("/Resources")].get_object()
        drawn = resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()
        drawn[NameObject("/Furniture")] = writer._add_object(form.flate_encode())
        before, after = DecodedStreamObject(), DecodedStreamObject()
        before.set_data(b"q\n")
        after.set_data(b"\nQ q /Furniture Do Q\n")
        below = page["/Contents"]
        parts = list(below) if isinstance(below, ArrayObject) else [page.raw_get("/Contents")]
        ends = writer._add_object(before), writer._add_object(after)
        page[NameObject("/Contents")] = ArrayObject([ends[0], *parts, ends[1]])


def link_up(writer: PdfWriter, body: list[Sheet], start: int) -> None:
    """Turn links of the form `book:page#place` into links to a place in this file."""
    targets: dict[str, tuple[int, float | None]] = {}
    for sheet in body:
        targets.setdefault(f"book:{sheet.name}", (start, None))
        for place, (index, top) in sheet.places.items():
            targets[f"book:{sheet.name}#{place}"] = (start + index, top)
        start += len(sheet.pages)
    for page in writer.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            address = unquote(str(link.get("/A", {}).get("/URI", "")))
            if not address.startswith("book:"):
                continue
            if address not in targets:
                raise ValueError(f"expected a place in the PDF for the link {address}, found none")
            number, top = targets[address]
            del link["/A"]
            link[NameObject("/Dest")] = place_of(writer.pages[number], top)


def place_of(page: PageObject, top: float | None) -> ArrayObject:
    """A place on a page: its top, or this height above its lower edge."""
    height = FloatObject(page.mediabox.top if top is None else top)
    return ArrayObject([page.indirect_reference, NameObject("/XYZ"), NullObject(), height, NullObject()])


def bookmark(writer: PdfWriter, body: list[Sheet], start: int) -> None:
    """Bookmarks: parts, in them pages of the book, in them sections."""
    part = None
    for sheet in body:
        if sheet.name == "part":
            part = writer.add_outline_item(sheet.title, start, bold=True, is_open=True)
        above: dict[int, Any] = {0: part}
        for title in sheet.titles:
            index, top = sheet.places.get(title["place"], (0, None))
            parent = next(above[level] for level in range(title["level"] - 1, -1, -1) if level in above)
            fit = Fit.xyz(top=top) if title["level"] > 1 else Fit.xyz()
            item = writer.add_outline_item(title["title"], start + index, parent=parent, fit=fit, is_open=False)
            above = {level: one for level, one in above.items() if level < title["level"]} | {title["level"]: item}
        start += len(sheet.pages)


def describe(writer: PdfWriter, known: dict[str, str], start: int) -> None:
    """Title, author and language; numbers as printed; what a viewer opens with."""
    writer.metadata = {
        "/Title": known["title"],
        "/Author": known["author"],
        "/Subject": known["about"],
        "/Keywords": f"version {known['version']}",
        "/Creator": "CNN Lessons, make pdf",
        "/CreationDate": f"D:{datetime.datetime.now(datetime.timezone.utc):%Y%m%d%H%M%S}Z",
    }
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    writer.set_page_label(0, start - 1, style="/r")
    writer.set_page_label(start, len(writer.pages) - 1, style="/D")
    writer.page_mode = "/UseOutlines"
    writer.create_viewer_preferences().display_doctitle = True
