"""The exercise on a learning rate that falls in steps."""

from collections.abc import Iterator
from random import Random

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first


def _right(lr: float, epoch: int, step_size: int, gamma: float) -> float:
    """Go through the epochs as torch's StepLR does."""
    for past in range(1, epoch + 1):
        if past % step_size == 0:
            lr *= gamma
    return lr


def _cases(random: Random) -> Iterator[Case]:
    for epoch in (0, 29, 30, 31, 60, 95):
        yield Case(0.1, epoch, 30, 0.1)
    yield Case(0.5, 3, 1, 0.5)
    yield Case(1.0, 7, 3, 0.5)
    while True:
        step = random.randint(2, 40)
        epoch = random.choice((random.randrange(5 * step), step * random.randint(0, 4)))
        yield Case(round(random.uniform(0.01, 1), 3), epoch, step, random.choice((0.1, 0.2, 0.5, 0.7)))


STEP_LR = Exercise(
    name="step_lr",
    chapter="06",
    title="A learning rate in steps",
    parameters="lr, epoch, step_size, gamma",
    statement=(
        "Training starts with the learning rate `lr`; after every `step_size` epochs it is multiplied by `gamma`. "
        "Return the learning rate of `epoch`, counted from 0. With `lr=0.1, step_size=30, gamma=0.1`: epochs 0 to 29 "
        "have 0.1, epochs 30 to 59 have 0.01."
    ),
    hints=(
        "How often has the rate been multiplied when epoch 29 begins? And when epoch 30 begins, or epoch 65?",
        "The number of full steps that lie behind is a whole-number division of two of the arguments.",
        "Multiply `lr` by `gamma` as many times as `epoch // step_size` says; `**` does it at once.",
    ),
    cases=first(40, _cases),
    expected=_right,
    forbidden=frozenset({"StepLR", "MultiStepLR", "LambdaLR", "MultiplicativeLR", "ExponentialLR", "learning_rate"}),
    mistakes=(
        Mistake(
            "You divide with /, so the rate falls a little in every epoch. It stays for step_size epochs: divide "
            "with //.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** (epoch / step_size),
        ),
        Mistake(
            "Your steps come one epoch early. Epoch step_size − 1 is the last with the old rate.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** ((epoch + 1) // step_size),
        ),
        Mistake(
            "Your steps come one epoch late. Epoch step_size is the first with the new rate.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** (max(epoch - 1, 0) // step_size),
        ),
        Mistake(
            "You multiply by gamma in every epoch. It happens once in step_size epochs.",
            lambda lr, epoch, step_size, gamma: lr * gamma**epoch,
        ),
        Mistake(
            "% gives the rest of the division: how far into its step the epoch is. How many steps lie behind is //.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** (epoch % step_size),
        ),
        Mistake(
            "You multiply by gamma and by the number of steps. Two steps are gamma · gamma: a power.",
            lambda lr, epoch, step_size, gamma: lr * gamma * (epoch // step_size),
        ),
        Mistake(
            "You multiply by gamma and by the number of steps. Two steps are gamma · gamma: a power.",
            lambda lr, epoch, step_size, gamma: lr * gamma * (epoch // step_size) if epoch >= step_size else lr,
        ),
        Mistake(
            "The rate falls once and never again. After every step_size epochs it is multiplied anew.",
            lambda lr, epoch, step_size, gamma: lr * gamma if epoch >= step_size else lr,
        ),
        Mistake(
            "The rate falls only in the epochs that step_size divides, and is back at the start in the next.",
            lambda lr, epoch, step_size, gamma: lr * gamma if epoch % step_size == 0 else lr,
        ),
        Mistake(
            "The rate falls only in the epochs that step_size divides, and is back at the start in the next.",
            lambda lr, epoch, step_size, gamma: lr * gamma if epoch and epoch % step_size == 0 else lr,
        ),
        Mistake(
            "You counted the first epoch as a step too: the rate is multiplied once too often. In epoch 0 it is "
            "still lr.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** (epoch // step_size + 1),
        ),
        Mistake(
            "You divide by gamma: the rate grows. Multiply.",
            lambda lr, epoch, step_size, gamma: lr / gamma ** (epoch // step_size),
        ),
        Mistake(
            "You subtract in every step. The rate is multiplied by gamma.",
            lambda lr, epoch, step_size, gamma: lr - gamma * (epoch // step_size),
        ),
        Mistake(
            "You round to the nearest number of steps. Only full steps count: //.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** round(epoch / step_size),
        ),
        Mistake(
            "You raise lr to the power as well. Only gamma is multiplied again and again: lr * gamma ** …",
            lambda lr, epoch, step_size, gamma: (lr * gamma) ** (epoch // step_size),
        ),
        Mistake(
            "You count epochs from 1 here; this exercise counts from 0, as range() does.",
            lambda lr, epoch, step_size, gamma: lr * gamma ** ((epoch - 1) // step_size),
        ),
    ),
)
