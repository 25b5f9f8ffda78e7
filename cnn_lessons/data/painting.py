"""How a picture of the built-in data set is painted, in whole numbers only: the same bytes on every machine.

Floating-point results may differ in the last digit between processors and libraries, and one flipped rounding changes
a byte. Lengths are therefore counted in sixteenths of a pixel, angles in 256ths of a turn, cover in 128ths.
Random numbers are the raw output of NumPy's PCG64, which NumPy promises to keep.
"""

import numpy as np
from numpy import ndarray

from cnn_lessons.data.outlines import OUTLINES

SIZE = 32  # pixels, height and width
RADIUS = 9  # pixels, of an object of ordinary size
MOST_CLUTTER = 8
WORDS = 20 + 8 * MOST_CLUTTER  # random numbers per picture, with some to spare; as many for every setting
CENTRES = 16 * np.arange(SIZE, dtype=np.int32) + 8 - 8 * SIZE  # of the pixels, from the middle of the picture


def _cosines() -> ndarray:
    """Return 16384 times the cosine of each 256th of a turn, from the addition theorems in whole numbers."""
    cosine, sine = 1 << 40, 0
    step_cosine, step_sine = 1099180475430, 26983366121  # 2⁴⁰ · cos and sin of a 256th of a turn
    table = []
    for _ in range(256):
        table.append((cosine + (1 << 25)) >> 26)
        cosine, sine = (
            (cosine * step_cosine - sine * step_sine) >> 40,
            (sine * step_cosine + cosine * step_sine) >> 40,
        )
    return np.array(table, dtype=np.int32)


COSINES = _cosines()


def spread(word: ndarray, low: int, high: int) -> ndarray:
    """Turn random words, uint64, into whole numbers from `low` to `high`, int32, each as likely."""
    return (((word >> 40).astype(np.int64) * (high - low + 1)) >> 24).astype(np.int32) + np.int32(low)


def paint(labels: ndarray, words: ndarray, grain: ndarray, dials, shift: tuple[int, int]) -> ndarray:
    """Paint some pictures.

    Args:
        labels: (N,), which outline each shows.
        words: (N, WORDS), uint64, random.
        grain: (N, 3, 32, 32), uint8, random.
        dials: how strong each nuisance is.
        shift: how far the object is moved from its place, right and down, in pixels.

    Returns:
        (N, 3, 32, 32), uint8.
    """
    word = iter(words.T)
    swapped = spread(next(word), 0, 255) < round(128 * dials.colour)  # up to half are darker than their ground
    canvas = _ground(word, dials.colour, swapped)
    pieces = [_piece(word, dials) for _ in range(MOST_CLUTTER)][: dials.clutter]
    in_front = len(pieces) // 2
    for cover, ink in pieces[in_front:]:
        _lay(canvas, cover, ink)
    _lay(canvas, *_object(labels, word, dials, swapped, shift))
    for cover, ink in pieces[:in_front]:
        _lay(canvas, cover, ink)
    if dials.noise:
        bell = (grain & 15).astype(np.int16) + (grain >> 4) - 15  # -15 to 15, a triangle around 0, deviation 6.5
        canvas += (bell * np.int16(round(dials.noise * 16)) + 52) // 104
    return canvas.clip(0, 255).astype(np.uint8)


def _ground(word, colour: float, swapped: ndarray) -> ndarray:
    """Return what lies behind everything: one colour that turns into another across the picture."""
    spare = round(40 * colour)
    level = 70 + spread(next(word), -spare, spare)
    level = np.where(swapped, 255 - level, level)
    slope = spread(next(word), -spare, spare) >> 1
    here = _ink(level - slope, next(word), round(48 * colour))
    there = _ink(level + slope, next(word), round(48 * colour))
    across, _ = _plane(0, 0, spread(next(word), 0, 255), 16 * SIZE)
    weight = (64 + (across >> 4)).clip(0, 128).astype(np.int16)  # 0 to 128 from one end to the other
    canvas = np.broadcast_to(here, (len(level), 3, SIZE, SIZE)).copy()
    _lay(canvas, weight, there)
    return canvas


def _object(labels: ndarray, word, dials, swapped: ndarray, shift: tuple[int, int]) -> tuple[ndarray, ndarray]:
    """Return the object's cover and ink."""
    reach = round(16 * dials.position)
    x = spread(next(word), -reach, reach) + np.int32(16 * shift[0])
    y = spread(next(word), -reach, reach) + np.int32(16 * shift[1])
    radius = 16 * RADIUS + spread(next(word), -round(16 * RADIUS * dials.size), round(16 * RADIUS * dials.size))
    turn = round(dials.rotation * 256 / 360)
    across, down = _plane(x, y, spread(next(word), -turn, turn), radius)
    inside = np.empty_like(across)
    for label, outline in enumerate(OUTLINES):
        those = labels == label
        inside[those] = outline(across[those], down[those])
    spare = round(50 * dials.colour)
    level = 185 + spread(next(word), -spare, spare)
    ink = _ink(np.where(swapped, 255 - level, level), next(word), round(75 * dials.colour))
    return _cover(inside, radius), ink


def _piece(word, dials) -> tuple[ndarray, ndarray]:
    """Return the cover and ink of one piece of clutter: a short stroke anywhere, of any brightness."""
    x, y = spread(next(word), -240, 240), spread(next(word), -240, 240)
    across, down = _plane(x, y, spread(next(word), 0, 255), 16)
    length, width = spread(next(word), 1024, 4608), spread(next(word), 640, 1280)
    inside = np.minimum(length[:, None, None] - np.abs(across), width[:, None, None] - np.abs(down))
    level = 128 + spread(next(word), -100, 100)
    return _cover(inside, np.int32(16)), _ink(level, next(word), round(60 * dials.colour))


def _plane(x, y, angle: ndarray, radius) -> tuple[ndarray, ndarray]:
    """Return the coordinates of all pixels seen from an object: (N, 32, 32), 1024 to its radius, y down."""
    cosine, sine = ((COSINES[turned & 255] << 10) // radius for turned in (angle, angle - 64))
    right = CENTRES - np.reshape(np.int32(x), (-1, 1, 1))  # (N, 1, 32)
    below = CENTRES[:, None] - np.reshape(np.int32(y), (-1, 1, 1))  # (N, 32, 1)
    cosine, sine = cosine[:, None, None], sine[:, None, None]
    return (right * cosine + below * sine) >> 14, (below * cosine - right * sine) >> 14


def _cover(inside: ndarray, radius: ndarray) -> ndarray:
    """Return how much of each pixel is covered, 0 to 128: all, where it lies half a pixel inside the outline."""
    return (64 + ((inside * np.reshape(radius, (-1, 1, 1))) >> 7)).clip(0, 128).astype(np.int16)


def _ink(level: ndarray, word: ndarray, strength: int) -> ndarray:
    """Return colours of a brightness and a random hue, (N, 3, 1, 1), 0 to 255."""
    hue = spread(word, 0, 255)
    channels = [level + ((COSINES[(hue + third) & 255] * strength) >> 14) for third in (0, 85, 171)]
    return np.stack(channels, axis=1).clip(0, 255).astype(np.int16)[..., None, None]


def _lay(canvas: ndarray, cover: ndarray, ink: ndarray) -> None:
    """Lay a layer over the canvas, in place."""
    layer = ink - canvas
    layer *= cover[:, None]  # 255 · 128 still fits in 16 bits
    layer >>= 7
    canvas += layer
