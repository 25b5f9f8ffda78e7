"""Models by name, for the command line: "wrn-16-4" builds wide_resnet(16, 4)."""

import math
import re

import torch
from torch import nn

from cnn_lessons import models
from cnn_lessons.arithmetic import integer

MODELS = {
    "mlp": "two hidden layers of 512 and 256, no convolution; any image",
    "small_cnn": "three convolutions, a mean, a linear layer; any image of 8×8 or more",
    "mnist_cnn": "a small LeNet; grey images of 28×28",
    "alexnet_cifar": "five convolutions, three linear layers; images from 26×26 to 33×33",
    "resnet18_cifar": "64 to 512 channels, stem of 3×3; colour images",
    "resnet34_cifar": "the same with 34 layers; colour images",
    **{
        f"resnet{6 * n + 2}": f"16 to 64 channels, 3 stages of {n} blocks; colour images"
        for n in (1, 2, 3, 5, 7, 9, 18)
    },
    "plain20": "resnet20 without its shortcuts; colour images",
    "plain56": "resnet56 without its shortcuts; colour images",
    "resnet_seminar5": "four stages of six blocks to 128 channels; colour images",
    "resnet_seminar7": "four stages of eight blocks to 128 channels; colour images",
    "wrn-16-4": "Wide ResNet, 16 layers, 4 times as wide; colour images",
    "wrn-40-4": "Wide ResNet, 40 layers, 4 times as wide; colour images",
    "wrn-28-10": "Wide ResNet, 28 layers, 10 times as wide; colour images",
}
IMAGENET = tuple(f"resnet{depth}" for depth in (18, 34, 50, 101, 152))  # the networks that everybody calls so
PATTERNS = (  # every other depth and width of these families has a name too
    (r"resnet(\d+)", lambda classes, depth: models.resnet_cifar(depth, classes)),
    (r"plain(\d+)", lambda classes, depth: models.plain_cifar(depth, classes)),
    (r"resnet_seminar(\d+)", lambda classes, n: models.resnet_seminar(n, classes)),
    (r"wrn-(\d+)-(\d+)", lambda classes, depth, factor: models.wide_resnet(depth, factor, num_classes=classes)),
)


def build(name: str, num_classes: int, input_shape: tuple[int, int, int]) -> nn.Module:
    """Build a model by its name and see that the images fit.

    Args:
        name: one that `python -m cnn_lessons models` lists, or another member of a family: "resnet26", "plain32",
            "resnet_seminar3", "wrn-22-8". Not "resnet18", "resnet34", "resnet50", "resnet101" and "resnet152": these
            are ImageNet's networks, and the ones for CIFAR of 50 and 152 layers come from `resnet_cifar`.
        num_classes: K, at least 1.
        input_shape: (C, H, W) of one image.

    Returns:
        A model from (N, C, H, W) to logits (N, K).

    Raises:
        ValueError: if the name is unknown or its numbers fit no model, if another argument is out of range, or if the
            images do not fit through the model.
    """
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise ValueError(f"input_shape: expected (C, H, W), three integers, got {input_shape!r}")
    input_shape = tuple(integer(size, "input_shape", 1) for size in input_shape)
    model = _build(name, num_classes, input_shape).eval()  # so that one image leaves no trace in the statistics
    try:
        with torch.no_grad():
            model(torch.zeros(1, *input_shape))
    except RuntimeError as error:
        if re.search("(allocate|enough|out of) memory", str(error)):
            raise
        shape = "×".join(map(str, input_shape))
        raise ValueError(
            f"{name}: got images of {shape}, which do not fit; expected {MODELS.get(name, 'colour images')}. "
            "Resize them, or take mlp, which fits any image."
        ) from error
    return model.train()


def _build(name: str, num_classes: int, input_shape: tuple[int, int, int]) -> nn.Module:
    fixed = {
        "mlp": lambda: models.mlp(math.prod(input_shape), (512, 256), num_classes),
        "small_cnn": lambda: models.small_cnn(num_classes, input_shape[0]),
        "mnist_cnn": lambda: models.mnist_cnn(num_classes),
        "alexnet_cifar": lambda: models.alexnet_cifar(num_classes, input_shape[0]),
        "resnet18_cifar": lambda: models.resnet18(num_classes, stem="cifar"),
        "resnet34_cifar": lambda: models.resnet34(num_classes, stem="cifar"),
    }
    if name in fixed:
        return fixed[name]()
    if name in IMAGENET:
        smaller = f"{name}_cifar" if f"{name}_cifar" in fixed else f"one of {', '.join(MODELS)}"
        raise ValueError(f"model: expected a network for small images, {smaller}, got ImageNet's {name}")
    for pattern, builder in PATTERNS:
        numbers = re.fullmatch(pattern, name)
        if numbers:
            try:
                return builder(num_classes, *map(int, numbers.groups()))
            except ValueError as error:
                raise ValueError(f"{error}. Known models: {', '.join(MODELS)}") from error
    raise ValueError(f"model: expected one of {', '.join(MODELS)}, got {name!r}")
