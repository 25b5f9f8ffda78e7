"""Pooling from scratch: the largest value or the mean of each window."""

import torch
from torch import Tensor

from cnn_lessons.arithmetic import Size, pair, pool_output_size
from cnn_lessons.ops.windows import check_floats, check_images, windows


def max_pool2d(
    x: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Keep the largest value of each window; padding counts as −∞, so it never wins.

    Args:
        x: (N, C, H, W), float.
        kernel_size, padding, dilation: int or (height, width) pair.
        stride: int or (height, width) pair; None means `kernel_size`.
        ceil_mode: keep a last window that hangs over the edge.

    Returns:
        (N, C, H_out, W_out), sizes by `arithmetic.pool_output_size`. The gradient goes to the first largest value
        (of a window of −∞ alone, that may be the padding).

    Raises:
        ValueError: if `x` is no (N, C, H, W) of floats, padding exceeds half the kernel, or no window fits.

    Taught in: 04.
    """
    check_images("max_pool2d", x)
    check_floats("max_pool2d", x)
    view = _pool_windows(x, kernel_size, stride, padding, dilation, ceil_mode, outside=-torch.inf)
    return view.flatten(-2).max(dim=-1).values  # (N, C, H_out, W_out)


def avg_pool2d(
    x: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Average each window.

    Args:
        x: (N, C, H, W), float.
        kernel_size, padding: int or (height, width) pair.
        stride: int or (height, width) pair; None means `kernel_size`.
        ceil_mode: keep a last window that hangs over the edge; what hangs over is never counted.
        count_include_pad: divide by the whole window, padding included; False divides by the real pixels only.

    Returns:
        (N, C, H_out, W_out), sizes by `arithmetic.pool_output_size`.

    Raises:
        ValueError: as `max_pool2d`.

    Taught in: 04.
    """
    check_images("avg_pool2d", x)
    check_floats("avg_pool2d", x)
    view = _pool_windows(x, kernel_size, stride, padding, 1, ceil_mode, outside=0.0)
    rows, columns = (
        _counted(*axis, count_include_pad, device=x.device)
        for axis in zip(
            view.shape[2:4],
            x.shape[2:],
            pair(kernel_size, "kernel_size", 1),
            pair(kernel_size if stride is None else stride, "stride", 1),
            pair(padding, "padding", 0),
            strict=True,
        )
    )
    total = view.sum(dim=(-2, -1), dtype=torch.promote_types(x.dtype, torch.float32))  # a sum of halves may overflow
    return (total / (rows[:, None] * columns)).to(x.dtype)  # (N, C, H_out, W_out)


def adaptive_avg_pool2d(x: Tensor, output_size: Size) -> Tensor:
    """Average the image down (or up) to a fixed output size, whatever the input size.

    Args:
        x: (N, C, H, W), float.
        output_size: int or (height, width) pair, at least 1; 1 averages the whole map ("global average pooling").

    Returns:
        (N, C, H_out, W_out). Output row i averages the input rows ⌊i·H/H_out⌋ to ⌈(i + 1)·H/H_out⌉ − 1.

    Raises:
        ValueError: if `x` is no (N, C, H, W) of floats, or `output_size` is below 1.

    Taught in: 04.
    """
    check_images("adaptive_avg_pool2d", x)
    check_floats("adaptive_avg_pool2d", x)
    rows, columns = map(_shares, x.shape[2:], pair(output_size, "output_size", 1))
    cells = [[x[:, :, row, column].mean(dim=(-2, -1)) for column in columns] for row in rows]  # each (N, C)
    return torch.stack([torch.stack(row, dim=-1) for row in cells], dim=-2)  # (N, C, H_out, W_out)


def _pool_windows(x, kernel_size, stride, padding, dilation, ceil_mode, outside: float) -> Tensor:
    """Pad with `outside`, as far as the last window reaches, and return the windows: (N, C, H_out, W_out, K_h, K_w)."""
    stride = kernel_size if stride is None else stride
    out = pool_output_size(tuple(x.shape[2:]), kernel_size, stride, padding, dilation, ceil_mode)
    kernel, step = pair(kernel_size, "kernel_size", 1), pair(stride, "stride", 1)
    before, gap = pair(padding, "padding", 0), pair(dilation, "dilation", 1)
    after = [
        # how far the last window reaches beyond the image; negative where the last pixels are never reached
        (out[a] - 1) * step[a] + gap[a] * (kernel[a] - 1) + 1 - x.shape[2 + a] - before[a]
        for a in (0, 1)
    ]
    padded = torch.nn.functional.pad(x, (before[1], after[1], before[0], after[0]), value=outside)
    return windows(padded, kernel, step, gap)


def _shares(size: int, parts: int) -> list[slice]:
    """Cut an axis into `parts` slices as equal as can be; neighbours share a pixel where it does not come out even."""
    return [slice(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def _counted(out: int, size: int, kernel: int, stride: int, padding: int, include_pad: bool, device) -> Tensor:
    """Return how many positions of an axis each window averages over: (out,)."""
    start = torch.arange(out, device=device) * stride - padding
    end = (start + kernel).clamp(max=size + padding)
    return end - start if include_pad else end.clamp(max=size) - start.clamp(min=0)
