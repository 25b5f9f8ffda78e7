"""The built-in data set: ten shapes, drawn here, so that a network can be trained anywhere, at once and offline.

Only the outline tells the classes apart. Place, size, colour, angle, clutter and noise vary as well and mean nothing:
how much, six dials say. The pictures have CIFAR's format, 3×32×32 bytes and ten classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from numbers import Real

import numpy as np
import torch
from torch import Tensor

from cnn_lessons.arithmetic import integer
from cnn_lessons.data.images import ImageData, Images, channel_statistics
from cnn_lessons.data.outlines import OUTLINES
from cnn_lessons.data.painting import MOST_CLUTTER, SIZE, WORDS, paint

CLASSES = tuple(outline.__name__ for outline in OUTLINES)
CHUNK = 256  # pictures painted at once, so that the arrays stay in the processor's cache
LIMITS = {"position": 16, "size": 0.5, "colour": 1, "rotation": 180, "clutter": MOST_CLUTTER, "noise": 64}
TRAIN, TEST, DRAWN = range(3)  # three streams of random numbers: no picture is in two of them


@dataclass(frozen=True)
class Dials:
    """How strong each nuisance is; 0 switches it off.

    Attributes:
        position: the centre lies up to this many pixels from the picture's centre, in each direction; 0 to 16.
        size: the radius differs from 9 pixels by up to this part of it, either way; 0 to 0.5.
        colour: from grey, light on dark (0), to all hues, light on dark or dark on light (1).
        rotation: the object is turned by up to this many degrees, either way; 0 to 180.
        clutter: how many strokes lie about, half of them in front of the object; a whole number, 0 to 8.
        noise: the standard deviation of what is added to each value, in grey levels of 255; 0 to 64.
    """

    position: float = 5
    size: float = 0.45
    colour: float = 1
    rotation: float = 60
    clutter: int = 7
    noise: float = 22

    def __post_init__(self):
        """Refuse a dial outside its range; keep the others as Python's numbers, since NumPy's small ones overflow."""
        for field in fields(self):
            value, most = getattr(self, field.name), LIMITS[field.name]
            if not isinstance(value, Real) or not 0 <= value <= most:
                raise ValueError(f"shapes: expected {field.name} from 0 to {most}, got {value!r}")
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
        integer(self.clutter, "clutter", 0)


def shapes(train: int = 10_000, test: int = 2_000, seed: int = 0, **dials: float) -> ImageData:
    """Draw the built-in data set.

    Args:
        train: how many training images; the first ten show each class once, and so on by tens.
        test: how many test images.
        seed: the same seed and dials give the same bytes on every machine.
        dials: settings that differ from the defaults of `Dials`: position, size, colour, rotation, clutter, noise.

    Returns:
        The data set; `generated` is True. Its classes, from 0, are circle, ring, square, triangle, cross, star, bars,
        crescent, arrow and heart.

    Raises:
        ValueError: if there is no training or no test image, or a dial is unknown or outside its range.

    Taught in: 05.
    """
    parts, seed = [], integer(seed, "seed", 0)
    for stream, number in ((TRAIN, integer(train, "train", 1)), (TEST, integer(test, "test", 1))):
        labels = _shuffled_labels(number, seed, stream)
        parts.append(Images(_draw(labels, (seed, stream), _dials(dials)), torch.from_numpy(labels)))
    mean, std = channel_statistics(parts[0].images)
    return ImageData(*parts, CLASSES, mean, std, name="shapes", generated=True)


def draw_shapes(
    labels: Sequence[int] | Tensor, *, seed: int = 0, shift: tuple[int, int] = (0, 0), **dials: float
) -> Tensor:
    """Draw pictures of given classes, from other random numbers than `shapes()`; the shift moves the object alone.

    Args:
        labels: the class of each picture, 0 to 9, as in `shapes`.
        seed: the same seed, labels and dials give the same bytes, apart from the shift.
        shift: how far the object is moved, (right, down), unlike the (height, width) pairs elsewhere; whole pixels, −32
            to 32. What leaves the picture is cut off.
        dials: settings that differ from the defaults of `Dials`.

    Returns:
        (N, 3, 32, 32), uint8.

    Raises:
        ValueError: if a label, the shift or a dial is outside its range.

    Taught in: 05.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.isin(labels, range(len(CLASSES))).all():
        raise ValueError(f"draw_shapes: expected a list of labels from 0 to {len(CLASSES) - 1}, got {labels}")
    pixels = [integer(value, "shift", -SIZE) for value in shift] if isinstance(shift, tuple | list) else []
    if len(pixels) != 2 or max(pixels) > SIZE:
        raise ValueError(f"shift: expected (right, down), from {-SIZE} to {SIZE} pixels each, got {shift}")
    return _draw(labels.astype(np.int64), (integer(seed, "seed", 0), DRAWN), _dials(dials), tuple(pixels))


def _dials(settings: dict[str, float]) -> Dials:
    unknown = set(settings) - set(LIMITS)
    if unknown:
        raise ValueError(f"shapes: expected the dials {', '.join(LIMITS)}, got {', '.join(sorted(unknown))}")
    return Dials(**settings)


def _shuffled_labels(number: int, seed: int, stream: int) -> np.ndarray:
    """Return labels of which every ten in a row are the ten classes, in some order."""
    tens = -(-number // len(CLASSES))
    keys = np.random.PCG64([seed, stream, 2]).random_raw(tens * len(CLASSES)).reshape(tens, -1)
    return np.argsort(keys, axis=1, kind="stable").reshape(-1)[:number].astype(np.int64)


def _draw(labels: np.ndarray, entropy: tuple[int, int], dials: Dials, shift: tuple[int, int] = (0, 0)) -> Tensor:
    """Paint the pictures chunk by chunk; picture i depends on the i-th label, the seed and the dials only."""
    pictures = np.empty((len(labels), 3, SIZE, SIZE), dtype=np.uint8)
    layout, grains = (np.random.PCG64([*entropy, purpose]) for purpose in (0, 1))
    for start in range(0, len(labels), CHUNK):
        some = labels[start : start + CHUNK]
        words = layout.random_raw(len(some) * WORDS).reshape(len(some), WORDS)
        grain = grains.random_raw(len(some) * 3 * SIZE * SIZE // 8).astype("<u8", copy=False).view(np.uint8)
        grain = grain.reshape(len(some), 3, SIZE, SIZE)
        pictures[start : start + CHUNK] = paint(some, words, grain, dials, shift)
    return torch.from_numpy(pictures)
