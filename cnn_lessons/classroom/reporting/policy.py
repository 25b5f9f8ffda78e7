"""How grades are made of what the checks found: points, weights, late files, and whose file is whose.

    Policy()                         # the defaults: one point for each exercise, every chapter weighs the same
    Policy.read("policy.toml")       # what an instructor wrote; `example()` is such a file with all defaults

A policy is checked when it is made: a wrong one is refused before anything is run.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cnn_lessons.classroom import toml
from cnn_lessons.classroom.releasing.errors import ClassroomError
from cnn_lessons.classroom.reporting import course, knobs

LATEST, BEST = "latest", "best"


@dataclass(frozen=True)
class Points:
    """What a correct answer is worth.

    Args:
        exercise: points for each exercise.
        bug_lab: points for the exercise under "Find the bug", the last of a chapter.
        single: points for single exercises, by name; they override the two above.
    """

    exercise: float = 1
    bug_lab: float = 1
    single: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self):
        knobs.number("points.exercise", self.exercise)
        knobs.number("points.bug_lab", self.bug_lab)
        named = isinstance(self.single, dict) and self.single  # without a name to look up, PyTorch is not loaded
        knobs.names("points.single", self.single, course.every_exercise() if named else ())
        for name, value in self.single.items():
            knobs.number(f"points.single.{name}", value)

    def of(self, exercise: str, chapter: str) -> float:
        """Return what a correct answer to this exercise is worth."""
        usual = self.bug_lab if exercise == course.bug_lab(chapter) else self.exercise
        return self.single.get(exercise, usual)


@dataclass(frozen=True)
class Late:
    """What lateness costs.

    Args:
        percent_per_day: of the points earned, taken off for each day that has begun since the deadline.
        most: the percentage that is taken off at most.
        refuse_after: so many days after the deadline a file gives no points any more; 0 never refuses.
    """

    percent_per_day: float = 0
    most: float = 100
    refuse_after: float = 0

    def __post_init__(self):
        knobs.number("late.percent_per_day", self.percent_per_day, 100)
        knobs.number("late.most", self.most, 100)
        knobs.number("late.refuse_after", self.refuse_after)

    def off(self, days: float) -> float:
        """Return the percentage that is taken off the points of a file that is so many days late."""
        if self.refuse_after and days > self.refuse_after:
            return 100
        return min(math.ceil(days) * self.percent_per_day, self.most)


@dataclass(frozen=True)
class Policy:
    """How grades are made.

    Args:
        student: "" reads a student off a file's path as its first folder, else its name; otherwise a regular expression
            with a group `student` that is looked for in the path.
        several_files: of one student for one chapter, the "latest" or the "best" counts.
        deadline: of all chapters, with its zone; None if there is none.
        deadlines: of single chapters, by two digits; they override `deadline`.
        points: for a correct answer.
        weights: of the chapters in a student's total, by two digits. Empty: every chapter that somebody handed in
            weighs the same. Otherwise those named count, handed in or not, and no others.
        late: what lateness costs.
    """

    student: str = ""
    several_files: str = LATEST
    deadline: datetime | None = None
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    points: Points = field(default_factory=Points)
    weights: Mapping[str, float] = field(default_factory=dict)
    late: Late = field(default_factory=Late)

    def __post_init__(self):
        knobs.pattern("student", self.student, "student")
        knobs.one_of("several_files", self.several_files, (LATEST, BEST))
        if self.deadline is not None:
            knobs.moment("deadline", self.deadline)
        knobs.names("deadlines", self.deadlines, course.CHAPTERS)
        for chapter, value in self.deadlines.items():
            knobs.moment(f"deadlines.{chapter}", value)
        knobs.names("weights", self.weights, course.CHAPTERS)
        for chapter, value in self.weights.items():
            knobs.number(f"weights.{chapter}", value)
        if self.weights and not any(self.weights.values()):
            raise ValueError("weights: expected at least one chapter that weighs more than 0, got none.")

    @classmethod
    def read(cls, path: str | Path) -> "Policy":
        """Return the policy that a TOML file holds; what it leaves out is as in `Policy()`.

        Raises:
            ValueError: if the file is not TOML, or holds an unknown key or a wrong value; with the file's name.
            OSError: if it cannot be read.
        """
        try:
            return cls._of(toml.parsed(Path(path).read_text(encoding="utf-8-sig")))
        except (ValueError, ClassroomError) as error:  # tomllib's error and a text that is no UTF-8 are ValueErrors
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def _of(cls, table: dict[str, Any]) -> "Policy":
        knobs.names("", table, [known.name for known in dataclasses.fields(cls)])
        for name, kind in (("points", Points), ("late", Late)):
            inner = table.get(name, {})
            knobs.names(name, inner, [known.name for known in dataclasses.fields(kind)])
            table = {**table, name: kind(**inner)}
        return cls(**table)

    def due(self, chapter: str) -> datetime | None:
        """Return a chapter's deadline."""
        return self.deadlines.get(chapter, self.deadline)

    def student_pattern(self) -> re.Pattern | None:
        """Return the regular expression that finds a student in a path; None for the usual way."""
        return re.compile(self.student) if self.student else None

    def to_json(self) -> dict[str, Any]:
        """Return the policy as a dictionary that `json.dumps` can write."""
        table = dataclasses.asdict(self)
        table["deadline"] = self.deadline and self.deadline.isoformat()
        table["deadlines"] = {chapter: due.isoformat() for chapter, due in self.deadlines.items()}
        return table


def example() -> str:
    """Return a commented TOML file with every knob at its default; `Policy.read` understands it."""
    return (Path(__file__).parent / "policy.toml").read_text(encoding="utf-8")
