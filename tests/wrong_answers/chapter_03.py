"""Wrong answers to the exercises of chapter 03."""

import math

from . import wrong


@wrong("conv_output_size", says="You rounded up")
def ceil_for_floor(size, kernel_size, stride=1, padding=0, dilation=1):
    return math.ceil((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


@wrong("conv_output_size", says="expected an integer")
def true_division(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


@wrong("conv_output_size", says="one more window than steps")
def counts_steps(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride
