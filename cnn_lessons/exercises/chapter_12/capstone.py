"""The capstone: a network of the reader's own, within limits."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, NotAsAsked, Outcome, raised
from cnn_lessons.exercises.layout import UNSEEN, Layout, fresh, settle
from cnn_lessons.exercises.module_judge import advice_on

MOST_PARAMETERS = 300_000


class NetworkCase(Case):
    """Build a network, run it in both modes, and note what can be seen from outside."""

    def copy(self, requires_grad: bool = False) -> "NetworkCase":
        """Return the same case."""
        return NetworkCase(*super().copy().args)

    def told(self, exercise: Exercise) -> str:
        """Return "on my_network(7)"."""
        return f"on {exercise.name}({self.args[0]})"

    def call(self, function: Callable) -> dict[str, Any]:
        """Return what was seen.

        Raises:
            NotAsAsked: if no network comes back, or its result cannot be looked at.
        """
        classes = self.args[0]
        torch.default_generator.manual_seed(0)
        network = fresh(function, classes)
        if not isinstance(network, nn.Module):
            raise NotAsAsked(f"expected an nn.Module, got {type(network).__name__}. {advice_on(network)}")
        network = network.float().cpu()
        settle(network, torch.zeros(2, 3, 32, 32))
        seen = {"parameters": sum(p.numel() for p in network.parameters()), "list": Layout(network).unseen}
        if not 0 < seen["parameters"] <= MOST_PARAMETERS:
            return seen  # a network too large is not worth the wait
        with torch.no_grad():
            for parameter in network.parameters():  # a layer that starts at zero is no fault
                parameter.add_(0.02 * torch.randn_like(parameter))
        images = torch.randn(16, 3, 32, 32, dtype=torch.float32)
        before = images.clone()
        with torch.no_grad():
            scores = _scores(network.eval()(images), 16, classes)
            seen["changed"] = not torch.equal(images, before)  # at once: what comes later may change both alike
            alone = [_scores(network(before[i : i + 1].clone()), 1, classes) for i in (0, len(before) - 1)]
            seen |= {"scores": scores, "again": network(before.clone()), "alone": torch.cat(alone)}
            seen |= {name: seen[name].float() for name in ("scores", "again", "alone")}  # autocast makes others
        given = before.clone()
        learning = _scores(network.train()(given), 16, classes)
        seen["hidden"] = bool(_weights_of(learning) - {*network.parameters(), given})
        seen["unused"] = _without_gradient(network, learning)
        seen |= _bounds(network.eval(), before[:4], classes)
        return seen


def _scores(got: Any, count: int, classes: int) -> Tensor:
    """Return the result of a network if it has the right shape, else refuse it."""
    if not isinstance(got, Tensor):
        raise NotAsAsked(f"expected a tensor from the network, got {type(got).__name__}. Does `forward` return it?")
    if got.shape != (count, classes):
        fixed = got.dim() == 2 and got.shape[0] == count
        advice = "Its last layer must follow num_classes." if fixed else "Is something flattened across the images?"
        if got.dim() > 2 and len(got) == count:
            advice = "Height and width are still there. Take the mean over all places, then flatten(1)."
        if count == 1 and got.shape == (classes,):
            advice = "squeeze() also removes the batch axis of a single image: take flatten(1)."
        raise NotAsAsked(
            f"expected ({count}, {classes}) scores for {count} image{'s' * (count > 1)}, got shape "
            f"{tuple(got.shape)}. {advice}"
        )
    return got


@torch.no_grad()
def _bounds(network: nn.Module, images: Tensor, classes: int) -> dict[str, bool]:
    """Return which bounds the scores keep, whatever the last layer's weights are."""
    last = [p for p in network.parameters() if classes in p.shape] or list(network.parameters())
    scores = [network(images).float()]
    for _ in range(8):
        for parameter in last:
            parameter.copy_(1000 * torch.randn_like(parameter))  # bare scores grow with them, whatever comes before
        scores.append(network(images).float())
    low, high = (float(end) for end in torch.stack(scores).aminmax())
    return {"never below 0": low >= 0, "never beyond 1": low >= -1 and high <= 1}


def _weights_of(scores: Tensor) -> set[Tensor]:
    """Return every tensor that a gradient of the scores would reach."""
    weights, met, waiting = set(), set(), [scores.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in met:
            met.add(node)
            weights |= {node.variable} if hasattr(node, "variable") else set()
            waiting += [before for before, _ in node.next_functions]
    return weights


def _without_gradient(network: nn.Module, scores: Tensor) -> list[str]:
    """Return the names of the parameters that no gradient reaches."""
    if not scores.requires_grad:
        return [name for name, _ in network.named_parameters()]
    weights = torch.linspace(-1, 2, scores.numel(), dtype=scores.dtype).reshape(scores.shape)
    (scores * weights).sum().backward()
    return [name for name, parameter in network.named_parameters() if parameter.grad is None]


def _judge(outcome: Outcome) -> str | None:
    seen = outcome.got
    if seen["list"] and (not seen["parameters"] or seen.get("hidden")):
        return UNSEEN.format(seen["list"])
    if not seen["parameters"]:
        return "your network has no parameters to learn with. A plain list hides its layers; nn.ModuleList shows them."
    if seen["parameters"] > MOST_PARAMETERS:
        return (
            f"your network has {seen['parameters']:,} parameters, at most {MOST_PARAMETERS:,} are allowed. Where do "
            "they stand? trace(network, (3, 32, 32)) tells."
        )
    if seen["hidden"]:
        return (
            "your network computes with weights that are not among its parameters: they are neither counted nor "
            "trained. Keep every layer in an attribute of its own, in nn.ModuleList or in nn.Sequential, and a "
            "tensor of your own in nn.Parameter."
        )
    scores = seen["scores"]
    if seen["changed"]:
        return "your network changes the images that it is given. Compute new tensors."
    if not torch.isfinite(scores).all():
        return "some of the scores are infinite or no numbers."
    classes = outcome.case.args[0]
    if [seen[name].shape for name in ("scores", "again", "alone")] != [(16, classes), (16, classes), (2, classes)]:
        return "in eval mode the same images give scores of another shape the second time."
    if not torch.allclose(scores, seen["again"], atol=1e-4):
        return "in eval mode the same images give other scores the second time. F.dropout needs training=self.training."
    if not torch.allclose(scores[[0, -1]], seen["alone"], rtol=1e-3, atol=1e-4):
        return (
            "in eval mode the scores of an image depend on the other images of its batch. Batch statistics must come "
            "from training, and no operation may go along dimension 0."
        )
    return _not_logits(seen) or _unused(seen["unused"])


def _not_logits(seen: dict[str, Any]) -> str | None:
    """Return why the scores are no logits that tell images apart, or None."""
    scores = seen["scores"]
    if torch.allclose(scores, scores[:1].expand_as(scores), atol=1e-7):
        return "all images get the same scores. Does `forward` use its input?"
    if torch.allclose(scores.sum(dim=1), torch.ones(len(scores)), atol=1e-4) and scores.min() >= 0:
        return "the scores of each image add up to 1: there is a softmax. The loss has one itself; return bare scores."
    if seen["never below 0"]:
        return "no score is ever below 0: the network ends in a ReLU or a sigmoid. Return the linear layer's result."
    if seen["never beyond 1"]:
        return "no score ever leaves −1 … 1: the network ends in a tanh. Return the linear layer's result."
    if torch.allclose(scores.exp().sum(dim=1), torch.ones(len(scores)), atol=1e-4):
        return "the scores are logarithms of probabilities: there is a log_softmax. Return bare scores."
    return None


def _unused(names: list[str]) -> str | None:
    """Return what is wrong if no gradient reaches some parameters, or None."""
    if not names:
        return None
    shown = ", ".join(names[:3])
    return (
        f"no gradient reaches {len(names)} of the parameters: {shown}. They cannot learn. Is a layer left out in "
        "`forward`, frozen, or behind detach() or no_grad()?"
    )


MY_NETWORK = Exercise(
    name="my_network",
    chapter="12",
    title="A network of your own",
    parameters="num_classes",
    statement=(
        "Return a network of your own, an `nn.Module`: (N, 3, 32, 32) becomes logits (N, num_classes), for any number "
        "of classes and any batch size. At most 300,000 parameters, a gradient for each of them, and in eval mode "
        "each image's scores depend on that image alone."
    ),
    hints=(
        "Begin with something that works, such as the three convolutions of small_cnn, and change one thing.",
        "A stem, some stages that halve the map and widen it, a global average, a linear layer: the networks of Part "
        "III all look like that. Write it as one nn.Sequential, or as a class.",
        "`nn.Sequential(nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), …, "
        "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(…, num_classes))`.",
    ),
    cases=lambda random: [NetworkCase(10), NetworkCase(7)],
    judge=_judge,
    mistakes=(
        Mistake(
            "A linear layer reads another number of values than it is given. Is nn.Flatten() before it, and how large "
            "is the map there? Print its shape.",
            when=raised("mat1 and mat2 shapes"),
        ),
    ),
)
