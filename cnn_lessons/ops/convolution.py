"""Convolution from scratch: four loops to read, one matrix product to use. What both do is cross-correlation."""

import torch
from torch import Tensor

from cnn_lessons.arithmetic import Size, channels_per_group, conv_output_size, pair
from cnn_lessons.ops.windows import check_floats, check_images, pad2d, shape_of, windows


def conv2d_loops(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Tensor:
    """Convolve with four nested loops: the version to read. Arguments, result and errors as `conv2d`.

    Taught in: 02.
    """
    out_height, out_width = _check_conv(x, weight, bias, stride, padding, dilation, groups)
    (stride_h, stride_w), (dilation_h, dilation_w) = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    filters, channels, kernel_h, kernel_w = weight.shape  # (C_out, C_in/G, K_h, K_w)
    x = pad2d(x, padding, padding_mode)  # (N, C_in, H + 2p_h, W + 2p_w)
    out = x.new_zeros(len(x), filters, out_height, out_width)
    for n in range(len(x)):
        for k in range(filters):
            first = k // (filters // groups) * channels  # the first of the input channels that filter k looks at
            for i in range(out_height):
                for j in range(out_width):
                    top, left = i * stride_h, j * stride_w
                    rows = slice(top, top + dilation_h * (kernel_h - 1) + 1, dilation_h)
                    columns = slice(left, left + dilation_w * (kernel_w - 1) + 1, dilation_w)
                    window = x[n, first : first + channels, rows, columns]  # (C_in/G, K_h, K_w)
                    out[n, k, i, j] = (window * weight[k]).sum()
    return out if bias is None else out + bias[:, None, None]


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Tensor:
    """Convolve with one matrix product over all windows: the version to use.

    What deep learning calls convolution is cross-correlation: the kernel is not flipped.

    Args:
        x: (N, C_in, H, W), float.
        weight: (C_out, C_in/groups, K_h, K_w), same dtype as `x`.
        bias: (C_out,), same dtype, or None.
        stride, padding, dilation: int or (height, width) pair, in pixels.
        groups: number of separate convolutions that the channels are split into; divides C_in and C_out.
        padding_mode: "zeros", "reflect", "replicate" or "circular".

    Returns:
        (N, C_out, H_out, W_out), H_out = ⌊(H + 2·padding − dilation·(K_h − 1) − 1) / stride⌋ + 1.

    Raises:
        ValueError: if ranks, channels, groups or dtypes do not fit, the kernel exceeds the padded input, or the padding
            is too wide for its mode.

    Source: Chellapilla, Puri & Simard 2006 (convolution as a matrix product). Taught in: 02, 03.
    """
    _check_conv(x, weight, bias, stride, padding, dilation, groups)
    view = windows(pad2d(x, padding, padding_mode), weight.shape[2:], stride, dilation)
    view = view.unflatten(1, (groups, -1))  # (N, G, C_in/G, H_out, W_out, K_h, K_w)
    filters = weight.unflatten(0, (groups, -1))  # (G, C_out/G, C_in/G, K_h, K_w)
    out = torch.einsum("ngchwij,gkcij->ngkhw", view, filters).flatten(1, 2)  # (N, C_out, H_out, W_out)
    return out if bias is None else out + bias[:, None, None]


def _check_conv(x, weight, bias, stride, padding, dilation, groups) -> tuple[int, int]:
    """Return the output size; ValueError for anything that does not fit."""
    check_images("conv2d", x)
    if not isinstance(weight, Tensor) or weight.dim() != 4:
        raise ValueError(f"conv2d: expected weight of shape (C_out, C_in/groups, K_h, K_w), got {shape_of(weight)}")
    channels, filters = x.shape[1], weight.shape[0]
    if weight.shape[1] != channels_per_group(channels, filters, groups):
        raise ValueError(
            f"conv2d: x has {channels} channels in {groups} group(s), weight expects {weight.shape[1]} in each "
            "(weight.shape[1]). Did you swap in and out channels?"
        )
    if bias is not None and (not isinstance(bias, Tensor) or bias.shape != (filters,)):
        raise ValueError(
            f"conv2d: expected bias of shape ({filters},), one number for each filter, got {shape_of(bias)}"
        )
    check_floats("conv2d", x, weight=weight, bias=bias)
    return conv_output_size(tuple(x.shape[2:]), tuple(weight.shape[2:]), stride, padding, dilation)
