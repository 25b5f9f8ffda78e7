"""The one idea behind the fast versions: view the image, padded where need be, as all of its windows at once."""

import torch
from torch import Tensor

from cnn_lessons.arithmetic import Size, conv_output_size, pair

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
"""What may stand beyond the edge, zeros, the picture mirrored, its last pixel again, or its other side."""


def pad2d(x: Tensor, padding: Size, padding_mode: str = "zeros") -> Tensor:
    """Widen the image on all four sides.

    Args:
        x: (N, C, H, W).
        padding: pixels on each side, int or (height, width) pair.
        padding_mode: "zeros"; "replicate" (repeat the edge pixel); "reflect" (mirror at the edge pixel, which is not
            repeated); "circular" (continue from the opposite side).

    Returns:
        (N, C, H + 2·padding_h, W + 2·padding_w).

    Raises:
        ValueError: if `padding_mode` is unknown or the padding is wider than it allows: "reflect" less than the image,
            "circular" at most the image.

    Taught in: 03.
    """
    check_images("pad2d", x)
    if padding_mode not in PADDING_MODES:
        raise ValueError(f"padding_mode: expected one of {', '.join(PADDING_MODES)}, got {padding_mode!r}")
    pads = pair(padding, "padding", 0)
    if padding_mode == "zeros":
        return torch.nn.functional.pad(x, (pads[1], pads[1], pads[0], pads[0]))
    rows, columns = (_source(*axis, padding_mode).to(x.device) for axis in zip(x.shape[2:], pads, strict=True))
    return x[:, :, rows][:, :, :, columns]


def windows(x: Tensor, kernel_size: Size, stride: Size = 1, dilation: Size = 1) -> Tensor:
    """View the image as all of its windows; nothing is copied.

    Args:
        x: (N, C, H, W), already padded.
        kernel_size, stride, dilation: int or (height, width) pair.

    Returns:
        (N, C, H_out, W_out, K_h, K_w). It is a view, so that writing to it writes to `x`.

    Raises:
        ValueError: if `x` has not four dimensions or no window fits.

    Taught in: 02.
    """
    check_images("windows", x)
    conv_output_size(tuple(x.shape[2:]), kernel_size, stride, 0, dilation)  # raises if nothing fits
    kernel, step, gap = pair(kernel_size, "kernel_size", 1), pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    for axis in (0, 1):
        x = x.unfold(2 + axis, gap[axis] * (kernel[axis] - 1) + 1, step[axis])
    return x[..., :: gap[0], :: gap[1]]


def check_images(name: str, x: Tensor) -> None:
    """Raise ValueError, naming the function that was called, unless `x` is a batch of images (or a batch of none)."""
    if not isinstance(x, Tensor):
        raise ValueError(f"{name}: expected x to be a torch.Tensor, got {type(x).__name__}")
    if x.dim() != 4:
        raise ValueError(
            f"{name}: expected x of shape (N, C, H, W), got shape {tuple(x.shape)}. For one image, add x[None]."
        )
    if not all(x.shape[1:]):
        raise ValueError(f"{name}: expected at least one channel, row and column, got x of shape {tuple(x.shape)}")


def check_floats(name: str, x: Tensor, **others: Tensor | None) -> None:
    """Raise ValueError unless `x` holds floating-point numbers and the other tensors have its dtype."""
    if not x.is_floating_point():
        raise ValueError(f"{name}: expected x of floating-point numbers, got {x.dtype}. Convert it first: x.float()")
    for label, tensor in others.items():
        if tensor is not None and tensor.dtype != x.dtype:
            raise ValueError(f"{name}: expected {label} of x's dtype, {x.dtype}, got {tensor.dtype}")


def _source(size: int, pad: int, mode: str) -> Tensor:
    """Return, for each position of a padded axis, the index of the pixel that it shows."""
    widest = {"reflect": size - 1, "circular": size, "replicate": pad}[mode]
    if pad > widest:
        raise ValueError(f"padding: expected at most {widest} for mode {mode!r} on {size} pixels, got {pad}")
    position = torch.arange(-pad, size + pad)
    if mode == "replicate":
        return position.clamp(0, size - 1)
    if mode == "circular":
        return position % size
    return size - 1 - (size - 1 - position.abs()).abs()  # reflect: fold at 0, then at size − 1


def shape_of(value) -> str:
    """Describe an argument for an error message: its shape, or its type if it is no tensor."""
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
