"""Hand chapters out: notebooks, a wheel and a README, in a folder that holds nothing else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cnn_lessons.classroom.releasing.edition import package_files
from cnn_lessons.classroom.releasing.errors import ClassroomError
from cnn_lessons.classroom.releasing.handout import handout, title
from cnn_lessons.classroom.releasing.leaks import leaks
from cnn_lessons.classroom.releasing.letter import letter, packages_of
from cnn_lessons.classroom.releasing.wheel import wheel

ROOT = Path(__file__).parents[3]  # a clone of the course has its notebooks beside the package
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", ".git"}  # of systems, Jupyter and git
LIST = "release.json"  # what a release wrote, with checksums: by it a later one knows what it may replace


def release(chapters: Sequence[str], folder: Path, solutions: bool = False) -> list[str]:
    """Write an edition of some chapters to a folder; if a solution is found in the student's, write nothing.

    Args:
        chapters: two digits each, "02".
        folder: made if it is not there; what a former release wrote into it is replaced.
        solutions: True for the teacher's edition.

    Returns:
        The names of the files in the folder, sorted.

    Raises:
        ValueError: if there is no such chapter, or the folder holds anything else.
        ClassroomError: if the course cannot be read, or a solution is found.
    """
    paths = _notebooks(chapters)
    former = _former_release(folder, _edition(solutions))
    files = edition(paths, solutions)
    if not solutions:
        _refuse_leaks(files)
    _replace(folder, former, files, _edition(solutions))
    return sorted([*files, LIST])


def edition(paths: Sequence[Path], solutions: bool) -> dict[str, bytes]:
    """Return the files of an edition by name: wheel, README, notebooks."""
    name, content = wheel(ROOT, package_files(solutions), _edition(solutions))
    together = {path.name for path in paths}
    notebooks = {path.name: handout(path, name, together, solutions) for path in paths}
    titles = {file: title(content) for file, content in notebooks.items()}
    text = letter(titles, packages_of(notebooks.values()), name, solutions)
    return {name: content, "README.md": text, **notebooks}


def _edition(solutions: bool) -> str:
    return "teacher" if solutions else "students"


def _notebooks(chapters: Sequence[str]) -> list[Path]:
    """Return the chosen chapters' files, in order."""
    known = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
    if not known or not (ROOT / "pyproject.toml").exists():
        raise ClassroomError(
            f"release: expected the course's notebooks beside its package, found none in {ROOT}. "
            "Run it in a clone of the course: the installed package has no notebooks."
        )
    for chapter in chapters:
        if chapter.zfill(2) not in known:
            raise ValueError(f"--chapters: expected some of {' '.join(known)}, got {chapter!r}")
    return [known[chapter] for chapter in sorted({chapter.zfill(2) for chapter in chapters})]


def _refuse_leaks(files: Mapping[str, bytes]) -> None:
    found = list(leaks(files))
    if found:
        more = f" And {len(found) - 1} more." if len(found) > 1 else ""
        raise ClassroomError(
            f"release: nothing was written. {found[0]}.{more} Take it out, or, if it may stand there, "
            "add it to cnn_lessons/classroom/releasing/shared.py with the reason."
        )


def _former_release(folder: Path, wanted: str) -> list[str]:
    """Return the files in a folder, all of which a former release wrote.

    Raises:
        ValueError: if one was not, or was changed since, or belongs to the other edition.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"OUT: expected a folder, got the file {folder}")
    found = [path.relative_to(folder) for path in sorted(folder.rglob("*"))] if folder.exists() else []
    found = [path.as_posix() for path in found if LITTER.isdisjoint(path.parts)]
    if not found:
        return []
    advice = "Nothing was changed. Name a new folder, or empty this one yourself."
    if LIST not in found:
        raise ValueError(f"OUT: expected an empty folder or a former release, found {found[0]} in {folder}. {advice}")
    written = _listed(folder / LIST)
    if written.get("edition") != wanted:
        raise ValueError(f"OUT: expected a release of the {wanted} edition, found another in {folder}. {advice}")
    for name in set(found) - {LIST}:
        if _checksum(folder / name) != written["files"].get(name, ""):
            raise ValueError(
                f"OUT: expected only what a release wrote, found {name} in {folder}, new or changed. {advice}"
            )
    return found


def _listed(path: Path) -> dict:
    """Return what a former release says that it wrote; nothing if it says it in another way."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return written if isinstance(written["files"], dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _checksum(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else None


def _replace(folder: Path, former: Sequence[str], files: Mapping[str, bytes], name: str) -> None:
    """Write the files in the place of the former ones; stopped half-way, the folder is still known as a release."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in former:
        if file != LIST:
            (folder / file).unlink()
    checksums = {file: hashlib.sha256(content).hexdigest() for file, content in sorted(files.items())}
    listed = json.dumps({"edition": name, "files": checksums}, indent=1) + "\n"
    (folder / LIST).write_bytes(listed.encode())  # with the same line ends on every system
    for file, content in files.items():
        (folder / file).write_bytes(content)
