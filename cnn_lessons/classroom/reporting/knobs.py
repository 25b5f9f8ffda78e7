"""Checks for a policy's values: a wrong one is told in one sentence, with the nearest name that is known."""

import difflib
import math
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any


def names(where: str, table: Any, known: Collection[str]) -> None:
    """Check that `table` is a table in which every key is known.

    Raises:
        ValueError: if it is none, or a key is not among `known`; with the nearest that is.
    """
    if not isinstance(table, dict):
        raise ValueError(f"{where}: expected a table, [{where}], got {table!r:.60}")
    for key in table:
        if key not in known:
            near = [key.zfill(2)] if key.zfill(2) in known else difflib.get_close_matches(key, known, n=1, cutoff=0.4)
            place = f" in [{where}]" if where else ""
            said = f"Did you mean {near[0]}?" if near else f"Expected one of {', '.join(known)}."
            raise ValueError(f"unknown key {key!r:.60}{place}. {said}")


def number(name: str, value: Any, most: float = math.inf) -> None:
    """Check that a value is a number from 0 to `most`; ValueError if not."""
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:
        wanted = "a number, 0 or more" if most == math.inf else f"a number from 0 to {most:g}"
        raise ValueError(f"{name}: expected {wanted}, got {value!r:.60}")


def one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    """Check that a value is one of the words; ValueError if not."""
    if value not in known:
        raise ValueError(f"{name}: expected {' or '.join(map(repr, known))}, got {value!r:.60}")


def moment(name: str, value: Any) -> None:
    """Check that a value is a date with time and zone; ValueError if not."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        wanted = "a date and a time with a zone, without quotes, such as 2026-04-03T23:59:00+09:00"
        got = str(value) if isinstance(value, datetime) else repr(value)
        raise ValueError(f"{name}: expected {wanted}, got {got:.60}")


def pattern(name: str, value: Any, group: str) -> None:
    """Check that a value is "" or a regular expression with that group; ValueError if not."""
    wanted = f"{name}: expected a regular expression with a group (?P<{group}>…)"
    if not isinstance(value, str):
        raise ValueError(f"{wanted}, got {value!r:.60}")
    try:
        groups = re.compile(value).groupindex
    except re.error as error:
        raise ValueError(f"{wanted}, got {value!r:.60}: {error}") from error
    if value and group not in groups:
        raise ValueError(f"{wanted}, got {value!r:.60}")
