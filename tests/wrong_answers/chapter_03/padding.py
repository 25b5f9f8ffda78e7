"""Wrong answers about the padding that keeps the size."""

from .. import wrong


@wrong("same_padding", says="Return two numbers")
def one_number(kernel_size, dilation=1):
    return dilation * (kernel_size - 1) // 2


@wrong("same_padding", says="You ignored the dilation")
def the_rule_of_thumb(kernel_size, dilation=1):
    total = kernel_size - 1
    return total // 2, total - total // 2


@wrong("same_padding", says="one pixel is missing")
def rounds_both_sides_down(kernel_size, dilation=1):
    half = dilation * (kernel_size - 1) // 2
    return half, half


@wrong("same_padding", says="K // 2 on both sides")
def half_a_kernel(kernel_size, dilation=1):
    return dilation * (kernel_size // 2), dilation * (kernel_size // 2)


@wrong("same_padding", says="Half of what the kernel covers")
def half_a_span(kernel_size, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    return span // 2, span // 2


@wrong("same_padding", says="on the wrong side")
def extra_pixel_before(kernel_size, dilation=1):
    total = dilation * (kernel_size - 1)
    return total - total // 2, total // 2


@wrong("same_padding", says="the total, on each side")
def full_padding(kernel_size, dilation=1):
    return dilation * (kernel_size - 1), dilation * (kernel_size - 1)


@wrong("same_padding", says="K gaps in a kernel of K")
def as_many_gaps_as_elements(kernel_size, dilation=1):
    total = dilation * kernel_size
    return total // 2, total - total // 2


@wrong("same_padding", says="halved before you multiplied")
def dilates_each_side(kernel_size, dilation=1):
    before = (kernel_size - 1) // 2
    after = kernel_size - 1 - before
    return dilation * before, dilation * after


@wrong("same_padding", says="dilation 1 leaves none out")
def dilation_as_holes(kernel_size, dilation=1):
    span = kernel_size + (kernel_size - 1) * dilation
    return (span - 1) // 2, span - 1 - (span - 1) // 2


@wrong("same_padding", says="`/` gives a float")
def half_pixels(kernel_size, dilation=1):
    half = dilation * (kernel_size - 1) / 2
    return half, half


@wrong("same_padding", says="also for an even one")
def refuses_even_kernels(kernel_size, dilation=1):
    if kernel_size % 2 == 0:
        raise ValueError("an even kernel cannot keep the size")
    half = dilation * (kernel_size - 1) // 2
    return half, half
