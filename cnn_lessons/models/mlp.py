"""The multilayer perceptron: every pixel is a number of its own, and neighbours mean nothing."""

from collections.abc import Sequence

from torch import nn

from cnn_lessons.arithmetic import integer


def mlp(in_features: int, hidden: Sequence[int], num_classes: int) -> nn.Sequential:
    """Build linear layers with ReLU between them; images are flattened first.

    Args:
        in_features: numbers in one input, C·H·W for an image.
        hidden: width of each hidden layer, first to last; empty leaves one linear layer.
        num_classes: K, at least 1.

    Returns:
        A model from (N, C, H, W) or (N, in_features) to logits (N, K).

    Raises:
        ValueError: if a width is not an integer of at least 1, or hidden is neither a list nor a tuple.

    Taught in: 05.
    """
    if not isinstance(hidden, (tuple, list)):
        raise ValueError(f"mlp: expected hidden as a list of widths such as [256, 128], got {hidden!r}")
    widths = [in_features, *hidden, num_classes]
    widths = [integer(width, f"mlp: widths {widths}", 1) for width in widths]
    layers = [nn.Flatten()]  # (N, C·H·W)
    for width_in, width_out in zip(widths[:-2], widths[1:-1], strict=True):
        layers += [nn.Linear(width_in, width_out), nn.ReLU()]  # (N, width_out)
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))  # (N, K): logits, no softmax
