"""The checks, checked: the reference passes, a blank is not attempted, every wrong answer gets its own message."""

import inspect
import json
from pathlib import Path

import pytest
import torch
from wrong_answers import BANK
from wrong_answers.score import kill_score, verdict_on

from cnn_lessons.exercises import catalog, check, names
from cnn_lessons.exercises.catalog import solution_function
from cnn_lessons.exercises.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET

SCORE = Path(__file__).with_name("kill_score.json")


@pytest.mark.parametrize("name", names())
def test_check_accepts_the_reference_answer(name):
    for seed in range(3):
        verdict = check(name, solution_function(name), seed=seed)
        assert verdict.status == CORRECT, verdict


@pytest.mark.parametrize("name", names())
def test_check_calls_the_blank_that_is_handed_out_not_attempted(name):
    space = {"torch": torch, "nn": torch.nn}  # what its annotations and its base class name
    exec(catalog()[name].blank(), space)
    assert check(name, space[name]).status == NOT_ATTEMPTED


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")  # one of the mistakes
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])  # the kill score counts those of seed 0
@pytest.mark.parametrize("wrong", BANK, ids=lambda wrong: f"{wrong.exercise}-{wrong.function.__name__}")
def test_check_refuses_a_wrong_answer_and_names_the_mistake(wrong, seed, monkeypatch):
    monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", "30")
    verdict = verdict_on(wrong, seed=seed)
    assert verdict.status == NOT_YET, verdict
    assert wrong.says in verdict.message, verdict


@pytest.mark.parametrize("name", names())
def test_exercise_has_hints_and_at_least_eight_wrong_answers(name):
    exercise = catalog()[name]
    assert len(exercise.hints) == len(set(exercise.hints)) == 3
    assert (exercise.expected is None) != (exercise.judge is None)
    assert sum(wrong.exercise == name for wrong in BANK) >= 8


@pytest.mark.parametrize("name", names())
def test_solution_has_the_parameters_of_its_exercise(name):
    assert str(inspect.signature(solution_function(name))) == f"({catalog()[name].parameters})"


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_published_kill_score_is_current():
    score = kill_score()
    tried, killed = (sum(row[column] for row in score["exercises"].values()) for column in ("tried", "killed"))
    print(f"\nkill score: {killed} of {tried} wrong answers refused with the right message")
    assert json.loads(SCORE.read_text()) == score, "run `make score` to write the new score"
