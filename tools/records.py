"""What a step writes down so that it need not be done again. Standard library only, as tools/setup.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_whole(file: Path, content: bytes) -> None:
    """Write a file by way of a second one: whole or not at all, so that a stop half-way loses nothing."""
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    part.replace(file)


def write_record(file: Path, record: Any) -> None:
    """Write a record as JSON, whole or not at all."""
    write_whole(file, json.dumps(record).encode())


def read_record(file: Path) -> Any:
    """The record in a file; None if there is no file, or if it is broken: then the step is to be done again."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
