"""The exercise that measures a network: its accuracy over a loader."""

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import torch

from cnn_lessons.exercises.chapter_06.objects import (
    FLATTENED,
    NO_PICTURES,
    batch,
    linear,
    loader,
    mode,
    modes,
    network,
    picture_network,
    pictures,
)
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, raised
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, state_of

AFTERWARDS = "the recording of gradients afterwards"


def _accuracy(
    right: Callable = lambda logits, labels: (logits.argmax(dim=1) == labels).sum().item(),
    total: Callable = lambda rights, sizes: sum(rights) / sum(sizes),
    quiet: bool = True,
    before: str = "eval",
    after: str = "as before",
) -> Callable:
    """Return an evaluation; what it counts, how it averages, whether it is quiet and what it does to the mode vary."""

    def evaluate(model, loader):
        was, rights, sizes = model.training, [], []
        if before:
            model.train(before == "train")
        with torch.set_grad_enabled(not quiet):
            for images, labels in loader:
                rights.append(right(model(images), labels))
                sizes.append(len(labels))
        if after:
            model.train({"as before": was, "train": True, "eval": False}[after])
        return total(rights, sizes)

    return evaluate


_right = _accuracy()


def _only_outside(model, loader):
    was, result = model.training, _right(model, loader)
    model.eval()
    model.training = was
    return result


def _outermost_only(model, loader):
    was, model.training = model.training, False
    try:
        return _accuracy(before="", after="")(model, loader)
    finally:
        model.training = was


def _cases(random: Random) -> Iterator[Case]:
    images = torch.tensor([[2.0, 1], [0, 1], [3, 0]], dtype=torch.float64)
    yield _case(lambda: linear([[1.0, 0.0], [0.0, 1.0]]), images, torch.tensor([0, 1, 1]), 2, training=True)
    yield _case(lambda: linear([[1.0, 0.0], [0.0, 1.0]]), images, torch.tensor([1, 1, 0]), 2, training=False)
    yield _case(lambda: picture_network(0), *pictures(random, 4), 3, training=True)
    training = True
    while True:
        seed, size = random.getrandbits(32), random.randint(7, 13)
        images, labels = batch(random, size)
        yield _case(partial(network, seed), images, labels, random.choice([n for n in (3, 4, 5) if size % n]), training)
        training = random.random() < 0.5


def _case(model_of: Callable, images, labels, batch_size: int, training: bool) -> Scene:
    before = "training" if training else "eval"

    class Recording(Scene):
        def call(self, function):
            with torch.enable_grad():  # what the answer leaves behind ends here
                return super().call(function)

    def make():
        return model_of().train(training), loader(images.clone(), labels.clone(), batch_size)

    def read(arguments, got):
        model = arguments[0]
        recorded = "recorded" if any(model.recorded) else "not recorded"
        return Findings(
            {
                "the mode in which the model is called": modes(model),
                "gradients": recorded,
                AFTERWARDS: "on" if torch.is_grad_enabled() else "off",
                "the returned accuracy": got,
                f"the model's mode afterwards (before: {before})": mode(model),
                "the model's weights and running statistics afterwards": state_of(model),
            }
        )

    return Recording(make, read)


def _got(test: Callable) -> Callable[[Outcome], bool]:
    return lambda outcome: isinstance(outcome.got, Findings) and test(outcome.got["the returned accuracy"])


EVALUATE_MODEL = Exercise(
    name="evaluate_model",
    chapter="06",
    title="Evaluate a network",
    parameters="model, loader",
    statement=(
        "Return the fraction, from 0 to 1, of all images of `loader` that the model classifies correctly. `loader` "
        "yields pairs (images, labels); the last batch may be smaller. The model works in eval mode and no gradients "
        "are recorded. Afterwards it is in the mode in which it was before."
    ),
    hints=(
        "Two switches are set before the loop: one for the layers (BatchNorm, Dropout), one for the gradients. One "
        "of them must be set back by hand.",
        "Count images, not batches: add up how many are right and how many there are, and divide once, at the end.",
        "Keep `was_training = model.training`, call `model.eval()`, loop under `with torch.no_grad():`, add "
        "`(model(images).argmax(dim=1) == labels).sum().item()` and `len(labels)`; `model.train(was_training)` sets "
        "the mode back.",
    ),
    cases=first(6, _cases),
    expected=_right,
    compared="modes, gradients, accuracy and what is left of the model",
    mistakes=(
        Mistake(
            "no_grad() does not replace eval(): it only keeps gradients from being recorded. model.eval() switches "
            "BatchNorm and Dropout. You need both.",
            _accuracy(before="", after=""),
        ),
        Mistake(
            "`model.training = False` switches the outermost module only: the layers in it still train. model.eval() "
            "reaches all of them.",
            _outermost_only,
        ),
        Mistake("The model is in training mode while you evaluate it. Call model.eval().", _accuracy(before="train")),
        Mistake(
            "eval() does not replace no_grad(): the graph for the gradients is still recorded, which costs memory "
            "and time. Loop under `with torch.no_grad():`.",
            _accuracy(quiet=False),
        ),
        Mistake(
            "You set neither switch: model.eval() for BatchNorm and Dropout, torch.no_grad() for the gradients.",
            _accuracy(before="", after="", quiet=False),
        ),
        Mistake(
            "You average the accuracies of the batches. The last batch is smaller and counts too much then: add up "
            "what is right, and divide by the number of images.",
            _accuracy(total=lambda rights, sizes: sum(r / n for r, n in zip(rights, sizes, strict=True)) / len(sizes)),
        ),
        Mistake(
            "You take every batch to be as large as the first. The last one is smaller.",
            _accuracy(total=lambda rights, sizes: sum(rights) / (len(sizes) * sizes[0])),
        ),
        Mistake(
            "You divide by the number of batches. Divide by the number of images.",
            _accuracy(total=lambda rights, sizes: sum(rights) / len(sizes)),
        ),
        Mistake(
            "You return percent. A fraction from 0 to 1 was asked for.",
            _accuracy(total=lambda rights, sizes: 100 * sum(rights) / sum(sizes)),
        ),
        Mistake(
            "You return the count. Divide it by the number of images.",
            _accuracy(total=lambda rights, sizes: sum(rights)),
        ),
        Mistake(
            "You return the fraction of wrong answers: the error, not the accuracy.",
            _accuracy(total=lambda rights, sizes: 1 - sum(rights) / sum(sizes)),
        ),
        Mistake(
            "Only the last batch counts: set the counters to 0 before the loop, not in it.",
            _accuracy(total=lambda rights, sizes: rights[-1] / sizes[-1]),
        ),
        Mistake(
            "Only the first batch counts. Is `return` inside the loop?",
            _accuracy(total=lambda rights, sizes: rights[0] / sizes[0]),
        ),
        Mistake(
            "Only the last batch is counted, but all images are in the divisor: add to the counter with +=.",
            _accuracy(total=lambda rights, sizes: rights[-1] / sum(sizes)),
        ),
        Mistake(
            "Your division is a whole-number division. Take / instead of //.",
            _accuracy(total=lambda rights, sizes: sum(rights) // sum(sizes)),
        ),
        Mistake(
            "`model.training = …` turns one switch back, that of the outermost module: the layers in it stay in eval "
            "mode. model.train(was_training) reaches all of them.",
            _only_outside,
        ),
        Mistake(
            "You leave the model in eval mode. Whoever goes on training with it would train with frozen statistics: "
            "set back the mode that was there before.",
            _accuracy(after="eval"),
        ),
        Mistake(
            "You always end in training mode. The model may have been in eval mode before: keep model.training at "
            "the start and set it back.",
            _accuracy(after="train"),
        ),
        Mistake(
            "argmax looks along the wrong axis. The logits are (N, classes): dim=1.",
            _accuracy(right=lambda logits, labels: _along_the_batch(logits, labels)),
        ),
        Mistake(
            "argmax() without dim gives one place in the whole batch. Every image has its own: dim=1.",
            _accuracy(right=lambda logits, labels: (logits.argmax() == labels).sum().item()),
        ),
        Mistake(
            "argmin finds the least likely class. Take argmax.",
            _accuracy(right=lambda logits, labels: (logits.argmin(dim=1) == labels).sum().item()),
        ),
        Mistake(
            "You switch the recording of gradients off for good: whoever trains next gets none. It is on again after "
            "`with torch.no_grad():`.",
            when=lambda outcome: isinstance(outcome.got, Findings) and outcome.got[AFTERWARDS] == "off",
        ),
        Mistake(
            "A function that returns nothing measures nothing: return the fraction after the loop.",
            when=_got(lambda got: got is None),
        ),
        Mistake(
            "argmax looks along the wrong axis. The logits are (N, classes): dim=1.",
            when=raised("must match the size"),
        ),
        Mistake(
            "`with` needs what a call gives: torch.no_grad(), with its parentheses and nothing else beside it.",
            when=raised("does not support the context manager", "__enter__"),
        ),
        Mistake(FLATTENED, when=raised(NO_PICTURES)),
    ),
)


def _along_the_batch(logits: torch.Tensor, labels: torch.Tensor) -> int:
    return (logits.argmax(dim=0) == labels).sum().item()
