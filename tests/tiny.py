"""A data set and a network that are trained in the blink of an eye, for the tests of the training loop."""

import torch
from torch import nn

from cnn_lessons.data import ImageData, Images, channel_statistics
from cnn_lessons.training import Recipe

CLASSES = ("dark", "red", "green", "blue")


def tiny_images(count: int, seed: int) -> Images:
    """Images 3×8×8 of noise, brighter in the channel that the class names: learnable, and not at once."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(CLASSES)
    images = torch.randint(0, 200, (count, 3, 8, 8), generator=generator)
    for channel in range(3):
        images[labels == channel + 1, channel] += 40
    return Images(images.to(torch.uint8), labels)


def tiny_data(count: int = 200) -> ImageData:
    train, test = tiny_images(count, 1), tiny_images(60, 2)
    mean, std = channel_statistics(train.images)
    return ImageData(train, test, CLASSES, mean, std, "tiny", generated=True)


def tiny_network(dropout: float = 0.2) -> nn.Sequential:
    """With all that a state can hold: weights, running statistics, dropout."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(dropout)]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, len(CLASSES)))


def tiny_recipe(**changes) -> Recipe:
    return Recipe(**{"name": "tiny", "epochs": 3, "batch_size": 32, "lr": 0.05, "precision": "float32"} | changes)


def same(first: dict, second: dict) -> bool:
    """Whether two states hold the same tensors, to the last bit."""
    return all(torch.equal(first[name], second[name]) for name in first)
