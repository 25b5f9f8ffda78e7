"""Wrong answers about parameters and multiply-adds."""

import math

from .. import wrong
from .sizes import length


def filter_weights(in_channels, kernel_size, groups):
    return in_channels // groups * kernel_size[0] * kernel_size[1]


@wrong("conv_parameters", says="The biases are missing")
def weights_only(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels // groups * out_channels * kernel_size[0] * kernel_size[1]


@wrong("conv_parameters", says="also where bias is False")
def bias_always(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return (in_channels // groups * math.prod(kernel_size) + 1) * out_channels


@wrong("conv_parameters", says="one bias for the whole layer")
def one_bias(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels // groups * out_channels * math.prod(kernel_size) + int(bias)


@wrong("conv_parameters", says="a bias for each input channel")
def bias_for_each_input_channel(in_channels, out_channels, kernel_size, groups=1, bias=True):
    weights = in_channels // groups * out_channels * math.prod(kernel_size)
    return weights + in_channels if bias else weights


@wrong("conv_parameters", says="a bias for each slice")
def bias_for_each_slice(in_channels, out_channels, kernel_size, groups=1, bias=True):
    slices = in_channels // groups * out_channels
    return slices * (math.prod(kernel_size) + (1 if bias else 0))


@wrong("conv_parameters", says="You ignored groups")
def every_channel_to_everyfilter_weights(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels * out_channels * math.prod(kernel_size) + (out_channels if bias else 0)


@wrong("conv_parameters", says="divided by groups twice")
def one_group_only(in_channels, out_channels, kernel_size, groups=1, bias=True):
    weights = (in_channels // groups) * (out_channels // groups) * math.prod(kernel_size)
    return weights + (out_channels if bias else 0)


@wrong("conv_parameters", says="one channel deep")
def flat_filters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return out_channels * math.prod(kernel_size) + (out_channels if bias else 0)


@wrong("conv_parameters", says="That is one filter")
def one_filter(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels // groups * math.prod(kernel_size) + (out_channels if bias else 0)


@wrong("conv_parameters", says="squared the kernel's height")
def square_kernel(in_channels, out_channels, kernel_size, groups=1, bias=True):
    k = kernel_size[0]
    return in_channels // groups * out_channels * k * k + (out_channels if bias else 0)


@wrong("conv_parameters", says="added the kernel's height and width")
def kernel_sides_added(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels // groups * out_channels * sum(kernel_size) + (out_channels if bias else 0)


@wrong("conv_parameters", says="`/` gives a float")
def float_groups(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return in_channels / groups * out_channels * math.prod(kernel_size) + (out_channels if bias else 0)


@wrong("conv_multiply_adds", says="the pixels of the input")
def work_at_every_input_pixel(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    return size[0] * size[1] * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="no notice of the stride")
def work_without_stride(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, (1, 1), padding, dilation)
    return height * width * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="no notice of the padding")
def work_without_padding(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, (0, 0), dilation)
    return height * width * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="no notice of the dilation")
def work_without_dilation(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, (1, 1))
    return height * width * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="rounded up")
def work_rounded_up(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    free = [size[a] + 2 * padding[a] - dilation[a] * (kernel_size[a] - 1) - 1 for a in (0, 1)]
    height, width = (math.ceil(free[a] / stride[a]) + 1 for a in (0, 1))
    return height * width * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="the height for both directions")
def square_output(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height = length(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    return height * height * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="That is the number of weights")
def counts_weights(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    return out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="counted two for a multiplication with its addition")
def counts_operations(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return 2 * height * width * out_channels * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="counted the bias")
def counts_the_bias(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return height * width * (out_channels * filter_weights(in_channels, kernel_size, groups) + out_channels)


@wrong("conv_multiply_adds", says="You ignored groups")
def work_of_every_channel(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return height * width * out_channels * filter_weights(in_channels, kernel_size, 1)


@wrong("conv_multiply_adds", says="divided by groups twice")
def work_of_one_group(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return height * width * (out_channels // groups) * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="the work of one filter")
def work_of_one_filter(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = map(length, size, kernel_size, stride, padding, dilation)
    return height * width * filter_weights(in_channels, kernel_size, groups)


@wrong("conv_multiply_adds", says="A dilated kernel covers more pixels, with the same number of weights")
def work_of_the_dilated_extent(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True)]
    rows, columns = ((size[a] + 2 * padding[a] - spans[a]) // stride[a] + 1 for a in (0, 1))
    return rows * columns * out_channels * in_channels // groups * spans[0] * spans[1]


@wrong("conv_multiply_adds", says="You squared the kernel's height")
def work_of_a_square_kernel(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    rows, columns = (
        (size[a] + 2 * padding[a] - dilation[a] * (kernel_size[a] - 1) - 1) // stride[a] + 1 for a in (0, 1)
    )
    return rows * columns * out_channels * in_channels // groups * kernel_size[0] * kernel_size[0]
