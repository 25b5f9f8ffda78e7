"""Answers of chapter 03."""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1  # pixels from the first to the last kernel element
    free = size + 2 * padding - span  # how far the first window can slide
    return free // stride + 1


def conv_output_shape(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    height = conv_output_size(size[0], kernel_size[0], stride[0], padding[0], dilation[0])
    width = conv_output_size(size[1], kernel_size[1], stride[1], padding[1], dilation[1])
    return height, width


def same_padding(kernel_size, dilation=1):
    total = dilation * (kernel_size - 1)  # what the output loses without padding
    before = total // 2
    return before, total - before


def receptive_field(layers):
    field, jump = 1, 1  # jump: how many pixels of the image two neighbouring outputs are apart
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * jump
        jump *= stride
    return field


def conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    height, width = kernel_size
    weights = out_channels * (in_channels // groups) * height * width
    return weights + (out_channels if bias else 0)


def conv_multiply_adds(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    height, width = conv_output_shape(size, kernel_size, stride, padding, dilation)
    return height * width * conv_parameters(in_channels, out_channels, kernel_size, groups, bias=False)


def pooled_features(maps):
    return maps.mean(dim=(2, 3))  # (N, C); nn.AdaptiveAvgPool2d(1) and flatten(1) do the same
