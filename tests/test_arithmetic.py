"""The arithmetic of shapes against torch's own answers: output shapes, layers' parameters, counted flops, gradients."""

import math
from random import Random

import numpy
import pytest
import torch
import torch.nn.functional as F
from oracle import CASES, either
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_lessons.arithmetic import (
    conv_multiply_adds,
    conv_output_size,
    conv_parameters,
    pool_output_size,
    receptive_field,
)


def shape_or_refusal(function, *arguments, **options):
    """Return the height and width of what torch gives, or None if it refuses."""
    try:
        return tuple(function(*arguments, **options).shape[2:])
    except RuntimeError:
        return None


def size_or_refusal(function, *arguments, **options):
    """Return what ours gives, or None if it refuses."""
    try:
        return function(*arguments, **options)
    except ValueError:
        return None


def as_pair(value):
    return value if isinstance(value, tuple) else (value, value)


def test_conv_output_size_equals_torchs_shape_or_refusal():
    random, accepted, refused = Random(31), 0, 0
    while accepted < CASES:
        size, kernel = (random.randint(1, 60), random.randint(1, 60)), either(random, 1, 9)
        options = {"stride": either(random, 1, 5), "padding": either(random, 0, 5), "dilation": either(random, 1, 9)}
        images, weight = torch.zeros(1, 1, *size), torch.zeros(1, 1, *as_pair(kernel))
        expected = shape_or_refusal(F.conv2d, images, weight, **options)
        assert size_or_refusal(conv_output_size, size, kernel, **options) == expected, (size, kernel, options)
        accepted, refused = accepted + (expected is not None), refused + (expected is None)
    assert refused >= 50, refused


@pytest.mark.parametrize(("pool", "seed"), [(F.max_pool2d, 32), (F.avg_pool2d, 33)])
def test_pool_output_size_equals_torchs_shape_or_refusal(pool, seed):
    random, accepted, refused = Random(seed), 0, 0
    while accepted < CASES:
        size, kernel = (random.randint(1, 30), random.randint(1, 30)), either(random, 1, 9)
        options = {"padding": either(random, 0, 4), "ceil_mode": random.random() < 0.6}
        options |= {"stride": either(random, 1, 9)} if random.random() < 0.7 else {}
        options |= {"dilation": either(random, 1, 4)} if pool is F.max_pool2d else {}
        expected = shape_or_refusal(pool, torch.empty(1, 1, *size, device="meta"), kernel, **options)
        assert size_or_refusal(pool_output_size, size, kernel, **options) == expected, (size, kernel, options)
        accepted, refused = accepted + (expected is not None), refused + (expected is None)
    assert refused >= 50, refused


def test_sizes_are_an_int_for_ints_and_a_pair_as_soon_as_one_argument_is():
    assert conv_output_size(7, 3) == 5 and pool_output_size(7, 2) == 3
    assert conv_output_size(7, (3, 1)) == (5, 7) and conv_output_size(7, 3, [1, 2]) == (5, 3)
    assert pool_output_size((7, 8), 2) == (3, 4) and pool_output_size(7, 2, (1, 2)) == (6, 3)
    assert isinstance(conv_output_size(numpy.int64(7), numpy.int32(3)), int)


def test_integers_of_numpy_do_not_overflow_and_fractions_are_not_cut():
    many = numpy.int32(512)
    assert conv_multiply_adds(56, many, many, 3, padding=1) == 56 * 56 * 512 * 512 * 9 > 2**32
    for fraction in (7.9, numpy.array(7.9), torch.tensor(7.9), torch.tensor(7.0)):
        with pytest.raises(ValueError, match="size: expected an integer"):
            conv_output_size(fraction, 3)


def test_conv_output_size_of_the_textbook_layers():
    assert conv_output_size(224, 11, stride=4, padding=2) == (224 + 2 * 2 - 11) // 4 + 1 == 55  # AlexNet's first
    assert conv_output_size(224, 7, stride=2, padding=3) == (224 + 2 * 3 - 7) // 2 + 1 == 112  # ResNet's stem
    assert conv_output_size(32, 3, padding=1) == 32
    assert conv_output_size(7, 3, dilation=3) == 7 - (3 * 2 + 1) + 1 == 1
    assert conv_output_size(0, 1, padding=1) == 2


def test_pool_output_size_ceil_mode_drops_a_window_that_starts_in_the_right_padding():
    assert pool_output_size(5, 2, ceil_mode=True) == 3 and pool_output_size(5, 2) == 2
    assert pool_output_size(3, 2, stride=2, padding=1, ceil_mode=True) == 2  # the third would start at 3, outside
    assert pool_output_size(1, 1, stride=3, ceil_mode=True) == 1


def random_layer(random):
    groups = random.choice((1, 1, 2, 3, 4))
    channels = groups * random.randint(1, 5), groups * random.randint(1, 5)
    return channels, either(random, 1, 5), groups


def test_conv_parameters_equal_torchs_layer():
    random = Random(34)
    for _ in range(CASES):
        channels, kernel, groups = random_layer(random)
        bias = random.random() < 0.5
        layer = nn.Conv2d(*channels, kernel, groups=groups, bias=bias, device="meta")
        expected = sum(p.numel() for p in layer.parameters())
        assert conv_parameters(*channels, kernel, groups, bias) == expected, (channels, kernel, groups, bias)
    assert conv_parameters(3, 64, 7, bias=False) == 64 * 3 * 7 * 7 == 9408
    assert conv_parameters(3, 16, (3, 5)) == 16 * (3 * 3 * 5 + 1)


def test_conv_multiply_adds_are_half_of_torchs_flops():
    random = Random(35)
    for _ in range(CASES):
        channels, kernel, groups = random_layer(random)
        size = either(random, 9, 20)
        options = {"stride": either(random, 1, 3), "padding": either(random, 0, 2), "dilation": either(random, 1, 2)}
        layer = nn.Conv2d(*channels, kernel, groups=groups, device="meta", **options)
        with FlopCounterMode(display=False) as counter:
            layer(torch.empty(1, channels[0], *as_pair(size), device="meta"))
        ours = conv_multiply_adds(size, *channels, kernel, groups=groups, **options)
        assert 2 * ours == counter.get_total_flops(), (size, channels, kernel, groups, options)
    assert conv_multiply_adds(32, 3, 16, 3, padding=1) == 32 * 32 * 16 * 3 * 3 * 3


def seen_pixels(layers):
    """Return how wide a stretch of the input has a gradient from the middle output of a stack of positive kernels."""
    length = 4 * sum(d * (k - 1) + 1 for k, _, d in layers) * math.prod(s for _, s, _ in layers) + 1
    x = torch.ones(1, 1, length, dtype=torch.float64, requires_grad=True)
    out = x
    for kernel, stride, dilation in layers:
        out = F.conv1d(out, torch.ones(1, 1, kernel, dtype=torch.float64) / kernel, None, stride, 0, dilation)
    out[0, 0, out.shape[-1] // 2].backward()
    seen = x.grad.flatten().nonzero()
    return int(seen[-1] - seen[0]) + 1


def test_receptive_field_equals_the_stretch_with_a_gradient():
    random = Random(36)
    for _ in range(CASES):
        strides = [random.choice((1, 1, 2, 3)) for _ in range(random.randint(1, 4))]
        layers = [(random.randint(1, 5), stride, random.randint(1, 3)) for stride in strides]
        assert receptive_field(layers) == seen_pixels(layers), layers
        given = [(k, s) if d == 1 else [k, s, d] for k, s, d in layers]
        assert receptive_field(iter(given)) == receptive_field(layers)


def test_receptive_field_of_known_stacks():
    assert receptive_field([]) == 1
    assert receptive_field([(3, 1)] * 3) == 1 + 3 * 2 == 7  # three 3×3 layers see what one 7×7 sees
    assert receptive_field([(7, 2), (3, 2), (3, 1)]) == 1 + 6 + 2 * 2 + 2 * 4
    assert receptive_field([(1, 2), (1, 2)]) == 1


REFUSED = {
    "kernel too large": (
        lambda: conv_output_size(5, 7),
        "at most the padded input, 5 + 2·0 = 5 pixels, got a kernel of 7",
    ),
    "padding does not help": (
        lambda: conv_output_size(3, 3, padding=1, dilation=3),
        "3 + 2·1 = 5 pixels, got a kernel of 3 with dilation 3 that spans 7. Use a smaller kernel",
    ),
    "one axis too small": (lambda: conv_output_size((9, 2), 3), "2 + 2·0 = 2 pixels"),
    "size negative": (lambda: conv_output_size(-1, 1), "size: expected at least 0, got -1"),
    "size None": (lambda: conv_output_size(None, 3), "size: expected an integer of at least 0, got None"),
    "kernel 0": (lambda: conv_output_size(5, 0), "kernel_size: expected at least 1, got 0"),
    "kernel float": (lambda: conv_output_size(5, 3.0), "kernel_size: expected an integer of at least 1, got 3.0"),
    "stride 0": (lambda: conv_output_size(5, 3, 0), "stride: expected at least 1, got 0"),
    "stride True": (lambda: conv_output_size(5, 3, True), "stride: expected an integer of at least 1, got True"),
    "padding negative": (lambda: conv_output_size(5, 3, padding=(0, -2)), "padding: expected at least 0, got -2"),
    "padding word": (
        lambda: conv_output_size(5, 3, padding="same"),
        "padding: expected an integer of at least 0, got 'same'",
    ),
    "dilation 0": (lambda: conv_output_size(5, 3, dilation=0), "dilation: expected at least 1, got 0"),
    "three sizes": (
        lambda: conv_output_size((5, 5, 5), 3),
        "size: expected an int or a (height, width) pair, got 3 numbers: (5, 5, 5)",
    ),
    "one size in a tuple": (
        lambda: conv_output_size((5,), 3),
        "expected an int or a (height, width) pair, got 1 numbers",
    ),
    "pool padding": (
        lambda: pool_output_size(5, 3, padding=2),
        "padding: expected at most half of kernel_size 3, got 2",
    ),
    "pool padding of one axis": (
        lambda: pool_output_size(5, (4, 1), padding=(2, 1)),
        "at most half of kernel_size 1, got 1",
    ),
    "pool kernel": (lambda: pool_output_size(5, 6), "expected at most the padded input, 5 + 2·0 = 5 pixels"),
    "pool kernel, ceil": (lambda: pool_output_size(2, 9, 1, ceil_mode=True), "2 + 2·0 = 2 pixels"),
    "pool stride 0": (lambda: pool_output_size(5, 2, 0), "stride: expected at least 1, got 0"),
    "layer a number": (
        lambda: receptive_field([3]),
        "layers[0]: expected (kernel_size, stride) or (kernel_size, stride, dilation), got 3",
    ),
    "layer too long": (lambda: receptive_field([(3, 1), (3, 1, 1, 1)]), "layers[1]: expected (kernel_size, stride)"),
    "layer with stride 0": (lambda: receptive_field([(3, 1), (3, 0)]), "layers[1] stride: expected at least 1, got 0"),
    "layer with a float": (
        lambda: receptive_field([(3.5, 1)]),
        "layers[0] kernel_size: expected an integer of at least 1, got 3.5",
    ),
    "no channels": (lambda: conv_parameters(0, 4, 3), "in_channels: expected at least 1, got 0"),
    "groups": (lambda: conv_parameters(4, 6, 3, groups=4), "groups: expected a divisor of out_channels=6, got 4"),
    "groups 0": (lambda: conv_parameters(4, 6, 3, groups=0), "groups: expected at least 1, got 0"),
    "channels float": (
        lambda: conv_multiply_adds(8, 4.0, 4, 3),
        "in_channels: expected an integer of at least 1, got 4.0",
    ),
    "adds: kernel too large": (lambda: conv_multiply_adds(2, 4, 4, 3), "2 + 2·0 = 2 pixels, got a kernel of 3"),
}


@pytest.mark.parametrize(("call", "says"), REFUSED.values(), ids=REFUSED)
def test_arithmetic_refuses_and_says_what_it_expected_and_got(call, says):
    with pytest.raises(ValueError) as refusal:
        call()
    assert says in str(refusal.value)
