"""A copy of the project's files, to change or to publish from, without what was built or installed here."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", ".*_cache", "*.egg-info")


def copy_project(target: Path) -> Path:
    return Path(shutil.copytree(ROOT, target, ignore=LEFT_OUT))


def contents(root: Path) -> dict[str, bytes]:
    """The bytes of every file."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
