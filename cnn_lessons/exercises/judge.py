"""`check`: run an answer on every case, compare values and gradients, name the likely mistake."""

import contextlib
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import partial
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises import compare, errors, guard
from cnn_lessons.exercises.blank import head_of, is_blank
from cnn_lessons.exercises.catalog import find
from cnn_lessons.exercises.exercise import Case, Exercise, NotAsAsked, Outcome
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.session import as_if_fresh
from cnn_lessons.exercises.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Verdict, hand_in

CUT = (
    "Compute with tensors from start to end: .item(), .detach(), .numpy(), float(…), torch.tensor(…), no_grad() and "
    "out=… cut the path to the input."
)


def check(name: str, answer: Any, seed: int | None = None) -> Verdict:
    """Check an answer and say how far it is. A file named by CNN_LESSONS_VERDICTS gets each verdict, a line of JSON.

    Args:
        name: of the exercise; `names()` lists them.
        answer: the learner's function or class.
        seed: fixes the random cases; None draws fresh ones each time.

    Returns:
        A Verdict, "not attempted" for a body of `...`; "not yet" with the first case that is not right, what was
        expected, what came, and the likely mistake (also where time ran out); or "correct".

    Raises:
        ValueError: if there is no exercise of that name.
        CheckFailed: with CNN_LESSONS_STRICT=1, unless the answer is correct.
    """
    return hand_in(examine(name, answer, seed))


def examine(name: str, answer: Any, seed: int | None = None, seen: list[Outcome] | None = None) -> Verdict:
    """Do the work of `check`, and hand nothing in.

    Args:
        name: of the exercise.
        answer: the learner's function or class.
        seed: fixes the random cases; None draws fresh ones.
        seen: a list that gets every outcome: of each case, then of the gradients of each case where they are compared.

    Returns:
        The verdict.
    """
    exercise = find(name)
    if is_blank(answer):
        return Verdict(name, NOT_ATTEMPTED, "Replace the ... with your code and run the cell again.")
    seconds = guard.seconds_allowed()
    try:
        with as_if_fresh():
            cases = list(exercise.cases(Random(seed)))  # before the clock starts: torch.optim imports much at first use
            with guard.time_limit(seconds):
                problem = _problem(exercise, answer, cases, [] if seen is None else seen)
    except guard.TimeIsUp:
        problem = f"stopped after {seconds:g} seconds. Is there a loop that never ends, or one that is far too long?"
    if problem:
        return Verdict(name, NOT_YET, problem)
    if exercise.judge:
        return Verdict(name, CORRECT, "Your answer does what was asked for.")
    compared = "values and gradients" if exercise.gradients else exercise.compared
    return Verdict(name, CORRECT, f"All cases agree in {compared}, and the inputs are left as they were.")


def _problem(exercise: Exercise, answer: Any, cases: list[Case], seen: list[Outcome]) -> str | None:
    """Return what is wrong with the answer, or None; add what it did to `seen`."""
    if not callable(answer) or isinstance(answer, nn.Module):
        wanted = f"expected your {'class' if exercise.forward else 'function'} {exercise.name}({exercise.parameters})"
        return f"{wanted}, got {type(answer).__name__}: {answer!r:.60}"
    head = head_of(answer)
    try:
        if head:
            head.bind(*cases[-1].args, **cases[-1].kwargs)
    except TypeError:
        asked = f"expected the parameters ({exercise.parameters}), got {head}."
        return f"{asked} Take the first line from the chapter as it is now."
    outcomes = [guard.run(answer, case, exercise.forbidden) for case in cases]
    seen += outcomes
    for outcome in outcomes:
        found = wrong(exercise, outcome)
        if found:
            likely = _likely(exercise, outcomes, outcome) or _changed_input([outcome])
            return _report(exercise, outcome, found, likely or "")
    return _changed_input(outcomes) or (_wrong_gradient(exercise, answer, cases, seen) if exercise.gradients else None)


def wrong(exercise: Exercise, outcome: Outcome) -> str | None:
    """Return what is wrong with one outcome, or None."""
    if isinstance(outcome.error, (guard.ForbiddenCall, NotAsAsked)):
        return str(outcome.error)
    if outcome.error is not None:
        return errors.told(outcome.error)
    if outcome.got is None and outcome.printed:
        return "your function prints something but returns None. The check reads what `return` hands back."
    if exercise.judge:
        return exercise.judge(outcome)
    found = compare.difference(outcome.case.result_of(exercise.expected), outcome.got)
    if not found and exercise.most_calls and outcome.calls > exercise.most_calls:
        return (
            f"the values are right, but your code calls torch {outcome.calls} times, at most {exercise.most_calls} are "
            "allowed. Is there a loop over positions? Let one call work on all of them."
        )
    return found and found + compare.lost_digits(outcome.case.result_of(exercise.expected), outcome.got)


def _likely(exercise: Exercise, outcomes: list[Outcome], first: Outcome) -> str:
    """Return the message of the first mistake that explains what happened, or an empty string."""
    if isinstance(first.error, guard.ForbiddenCall):
        return ""  # the report says it all
    rounds = [outcomes]
    if any(isinstance(outcome.got, Findings) for outcome in outcomes):
        rounds.append([_symptom(exercise, outcome) for outcome in outcomes])  # less alike, but perhaps the same mistake
    in_words = all(outcome.error is not None for outcome in outcomes)  # no value to compare: the kind is too little
    for shown in rounds:
        for mistake in exercise.mistakes:
            if mistake.shows_in(first):
                return mistake.message
            if mistake.produces and all(_explains(mistake.produces, outcome, in_words) for outcome in shown):
                return mistake.message
    return ""


def _symptom(exercise: Exercise, outcome: Outcome) -> Outcome:
    """Cut findings off after the first that is wrong: what follows from it may differ from answer to answer."""
    if not isinstance(outcome.got, Findings):
        return outcome
    return replace(outcome, got=outcome.got.up_to_wrong(outcome.case.result_of(exercise.expected)))


def _explains(produces: Callable, outcome: Outcome, in_words: bool = False) -> bool:
    """Return whether a function with this misconception would have come to the same result, or to the same error."""
    try:
        value = outcome.case.result_of(produces)
    except Exception as error:  # the misconception cannot be carried out on this case
        return type(error) is type(outcome.error) and (not in_words or str(error) == str(outcome.error))
    if isinstance(outcome.got, Findings):
        return isinstance(value, Findings) and outcome.got.agrees(value)
    return outcome.error is None and compare.same(value, outcome.got)


def _changed_input(outcomes: list[Outcome]) -> str | None:
    for outcome in outcomes:
        for before, after in zip(outcome.case.values(), outcome.given.values(), strict=True):
            if isinstance(before, Tensor) and not torch.equal(before, after):
                return "your function changes its input. Work on a copy, x.clone(), or build a new tensor."
            if is_dataclass(before) and not compare.identical(vars(before), vars(after)):
                return "your function changes the record that it is given. Work on copy.deepcopy(…)."
            if isinstance(before, (list, dict)) and not compare.identical(before, after):
                kind = type(before).__name__
                advice = f"Work on a copy, {kind}(…), or build a new one."
                return f"your function changes the {kind} that it is given. {advice}"
    return None


def _wrong_gradient(exercise: Exercise, answer: Callable, cases: list[Case], seen: list[Outcome]) -> str | None:
    """Compare the gradients of a weighted sum of the output with respect to every floating-point input."""
    for case in cases:
        flat = not any(gradient.any() for gradient in _gradients(exercise.expected, case, may_be_flat=True))
        slopes = partial(_slopes, answer, flat)
        outcome = guard.run(slopes, case, exercise.forbidden)
        seen.append(outcome)
        if outcome.error is not None:
            found = "the values are right, but gradients cannot flow back through them"
            return _report(exercise, outcome, f"{found}: {outcome.error}", CUT)
        found, index = wrong_gradient(exercise, case, outcome.got)
        if found:
            return _report(exercise, outcome, found, _likely_gradient(exercise, case, outcome.got, outcome.got[index]))
    return None


def wrong_gradient(exercise: Exercise, case: Case, got: list[Tensor]) -> tuple[str | None, int]:
    """Return what is wrong with the gradients of one case, or None, and the index of the first that is."""
    right = _gradients(exercise.expected, case, may_be_flat=True)
    named = zip(case.names(exercise), case.values(), strict=True)
    names = [name for name, value in named if isinstance(value, Tensor) and value.is_floating_point()]
    for index, (name, expected, own) in enumerate(zip(names, right, got, strict=True)):
        found = compare.difference(expected, own, "the gradient")
        if found:
            of = f"the gradient of a weighted sum of your result with respect to {name}"
            return f"the values are right, but {of} is not:\n{found}{compare.lost_digits(expected, own)}", index
    return None, 0


def _likely_gradient(exercise: Exercise, case: Case, gradients: list[Tensor], got: Tensor) -> str:
    """Return the message of the first mistake that has right values and these gradients, or what cuts the path."""
    right = Outcome(case, case.result_of(exercise.expected))
    for mistake in exercise.mistakes:
        if mistake.produces and _explains(mistake.produces, right):
            with contextlib.suppress(RuntimeError):  # it has no gradient
                if compare.same(_gradients(mistake.produces, case), gradients):
                    return mistake.message
    return "" if got.any() else CUT


def _gradients(function: Callable, case: Case, may_be_flat: bool = False) -> list[Tensor]:
    """Return the gradients of a weighted sum of the output; zeros, if it may be flat, where no input reaches it."""
    case = case.copy(requires_grad=True)
    inputs = [value for value in case.values() if isinstance(value, Tensor) and value.requires_grad]
    out = case.call(function)
    if may_be_flat and not out.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    weights = torch.linspace(-1, 2, out.numel(), dtype=out.dtype, device=out.device).reshape(out.shape)
    found = torch.autograd.grad((out * weights).sum(), inputs, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def _slopes(answer: Callable, flat: bool, *args, **kwargs) -> list[Tensor]:
    return _gradients(answer, Case(*args, **kwargs), flat)


def _report(exercise: Exercise, outcome: Outcome, found: str, likely: str) -> str:
    """Write the case, what is wrong with it, and the likely mistake."""
    lines = [outcome.case.told(exercise), found]
    if likely:
        lines.append(likely)
    if outcome.printed:
        lines.append("it printed: " + " / ".join(outcome.printed.splitlines()[:3])[:200])
    return "\n".join(lines)
