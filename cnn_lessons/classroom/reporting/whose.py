"""Whose file it is: read off its path, out of the archive of a class or a student's own."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from cnn_lessons.classroom.record import REFUSED, Result
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.policy import Policy

ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz)$", re.IGNORECASE)
# What browsers, systems, Jupyter and students leave of a notebook's name: "anna_02_convolution (1)", "… copy 2",
# "02_convolution-Copy1", "…_final_v2". A longer number is a student's.
CHAPTERS = "|".join(name for name, _ in course.CHAPTERS.values())
ADDED = r"\(\d{1,2}\)|-\d{1,2}|(?:copy|복사본)(?: ?\d{1,2})?|final|최종|v\d{1,2}"
AT_END = re.compile(rf"[-_ ]*(?:{CHAPTERS})(?:[-_ ]*(?:{ADDED}))*[-_ ]*$", re.IGNORECASE)
AT_START = re.compile(rf"^(?:{CHAPTERS})[-_ ]*", re.IGNORECASE)
COPY_OF = re.compile(r"^(?:copy[-_ ]of[-_ ]+)+", re.IGNORECASE)
DOWNLOAD = re.compile(r" ?\(\d{1,2}\)$")


def student_of(file: str, policy: Policy, collections: Mapping[str, int]) -> tuple[str, tuple[str, ...]]:
    """Return whose file it is, and what to know of how that was found out.

    Args:
        file: its path below the folder of submissions.
        policy: its `student` says how to read the path.
        collections: archives that hold the files of many, and how many folders of a path there name nobody.
    """
    pattern, notes = policy.student_pattern(), ()
    parts = file.split("/")
    inside = parts[min(collections.get(parts[0], 0), len(parts) - 1) :]  # what lies above those folders keeps its name
    if pattern:
        within = "/".join(inside)
        for path in (file,) if inside == parts else (file, f"{parts[0]}/{within}", within):
            found = pattern.search(path)
            named = found and found.start("student") >= len(path) - len(within)  # the archive of a class names nobody
            if named and found["student"].strip():
                return _composed(found["student"]), ()
        notes = ("the policy's pattern for the student does not fit this path",)
    return _composed(_unit(inside) or _stem(inside[-1])) or file, notes


def folder_in_archive(file: str, collections: Mapping[str, int]) -> tuple[str, str]:
    """Return the first part of a path and, where that is an archive, the folder in it that names a student, or "".

    Args:
        file: the path.
        collections: as in `student_of`.
    """
    archive, *inside = file.split("/")
    folders = inside[collections.get(archive, 1) - 1 : -1] if ARCHIVE.search(archive) else []
    return archive, folders[0] if folders else ""


def _unit(path: Sequence[str]) -> str:
    """Return what names the student in a path: the first folder, or what the file's name holds beside the chapter's."""
    *folders, name = path
    if folders:
        whole = _composed(ARCHIVE.sub("", folders[0]))
        return AT_START.sub("", AT_END.sub("", whole)) or whole
    stem = COPY_OF.sub("", _stem(name))
    bare = AT_END.sub("", stem)
    return AT_START.sub("", DOWNLOAD.sub("", stem)) if bare == stem else bare


def _stem(name: str) -> str:
    return _composed(name.rsplit(".", 1)[0] or name)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()  # macOS writes 김 as three letters


def collections_in(results: Iterable[Result]) -> dict[str, int]:
    """Return the archives that hold the files of many students, each with the number of leading folders to skip.

    Such an archive is all that there is and names somebody, or it holds one chapter under several folders or names. A
    student's own holds each chapter once, or in one folder, or once of them under no name: who packs a class names
    everybody's.
    """
    paths = [result.file.split("/") for result in results]
    found = {}
    for archive in {path[0] for path in paths if len(path) > 1 and ARCHIVE.search(path[0])}:
        inside = [(result, path) for result, path in zip(results, paths, strict=True) if path[0] == archive]
        tops = {path[1] for result, path in inside if result.outcome != REFUSED or path[-1].endswith(".ipynb")}
        below = {path[2] if len(path) > 3 else _unit(path[2:]) for _, path in inside if len(path) > 2} - {""}
        skip = 2 if len(tops) == 1 and len(below) > 1 else 1  # hw.zip/hw/Kim/…
        units = defaultdict(set)
        for result, path in inside:
            for chapter in result.chapters:
                units[chapter].add(_unit(path[skip:]))
        several = any(len(unit) > 1 and "" not in unit for unit in units.values())
        names_somebody = not units or any(unit != {""} for unit in units.values())
        if several or (names_somebody and all(path[0] == archive for path in paths)):
            found[archive] = skip
    return found
