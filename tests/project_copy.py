"""A copy of the project's files, to change or to publish from, without what was built or installed here."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
OWN = ("mine", "handed_in", "report")  # a reader's and a teacher's folders, named as the pages name them
PLAIN_GIT = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_INDEX_FILE")}
PLAIN_GIT |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # nobody's hooks and signatures
LEFT_OUT = shutil.ignore_patterns(*OWN, ".git", ".venv", "_build", "__pycache__", ".*_cache", "*.egg-info")


def copy_project(target: Path) -> Path:
    return Path(shutil.copytree(ROOT, target, ignore=LEFT_OUT))


def contents(root: Path) -> dict[str, bytes]:
    """The bytes of every file."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
