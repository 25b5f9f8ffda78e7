"""The photograph that the first chapters look at."""

from pathlib import Path

import torch
from torch import Tensor

from cnn_lessons.arithmetic import integer

PHOTOGRAPH = "grace_hopper.jpg"  # Grace Hopper, James S. Davis, US Navy, 1984; public domain; ships with matplotlib


def photograph(reduce: int = 1) -> Tensor:
    """Return the portrait of Grace Hopper, channels last, as a file is unpacked.

    Args:
        reduce: average blocks of this many pixels in each direction into one, at least 1; 1 keeps all pixels.

    Returns:
        (⌊600/reduce⌋, ⌊512/reduce⌋, 3), uint8, 0 to 255, red, green, blue. What does not fill a block, at the right and
        below, is cut off.

    Raises:
        ValueError: if `reduce` is not an integer of at least 1, or is larger than the picture.
        FileNotFoundError: if matplotlib was installed without its sample data.

    Taught in: 01.
    """
    import matplotlib  # here, since most who load data draw nothing
    from PIL import Image

    reduce = integer(reduce, "reduce", 1)
    path = Path(matplotlib.get_data_path(), "sample_data", PHOTOGRAPH)
    if not path.is_file():
        raise FileNotFoundError(
            f"photograph: expected {path}, a sample that matplotlib ships. Reinstall matplotlib from PyPI."
        )
    with Image.open(path) as image:
        width, height = image.size
        pixels = torch.frombuffer(bytearray(image.convert("RGB").tobytes()), dtype=torch.uint8)
    if reduce > min(height, width):
        raise ValueError(f"reduce: expected at most {min(height, width)}, the picture's shorter side, got {reduce}")
    pixels = pixels.reshape(height, width, 3)[: height // reduce * reduce, : width // reduce * reduce]
    blocks = pixels.unflatten(1, (-1, reduce)).unflatten(0, (-1, reduce))  # (H/r, r, W/r, r, 3)
    total = blocks.sum(dim=(1, 3), dtype=torch.int64)  # whole numbers: the same on every machine
    return ((total + reduce**2 // 2) // reduce**2).to(torch.uint8)
