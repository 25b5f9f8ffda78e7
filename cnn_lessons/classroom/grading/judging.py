"""Decide whether an answer is correct from the values that it returned, without believing the process that ran it."""

import time
from collections.abc import Callable
from random import Random
from threading import Lock

import torch

from cnn_lessons.exercises import catalog
from cnn_lessons.exercises.evidence import loads
from cnn_lessons.exercises.exercise import Exercise, Outcome
from cnn_lessons.exercises.judge import wrong, wrong_gradient

# Oracles draw from torch's one source of random numbers and patch torch.load: one judgement at a time.
_COURT = Lock()


def objection(name: str, seed: int, evidence: bytes, waited: Callable[[float], None] = lambda seconds: None) -> str:
    """Return why these values are not those of a correct answer, or "".

    Args:
        name: of the exercise.
        seed: that the cases were drawn with.
        evidence: of the values: `evidence.dumps` of what the answer returned, case by case.
        waited: is told how many seconds other judgements took first.
    """
    begun = time.monotonic()
    with _COURT:
        waited(time.monotonic() - begun)
        state = torch.get_rng_state()
        try:
            return _objection(catalog()[name], seed, loads(evidence)) or ""
        except Exception as error:  # values from an untrusted process fail in any way
            return f"{type(error).__name__}: {error}"[:300]
        finally:
            torch.set_rng_state(state)


def _objection(exercise: Exercise, seed: int, values: list) -> str | None:
    cases = list(exercise.cases(Random(seed)))
    wanted = len(cases) * (2 if exercise.gradients else 1)
    if len(values) != wanted:
        return f"expected {wanted} results, got {len(values)}"
    for case, got in zip(cases, values, strict=False):
        own = case.copy()
        found = wrong(exercise, Outcome(case, got, given=own))
        if found:
            return found
    for case, got in zip(cases, values[len(cases) :], strict=False):
        found, _ = wrong_gradient(exercise, case, got)
        if found:
            return found
    return None


def misconception(name: str, message: str) -> str:
    """Return the sentence of the course's own list of mistakes that a message holds, or "".

    Args:
        name: of the exercise.
        message: of the check, from an untrusted process.
    """
    known = [mistake.message for mistake in catalog()[name].mistakes if mistake.message in message]
    return max(known, key=len, default="")
