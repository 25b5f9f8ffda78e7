"""Wrong answers about receptive fields and the pooled head."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from .. import wrong


@wrong("receptive_field", says="You added up the kernels")
def sum_of_kernels(layers):
    return sum(kernel for kernel, stride in layers)


@wrong("receptive_field", says="it adds K − 1")
def adds_k(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field += kernel * jump
        jump *= stride
    return field


@wrong("receptive_field", says="strides have no effect")
def without_strides(layers):
    field = 1
    for kernel, _ in layers:
        field += kernel - 1
    return field


@wrong("receptive_field", says="does not widen its own window")
def stride_before_the_window(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        field += (kernel - 1) * jump
    return field


@wrong("receptive_field", says="each layer's own stride alone")
def own_stride(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


@wrong("receptive_field", says="the stride of the layer before alone")
def last_stride_only(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump = stride
    return field


@wrong("receptive_field", says="Strides multiply, they do not add up")
def strides_added(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump += stride - 1
    return field


@wrong("receptive_field", says="You multiplied the kernels")
def product_of_kernels(layers):
    return math.prod(kernel for kernel, _ in layers)


@wrong("receptive_field", says="Your count begins at 0")
def from_zero(layers):
    field, jump = 0, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


@wrong("receptive_field", says="upside down")
def last_layer_first(layers):
    field, jump = 1, 1
    for kernel, stride in reversed(layers):
        field += (kernel - 1) * jump
        jump *= stride
    return field


@wrong("receptive_field", says="Going backward")
def backward_without_minus_one(layers):
    field = 1
    for kernel, stride in reversed(layers):
        field = field * stride + kernel
    return field


@wrong("receptive_field", says="Is there a `return` inside the loop?")  # noqa: RET503
def returns_in_the_loop(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
        return field


@wrong("receptive_field", says="changes the list")
def empties_the_list(layers):
    field = 1
    while layers:
        kernel, stride = layers.pop()
        field = (field - 1) * stride + kernel
    return field


@wrong("pooled_features", says="The window is still 8×8")
def the_tutorial(maps):
    return nn.AvgPool2d(8)(maps).flatten(1)


@wrong("pooled_features", says="suits 32×32 pictures only")
def another_fixed_window(maps):
    return nn.AvgPool2d(4)(maps).flatten(1)


@wrong("pooled_features", says="counts some of its values more often")
def enlarges_the_map(maps):
    return F.avg_pool2d(F.interpolate(maps, size=(8, 8)), 8).flatten(1)


@wrong("pooled_features", says="averaged the zeros too")
def fills_up_with_zeros(maps):
    height, width = maps.shape[2:]
    maps = F.pad(maps, (0, max(0, 8 - width), 0, max(0, 8 - height)))
    return F.avg_pool2d(maps, 8).flatten(1)


@wrong("pooled_features", says="You divide by 64")
def always_64_values(maps):
    return maps.sum(dim=(2, 3)) / 64


@wrong("pooled_features", says="only if it is square")
def square_maps_only(maps):
    return F.avg_pool2d(maps, maps.shape[2]).flatten(1)


@wrong("pooled_features", says="removes every axis of length 1")
def squeezes_everything(maps):
    return nn.AdaptiveAvgPool2d(1)(maps).squeeze()


@wrong("pooled_features", says="The two map axes are still there")
def forgets_to_flatten(maps):
    return F.adaptive_avg_pool2d(maps, (1, 1))


@wrong("pooled_features", says="the largest value of each map")
def takes_the_maximum(maps):
    return F.adaptive_max_pool2d(maps, 1).flatten(1)


@wrong("pooled_features", says="over the pictures of the batch")
def averages_the_batch(maps):
    return maps.mean(dim=(0, 2, 3))


@wrong("pooled_features", says="as if the channels came last")
def channels_last(maps):
    return maps.mean(dim=(1, 2))


@wrong("pooled_features", says="the number of features depends on the size")
def drops_the_pool(maps):
    return maps.flatten(1)


@wrong("pooled_features", says="You took one pixel")
def takes_a_corner(maps):
    return maps[:, :, 0, 0]


@wrong("pooled_features", says="got a numpy array")
def leaves_torch(maps):
    return maps.detach().numpy().mean(axis=(2, 3))


@wrong("pooled_features", says="cut the path to the input")
def cuts_the_gradient(maps):
    return torch.from_numpy(maps.detach().numpy().mean(axis=(2, 3)))


@wrong("pooled_features", says="expected dtype torch.float64")
def falls_back_to_float32(maps):
    return maps.float().mean(dim=(2, 3))
