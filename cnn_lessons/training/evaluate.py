"""Loss and accuracy of a network on images that it does not learn from."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.arithmetic import integer
from cnn_lessons.data import normalise
from cnn_lessons.data.images import check_labelled
from cnn_lessons.training.faults import check_scores
from cnn_lessons.training.inputs import check_model
from cnn_lessons.training.precision import autocast, choose_precision, device_of


class Score(NamedTuple):
    """Mean cross-entropy, and the share of the images whose largest score is that of the right class, 0 to 1."""

    loss: float  #: mean cross-entropy, in nats
    accuracy: float  #: 0 to 1


def evaluate(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    batch_size: int = 500,
    precision: str = "float32",
) -> Score:
    """Measure a network on a set of images, on the network's device.

    Args:
        model: (N, C, H, W) → (N, K) class scores; the modes of its parts, train or eval, are left as they were.
        images: (N, C, H, W); uint8 is divided by 255. Float is taken as it is, and may have any shape from (N, F) on.
        labels: (N,) class numbers, 0 to K − 1, integers of any type.
        mean: subtracted from each channel of uint8 images, C numbers. A network needs what it was trained with.
        std: what each channel is then divided by, C numbers.
        batch_size: images at a time; it changes the last digits of the loss at most.
        precision: "float32", "bfloat16", "float16" or "auto".

    Returns:
        Score(loss, accuracy), means over all images, however they fall into batches.

    Raises:
        ValueError: if `model` is no nn.Module, if there are no images, or not one label for each, if a label is no
            integer or below 0, if mean or std come with float images, if `batch_size` is not an integer of at least 1,
            if the network has too few scores, or if `precision` is unknown, or float16 on a CPU.

    Taught in: 05.
    """
    check_model("evaluate", model)
    check_labelled("evaluate", images, labels)
    batch_size = integer(batch_size, "batch_size", 1)
    total = count(model, images, labels, mean=mean, std=std, batch_size=batch_size, precision=precision)
    return Score(*(total / len(images)).tolist())


@torch.no_grad()  # no gradients are recorded …
def count(model, images, labels, *, mean, std, batch_size, precision) -> Tensor:
    """Return the sum of the losses and the number of right answers: (2,) float64. Arguments as `evaluate`."""
    device = device_of(model)
    dtype = choose_precision(precision, device)
    total = torch.zeros(2, dtype=torch.float64)
    classes = int(labels.max()) + 1 if len(labels) else 0
    modes = [(module, module.training) for module in model.modules()]  # a frozen part may be in another mode
    model.eval()  # … and eval() is another matter: dropout off, batch norm by its running statistics
    try:
        for start in range(0, len(images), batch_size):
            batch = prepare(images[start : start + batch_size].to(device), mean, std)
            wanted = labels[start : start + batch_size].to(device, torch.int64)
            with autocast(device, dtype):
                scores = model(batch).float()
            check_scores(scores, classes)
            right = (scores.argmax(1) == wanted).sum()
            total += torch.stack([F.cross_entropy(scores, wanted, reduction="sum"), right]).cpu().double()
    finally:
        for module, training in modes:
            module.training = training
    return total


def prepare(images: Tensor, mean: Sequence[float] | None, std: Sequence[float] | None) -> Tensor:
    """Return images as a network takes them: float, normalised, the channels of a pixel side by side in memory.

    Args:
        images: (N, C, H, W), uint8 0 to 255, or float of any shape that needs nothing more.
        mean, std: per channel of uint8 images, or None to leave that out.
    """
    channels = images.shape[1]
    if images.dtype == torch.uint8 or mean is not None or std is not None:
        mean = (0.0,) * channels if mean is None else mean
        std = (1.0,) * channels if std is None else std
        images = normalise(images, mean, std)
    if images.dim() != 4:
        return images
    return images.contiguous(memory_format=torch.channels_last)  # what convolutions are fastest with
