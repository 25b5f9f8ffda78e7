"""The kill score: how many of the wrong answers are refused with the right message."""

import json
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from unittest import mock

from cnn_lessons.exercises import catalog, check, judge, names
from cnn_lessons.exercises.exercise import Exercise
from cnn_lessons.exercises.verdict import NOT_YET, Verdict

from . import BANK, WrongAnswer


@cache
def verdict_on(wrong: WrongAnswer, seed: int) -> Verdict:
    """Check a wrong answer; the tests and the score ask for the same verdicts."""
    with mock.patch.object(judge, "find", lambda name: drawn(name, seed)):
        return check(wrong.exercise, wrong.function, seed=seed)


@lru_cache(4)  # the answers to one exercise follow each other, each tried with a few seeds
def drawn(name: str, seed: int) -> Exercise:
    """Return an exercise whose cases are drawn once: a case keeps what the oracle and the mistakes make of it.

    Every answer works on a copy of a case, so one cannot see what another did.
    """
    exercise = catalog()[name]
    cases = list(exercise.cases(Random(seed)))
    return replace(exercise, cases=lambda random: cases)


def kill_score() -> dict:
    """Try the whole bank and count, exercise by exercise."""
    rows = {name: {"tried": 0, "killed": 0} for name in names()}
    for wrong in BANK:
        verdict = verdict_on(wrong, seed=0)
        rows[wrong.exercise]["tried"] += 1
        rows[wrong.exercise]["killed"] += verdict.status == NOT_YET and wrong.says in verdict.message
    return {"exercises": rows}


def write() -> None:
    """Write the score where the book finds it."""
    path = Path(__file__).parent.with_name("kill_score.json")
    path.write_text(json.dumps(kill_score(), indent=2) + "\n")


if __name__ == "__main__":
    write()
