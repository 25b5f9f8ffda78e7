"""The two editions of the package: the student's, without solutions, and the teacher's, with them. Neither grades."""

from pathlib import Path

KINDS = (".py", ".json", ".js", ".css")  # what the package is made of; a note or a compiled file beside it stays here
SOLUTIONS = "cnn_lessons/exercises/solutions/"
CLASSROOM = "cnn_lessons/classroom/"
PACKAGE = Path(__file__).parents[2]


def package_files(solutions: bool = False) -> dict[str, bytes]:
    """Return the files of an edition's package, by their sorted names, "cnn_lessons/ops/pooling.py".

    Args:
        solutions: True for the teacher's edition, False for the student's.
    """
    left_out = (CLASSROOM,) if solutions else (CLASSROOM, SOLUTIONS)
    paths = {path.relative_to(PACKAGE.parent).as_posix(): path for path in PACKAGE.rglob("*") if path.suffix in KINDS}
    return {name: path.read_bytes() for name, path in sorted(paths.items()) if not name.startswith(left_out)}


def student_package(target: Path) -> None:
    """Write the package of the student's edition to `target/cnn_lessons`, so that PYTHONPATH=target runs it.

    Args:
        target: a folder, made if it is not there; it must not hold `cnn_lessons` yet.

    Raises:
        ValueError: if `target/cnn_lessons` is there: what was in it might be imported too.
    """
    if (target / "cnn_lessons").exists():
        raise ValueError(f"student_package: expected no cnn_lessons in {target} yet, found one. Name a new folder.")
    for name, content in package_files().items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
