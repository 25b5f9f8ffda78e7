"""Reading TOML, which Python does by itself from 3.11 on."""

import sys
from typing import Any

from cnn_lessons.classroom.releasing.errors import ClassroomError


def parsed(text: str) -> dict[str, Any]:
    """Return what a text in TOML says.

    Raises:
        ValueError: if it is not TOML.
        ClassroomError: if this is Python 3.10 without tomli.
    """
    try:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
    except ModuleNotFoundError as error:
        raise ClassroomError("expected the package tomli for Python 3.10, got none. pip install tomli") from error
    return tomllib.loads(text)
