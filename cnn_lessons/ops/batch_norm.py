"""Batch normalisation from scratch: the batch's own statistics in training, the running ones in evaluation."""

from numbers import Real

import torch
from torch import Tensor

from cnn_lessons.ops.windows import check_floats, check_images, shape_of


def batch_norm2d(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each channel to mean 0 and variance 1, then by `weight` and `bias`.

    Training uses the batch's own mean and (biased) variance and moves the running figures towards them, in place, the
    variance in its unbiased form. Evaluation uses the running figures and changes nothing.

    Args:
        x: (N, C, H, W), float.
        running_mean: (C,), `x`'s dtype, updated in place when `training`. When `training`, None for both keeps none.
        running_var: as `running_mean`.
        weight: (C,), `x`'s dtype, learned; None means 1.
        bias: (C,), `x`'s dtype, learned; None means 0.
        training: batch statistics (True) or running statistics (False).
        momentum: share of the batch's figure in the new running figure, 0 to 1.
        eps: added to the variance, so that a constant channel does not divide by zero; above 0 in training, at least 0
            in evaluation.

    Returns:
        (N, C, H, W), weight·(x − mean)/√(var + eps) + bias for each channel.

    Raises:
        ValueError: if shapes or dtypes do not fit, momentum or eps is out of range, training has one value per channel,
            or evaluation has no running figures.

    Source: Ioffe & Szegedy 2015, arXiv 1502.03167, algorithms 1 and 2. Taught in: 08.
    """
    _check_tensors(x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    _check_statistics(x, running_mean, running_var, training, momentum, eps)
    dtype, x = x.dtype, x.to(torch.promote_types(x.dtype, torch.float32))  # a variance of halves may overflow
    mean, var = running_mean, running_var
    if training:
        mean, var = _batch_statistics(x, running_mean, running_var, momentum)
    x = (x - mean[:, None, None]) / (var[:, None, None].to(x.dtype) + eps).sqrt()
    x = x if weight is None else x * weight[:, None, None]
    return (x if bias is None else x + bias[:, None, None]).to(dtype)


def _batch_statistics(x, running_mean, running_var, momentum: float) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance of each channel, and move the running figures, if any, towards them."""
    if not len(x):  # an empty batch has no statistics to take
        return x.new_zeros(x.shape[1]), x.new_ones(x.shape[1])
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)  # (C,), over all images and pixels
    count = x.numel() // x.shape[1]
    if running_mean is not None:
        with torch.no_grad():
            running_mean.copy_(running_mean.to(x.dtype).lerp(mean, momentum))
            running_var.copy_(running_var.to(x.dtype).lerp(var * count / (count - 1), momentum))
    return mean, var


def _check_tensors(x: Tensor, **per_channel: Tensor | None) -> None:
    check_images("batch_norm2d", x)
    channels = x.shape[1]
    for name, value in per_channel.items():
        if value is not None and (not isinstance(value, Tensor) or value.shape != (channels,)):
            raise ValueError(
                f"batch_norm2d: expected {name} of shape ({channels},), one number a channel, got {shape_of(value)}"
            )
    check_floats("batch_norm2d", x, **per_channel)


def _check_statistics(x, running_mean, running_var, training, momentum, eps) -> None:
    if (running_mean is None) != (running_var is None):
        raise ValueError(
            "batch_norm2d: expected running_mean and running_var, or None for both, got None for one of them"
        )
    if not training and running_mean is None:
        raise ValueError("batch_norm2d: expected running_mean and running_var in evaluation mode, got None")
    if training and x.shape[0] * x.shape[2] * x.shape[3] == 1:
        raise ValueError(
            f"batch_norm2d: expected more than one value a channel in training, got x of shape {tuple(x.shape)}: "
            "its variance is 0. Use a larger batch, or evaluation mode."
        )
    if isinstance(momentum, bool) or not isinstance(momentum, Real) or not 0 <= momentum <= 1:
        raise ValueError(f"batch_norm2d: expected momentum from 0 to 1, got {momentum!r}")
    if isinstance(eps, bool) or not isinstance(eps, Real) or not eps >= 0 or (training and eps == 0):
        least = "above 0, so that nothing is divided by zero" if training else "of at least 0"
        raise ValueError(f"batch_norm2d: expected eps {least}, got {eps!r}")
