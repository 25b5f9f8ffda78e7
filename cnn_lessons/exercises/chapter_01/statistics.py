"""Mean and std of a data set that arrives in batches, once: `channel_statistics`."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from random import Random

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from cnn_lessons.exercises.compare import SMALL, difference, show
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal, raised

Statistics = tuple[Tensor, Tensor]
PIXELS = (0, 2, 3)  # all axes but the channels
AT_ONCE = 3  # batches that an honest loop may hold: the last one, this one, and one in a variable
DOES_NOT_FIT = "A real data set does not fit: keep sums, and let each batch go."


class Stream:
    """Hand out copies of batches, once, and notice a second pass, and batches that are kept as they came, or joined.

    Args:
        batches: tensors, each (N_i, C, H, W).
    """

    def __init__(self, *batches: Tensor):
        self.batches, self._left, self._given = batches, iter(batches), []
        self.ends, self.held, self.largest = 0, 0, 0  # largest: the numbers in the largest tensor of the answer

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Tensor:
        batch = next(self._left, None)
        if batch is None:
            self.ends += 1
            raise StopIteration
        batch = batch.clone()
        self._given.append(weakref.ref(batch))
        self.held = max(self.held, sum(given() is not None for given in self._given))
        return batch

    def __repr__(self) -> str:
        small = sum(batch.numel() for batch in self.batches) <= SMALL
        texts = [show(batch) if small else str(tuple(batch.shape)) for batch in self.batches]
        return f"{len(texts)} batches{'' if small else ' of shapes'}: {', '.join(texts)}"


class Watch(TorchFunctionMode):
    """Within it a stream is told how large the tensors are that come about."""

    def __init__(self, stream: Stream):
        super().__init__()
        self.stream = stream

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call the function, and look at its result."""
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.stream.largest = max(self.stream.largest, result.numel())
        return result


class StreamCase(Case):
    """One call of the learner's function with a stream; `latest` is the stream of the last copy."""

    def __init__(self, *batches: Tensor):
        super().__init__(Stream(*batches))
        self.latest = self.args[0]

    def copy(self, requires_grad: bool = False) -> "StreamCase":
        """Return the same call with a stream that nobody has read from."""
        fresh = StreamCase(*self.args[0].batches)
        self.latest = fresh.args[0]
        return fresh

    def around(self) -> Watch:
        """Watch what the answer makes of the batches."""
        return Watch(self.args[0])


def _cases(random: Random) -> Iterator[Case]:
    one, three = (torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1, 1) for values in ([1], [5, 5, 1]))
    yield StreamCase(one, three)
    yield StreamCase(*torch.tensor([[[[[1, 3]], [[10, 30]]]], [[[[2, 2]], [[20, 20]]]]], dtype=torch.float64))
    while True:
        channels, height, width = (random.randint(*span) for span in ((1, 4), (1, 4), (2, 5)))
        shift = 2 * normal(random, channels, 1, 1)
        sizes = [random.randint(1, 4) for _ in range(random.randint(4, 6))] + [5]
        yield StreamCase(*(shift + normal(random, size, channels, height, width) for size in sizes))


def _judge(outcome: Outcome) -> str | None:
    """Return what is wrong with the numbers, or with the way to them."""
    stream = outcome.case.latest
    whole = torch.cat(stream.batches)
    found = difference((whole.mean(PIXELS), whole.std(PIXELS, correction=0)), outcome.got)
    if found and stream.ends > 1:
        return f"{found}\n{TWICE}"
    if not found and stream.held > AT_ONCE:
        return f"the numbers are right, but you kept {stream.held} batches in memory at once. {DOES_NOT_FIT}"
    if not found and stream.largest > AT_ONCE * max(batch.numel() for batch in stream.batches):
        return f"the numbers are right, but you put batches together in one tensor. {DOES_NOT_FIT}"
    return found


def _of_batches(rule: Callable[[list[Tensor]], Statistics]) -> Callable[[Iterable[Tensor]], Statistics]:
    return lambda batches: rule(list(batches))


def _mean(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values)).mean(0)


def _of_whole(rule: Callable[[Tensor], Statistics]) -> Callable[[Iterable[Tensor]], Statistics]:
    return lambda batches: rule(torch.cat(list(batches)))


def _sample_std(x: Tensor) -> Tensor:
    count = x[:, 0].numel()
    return (x.var(PIXELS, correction=0) * count / (count - 1)).sqrt()  # x.std would warn of a single value


def _within(batches: list[Tensor], power: float) -> Tensor:
    """Return the mean of the batches' own std^power, each weighted by its pictures."""
    weights = [len(batch) / sum(map(len, batches)) for batch in batches]
    return sum(w * batch.std(PIXELS, correction=0) ** power for w, batch in zip(weights, batches, strict=True))


ALIKE = (
    "You gave every batch the same weight, but they have different sizes: one picture in a small batch would count "
    "more than one in a large batch. Add up values and their number; divide once, at the end."
)
OF_STDS = (
    "Your std is a mean of stds. It misses how the pieces differ from one another: pictures that are each of one grey "
    "would get std 0. Add up the squares, too, and take the root once, at the end."
)
BETWEEN = (
    "Your std comes from the variances inside the batches. It misses how the batches' means differ from one another: "
    "add up the squares themselves."
)
TWICE = "You looped over the batches twice. They come only once: the second time nothing is left."
CHANNEL_STATISTICS = Exercise(
    name="channel_statistics",
    chapter="01",
    title="Mean and std of a whole data set",
    parameters="batches",
    statement="`batches` gives tensors (N_i, C, H, W), float, one after the other and only once; N_i differs from "
    "batch to batch. Return `(mean, std)`, each (C,), over all pixels of all pictures. The std is the population's: "
    "divide by the number of values. Keep sums, not batches.",
    hints=(
        "Which few numbers per channel would let you throw a batch away, and still find the mean at the end?",
        "Three running figures are enough: how many values there were, their sum, and the sum of their squares. "
        "`x.sum(dim=(0, 2, 3))` leaves one number for each channel, and N·H·W values went into it.",
        "Start with `count = total = squares = 0`. For each batch x add `x.sum(dim=(0, 2, 3))`, the same of `x**2`, "
        "and the number of values in one channel. After the loop: divide, subtract, and take the root.",
    ),
    cases=first(30, _cases),
    judge=_judge,
    mistakes=(
        Mistake(TWICE, when=lambda outcome: outcome.error is not None and outcome.given.args[0].ends > 1),
        Mistake(
            ALIKE,
            _of_batches(lambda b: (_mean(x.mean(PIXELS) for x in b), _mean(x.std(PIXELS, correction=0) for x in b))),
        ),
        Mistake(ALIKE, _of_batches(lambda b: (_mean(x.mean(PIXELS) for x in b), _mean(map(_sample_std, b))))),
        Mistake(
            ALIKE,
            _of_batches(
                lambda b: (m := _mean(x.mean(PIXELS) for x in b), (_mean((x**2).mean(PIXELS) for x in b) - m**2).sqrt())
            ),
        ),
        Mistake(OF_STDS, _of_batches(lambda b: (torch.cat(b).mean(PIXELS), _within(b, 1)))),
        Mistake(
            OF_STDS, _of_batches(lambda b: (torch.cat(b).mean(PIXELS), _mean(x.std(PIXELS, correction=0) for x in b)))
        ),
        Mistake(OF_STDS, _of_whole(lambda x: (x.mean(PIXELS), x.std((2, 3), correction=0).mean(0)))),
        Mistake(BETWEEN, _of_batches(lambda b: (torch.cat(b).mean(PIXELS), _within(b, 2).sqrt()))),
        Mistake(
            "You divided by the number of values minus 1, as for a sample. Here the data set is all there is: divide "
            "by the number of values.",
            _of_whole(lambda x: (x.mean(PIXELS), _sample_std(x))),
        ),
        Mistake(
            "You returned the variance. The std is its root.",
            _of_whole(lambda x: (x.mean(PIXELS), x.var(PIXELS, correction=0))),
        ),
        Mistake(
            "You took the root of the mean square. Subtract the square of the mean first.",
            _of_whole(lambda x: (x.mean(PIXELS), (x**2).mean(PIXELS).sqrt())),
        ),
        Mistake(
            "You returned the std first. The order is mean, std.",
            _of_whole(lambda x: (x.std(PIXELS, correction=0), x.mean(PIXELS))),
        ),
        Mistake(
            "You divided by the number of pictures. Each picture adds H·W values to a channel: divide by their number.",
            _of_whole(lambda x: (m := x.sum(PIXELS) / len(x), ((x**2).sum(PIXELS) / len(x) - m**2).sqrt())),
        ),
        Mistake(
            "You divided by the values of all channels together; one channel has N·H·W.",
            _of_whole(lambda x: (m := x.sum(PIXELS) / x.numel(), ((x**2).sum(PIXELS) / x.numel() - m**2).sqrt())),
        ),
        Mistake(
            "You mixed the channels into one number. Each has its own mean and std: leave axis 1 out of the sum.",
            _of_whole(lambda x: (x.mean(), x.std(correction=0))),
        ),
        Mistake(
            "You returned after the first batch. Is `return` inside the loop?",
            _of_batches(lambda b: (b[0].mean(PIXELS), b[0].std(PIXELS, correction=0))),
        ),
        Mistake(
            "The first batch is missing: what next(…) has taken does not come again in the loop. Ask a batch of the "
            "loop itself for its shape.",
            _of_batches(lambda b: (torch.cat(b[1:]).mean(PIXELS), torch.cat(b[1:]).std(PIXELS, correction=0))),
        ),
        Mistake(
            "Only the last batch counts in your result. Add to the sums in every turn, with +=.",
            _of_batches(lambda b: (b[-1].mean(PIXELS), b[-1].std(PIXELS, correction=0))),
        ),
        Mistake(
            "The batches come one after the other, in a for loop: `batches` has no length and no first element. Count "
            "while you loop.",
            when=raised("'Stream'"),
        ),
    ),
)
