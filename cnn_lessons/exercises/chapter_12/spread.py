"""The exercises on chance: the spread over seeds, and the standard error of an accuracy."""

import math
import statistics
from collections.abc import Callable, Iterator
from random import Random

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _pair(spread: Callable[[list[float]], float], centre: Callable = statistics.fmean) -> Callable:
    """Return a function from accuracies to (centre, spread)."""
    return lambda accuracies: (centre(accuracies), spread(accuracies))


def _accuracies(random: Random) -> Iterator[Case]:
    yield Case([0.70, 0.72, 0.77])
    yield Case([0.5, 0.6])
    yield Case([0.9, 0.9, 0.9, 0.8])
    while True:
        # Multiples of 1/256 are exact in 32 bits too, so an answer that computes in them is as right.
        values = random.sample(range(random.randint(50, 180), 240), random.randint(3, 9))
        yield Case([value / 256 for value in values])


def _error(accuracies: list[float]) -> float:
    return statistics.stdev(accuracies) / math.sqrt(len(accuracies))


def _mean_deviation(accuracies: list[float]) -> float:
    centre = statistics.fmean(accuracies)
    return statistics.fmean(abs(a - centre) for a in accuracies)


MEAN_AND_SPREAD = Exercise(
    name="mean_and_spread",
    chapter="12",
    title="Mean and spread over seeds",
    parameters="accuracies",
    statement=(
        "`accuracies` lists the test accuracy of one recipe for several seeds, at least two numbers. Return two "
        "numbers: the mean, and the sample standard deviation (with n − 1). For [0.70, 0.72, 0.77] these are 0.73 and "
        "0.0361."
    ),
    hints=(
        "How far does each run lie from the mean? Some lie above, some below, so these distances add up to 0.",
        "Square the distances and add them up. You measured the mean from the same n numbers, so divide by n − 1. "
        "The last step brings back the unit.",
        "`mean = sum(accuracies) / n`, then the square root of `sum((a - mean) ** 2 for a in accuracies) / (n - 1)`.",
    ),
    cases=first(24, _accuracies),
    expected=_pair(statistics.stdev),
    mistakes=(
        Mistake(
            "You divide by n. That is the spread of these very runs. You want the spread of all runs that the recipe "
            "might give, and the mean came from the same numbers: divide by n − 1.",
            _pair(statistics.pstdev),
        ),
        Mistake(
            "You return the variance, in squared units. Take its square root.",
            _pair(statistics.variance),
        ),
        Mistake(
            "You return the variance with n. Divide by n − 1, and take the square root.",
            _pair(statistics.pvariance),
        ),
        Mistake(
            "Your spread is divided by √n: the standard error of the mean. It says how well you know the mean, not "
            "how far single runs lie apart.",
            _pair(_error),
        ),
        Mistake(
            "Your spread is the distance from the worst to the best run. It can only grow with more runs.",
            _pair(lambda accuracies: max(accuracies) - min(accuracies)),
        ),
        Mistake(
            "Your spread is half of the distance from the worst to the best run. Two runs decide it, the others are "
            "not looked at.",
            _pair(lambda accuracies: (max(accuracies) - min(accuracies)) / 2),
        ),
        Mistake(
            "You take the mean of the absolute distances. The standard deviation squares them first.",
            _pair(_mean_deviation),
        ),
        Mistake(
            "Your first number is the median. The mean was asked for.",
            _pair(statistics.stdev, statistics.median),
        ),
        Mistake(
            "Your first number is the best run. One reports the mean: the best of many is partly luck.",
            _pair(statistics.stdev, max),
        ),
        Mistake(
            "Mean first, then the spread: your two numbers are swapped.",
            lambda accuracies: (statistics.stdev(accuracies), statistics.fmean(accuracies)),
        ),
        Mistake(
            "Your numbers are a hundred times too large. Accuracies stay shares, 0 to 1; percent is for print.",
            lambda accuracies: (100 * statistics.fmean(accuracies), 100 * statistics.stdev(accuracies)),
        ),
        Mistake("Only the mean comes back. Return both: `return mean, spread`.", statistics.fmean),
        Mistake("Only the spread comes back. Return both: `return mean, spread`.", statistics.stdev),
        Mistake(
            "The distances from the mean add up to 0, whatever the runs are. Square them before you add.",
            _pair(lambda accuracies: 0.0),
        ),
    ),
)


def _measured(random: Random) -> Iterator[Case]:
    yield Case(0.9, 100)
    yield Case(0.5, 400)
    yield Case(0.93, 10_000)
    while True:
        images = random.choice((64, 256, 512, 1_024, 2_048, 8_192))  # as above: exact in 32 bits too
        yield Case(random.randint(1, images - 1) / images, images)


ACCURACY_ERROR = Exercise(
    name="accuracy_error",
    chapter="12",
    title="The standard error of an accuracy",
    parameters="accuracy, images",
    statement=(
        "A network got the share `accuracy`, 0 to 1, of `images` test images right. Return the standard error of that "
        "share, as a share. For 0.9 of 100 images it is 0.03."
    ),
    hints=(
        "One image is right (1) with probability p, or wrong (0). What is the variance of that single number?",
        "It is p(1 − p). The mean of n such numbers has an n-th of that variance. And the standard error?",
        "It is the square root of the whole: `(accuracy * (1 - accuracy) / images) ** 0.5`.",
    ),
    cases=first(30, _measured),
    expected=lambda p, n: round(math.sqrt(n * p * (1 - p)) / n, 12),  # 0.03, not 0.029999999999999995
    mistakes=(
        Mistake(
            "That is the variance of the share. Its square root is the standard error.",
            lambda p, n: p * (1 - p) / n,
        ),
        Mistake(
            "You divide by n outside of the root. The variance is divided by n, so the error only by √n.",
            lambda p, n: math.sqrt(p * (1 - p)) / n,
        ),
        Mistake(
            "You left out the number of images: this is the spread of a single image. More images, smaller error.",
            lambda p, n: math.sqrt(p * (1 - p)),
        ),
        Mistake(
            "Your error counts images, not shares: divide it by n.",
            lambda p, n: math.sqrt(n * p * (1 - p)),
        ),
        Mistake(
            "You left out 1 − p: a network that is nearly always right would be the least certain one.",
            lambda p, n: math.sqrt(p / n),
        ),
        Mistake(
            "You took 1 − p alone. The variance of one image is p(1 − p).",
            lambda p, n: math.sqrt((1 - p) / n),
        ),
        Mistake(
            "You took the largest error that any accuracy can have, √(0.25/n). This accuracy is known: use it.",
            lambda p, n: 0.5 / math.sqrt(n),
        ),
        Mistake(
            "1/√n is twice the largest error that a share can have. The accuracy itself matters too.",
            lambda p, n: 1 / math.sqrt(n),
        ),
        Mistake(
            "Your error is 1.96 standard errors: half a 95 % interval. Return one standard error.",
            lambda p, n: 1.96 * math.sqrt(p * (1 - p) / n),
        ),
        Mistake(
            "Your error is two standard errors. Return one.",
            lambda p, n: 2 * math.sqrt(p * (1 - p) / n),
        ),
        Mistake(
            "Your result is in percent points. Keep shares, as everywhere in code.",
            lambda p, n: 100 * math.sqrt(p * (1 - p) / n),
        ),
        Mistake(
            "You divide by n − 1: that is s/√n with the sample standard deviation, nearly the same. Asked for is "
            "√(p(1 − p)/n).",
            lambda p, n: math.sqrt(p * (1 - p) / (n - 1)),
        ),
    ),
)
