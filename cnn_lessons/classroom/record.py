"""What grading one file found: the contract between the engine, which runs and judges, and the report, which tells.

Every text in here may come from a student's file. Nothing in here is escaped, and nothing is cut: whoever writes it
down does that. A record is checked when it is made, so that one that was read from a file is as good as a fresh one.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

CORRECT, NOT_YET, NOT_ATTEMPTED = "correct", "not yet", "not attempted"
MISSING, NOT_REACHED = "missing", "not reached"
STATUSES = (CORRECT, NOT_YET, NOT_ATTEMPTED, MISSING, NOT_REACHED)
GRADED, STOPPED, REFUSED = "graded", "stopped", "refused"
OUTCOMES = (GRADED, STOPPED, REFUSED)


@dataclass(frozen=True)
class Mark:
    """What the check said of one exercise.

    Args:
        exercise: its name.
        status: "correct", "not yet", "not attempted", "missing" (no cell and no function of that name) or "not reached"
            (the run was stopped before).
        message: of the check; plain text, several lines.
        misconception: the sentence of the course's own list of mistakes that fits; "" if none does.
        remark: what was odd: "the function is called my_conv", "two cells: the last counts"; "" if nothing was.
    """

    exercise: str
    status: str
    message: str
    misconception: str = ""
    remark: str = ""

    def __post_init__(self):
        _texts(self, "exercise status message misconception remark")
        _one_of(self, "status", STATUSES)


@dataclass(frozen=True)
class Cells:
    """nbval's word, in numbers of cells: does re-running reproduce the saved outputs?

    Args:
        match: as saved.
        differ: something else came out.
        fail: raised an error, or was stopped.
    """

    match: int
    differ: int
    fail: int

    def __post_init__(self):
        for name in ("match", "differ", "fail"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise _unexpected(self, name, "a number of cells", value)


@dataclass(frozen=True)
class Result:
    """What grading one file found.

    Args:
        file: path below the folder of submissions, with "/": "anna/02_convolution.ipynb", "all.zip/anna/02.ipynb".
        sha256: of the file as it came.
        handed_in: seconds since the epoch; None if unknown.
        chapters: two digits each, of the exercises that `marks` tells of.
        outcome: "graded", "stopped" (a limit ended the run; what was reached counts) or "refused" (nothing was run).
        problem: why it was stopped or refused, in one clear line; "" if it was graded plainly.
        marks: one for each exercise of the chapters, none named twice.
        cells: None if nbval was not run.
        cells_note: why it was not run, or what was odd: "no saved outputs".
        seconds: that the run took.
        isolation: in words, how the network and the files were closed to the student's code.
        remarks: signs of tampering, one line each: "torch.equal was replaced".
        notes: errors and oddities of the run that are no such signs: "code cell 2: SyntaxError: …".
    """

    file: str
    sha256: str
    handed_in: float | None
    chapters: tuple[str, ...]
    outcome: str
    problem: str
    marks: tuple[Mark, ...]
    cells: Cells | None
    cells_note: str
    seconds: float
    isolation: str
    remarks: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        _texts(self, "file sha256 outcome problem cells_note isolation")
        _one_of(self, "outcome", OUTCOMES)
        for name, kind in (("chapters", str), ("marks", Mark), ("remarks", str), ("notes", str)):
            value = getattr(self, name)
            if type(value) is not tuple or not all(isinstance(item, kind) for item in value):
                raise _unexpected(self, name, f"a tuple of {kind.__name__}", value)
        if not isinstance(self.cells, Cells | None):
            raise _unexpected(self, "cells", "Cells or None", self.cells)
        if not _is_number(self.seconds) or self.seconds < 0:
            raise _unexpected(self, "seconds", "a number of seconds", self.seconds)
        if self.handed_in is not None and not _is_number(self.handed_in):
            raise _unexpected(self, "handed_in", "seconds since the epoch or None", self.handed_in)
        exercises = [mark.exercise for mark in self.marks]
        twice = sorted({name for name in exercises if exercises.count(name) > 1})
        if twice:
            raise _unexpected(self, "marks", "one mark for each exercise", f"two of {twice[0]}")


def to_json(result: Result) -> dict[str, Any]:
    """Return a result as a dictionary that `json.dumps` can write; `from_json` reads it back, equal in everything."""
    return dataclasses.asdict(result, dict_factory=_with_lists)


def from_json(record: dict[str, Any]) -> Result:
    """Return the result that `to_json` made a dictionary of.

    Raises:
        ValueError: if a field is missing, unknown, or not of its type.
    """
    fields = dict(_checked(record, Result))
    for name in ("chapters", "marks", "remarks", "notes"):
        if not isinstance(fields[name], list):
            raise ValueError(f"result: expected {name} to be a list, got {fields[name]!r:.60}")
    fields["marks"] = [Mark(**_checked(mark, Mark)) for mark in fields["marks"]]
    if fields["cells"] is not None:
        fields["cells"] = Cells(**_checked(fields["cells"], Cells))
    return Result(**{name: tuple(value) if type(value) is list else value for name, value in fields.items()})


def _with_lists(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}


def _checked(record: Any, kind: type) -> dict[str, Any]:
    """Return the record if it has the very fields of `kind`."""
    wanted = [field.name for field in dataclasses.fields(kind)]
    if not isinstance(record, dict) or set(record) != set(wanted):
        got = ", ".join(map(str, record)) if isinstance(record, dict) else repr(record)
        raise ValueError(f"{kind.__name__.lower()}: expected the fields {', '.join(wanted)}, got {got:.200}")
    return record


def _texts(record: Any, names: str) -> None:
    for name in names.split():
        if not isinstance(getattr(record, name), str):
            raise _unexpected(record, name, "text", getattr(record, name))


def _one_of(record: Any, name: str, allowed: tuple[str, ...]) -> None:
    if getattr(record, name) not in allowed:
        raise _unexpected(record, name, f"one of {', '.join(allowed)}", getattr(record, name))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _unexpected(record: Any, name: str, wanted: str, got: Any) -> ValueError:
    return ValueError(f"{type(record).__name__.lower()}: expected {name} to be {wanted}, got {got!r:.60}")
