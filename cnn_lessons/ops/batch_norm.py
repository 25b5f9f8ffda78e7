"""Batch normalisation from scratch: the batch's own statistics in training, the running ones in evaluation."""

import torch
from torch import Tensor

from cnn_lessons.ops.windows import check_images, shape_of



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
        running_mean, running_var: (C,), updated in place when `training`; None keeps none (only when `training`).
        weight, bias: (C,), learned; None means 1 and 0.
        training: batch statistics (True) or running statistics (False).
        momentum: share of the batch's figure in the new running figure, 0 to 1.
        eps: added to the variance, so that a constant channel does not divide by zero.

    Returns:
        (N, C, H, W): weight·(x − mean)/√(var + eps) + bias, per channel.

    Raises:
        ValueError: if shapes do not fit, training has one value per channel, or evaluation has no running figures.

    Source: Ioffe & Szegedy 2015, arXiv 1502.03167, algorithms 1 and 2. Taught in: 08.
    """
    _check_batch_norm(x, running_mean, running_var, weight, bias, training)
    if training and x.numel():
        mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)  # (C,), over all images and pixels
        count = x.numel() // x.shape[1]
        with torch.no_grad():
            if running_mean is not None:
                running_mean.lerp_(mean, momentum)
            if running_var is not None:
                running_var.lerp_(var * count / (count - 1), momentum)
    elif training:
        mean, var = x.new_zeros(x.shape[1]), x.new_ones(x.shape[1])  # an empty batch has no statistics to take
    else:
        mean, var = running_mean, running_var
    x = (x - mean[:, None, None]) / (var[:, None, None] + eps).sqrt()
    x = x if weight is None else x * weight[:, None, None]
    return x if bias is None else x + bias[:, None, None]


def _check_batch_norm(x, running_mean, running_var, weight, bias, training) -> None:
    check_images("batch_norm2d", x)
    channels = x.shape[1]
    for name, value in dict(running_mean=running_mean, running_var=running_var, weight=weight, bias=bias).items():
        if value is not None and tuple(value.shape) != (channels,):
            raise ValueError(f"batch_norm2d: expected {name} of shape ({channels},), one number a channel, got {shape_of(value)}")
    if training and x.numel() == channels:
        raise ValueError(
            f"batch_norm2d: expected more than one value a channel in training, got x of shape {tuple(x.shape)}: "
            "its variance is 0. Use a larger batch, or evaluation mode."
        )
    if not training and (running_mean is None or running_var is None):
        raise ValueError("batch_norm2d: expected running_mean and running_var in evaluation mode, got None")
