"""The kill score: how many of the wrong answers are refused with the right message."""

import json
from functools import cache
from pathlib import Path

from cnn_lessons.exercises import check, names
from cnn_lessons.exercises.verdict import NOT_YET, Verdict

from . import BANK, WrongAnswer


@cache
def verdict_on(wrong: WrongAnswer, seed: int) -> Verdict:
    """Check a wrong answer; the tests and the score ask for the same verdicts."""
    return check(wrong.exercise, wrong.function, seed=seed)


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
