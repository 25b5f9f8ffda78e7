"""What is done to a batch on its way into the network, all images at once, on the device where they lie.

The crop and the flip have the same distribution as torchvision's RandomCrop and RandomHorizontalFlip, which work
through a batch image by image.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from cnn_lessons.arithmetic import integer

FILLS = ("zeros", "reflect")


def random_crop(images: Tensor, padding: int, generator: torch.Generator, fill: str = "zeros") -> Tensor:
    """Pad each image on all sides and cut a window of the old size out of it, somewhere.

    Args:
        images: (N, C, H, W), uint8 or float, on any device; stays as it is.
        padding: pixels on each side; each of the (2·padding + 1)² windows is equally likely.
        generator: on the CPU. The offsets are drawn there, so that they do not depend on the device.
        fill: what the border is made of: "zeros", or "reflect", which mirrors the image at its edge pixel.

    Returns:
        (N, C, H, W), new memory, in the dtype, on the device and in the memory format of `images`.

    Raises:
        ValueError: if `images` is no batch, `padding` is negative or too wide to reflect, or `fill` is unknown.

    Taught in: 09.
    """
    _check_batch("random_crop", images)
    padding = integer(padding, "padding", 0)
    if fill not in FILLS:
        raise ValueError(f"fill: expected one of {', '.join(FILLS)}, got {fill!r}")
    height, width = images.shape[2:]
    if fill == "reflect" and padding >= min(height, width):
        raise ValueError(f"padding: expected less than the image's {min(height, width)} pixels, got {padding}")
    offsets = torch.randint(0, 2 * padding + 1, (2, len(images)), generator=generator)
    return _crop(images, offsets, padding, fill)


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image, left to right, or leave it: one coin per image.

    Args:
        images: (N, C, H, W), uint8 or float, on any device; stays as it is.
        generator: on the CPU. The coins are tossed there, so that they do not depend on the device.

    Returns:
        (N, C, H, W), new memory, in the dtype, on the device and in the memory format of `images`.

    Raises:
        ValueError: if `images` is no batch.

    Taught in: 09.
    """
    _check_batch("random_flip", images)
    coins = torch.randint(0, 2, (len(images), 1, 1, 1), generator=generator).bool()
    return torch.where(_beside(images, coins), images.flip(3), images)


def normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Bring bytes to the scale 0 to 1, then shift and scale each channel; the shape of its distribution stays.

    Args:
        images: (N, C, H, W), uint8.
        mean: what is subtracted from each channel, on the scale 0 to 1; C numbers.
        std: what each channel is divided by afterwards; C numbers.

    Returns:
        (N, C, H, W), float32, in the memory format of `images`. Each value is (images / 255 − mean) / std.

    Raises:
        ValueError: if `images` is no batch of bytes, `mean` or `std` has not one number per channel, or a std is not
            above 0.

    Taught in: 01.
    """
    _check_batch("normalise", images)
    channels = images.shape[1]
    if images.dtype != torch.uint8:
        raise ValueError(f"normalise: expected uint8 images, 0 to 255, got {images.dtype}")
    if any(torch.as_tensor(numbers).shape != (channels,) for numbers in (mean, std)):
        raise ValueError(f"normalise: expected a mean and a std for each of {channels} channels, got {mean} and {std}")
    if not all(deviation > 0 for deviation in std):  # nor is NaN
        raise ValueError(f"normalise: expected stds above 0, got {tuple(std)}: a channel whose pixels are all alike")
    scale = torch.tensor([1 / (255 * deviation) for deviation in std], dtype=torch.float32)
    offset = torch.tensor([m / deviation for m, deviation in zip(mean, std, strict=True)], dtype=torch.float32)
    scale, offset = (_beside(images, numbers).view(-1, 1, 1) for numbers in (scale, offset))
    return images.to(torch.float32).mul_(scale).sub_(offset)


def _crop(images: Tensor, offsets: Tensor, padding: int, fill: str) -> Tensor:
    """Cut the windows that start `offsets`, (2, N), rows then columns, from the corner of the padded images."""
    number, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (padding,) * 4) if fill == "zeros" else _mirror(images, padding)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, 2p + 1, 2p + 1, H, W), a view
    rows, columns = _beside(images, offsets)
    each = torch.arange(number, device=images.device)
    cropped = windows.permute(0, 2, 3, 1, 4, 5)[each, rows, columns]
    return cropped.contiguous(memory_format=_memory_format(images))


def _mirror(images: Tensor, padding: int) -> Tensor:
    """Pad by reflection: 2 1 [0 1 2 3] 2 1. PyTorch's own knows no bytes."""
    for axis in (2, 3):
        size = images.shape[axis]
        before = images.narrow(axis, 1, padding).flip(axis)
        after = images.narrow(axis, size - 1 - padding, padding).flip(axis)
        images = torch.cat([before, images, after], axis)
    return images


def _beside(images: Tensor, numbers: Tensor) -> Tensor:
    """Copy numbers to the device of the images; a GPU is not waited for."""
    return numbers.to(images.device, non_blocking=images.is_cuda)


def _memory_format(images: Tensor) -> torch.memory_format:
    last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def _check_batch(name: str, images: Tensor) -> None:
    if not isinstance(images, Tensor) or images.dim() != 4:
        got = f"shape {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(f"{name}: expected images of shape (N, C, H, W), got {got}. For one image, add images[None].")
