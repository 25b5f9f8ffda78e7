"""Wrong answers about output sizes."""

import math

import torch
from torch import nn

from cnn_lessons import arithmetic

from .. import wrong


def length(size, kernel_size, stride, padding, dilation):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@wrong("conv_output_size", says="You rounded up")
def ceil_for_floor(size, kernel_size, stride=1, padding=0, dilation=1):
    return math.ceil((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


@wrong("conv_output_size", says="rounded to the nearest")
def round_for_floor(size, kernel_size, stride=1, padding=0, dilation=1):
    return round((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


@wrong("conv_output_size", says="`/` gives a float")
def true_division(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


@wrong("conv_output_size", says="one more window than steps")
def counts_steps(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride


@wrong("conv_output_size", says="slides one pixel too far")
def forgets_the_first_pixel_of_the_window(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1)) // stride + 1


@wrong("conv_output_size", says="added the padding once")
def pads_one_side(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    return (size + padding - span) // stride + 1


@wrong("conv_output_size", says="no notice of the padding")
def forgets_padding(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size - dilation * (kernel_size - 1) - 1) // stride + 1


@wrong("conv_output_size", says="no notice of the stride")
def forgets_stride(size, kernel_size, stride=1, padding=0, dilation=1):
    return size + 2 * padding - dilation * (kernel_size - 1)


@wrong("conv_output_size", says="no notice of the dilation")
def formula_without_dilation(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("conv_output_size", says="K − 1 gaps")
def gap_after_the_last_element(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * kernel_size
    return (size + 2 * padding - span) // stride + 1


@wrong("conv_output_size", says="dilation 1 leaves none out")
def dilation_as_number_of_holes(size, kernel_size, stride=1, padding=0, dilation=1):
    span = kernel_size + (kernel_size - 1) * dilation
    return (size + 2 * padding - span) // stride + 1


@wrong("conv_output_size", says="divided by the stride before")
def divides_too_early(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding) // stride - dilation * (kernel_size - 1)


@wrong("conv_output_size", says="your function prints something but returns None")
def prints_the_size(size, kernel_size, stride=1, padding=0, dilation=1):
    print((size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1)


@wrong("conv_output_size", says="You called torch's conv1d")
def lets_torch_count(size, kernel_size, stride=1, padding=0, dilation=1):
    layer = nn.Conv1d(1, 1, kernel_size, stride=stride, padding=padding, dilation=dilation)
    return layer(torch.zeros(1, 1, size)).shape[2]


@wrong("conv_output_size", says="the course's own conv_output_size")
def calls_the_package(size, kernel_size, stride=1, padding=0, dilation=1):
    return arithmetic.conv_output_size(size, kernel_size, stride, padding, dilation)


@wrong("conv_output_shape", says="returned (width, height)")
def width_first(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    height = length(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    width = length(size[1], kernel_size[1], stride[1], padding[1], dilation[1])
    return width, height


@wrong("conv_output_shape", says="returned the height twice")
def copies_the_line_and_forgets_the_index(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    height = length(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    width = length(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    return height, width


@wrong("conv_output_shape", says="The width uses the height's stride")
def one_stride(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    height = length(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    width = length(size[1], kernel_size[1], stride[0], padding[1], dilation[1])
    return height, width


@wrong("conv_output_shape", says="The width uses the height's kernel_size")
def one_kernel_size(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    k = kernel_size[0]
    return tuple(length(size[a], k, stride[a], padding[a], dilation[a]) for a in (0, 1))


@wrong("conv_output_shape", says="The width uses the height's padding")
def one_padding(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    p = padding[0]
    return tuple(length(size[a], kernel_size[a], stride[a], p, dilation[a]) for a in (0, 1))


@wrong("conv_output_shape", says="(before, after)")
def padding_as_before_and_after(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    longer = [pixels + padding[0] + padding[1] for pixels in size]
    return tuple(length(longer[a], kernel_size[a], stride[a], 0, dilation[a]) for a in (0, 1))


@wrong("conv_output_shape", says="the height the width's")
def x_before_y(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    h, w = size
    kw, kh = kernel_size
    sw, sh = stride
    pw, ph = padding
    dw, dh = dilation
    return length(h, kh, sh, ph, dh), length(w, kw, sw, pw, dw)


@wrong("conv_output_shape", says="You rounded up")
def ceil_on_both_axes(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    free = [size[a] + 2 * padding[a] - dilation[a] * (kernel_size[a] - 1) - 1 for a in (0, 1)]
    return tuple(math.ceil(free[a] / stride[a]) + 1 for a in (0, 1))


@wrong("conv_output_shape", says="no notice of the dilation")
def shape_without_dilation(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    return tuple((size[a] + 2 * padding[a] - kernel_size[a]) // stride[a] + 1 for a in (0, 1))


@wrong("conv_output_shape", says="Return both numbers")
def number_of_places(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return height * width


@wrong("conv_output_shape", says="as a tuple")
def returns_a_tensor(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    return torch.tensor(list(map(length, size, kernel_size, stride, padding, dilation)))


@wrong("conv_output_shape", says="`/` gives a float")
def fractions_of_pixels(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    free = [size[a] + 2 * padding[a] - dilation[a] * (kernel_size[a] - 1) - 1 for a in (0, 1)]
    return tuple(free[a] / stride[a] + 1 for a in (0, 1))


@wrong("conv_output_shape", says="You called torch's conv2d")
def lets_torch_make_the_picture(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    layer = nn.Conv2d(1, 1, kernel_size, stride, padding, dilation)
    return tuple(layer(torch.zeros(1, 1, *size)).shape[-2:])


@wrong("conv_output_shape", says="conv_output_size takes one axis: call it once with the [0] of every pair")
def shape_of_whole_pairs(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
        return (size + 2 * padding - (dilation * (kernel_size - 1) + 1)) // stride + 1

    return conv_output_size(size, kernel_size, stride, padding, dilation)


@wrong("conv_output_shape", says="You compute with whole pairs")
def shape_of_whole_pairs_span_last(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    return (size + 2 * padding - dilation * kernel_size + dilation - 1) // stride + 1


@wrong("conv_output_shape", says="If the None comes from your conv_output_size: finish that function first")
def shape_by_an_unfinished_size(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1): ...

    return tuple(map(conv_output_size, size, kernel_size, stride, padding, dilation))
