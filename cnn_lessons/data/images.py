"""What a data set is here: whole arrays of bytes in memory, their labels, and a few facts about them."""

import hashlib
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from cnn_lessons.arithmetic import integer


class Images(NamedTuple):
    """One part of a data set, images and their labels."""

    images: Tensor  #: (N, C, H, W), uint8
    labels: Tensor  #: (N,), int64, 0 to classes − 1


@dataclass(frozen=True)
class ImageData:
    """A data set: a part to learn from and a part to judge by, the test set.

    Attributes:
        train: what a network may learn from; the validation part is taken from it with `split`.
        test: what a finished network is judged by, once.
        classes: the name of each label.
        mean: the mean of each channel over the training images, on the scale 0 to 1.
        std: the standard deviation of each channel over all pixels of all training images, on the same scale.
        name: as `load` takes it.
        generated: whether the pictures were drawn by this package instead of taken by a camera or scanner.
    """

    train: Images
    test: Images
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    name: str
    generated: bool

    def fingerprint(self) -> str:
        """Return 16 hex digits of the SHA-256 over the shapes and bytes of both parts."""
        digest = hashlib.sha256()
        for array in (*self.train, *self.test):
            digest.update(str(tuple(array.shape)).encode())
            in_order = np.ascontiguousarray(array.cpu().numpy())  # NCHW, whatever the layout in memory
            digest.update(in_order.astype(in_order.dtype.newbyteorder("<"), copy=False).data)
        return digest.hexdigest()[:16]


def split(part: Images, validation: int, seed: int = 0) -> tuple[Images, Images]:
    """Hold some images out, by chance, but so that every class keeps its share.

    Args:
        part: the images to divide, usually `data.train`.
        validation: how many images to hold out, 0 to N − 1.
        seed: the same seed holds out the same images, on every machine.

    Returns:
        (training, validation), both `Images`, in the order they had. Of a class with n of the N images,
        n · validation / N are held out, rounded down or up.

    Raises:
        ValueError: if `part` is no `Images` with a label, a whole number from 0, for each image, or if `validation` is
            not a whole number from 0 to N − 1.

    Taught in: 06.
    """
    if not isinstance(part, Images):
        raise ValueError(f"split: expected Images, such as data.train, got {type(part).__name__}")
    check_labelled("split", *part)
    total = len(part.labels)
    validation = integer(validation, "validation", 0)
    if validation >= total:
        raise ValueError(f"validation: expected fewer than the {total} images there are, got {validation}")
    held_out = torch.zeros(total, dtype=torch.bool)
    by_chance = torch.from_numpy(np.argsort(np.random.PCG64(seed).random_raw(total), kind="stable"))
    labels = part.labels.cpu()
    quotas = _quotas(torch.bincount(labels).tolist(), validation)
    for label, quota in enumerate(quotas):
        of_this_class = by_chance[labels[by_chance] == label]
        held_out[of_this_class[:quota]] = True
    held_out = held_out.to(part.images.device)
    return Images(*(array[~held_out] for array in part)), Images(*(array[held_out] for array in part))


def check_labelled(name: str, images: Tensor, labels: Tensor) -> None:
    """Raise a ValueError, which begins with `name`, unless these are tensors: images, and a class number for each."""
    for which, value in (("images", images), ("labels", labels)):
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            raise ValueError(f"{name}: expected {which} in a tensor, got {kind}. torch.as_tensor({which}) makes one.")
    whole = not labels.is_floating_point() and not labels.is_complex() and labels.dtype != torch.bool
    if labels.dim() != 1 or not whole:
        one_hot = labels.dim() == 2 and labels.shape[1] > 1
        raise ValueError(
            f"{name}: expected labels (N,), integers, got {tuple(labels.shape)} of {labels.dtype}. "
            f"Try labels.{'argmax(1)' if one_hot else 'flatten().long()'}."
        )
    if not len(labels) == len(images) > 0:
        wanted = "a label for each image" if len(images) else "an image or more"
        raise ValueError(f"{name}: expected {wanted}, got {len(images)} images, {len(labels)} labels")
    if labels.min() < 0:
        raise ValueError(f"{name}: expected labels from 0, got {labels.min()}. Number the classes from 0.")


def _quotas(counts: list[int], wanted: int) -> list[int]:
    """Divide `wanted` among the classes by their size; those with the largest remainder get what is left over."""
    total = sum(counts)
    quotas = [count * wanted // total for count in counts]
    neediest = sorted(range(len(counts)), key=lambda label: (-(counts[label] * wanted % total), label))
    for label in neediest[: wanted - sum(quotas)]:
        quotas[label] += 1
    return quotas


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure each channel's mean and standard deviation, on the scale 0 to 1.

    The sums are whole numbers, so nothing is lost on the way. The deviation is that of all pixels of all images
    (divided by their number, not by one less), which is another quantity than the mean of the images' own deviations.

    Args:
        images: (N, C, H, W), uint8, at least one.

    Returns:
        (mean, std), a tuple of C numbers each.

    Raises:
        ValueError: if `images` is not a batch of bytes.

    Taught in: 01.
    """
    tensor = isinstance(images, Tensor)
    if not tensor or images.dtype != torch.uint8 or images.dim() != 4 or images.numel() == 0:
        got = f"{images.dtype} of {tuple(images.shape)}" if tensor else type(images).__name__
        raise ValueError(f"channel_statistics: expected a uint8 tensor of images (N, C, H, W), got {got}")
    means, deviations = [], []
    for channel in images.unbind(1):
        counts = torch.bincount(channel.flatten(), minlength=256).tolist()  # how often each of the 256 values occurs
        pixels = sum(counts)
        total = sum(value * count for value, count in enumerate(counts))
        squares = sum(value * value * count for value, count in enumerate(counts))
        means.append(total / (255 * pixels))
        deviations.append(math.sqrt(pixels * squares - total * total) / (255 * pixels))
    return tuple(means), tuple(deviations)
