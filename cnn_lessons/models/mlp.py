"""The multilayer perceptron: every pixel is a number of its own, and neighbours mean nothing."""

from collections.abc import Sequence

from torch import nn


def mlp(in_features: int, hidden: Sequence[int], num_classes: int) -> nn.Sequential:
    """Build linear layers with ReLU between them; images are flattened first.

    Args:
        in_features: numbers in one input, C·H·W for an image.
        hidden: width of each hidden layer, first to last; empty leaves one linear layer.
        num_classes: K, at least 1.

    Returns:
        A model from (N, C, H, W) or (N, in_features) to logits (N, K).

    Raises:
        ValueError: if a width is not an integer of at least 1.

    Taught in: 05.
    """
    if not isinstance(hidden, (tuple, list)):
        raise ValueError(f"mlp: expected hidden as a list of widths such as [256, 128], got {hidden!r}")
    widths = [in_features, *hidden, num_classes]
    for width in widths:
        if not isinstance(width, int) or width < 1:
            raise ValueError(f"mlp: expected integers of at least 1 for every width, got {width!r} in {widths}")
    layers = [nn.Flatten()]  # (N, C·H·W)
    for width_in, width_out in zip(widths[:-2], widths[1:-1], strict=True):
        layers += [nn.Linear(width_in, width_out), nn.ReLU()]  # (N, width_out)
    return nn.Sequential(*layers, nn.Linear(widths[-2], num_classes))  # (N, K): logits, no softmax
