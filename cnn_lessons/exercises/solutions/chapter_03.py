"""Answers of chapter 03."""


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1  # pixels from the first to the last kernel element
    free = size + 2 * padding - span  # how far the first window can slide
    return free // stride + 1
