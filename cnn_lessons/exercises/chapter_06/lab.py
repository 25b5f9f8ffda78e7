"""The bug lab of chapter 06: a training loop with five faults, to be written again without them."""

from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_06.objects import batch, loader, modes, network, sgd
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first
from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.scene import Scene, state_of

EPOCHS = 4  # unlike the number of batches: what happens once an epoch and once a batch can be told apart
BATCHES = 3
GRAPHS = Told("tensors that hold on to all that was computed for them: take loss.item(), a number.")


def _fit(
    zero: str = "batch",
    softmax: bool = False,
    average: Callable = lambda losses, sizes: sum(m * n for m, n in zip(losses, sizes, strict=True)) / sum(sizes),
    returns: Callable = lambda losses: losses,
    forget: bool = True,
    own: bool = False,
) -> Callable:
    """Return a training loop; each argument but its default is one fault."""

    def fit(model, loader, optimizer, scheduler, loss_fn, epochs):
        epoch_losses, losses, sizes = [], [], []
        model.train()
        for _ in range(epochs):
            if forget:
                losses, sizes = [], []
            if zero == "epoch":
                optimizer.zero_grad()
            for images, labels in loader:
                if zero == "batch":
                    optimizer.zero_grad()
                logits = model(images)
                loss = (F.cross_entropy if own else loss_fn)(logits.softmax(dim=1) if softmax else logits, labels)
                loss.backward()
                if zero == "late":
                    optimizer.zero_grad()
                optimizer.step()
                losses.append(loss.item())
                sizes.append(len(labels))
            scheduler.step()
            epoch_losses.append(average(losses, sizes))
        return returns(epoch_losses)

    return fit


_right = _fit()


def _cases(random: Random) -> Iterator[Case]:
    while True:
        size = random.randint(3, 4)
        count = (BATCHES - 1) * size + random.randint(2, size - 1)
        yield _case(random.getrandbits(32), *batch(random, count), size)


def _case(seed: int, images: Tensor, labels: Tensor, batch_size: int) -> Scene:
    def make():
        model = network(seed).eval()  # it has just been evaluated
        optimizer, model.steps = sgd(model, 0.2), []
        optimizer.register_step_post_hook(
            lambda stepped, *_: model.steps.append((stepped.param_groups[0]["lr"], state_of(model)))
        )
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
        return (
            model,
            loader(images, labels, batch_size),
            optimizer,
            scheduler,
            nn.CrossEntropyLoss(label_smoothing=0.1),
            EPOCHS,
        )

    return Scene(make, _read)


def _read(arguments: tuple, got) -> Findings:
    model, optimizer = arguments[0], arguments[2]
    findings = Findings(
        {
            "the mode in which the model is trained": modes(model),
            "the number of steps that the optimiser took": len(model.steps),
            "the learning rates of the steps": [rate for rate, _ in model.steps],
            "the learning rate at the end": optimizer.param_groups[0]["lr"],
        }
    )
    for number, (_, state) in enumerate(model.steps, start=1):
        findings[f"the model after step {number}"] = state
    held = isinstance(got, (list, tuple)) and any(isinstance(loss, Tensor) and loss.requires_grad for loss in got)
    findings["what the returned list holds"] = GRAPHS if held else "numbers"
    findings["the returned losses"] = got
    return findings


def _sum_by_images(losses: list[float], sizes: list[int]) -> float:
    return sum(losses) / sum(sizes)


def _rates(outcome: Outcome) -> list[float]:
    return outcome.got["the learning rates of the steps"] if isinstance(outcome.got, Findings) else []


def _all_alike(outcome: Outcome) -> bool:
    """Return whether every step of every epoch has the first learning rate."""
    return _rates(outcome) == [0.2] * EPOCHS * BATCHES


REPAIR_TRAINING = Exercise(
    name="repair_training",
    chapter="06",
    title="Repair: a training loop with five faults",
    parameters="model, loader, optimizer, scheduler, loss_fn, epochs",
    statement=(
        "Write the loop of the lab again, without its faults. `model` has just been evaluated. `loader` yields pairs "
        "(images, labels), the last batch smaller; `loss_fn(logits, labels)` is the mean loss over a batch, whichever "
        "loss that is: use it. `scheduler` takes one step after each epoch. Return a list of `epochs` numbers: the "
        "mean training loss of each epoch, over its images."
    ),
    hints=(
        "Mend one fault at a time and check after each: the message names the first that is left. Two faults are "
        "lines that are missing, one is a line in the wrong place, one does too much to the logits, one averages "
        "wrongly.",
        "Missing: the line that sets the mode, and the one that forgets old gradients. In the wrong place: "
        "scheduler.step(). What does cross-entropy do to its input itself?",
        "Before the loops: model.train(). In each step: optimizer.zero_grad(), loss on the bare logits, backward, "
        "step. For the mean: add `loss.item() * len(labels)` and divide by the number of images. After the epoch: "
        "scheduler.step().",
    ),
    cases=first(2, _cases),
    expected=_right,
    compared="every step, every learning rate and the losses",
    mistakes=(
        Mistake(
            "Fault: the model trains in eval mode, because it has just been evaluated. Call model.train() first.",
            when=lambda outcome: (
                isinstance(outcome.got, Findings) and outcome.got["the mode in which the model is trained"] == "eval"
            ),
        ),
        Mistake(
            "Fault: the schedule steps before the first epoch, so the first learning rate is never used. Step it "
            "after the epoch.",
            when=lambda outcome: _rates(outcome)[:1] == [0.1],
        ),
        Mistake(
            "The optimiser steps once an epoch. Every batch wants its step: put optimizer.step() into the inner loop.",
            when=lambda outcome: len(_rates(outcome)) == EPOCHS,
        ),
        Mistake(
            "Only one step is taken. Is `return` inside the inner loop?",
            when=lambda outcome: len(_rates(outcome)) == 1,
        ),
        Mistake(
            "The schedule steps after every batch. It counts epochs: step it once, after the inner loop.",
            when=lambda outcome: _rates(outcome)[:2] == [0.2, 0.1],
        ),
        Mistake(
            "Only the first epoch runs. Is `return` inside the loop?",
            when=lambda outcome: len(_rates(outcome)) == BATCHES,
        ),
        Mistake(
            "The schedule never steps: the learning rate stays. Call scheduler.step() at the end of each epoch.",
            when=lambda outcome: _all_alike(outcome) and outcome.got["the learning rate at the end"] == 0.2,
        ),
        Mistake(
            "The schedule steps once, after the last epoch. Put scheduler.step() into the loop over the epochs.",
            when=_all_alike,
        ),
        Mistake(
            "Fault: softmax before the loss. Cross-entropy takes the softmax itself: give it the logits.",
            _fit(softmax=True),
        ),
        Mistake(
            "You do not use `loss_fn`. It may be another loss than the one that you compute: call "
            "loss_fn(logits, labels).",
            _fit(own=True),
        ),
        Mistake(
            "Two faults are left: old gradients are never forgotten, and a softmax stands before the loss.",
            _fit(softmax=True, zero="never"),
        ),
        Mistake(
            "Fault: old gradients are never forgotten, each step adds to those before. Call optimizer.zero_grad() in "
            "every step.",
            _fit(zero="never"),
        ),
        Mistake(
            "Old gradients are forgotten only once an epoch. Every batch needs its own: put zero_grad() into the "
            "inner loop.",
            _fit(zero="epoch"),
        ),
        Mistake(
            "The weights do not change: zero_grad() stands between backward() and step(). Put it before backward().",
            _fit(zero="late"),
        ),
        Mistake(
            "Fault: the loss is averaged twice. Each batch loss is a mean already: multiply it by the batch size "
            "before you add it up, then divide by the number of images.",
            _fit(average=_sum_by_images),
        ),
        Mistake(
            "You take the mean of the batch means. The last batch is smaller: weigh each by its size.",
            _fit(average=lambda losses, sizes: sum(losses) / len(losses)),
        ),
        Mistake(
            "The sum goes on from epoch to epoch. Set it to 0 at the beginning of each.",
            _fit(
                forget=False,
                average=lambda losses, sizes: _sum(losses, sizes) / sum(sizes[:BATCHES]),
            ),
        ),
        Mistake(
            "You return the loss of the last epoch only. A list of all was asked for.",
            _fit(returns=lambda losses: losses[-1]),
        ),
        Mistake(
            "You return nothing. End in return losses, after the loops.",
            when=lambda outcome: (
                isinstance(outcome.got, Findings) and outcome.got.get("the returned losses", "") is None
            ),
        ),
    ),
)


def _sum(losses: list[float], sizes: list[int]) -> float:
    return sum(m * n for m, n in zip(losses, sizes, strict=True))
