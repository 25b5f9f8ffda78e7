"""The arithmetic of shapes: output sizes, receptive fields, parameters, multiply-adds. Integers only, no framework.

Every size, kernel, stride, padding and dilation is an int, or a (height, width) pair where the two directions differ;
`receptive_field` looks along one direction.
"""

import operator
from collections.abc import Iterable, Sequence

Size = int | tuple[int, int]


def integer(value: int, name: str, least: int) -> int:
    """Return `value` if it is an integer of at least `least`; else raise ValueError that calls it `name`."""
    try:
        number = operator.index(value)  # NumPy's integers overflow: from here on it is Python's
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or str(getattr(value, "dtype", "")) == "torch.bool":
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")
    if number < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return number


def pair(value: Size | Sequence[int], name: str, least: int) -> tuple[int, int]:
    """Return `value` as (height, width), each at least `least`; an int stands for both. Errors call it `name`."""
    if not isinstance(value, (tuple, list)):
        return (integer(value, name, least),) * 2
    if len(value) != 2:
        raise ValueError(f"{name}: expected an int or a (height, width) pair, got {len(value)} numbers: {value!r}")
    return integer(value[0], name, least), integer(value[1], name, least)


def conv_output_size(size: Size, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1) -> Size:
    """Count the places where a sliding window fits.

    Args:
        size: input height and width in pixels, at least 0.
        kernel_size: window size, at least 1.
        stride: pixels between two neighbouring windows, at least 1.
        padding: pixels added on each side, at least 0.
        dilation: pixels between two neighbouring kernel elements, at least 1.

    Returns:
        ⌊(size + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1, a pair if any argument is one.

    Raises:
        ValueError: if an argument is out of range or the (dilated) kernel exceeds the padded input.

    Source: Dumoulin & Visin 2016, arXiv 1603.07285, relationship 6 with dilation (§5.1). Taught in: 03.
    """
    return _per_axis(_floor_windows, size, kernel_size, stride, padding, dilation)


def pool_output_size(
    size: Size,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Size:
    """Count the windows of a pooling layer.

    Args:
        size: input height and width in pixels, at least 0.
        kernel_size: window size, at least 1.
        stride: pixels between two windows, at least 1; None means `kernel_size`, so that they touch without overlap.
        padding: pixels added on each side, at most half of `kernel_size`.
        dilation: pixels between two neighbouring elements of a window, at least 1.
        ceil_mode: keep a last window that hangs over the edge, if it starts inside the input or its left padding.

    Returns:
        As `conv_output_size`; with `ceil_mode` rounded up, less a last window that would start beyond the input.

    Raises:
        ValueError: if an argument is out of range, padding exceeds half the kernel, or no window fits.

    Source: torch.nn.MaxPool2d's documentation (the `ceil_mode` note). Taught in: 04.
    """
    count = _ceil_windows if ceil_mode else _floor_windows
    for kernel, pad in zip(pair(kernel_size, "kernel_size", 1), pair(padding, "padding", 0), strict=True):
        if pad > kernel // 2:
            raise ValueError(
                f"padding: expected at most half of kernel_size {kernel}, got {pad}; "
                "a window that holds nothing but padding has nothing to pool"
            )
    return _per_axis(count, size, kernel_size, kernel_size if stride is None else stride, padding, dilation)


def receptive_field(layers: Iterable[Sequence[int]]) -> int:
    """Find how wide a stretch of the input, in one direction, one output value depends on.

    Args:
        layers: first to last, each (kernel_size, stride) or (kernel_size, stride, dilation); ints, at least 1.

    Returns:
        1 + Σ dilation·(kernel_size − 1)·(product of the strides before that layer); 1 for no layers.

    Raises:
        ValueError: if a layer does not hold two or three integers of at least 1.

    Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", Distill.
    Taught in: 03.
    """
    field, jump = 1, 1  # jump: how many input pixels apart two neighbouring outputs are
    for index, layer in enumerate(layers):
        if not isinstance(layer, (tuple, list)) or len(layer) not in (2, 3):
            raise ValueError(
                f"layers[{index}]: expected (kernel_size, stride) or (kernel_size, stride, dilation), got {layer!r}"
            )
        kernel, stride, dilation = (
            integer(value, f"layers[{index}] {name}", 1)
            for value, name in zip((*layer, 1)[:3], ("kernel_size", "stride", "dilation"), strict=True)
        )
        field += dilation * (kernel - 1) * jump
        jump *= stride
    return field


def conv_parameters(in_channels: int, out_channels: int, kernel_size: Size, groups: int = 1, bias: bool = True) -> int:
    """Count the numbers that a convolution learns.

    Args:
        in_channels: C_in, at least 1, divisible by `groups`.
        out_channels: C_out, at least 1, divisible by `groups`.
        kernel_size: window size (K, or K_h and K_w), at least 1.
        groups: how many separate convolutions the channels are split into.
        bias: whether each filter has a bias.

    Returns:
        C_out·(C_in/groups)·K_h·K_w, plus C_out with a bias. The size of the image does not matter.

    Raises:
        ValueError: if an argument is out of range or `groups` does not divide both channel counts.

    Taught in: 03.
    """
    height, width = pair(kernel_size, "kernel_size", 1)
    per_filter = channels_per_group(in_channels, out_channels, groups) * height * width
    return integer(out_channels, "out_channels", 1) * (per_filter + bool(bias))


def conv_multiply_adds(
    size: Size,
    in_channels: int,
    out_channels: int,
    kernel_size: Size,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> int:
    """Count the multiply-adds of a convolution on one image, the bias not counted.

    Args:
        size: input height and width in pixels (an int means a square image).
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups: as in torch.nn.Conv2d.

    Returns:
        H_out·W_out·C_out·(C_in/groups)·K_h·K_w. Each output value takes one for each weight of its filter.

    Raises:
        ValueError: as `conv_output_size` and `conv_parameters`.

    Taught in: 03.
    """
    height, width = conv_output_size(pair(size, "size", 0), kernel_size, stride, padding, dilation)
    return height * width * conv_parameters(in_channels, out_channels, kernel_size, groups, bias=False)


def channels_per_group(in_channels: int, out_channels: int, groups: int) -> int:
    """Return in_channels/groups; ValueError unless `groups` divides both in_channels and out_channels."""
    groups = integer(groups, "groups", 1)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if integer(channels, name, 1) % groups:
            raise ValueError(f"groups: expected a divisor of {name}={channels}, got {groups}")
    return integer(in_channels, "in_channels", 1) // groups


def _per_axis(count, size: Size, *window: Size) -> Size:
    """Apply `count(size, kernel, stride, padding, dilation)` to height and width; one int if no argument is a pair."""
    names = (("size", 0), ("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1))
    values = [pair(value, name, least) for value, (name, least) in zip((size, *window), names, strict=True)]
    height, width = (count(*axis) for axis in zip(*values, strict=True))
    return (height, width) if any(isinstance(value, (tuple, list)) for value in (size, *window)) else height


def _floor_windows(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    free = size + 2 * padding - _span(kernel, dilation)  # how far the first window can slide
    return free // stride + 1 if free >= 0 else _no_room(size, kernel, padding, dilation)


def _ceil_windows(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    free = size + 2 * padding - _span(kernel, dilation)
    windows = -(-free // stride) + 1
    windows -= (windows - 1) * stride >= size + padding  # a last window that starts outside would see only padding
    return windows if windows >= 1 else _no_room(size, kernel, padding, dilation)


def _span(kernel: int, dilation: int) -> int:
    """Return how many pixels a dilated kernel covers from its first to its last element."""
    return dilation * (kernel - 1) + 1


def _no_room(size: int, kernel: int, padding: int, dilation: int) -> int:
    raise ValueError(
        f"kernel_size: expected at most the padded input, {size} + 2·{padding} = {size + 2 * padding} pixels, "
        f"got a kernel of {kernel} with dilation {dilation} that spans {_span(kernel, dilation)}. "
        "Use a smaller kernel, less dilation or more padding."
    )
