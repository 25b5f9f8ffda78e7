"""Whose file it is: read off its path, out of the archive of a class or a student's own."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from cnn_lessons.classroom.record import REFUSED, Result
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.policy import Policy

ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz)$", re.IGNORECASE)
# What browsers, systems, Jupyter and students leave of a notebook's name: "anna_02_convolution (1)", "… 2", "… copy 2",
# "02_convolution-Copy1", "…_final_v2", Colab's "…_ipynb의_사본". A longer number is a student's.
CHAPTERS = "|".join(name for name, _ in course.CHAPTERS.values())
ADDED = r"\(\d{1,2}\)|-\d{1,2}|(?<= )[2-9]|(?:copy|kopie|복사본)(?: ?\d{1,2})?|[._]ipynb의[_ ]사본|final|최종|v\d{1,2}"
# Few of each: a name made for it would otherwise be tried in more ways than there is time.
AT_END = re.compile(rf"[-_ ]{{0,9}}(?:{CHAPTERS})(?:[-_ ]{{0,9}}(?:{ADDED})){{0,4}}[-_ ]{{0,9}}$", re.IGNORECASE)
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
    found, inside = _read_off(file, policy, collections), _inside(file, collections)
    if found:
        return _composed(found["student"]), ()
    notes = ("the policy's pattern for the student does not fit this path",) if policy.student else ()
    return _composed(_unit(inside) or _stem(inside[-1])) or file, notes


def perhaps_several(files: Sequence[str], policy: Policy, collections: Mapping[str, int]) -> list[str]:
    """Return why files that count as one student's may be those of several, a sentence for each reason.

    Args:
        files: their paths.
        policy: as in `student_of`.
        collections: as in `student_of`.
    """
    if re.fullmatch(r"\d{4,}", student_of(files[0], policy, collections)[0]):
        return []  # a student's number is nobody else's
    parts, words = defaultdict(set), []
    for file in files:
        if policy.student:
            where, part = _named_part(file, policy, collections)
            parts[where] |= {part} - {""}
        if not _read_off(file, policy, collections) and _is_word(_inside(file, collections)):
            words.append(file)
    said = [
        f"{where or 'the folder'} holds {', '.join(sorted(found))}: the file of only one counts"
        for where, found in parts.items()
        if len(found) > 1
    ]
    stems = [_stem(file.rsplit("/", 1)[-1]) for file in words]
    if len(words) > 1 and any(DOWNLOAD.search(stem) or COPY_OF.search(stem) for stem in stems):
        word = _unit(_inside(words[0], collections))
        said.append(f"“{word}” may be no name in {', '.join(sorted(words))}: the file of only one counts")
    return said


def packed_by_others(student: str, files: Sequence[str], collections: Mapping[str, int]) -> list[str]:
    """Return that of files which count as a student's some lie in an archive that is not, or not alone, the student's.

    Args:
        student: whose files they are taken for.
        files: their paths; they are not all copies of one.
        collections: as in `student_of`.
    """
    tops = {file.split("/")[0] for file in files}
    theirs = [top for top in sorted(tops) if top in collections or student not in _composed(top)]
    packed = [top for top in theirs if ARCHIVE.search(top)]
    if len(tops) == 1 or not packed:
        return []
    chose = f"who packed {', '.join(packed)} chose the names there"
    return [f"lies in {', '.join(sorted(tops))}; {chose}: the file of only one counts"]


def _named_part(file: str, policy: Policy, collections: Mapping[str, int]) -> tuple[str, str]:
    """Return the folder or archive above what names the student in a path, and that; each may be "".

    That is a whole folder, or of a file's name what the policy's pattern matches from the student on, without the
    notebook's own name: another end, such as "… (1)", makes no other student.
    """
    inside, found = _inside(file, collections), _read_off(file, policy, collections)
    if not found:
        of_class = len(inside) < len(file.split("/"))
        return file.split("/")[0], inside[0] if of_class and len(inside) > 1 else ""
    moved = len(file) - len(found.string)  # the pattern may have been tried without the folders above
    first, last = found.start("student") + moved, found.end("student") + moved
    start, end = file.rfind("/", 0, first) + 1, file.find("/", last)
    of_name = AT_END.sub("", file[first : found.end() + moved].removesuffix(".ipynb"))
    return file[:start].rstrip("/"), file[start:end] if end >= 0 else of_name


def _is_word(inside: Sequence[str]) -> bool:
    """Whether a student is known only by what follows the chapter in a file's name, which may be no name."""
    stem = COPY_OF.sub("", _stem(inside[0]))
    return len(inside) == 1 and bool(AT_START.search(stem)) and not AT_END.search(stem)


def _inside(file: str, collections: Mapping[str, int]) -> list[str]:
    """Return the parts of a path without those that name a class; what lies above the folders keeps its name."""
    parts = file.split("/")
    return parts[min(collections.get(parts[0], 0), len(parts) - 1) :]


def _read_off(file: str, policy: Policy, collections: Mapping[str, int]) -> re.Match | None:
    """Return where the policy's pattern finds a student in a path, or in what of it lies inside a class's archive."""
    pattern, inside = policy.student_pattern(), _inside(file, collections)
    within, archive = "/".join(inside), file.split("/")[0]
    for path in (file,) if within == file else (file, f"{archive}/{within}", within):
        found = pattern and pattern.search(path)
        named = found and found.start("student") >= len(path) - len(within)  # the archive of a class names nobody
        if named and found["student"].strip():
            return found
    return None


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
