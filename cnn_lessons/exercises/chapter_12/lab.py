"""The bug lab of chapter 12: what to report of several runs, each measured after every epoch."""

from collections.abc import Callable, Iterator
from random import Random

import torch
from torch import Tensor

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _cases(random: Random) -> Iterator[Case]:
    validation = torch.tensor([[0.5, 0.8, 0.7], [0.6, 0.7, 0.9]], dtype=torch.float64)
    test = torch.tensor([[0.55, 0.7, 0.75], [0.4, 0.8, 0.5]], dtype=torch.float64)
    yield Case(validation, test)
    yield Case(validation.flip(1)[:, :2], test.flip(1)[:, :2])
    while True:
        seeds, epochs = random.randint(3, 6), random.choice((2, 7, 8, 11))
        yield Case(_curves(random, seeds, epochs), _curves(random, seeds, epochs))


def _curves(random: Random, seeds: int, epochs: int) -> Tensor:
    """Return accuracies (S, E), no two of them equal."""
    values = random.sample(range(400, 950), seeds * epochs)
    return torch.tensor(values, dtype=torch.float64).reshape(seeds, epochs) / 1024  # exact in 32 bits too


def _chosen(validation: Tensor, test: Tensor) -> Tensor:
    """Return the test accuracy of each run at its best validation epoch: (S,)."""
    rows = [max(zip(v, t, strict=True)) for v, t in zip(validation.tolist(), test.tolist(), strict=True)]
    return torch.tensor([t for _, t in rows], dtype=torch.float64)


def _report(choose: Callable[[Tensor, Tensor], Tensor], spread: Callable = torch.std) -> Callable:
    """Return a function that reports the mean and the spread of what `choose` takes from each run."""

    def report(validation: Tensor, test: Tensor) -> tuple[float, float]:
        chosen = choose(validation, test)
        return chosen.mean().item(), spread(chosen).item()

    return report


def _spread_over_epochs(measure: Callable[[Tensor], Tensor]) -> Callable:
    """Return a function that reports the right mean, and a spread measured on the curves."""
    return lambda validation, test: (_chosen(validation, test).mean().item(), measure(test).item())


def _one_epoch(validation: Tensor, test: Tensor) -> Tensor:
    return test[:, validation.mean(dim=0).argmax()]


def _one_run(validation: Tensor, test: Tensor) -> Tensor:
    """Take, for each epoch, the run that validation likes best."""
    return test.gather(0, validation.argmax(dim=0, keepdim=True))[0]


def _best_run(validation: Tensor, test: Tensor) -> tuple[float, float]:
    best = validation.max(dim=1).values.argmax()
    return _chosen(validation, test)[best].item(), _chosen(validation, test).std().item()


EPOCHS_ARE_NOT_RUNS = (
    "Your spread is taken over epochs. The epochs of one run share their first weights and most of their steps, so "
    "they lie close together whatever luck the run had. Take it over runs: dimension 0."
)

REPORT_RUNS = Exercise(
    name="report_runs",
    chapter="12",
    title="What the runs say together",
    parameters="validation, test",
    statement=(
        "`validation` and `test` are (S, E): the accuracies of S runs, one seed each, after each of E epochs. Of each "
        "run take the test accuracy at its own best validation epoch. Return two numbers: their mean over the runs, "
        "and their sample standard deviation (n − 1) over the runs. No two accuracies of a run are equal."
    ),
    hints=(
        "In the end there is one number for each seed. Which epoch gives it, and which of the two tables may say so?",
        "`validation.argmax(dim=1)` is the epoch, one for each run, (S,). Read the test table there, run by run.",
        "`t[v.argmax()]`, for `v, t` of `zip(validation, test)`, is one run's number; `torch.stack` joins them. "
        "Then `.mean()` and `.std()`.",
    ),
    cases=first(26, _cases),
    expected=_report(_chosen),
    mistakes=(
        Mistake(
            "You take the epoch that is best on the test set. That flatters: the test set must not choose. "
            "Validation does.",
            _report(lambda validation, test: test.max(dim=1).values),
        ),
        Mistake(
            "You report the validation accuracy. It chose the epoch, so it flatters. Validation says which epoch; "
            "report the test accuracy there.",
            _report(lambda validation, test: validation.max(dim=1).values),
        ),
        Mistake(
            "You take the last epoch of each run. Its best validation epoch was asked for.",
            _report(lambda validation, test: test[:, -1]),
        ),
        Mistake(
            "You choose one epoch for all runs, by their mean curve. Nobody who has a single run could do so: each "
            "run chooses its own.",
            _report(_one_epoch),
        ),
        Mistake(
            "You look for the best run of each epoch: the rows are the runs, so argmax goes along dimension 1.",
            _report(_one_run),
        ),
        Mistake(EPOCHS_ARE_NOT_RUNS, _spread_over_epochs(lambda test: test.std(dim=1).mean())),
        Mistake(EPOCHS_ARE_NOT_RUNS, _spread_over_epochs(lambda test: test.mean(dim=0).std())),
        Mistake(EPOCHS_ARE_NOT_RUNS, _spread_over_epochs(lambda test: test[0].std())),
        Mistake(EPOCHS_ARE_NOT_RUNS, _spread_over_epochs(lambda test: test[:, -5:].std(dim=1).mean())),
        Mistake(EPOCHS_ARE_NOT_RUNS, _spread_over_epochs(lambda test: test[0, -5:].std())),
        Mistake(
            "Your spread mixes runs and epochs: all numbers of the table at once. One number for each run is enough.",
            _spread_over_epochs(torch.std),
        ),
        Mistake(
            "Your numbers come from all epochs, the first ones too. Take one epoch of each run.",
            lambda validation, test: (test.mean().item(), test.std().item()),
        ),
        Mistake(
            "Your standard deviation divides by n. Divide by n − 1: the mean came from the same runs.",
            _report(_chosen, lambda chosen: chosen.std(correction=0)),
        ),
        Mistake(
            "You return the standard error of the mean. The spread of the runs was asked for.",
            _report(_chosen, lambda chosen: chosen.std() / len(chosen) ** 0.5),
        ),
        Mistake(
            "You return the variance. Take its square root.",
            _report(_chosen, torch.var),
        ),
        Mistake(
            "You report one run, the one that validation likes best. The mean over the runs was asked for.",
            _best_run,
        ),
        Mistake(
            "You report the best of the runs. That is luck on top of skill: take the mean.",
            lambda validation, test: (_chosen(validation, test).max().item(), _chosen(validation, test).std().item()),
        ),
        Mistake(
            "Only the mean comes back. Return the spread too.",
            lambda validation, test: _chosen(validation, test).mean().item(),
        ),
        Mistake(
            "test[:, epochs] takes all these columns from every row. Pair each row with its own column: "
            "test[torch.arange(S), epochs].",
            _report(lambda validation, test: test[:, validation.argmax(dim=1)]),
        ),
    ),
)
