"""Answers of chapter 07."""

from torch import nn


def alexnet_features(in_channels, channels):
    a, b, c, d, e = channels
    return nn.Sequential(  # (N, in_channels, 32, 32)
        nn.Conv2d(in_channels, a, 3), nn.ReLU(), nn.MaxPool2d(2),  # (N, a, 15, 15)
        nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (N, b, 7, 7)
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),  # (N, c, 7, 7)
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),  # (N, d, 7, 7)
        nn.Conv2d(d, e, 1), nn.ReLU(), nn.MaxPool2d(2),  # (N, e, 3, 3)
    )  # fmt: skip


def alexnet_classifier(in_features, hidden, num_classes, dropout=0.5):
    a, b = hidden
    return nn.Sequential(
        nn.Dropout(dropout), nn.Linear(in_features, a), nn.ReLU(),
        nn.Dropout(dropout), nn.Linear(a, b), nn.ReLU(),
        nn.Linear(b, num_classes),  # logits
    )  # fmt: skip


def flat_features(height, width):
    h, w = ((side - 2) // 2 // 2 // 2 for side in (height, width))  # one unpadded convolution, three poolings
    return 256 * h * w


def drop(x, u, p, training=True):
    if not training:
        return x
    return x * (u >= p) / (1 - p)


def head_for_any_size(channels, size, num_classes):
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(size),  # (N, channels, size, size)
        nn.Flatten(),  # (N, channels · size²)
        nn.Linear(channels * size * size, num_classes),
    )
