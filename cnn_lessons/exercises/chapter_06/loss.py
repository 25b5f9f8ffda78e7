"""The exercise on the mean of a loss over batches of unequal size."""

import statistics
from collections.abc import Iterator
from random import Random

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _losses(random: Random) -> Iterator[Case]:
    yield Case([1.0, 4.0], [3, 1])
    yield Case([2.0, 0.5, 3.0], [4, 4, 2])
    yield Case([0.75], [5])
    yield Case([1.0, 2.0, 4.0], [2, 5, 3])  # not only the last one may be smaller
    while True:
        count, size = random.randint(2, 6), random.randint(3, 32)
        losses = [round(random.uniform(0, 3), 3) for _ in range(count)]
        yield Case(losses, [*(size for _ in losses[1:]), random.randint(1, size - 1)])
        yield Case(losses, [random.randint(1, 32) for _ in losses])


def _pairs(losses: list[float], sizes: list[int]) -> list[float]:
    """Give every image the loss of its batch."""
    return [loss for loss, size in zip(losses, sizes, strict=True) for _ in range(size)]


AVERAGE_LOSS = Exercise(
    name="average_loss",
    chapter="06",
    title="Average the loss",
    parameters="batch_losses, batch_sizes",
    statement=(
        "`batch_losses` lists the loss of each batch, the mean over its images; `batch_sizes` lists how many images "
        "each batch had. Return the mean loss over all images, a number."
    ),
    hints=(
        "A mean is a sum divided by a count. What is the sum of the losses of the images in one batch?",
        "A batch of n images with the mean loss m has the sum m · n. Add up these sums, and count the images.",
        "`zip(batch_losses, batch_sizes)` gives the pairs. Divide the sum of the products by the sum of the sizes.",
    ),
    cases=first(25, _losses),
    expected=lambda losses, sizes: statistics.fmean(_pairs(losses, sizes)),
    mistakes=(
        Mistake(
            "You add up means, one for each batch, and divide by the number of images: the result is too small by "
            "about the batch size. Each mean must count for all the images of its batch.",
            lambda losses, sizes: sum(losses) / sum(sizes),
        ),
        Mistake(
            "You take the mean of the batch means. The last, smaller batch counts as much as the others then: weigh "
            "each by its size.",
            lambda losses, sizes: statistics.fmean(losses),
        ),
        Mistake(
            "You return the sum over all images. Divide by their number.",
            lambda losses, sizes: sum(_pairs(losses, sizes)),
        ),
        Mistake(
            "You return the sum of the batch means, not an average over the images.", lambda losses, sizes: sum(losses)
        ),
        Mistake(
            "You divide the sum over all images by the number of batches. Divide by the number of images.",
            lambda losses, sizes: sum(_pairs(losses, sizes)) / len(losses),
        ),
        Mistake(
            "You took every batch to be as large as the first. Look into batch_sizes.",
            lambda losses, sizes: sum(_pairs(losses, sizes)) / (len(sizes) * sizes[0]),
        ),
        Mistake(
            "You took every batch but the last to be as large as the first. Look up the size of each.",
            lambda losses, sizes: (
                (sum(losses[:-1]) * sizes[0] + losses[-1] * sizes[-1]) / (sizes[0] * (len(sizes) - 1) + sizes[-1])
            ),
        ),
        Mistake(
            "You weighed every batch with the size of the first, the last, smaller one too.",
            lambda losses, sizes: sum(losses) * sizes[0] / sum(sizes),
        ),
        Mistake(
            "You weighed by the size twice: m · n is the sum of a batch, and after the division it stays so.",
            lambda losses, sizes: (
                sum(m * n * n for m, n in zip(losses, sizes, strict=True)) / sum(n * n for n in sizes)
            ),
        ),
        Mistake(
            "You divided each mean by its batch size. It is divided already: multiply to get the sum back.",
            lambda losses, sizes: sum(m / n for m, n in zip(losses, sizes, strict=True)),
        ),
        Mistake(
            "You divided each mean by its batch size, and then by the number of batches. Each mean is divided already.",
            lambda losses, sizes: sum(m / n for m, n in zip(losses, sizes, strict=True)) / len(sizes),
        ),
        Mistake("You return the loss of the last batch.", lambda losses, sizes: losses[-1]),
        Mistake(
            "You left out the last batch: it is smaller, but its images count.",
            lambda losses, sizes: statistics.fmean(_pairs(losses[:-1], sizes[:-1]) or [losses[0]]),
        ),
        Mistake(
            "You return the median. The mean was asked for.",
            lambda losses, sizes: statistics.median(_pairs(losses, sizes)),
        ),
        Mistake(
            "You return the median of the batches. The mean over the images was asked for.",
            lambda losses, sizes: statistics.median(losses),
        ),
        Mistake(
            "Your division is a whole-number division. Take / instead of //.",
            lambda losses, sizes: sum(_pairs(losses, sizes)) // sum(sizes),
        ),
    ),
)
