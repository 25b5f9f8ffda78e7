"""What the chapters say about themselves, read off the notebooks: needs, times, objectives, headings, exercises.

Pages that are made from this cannot disagree with the chapters. The one thing that a notebook does not say is which
section teaches an objective and which exercise tests it: that stands in book/objectives.yml.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

OPENING, LAB = "At the end of this chapter", "Find the bug"
TIME = re.compile(r"\*\*Time\*\*(?: about)? (\d+) minutes to read, (\d+)( hours)? with the exercises\.")
NEEDS = re.compile(r"\*\*You need\*\* (.+?\.)(?:\s|$)", re.DOTALL)
SET_UP = re.compile(r"start\(cpu_seconds=(\d+)(, gpu_helps=False)?\)")
MARKER = re.compile(r"# exercise: (\w+)\n")


@dataclass(frozen=True)
class Heading:
    """A heading of a chapter: its words, and the anchor that a link to it names."""

    title: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    """A chapter, in its own words.

    Args:
        number: two digits, "03".
        title: without the number.
        page: of the book, "notebooks/03_arithmetic_of_shapes".
        needs: the numbers of the chapters that it asks for.
        reading: minutes to read.
        complete: minutes with the exercises.
        cpu_seconds: what running it all takes on two CPU cores.
        gpu_helps: whether it does more on a GPU.
        objectives: the sentences under "At the end of this chapter".
        headings: all of them, in order.
        exercises: by name, the heading under which an exercise stands.
        text: the words of each section, by the anchor of its heading.
    """

    number: str
    title: str
    page: str
    needs: tuple[str, ...]
    reading: int
    complete: int
    cpu_seconds: int
    gpu_helps: bool
    objectives: tuple[str, ...]
    headings: tuple[Heading, ...]
    exercises: dict[str, Heading]
    text: dict[str, str]

    def heading(self, title: str) -> Heading:
        """The first heading with these words; ValueError if there is none."""
        for heading in self.headings:
            if heading.title == title:
                return heading
        raise ValueError(f"chapter {self.number}: expected a heading of its own, got {title!r}. Was it renamed?")


@dataclass(frozen=True)
class Objective:
    """One thing that a reader can do at the end, where it is taught, and the exercises that test it."""

    text: str
    sections: tuple[Heading, ...]
    exercises: tuple[str, ...]


def read_chapters(folder: Path) -> dict[str, Chapter]:
    """Every chapter in a folder of notebooks, by its number."""
    chapters = [read_chapter(path) for path in sorted(folder.glob("[0-9]*.ipynb"))]
    return {chapter.number: chapter for chapter in chapters}


def read_chapter(path: Path) -> Chapter:
    """What the notebook of a chapter says about it; ValueError where it says it in an unknown way."""
    cells = [("".join(cell["source"]), cell["cell_type"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    code = "\n".join(source for source, kind in cells if kind == "code")
    opening = cells[0][0]
    number, _, title = opening.splitlines()[0].removeprefix("# ").partition(" · ")
    hours = 60 if found(TIME, opening, path)[3] else 1
    headings, exercises, text = walk(cells)
    return Chapter(
        number=number,
        title=title,
        page=f"notebooks/{path.stem}",
        needs=tuple(numbers(found(NEEDS, opening, path)[1])),
        reading=int(found(TIME, opening, path)[1]),
        complete=int(found(TIME, opening, path)[2]) * hours,
        cpu_seconds=int(found(SET_UP, code, path)[1]),
        gpu_helps=not found(SET_UP, code, path)[2],
        objectives=tuple(re.findall(r"^- (You .+)$", opening.partition(OPENING)[2], re.MULTILINE)),
        headings=tuple(headings),
        exercises=exercises,
        text=text,
    )


def found(pattern: re.Pattern, text: str, path: Path) -> re.Match:
    """The place where a pattern stands in a notebook; ValueError if it stands nowhere."""
    match = pattern.search(text)
    if not match:
        raise ValueError(
            f"{path.name}: expected words like {pattern.pattern!r}, got none. See notebooks/_template.ipynb."
        )
    return match


def numbers(sentence: str) -> Iterator[str]:
    """The chapters that a sentence names: "chapters 02, 04 and 08 to 10"."""
    words = re.sub(r"\]\([^)]*\)", "", sentence).replace("[", "")
    for first, last in re.findall(r"\b(\d\d)\b(?: to (\d\d)\b)?", words):
        yield from (f"{number:02}" for number in range(int(first), int(last or first) + 1))


def walk(cells: list[tuple[str, str]]) -> tuple[list[Heading], dict[str, Heading], dict[str, str]]:
    """Headings, exercises by name, and the text of each section, with anchors as MyST makes them."""
    headings, exercises, text, taken = [], {}, {}, set()
    for source, kind in cells:
        if kind == "code":
            exercises.update((name, headings[-1]) for name in MARKER.findall(source + "\n"))
            continue
        for line in source.splitlines():
            if match := re.match(r"#{1,3} (.+)$", line):
                title = match[1].replace("`", "")
                headings.append(Heading(title, unique(default_slugify(title), taken)))
            text[headings[-1].anchor] = f"{text.get(headings[-1].anchor, '')}{line}\n"
    return headings, exercises, text


def unique(anchor: str, taken: set[str]) -> str:
    """The anchor, numbered if it is taken already; it is taken afterwards."""
    name, count = anchor, 0
    while name in taken:
        count += 1
        name = f"{anchor}-{count}"
    taken.add(name)
    return name


def read_objectives(path: Path, chapters: dict[str, Chapter]) -> dict[str, list[Objective]]:
    """The objectives of every chapter, with their sections and exercises from a file like book/objectives.yml.

    Raises:
        ValueError: if an objective has no entry or no section, an entry fits no objective or several, a section or an
            exercise is unknown, or an exercise tests no objective.
    """
    entries = yaml.safe_load(path.read_text("utf-8"))
    return {number: list(joined(chapter, entries.get(number) or {})) for number, chapter in chapters.items()}


def joined(chapter: Chapter, entries: dict[str, dict[str, Any]]) -> Iterator[Objective]:
    """The objectives of one chapter with their entries, which are found by the objective's first words."""
    where = f"book/objectives.yml, chapter {chapter.number}"
    for start in entries:
        fitting = [text for text in chapter.objectives if begins(text, start)]
        if len(fitting) != 1:
            raise ValueError(f"{where}: expected one objective that begins with {start!r}, got {len(fitting)}.")
    untested = set(chapter.exercises)
    for text in chapter.objectives:
        entry = next((entry for start, entry in entries.items() if begins(text, start)), {})
        if not entry.get("sections"):
            raise ValueError(f"{where}: expected a section that teaches {text!r}, got none. Add an entry.")
        unknown = set(entry["exercises"]) - set(chapter.exercises)
        if unknown:
            raise ValueError(f"{where}: expected exercises of the chapter, got {sorted(unknown)}.")
        untested -= set(entry["exercises"])
        yield Objective(text, tuple(map(chapter.heading, entry["sections"])), tuple(entry["exercises"]))
    if untested:
        raise ValueError(f"{where}: expected an objective for every exercise, got none for {sorted(untested)}.")


def begins(objective: str, start: str) -> bool:
    """Whether an objective begins with these words, "You can" aside."""
    words = objective.removeprefix("You can ").removeprefix("You ").replace("`", "")
    return words.startswith(start)
