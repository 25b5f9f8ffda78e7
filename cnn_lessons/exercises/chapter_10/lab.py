"""The bug lab of chapter 10: a frozen body that moves all the same."""

from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.exercises import compare
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal, raised
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, Watched, state_of

CLASSES, FEATURES = 3, 4
MODE = "the head's mode in training"
SEEN = "what the head is given, batch by batch"
WEIGHTS = "the body's weights afterwards"
STATISTICS = "the body's running statistics afterwards"


class _Head(Watched):
    """A head that notes what it is given."""

    def __init__(self, model: nn.Module):
        super().__init__(model, "a head")
        self.given = []

    def forward(self, x: Tensor) -> Tensor:
        self.given.append(x.detach().clone())
        return super().forward(x)


def _train(
    body_mode: bool = False,
    head_mode: bool = True,
    frozen: bool = True,
    zero: Callable = lambda optimizer, head: optimizer.zero_grad(),
    place: str = "first",
    softmax: bool = False,
    own: bool = False,
) -> Callable:
    """Return the training of a head; each argument but its default is one fault."""

    def train(body, head, loader, optimizer, loss_fn):
        body.train(body_mode)
        head.train(head_mode)
        forget = lambda here: zero(optimizer, head) if here == place else None  # noqa: E731
        forget("before the loop")
        for images, labels in loader:
            forget("first")
            features = body(images)
            logits = head(features.detach() if frozen else features)
            (F.cross_entropy if own else loss_fn)(logits.softmax(1) if softmax else logits, labels).backward()
            forget("before step")
            optimizer.step()
            forget("last")

    return train


_right = _train()


def _cases(random: Random) -> Iterator[Case]:
    while True:
        size = random.randint(3, 4)
        count = 2 * size + random.randint(2, size - 1)
        images, labels = normal(random, count, 2), torch.tensor([random.randrange(CLASSES) for _ in range(count)])
        yield _case(random.getrandbits(32), images, labels, size)


def _case(seed: int, images: Tensor, labels: Tensor, size: int) -> Scene:
    def make():
        torch.default_generator.manual_seed(seed)
        body = Watched(nn.Sequential(nn.Linear(2, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU()).double(), "a body")
        head = _Head(nn.Sequential(nn.Dropout(0.5), nn.Linear(FEATURES, CLASSES)).double())
        with torch.no_grad():
            body.model[1].running_mean.normal_()
            body.model[1].running_var.uniform_(0.5, 2)
        for parameter in (*body.parameters(), *head.parameters()):
            parameter.grad = torch.ones_like(parameter)  # both have just been trained
        optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], 0.2, 0.9, weight_decay=0.01)
        head.steps = []
        optimizer.register_step_post_hook(lambda *_: head.steps.append(state_of(head)))
        batches = list(zip(images.split(size), labels.split(size), strict=True))
        torch.default_generator.manual_seed(seed)  # the same dropout masks for everyone
        return body, head.eval(), batches, optimizer, nn.CrossEntropyLoss(label_smoothing=0.1)

    return StillScene(make, _read)


class StillScene(Scene):
    """A scene whose loader is a list of batches; messages tell how many."""

    def told(self, exercise: Exercise) -> str:
        """Return what the function is called with."""
        sizes = ", ".join(str(len(labels)) for _, labels in self.args[2])
        return f"on a body with BatchNorm, a head with dropout, and a loader with batches of {sizes} images"


def _read(arguments: tuple, got) -> Findings:
    body, head = arguments[:2]
    state = state_of(body)
    findings = Findings(
        {
            MODE: " and ".join(sorted(set(head.modes))) or "it was never called",
            "the number of steps that the optimiser took": len(head.steps),
            STATISTICS: {key: value for key, value in state.items() if _counted(key)},
            WEIGHTS: {key: value for key, value in state.items() if not _counted(key)},
            SEEN: head.given,
        }
    )
    for number, step in enumerate(head.steps, start=1):
        findings[f"the head after step {number}"] = step
    return findings


def _counted(key: str) -> bool:
    return "running" in key or "num_batches" in key


def _found(outcome: Outcome, key: str, value=None) -> bool:
    """Return whether a finding is there and is `value`, or not the right one."""
    if not isinstance(outcome.got, Findings) or key not in outcome.got:
        return False
    if value is not None:
        return outcome.got[key] == value
    return not compare.same(outcome.case.result_of(_right)[key], outcome.got[key])


def _requires_grad(outcome: Outcome, part: int) -> bool:
    return all(parameter.requires_grad for parameter in outcome.given.args[part].parameters())


TRAIN_HEAD = Exercise(
    name="train_head",
    chapter="10",
    title="Repair: a frozen body that moves",
    parameters="body, head, loader, optimizer, loss_fn",
    statement=(
        "Train `head` for one pass over `loader`, which yields pairs (images, labels), on what `body` makes of the "
        "images: one step of `optimizer` a batch, with `loss_fn(logits, labels)`. Afterwards every number in `body`, "
        "weights and running statistics, is what it was before. Both have just been trained, old gradients included, "
        "and `optimizer` holds the parameters of both. `head` has a dropout, which works in training. Return nothing."
    ),
    hints=(
        "Three things can change a body: gradients, old gradients, and being run in the wrong mode. Which line shuts "
        "out each of them?",
        "BatchNorm moves its running statistics whenever it runs in training mode, gradients or not. The head's "
        "dropout needs training mode. So the two halves are in different modes. And step() leaves a parameter alone, "
        "weight decay and momentum too, only if its gradient is None; 0 is not enough.",
        "Before the loop: `body.eval()`, `head.train()`. In it: `optimizer.zero_grad()`, then `with torch.no_grad(): "
        "features = body(images)`, then the loss of `head(features)`, backward and step, outside of the no_grad.",
    ),
    cases=first(4, _cases),
    expected=_right,
    compared="body, head and every step",
    mistakes=(
        Mistake(
            "Your head is trained in eval mode: its dropout does not drop. Call head.train().",
            when=lambda outcome: _found(outcome, MODE, "eval"),
        ),
        Mistake(
            "The head is never called. It turns the features of the body into logits.",
            when=lambda outcome: _found(outcome, MODE, "it was never called"),
        ),
        Mistake(
            "The running statistics moved: the body's BatchNorm ran in training mode. requires_grad_(False) and "
            "no_grad() stop gradients, not statistics. Call body.eval(), after any train().",
            when=lambda outcome: _found(outcome, STATISTICS),
        ),
        Mistake(
            "The statistics are as before, yet the head was given other features: in training mode BatchNorm "
            "normalises with the batch. Run the body in eval mode; nothing has to be put back then.",
            when=lambda outcome: _put_back(outcome, True) and "training" in outcome.given.args[0].modes,
        ),
        Mistake(
            "The body is as before, yet from the second batch on its features are others: its weights moved between "
            "the batches and were put back at the end. Stop the gradients with no_grad() around body(images).",
            when=lambda outcome: _put_back(outcome, False),
        ),
        Mistake(
            "Old gradients of the body are still there, and the optimiser uses them: forget them all with "
            "optimizer.zero_grad(), not the head's alone.",
            _train(zero=lambda optimizer, head: head.zero_grad()),
        ),
        Mistake(
            "Your zero_grad fills the gradients with 0 instead of removing them. Weight decay then moves the body "
            "all the same: leave set_to_none as it is.",
            _train(zero=lambda optimizer, head: optimizer.zero_grad(set_to_none=False)),
        ),
        Mistake(
            "Old gradients are never forgotten: those of the body move it, those of the head pile up. Call "
            "optimizer.zero_grad() in every step.",
            _train(place="nowhere"),
        ),
        Mistake(
            "The head's gradients pile up: forget them for every batch, in the loop.", _train(place="before the loop")
        ),
        Mistake(
            "You forget the gradients between backward() and step(): the step has none.", _train(place="before step")
        ),
        Mistake(
            "You forget the gradients after each step, so the first one still uses the old ones. zero_grad() comes "
            "before backward().",
            _train(place="last"),
        ),
        Mistake(
            "The body's weights moved: gradients reached them. eval() does not stop gradients; no_grad() around the "
            "body, detach() or requires_grad_(False) does.",
            _train(frozen=False),
        ),
        Mistake("Softmax before the loss: cross-entropy takes it itself. Give it the logits.", _train(softmax=True)),
        Mistake("You do not use `loss_fn`. It may be another loss than the one that you compute.", _train(own=True)),
        Mistake(
            "You froze the head. It is the part that learns; the body stays.",
            when=lambda outcome: not _requires_grad(outcome, 1),
        ),
        Mistake(
            "No gradient reaches the head: no_grad() or detach() covers more than the body. Only body(images) belongs "
            "inside.",
            when=raised("does not require grad"),
        ),
        Mistake(
            ".item() makes a plain number, which has no backward(): call it on the loss itself.",
            when=raised("'float' object has no attribute 'backward'"),
        ),
        Mistake(
            "backward() belongs to the loss: loss = loss_fn(…), then loss.backward().",
            when=raised("no attribute 'backward'"),
        ),
        Mistake("The head got the images. It wants features: body(images).", when=raised("mat1 and mat2 shapes")),
        Mistake(
            "`optimizer` never took a step. Call step() on the one that you are given, once a batch.",
            when=lambda outcome: _found(outcome, "the number of steps that the optimiser took", 0),
        ),
        Mistake(
            "One step a batch was asked for. Does optimizer.step() stand inside the loop, once?",
            when=lambda outcome: _found(outcome, "the number of steps that the optimiser took"),
        ),
    ),
)


def _put_back(outcome: Outcome, at_once: bool) -> bool:
    """Return whether a body that is as it was gave other features: for the first batch already, or only later."""
    right, got = outcome.case.result_of(_right)[SEEN], outcome.got[SEEN]
    same_body = _found(outcome, SEEN) and not _found(outcome, WEIGHTS)
    return same_body and len(got) == len(right) and compare.same(right[0], got[0]) != at_once
