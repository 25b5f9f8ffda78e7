"""Convolution and padding from scratch against torch.nn.functional: value, gradient and refusal on random cases."""

import timeit

import pytest
import torch
import torch.nn.functional as F
from oracle import CASES, agree, either, normal, sources

from cnn_lessons.ops import PADDING_MODES, conv2d, conv2d_loops, pad2d, windows

BOTH = pytest.mark.parametrize("ours", [conv2d, conv2d_loops])


def torch_pad2d(x, padding, padding_mode="zeros"):
    height, width = (padding, padding) if isinstance(padding, int) else padding
    return F.pad(x, (width, width, height, height), mode="constant" if padding_mode == "zeros" else padding_mode)


def torch_conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros"):
    if padding_mode == "zeros":
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)
    return F.conv2d(torch_pad2d(x, padding, padding_mode), weight, bias, stride, 0, dilation, groups)


def random_convolution(random, generator, size, channels):
    """Return tensors and options of one call; about one in four does not fit together."""
    groups = random.choice((1, 1, 1, 2, 3))
    c_in, c_out = groups * random.randint(1, channels), groups * random.randint(1, channels)
    dtype = random.choice((torch.float32, torch.float64))
    kernel = (random.randint(1, 3), random.randint(1, 3))
    shape = (random.choice((0, 1, 1, 2, 2)), c_in, random.randint(1, size), random.randint(1, size))
    options = {
        "stride": either(random, 1, 3),
        "padding": either(random, 0, 2),
        "dilation": either(random, 1, 2),
        "groups": groups,
        "padding_mode": random.choice(PADDING_MODES),
    }
    broken = random.choice((*[None] * 17, "groups", "channels", "bias", "stride"))
    options |= {"groups": groups + 1} if broken == "groups" else {"stride": 0} if broken == "stride" else {}
    x = normal(generator, *shape, dtype=dtype)
    weight = normal(generator, c_out, c_in // groups + (broken == "channels"), *kernel, dtype=dtype)
    bias = normal(generator, c_out + (broken == "bias"), dtype=dtype) if random.random() < 0.6 else None
    return (x, weight, bias), options


@pytest.mark.parametrize(("ours", "size", "channels", "seed"), [(conv2d, 9, 3, 1), (conv2d_loops, 4, 2, 2)])
def test_conv2d_equals_torch_in_value_gradient_and_refusal(ours, size, channels, seed):
    random, generator = sources(seed)
    accepted = refused = 0
    modes = set()
    while accepted < CASES:
        tensors, options = random_convolution(random, generator, size, channels)
        fits = agree(ours, torch_conv2d, *tensors, **options)
        accepted, refused = accepted + fits, refused + (not fits)
        modes |= {options["padding_mode"]} if fits else set()
    assert refused >= 100 and modes == set(PADDING_MODES), (refused, modes)


def test_pad2d_equals_torch_in_value_gradient_and_refusal():
    random, generator = sources(3)
    accepted = refused = 0
    while accepted < CASES:
        shape = (random.choice((0, 1, 2)), random.randint(1, 2), random.randint(1, 5), random.randint(1, 5))
        x = normal(generator, *shape, dtype=random.choice((torch.float32, torch.float64)))
        fits = agree(pad2d, torch_pad2d, x, padding=either(random, 0, 5), padding_mode=random.choice(PADDING_MODES))
        accepted, refused = accepted + fits, refused + (not fits)
    assert refused >= 50, refused


@BOTH
@pytest.mark.parametrize("mode", PADDING_MODES)
def test_conv2d_passes_gradcheck(ours, mode):
    _, generator = sources(4)
    tensors = [normal(generator, *shape).requires_grad_() for shape in ((1, 2, 3, 4), (2, 1, 2, 3), (2,))]
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2, "padding_mode": mode}
    assert torch.autograd.gradcheck(lambda *t: ours(*t, **options), tensors)


def test_conv2d_equals_torchs_layer_in_every_padding_mode():
    _, generator = sources(5)
    for mode in PADDING_MODES:
        layer = torch.nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(2, 1), padding_mode=mode).double()
        x = normal(generator, 2, 2, 5, 6)
        ours = conv2d(x, layer.weight, layer.bias, (1, 2), (2, 1), padding_mode=mode)
        torch.testing.assert_close(ours, layer(x), rtol=1e-10, atol=1e-12)


@BOTH
def test_conv2d_leaves_its_arguments_as_they_were(ours):
    _, generator = sources(6)
    tensors = [normal(generator, *shape) for shape in ((1, 2, 4, 4), (3, 2, 2, 2), (3,))]
    before = [t.clone() for t in tensors]
    ours(*tensors, padding=1)
    assert all(map(torch.equal, before, tensors))


@BOTH
def test_conv2d_takes_tensors_that_are_not_contiguous(ours):
    _, generator = sources(7)
    x = normal(generator, 1, 4, 5, 2).permute(0, 3, 1, 2)
    weight = normal(generator, 2, 2, 3, 2).transpose(2, 3)
    assert agree(ours, F.conv2d, x, weight, None)


def test_conv2d_is_at_least_100_times_as_fast_as_the_loops():
    """`make bench` prints the ratio, about 1,400 on one thread of an AMD EPYC; here it may share the machine."""
    x, weight, threads = torch.zeros(1, 3, 32, 32), torch.zeros(16, 3, 3, 3), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fast = min(timeit.repeat(lambda: conv2d(x, weight), number=1, repeat=20))
        slow = timeit.timeit(lambda: conv2d_loops(x, weight), number=1)
    finally:
        torch.set_num_threads(threads)
    assert slow > 100 * fast, (slow, fast)


def test_windows_are_a_view_of_the_image():
    x = torch.arange(20.0).reshape(1, 1, 4, 5)
    view = windows(x, 2, stride=(2, 1), dilation=(1, 2))  # (1, 1, 2, 3, 2, 2)
    assert view.shape == (1, 1, 2, 3, 2, 2) and view.data_ptr() == x.data_ptr()
    assert view[0, 0, 1, 2].tolist() == [[12, 14], [17, 19]]


X, W, B = torch.zeros(2, 4, 5, 6), torch.zeros(6, 4, 3, 3), torch.zeros(6)
BAD_CONVOLUTIONS = {
    "x is an image, not a batch": ((X[0], W), {}, "(N, C, H, W), got shape (4, 5, 6). For one image, add x[None]"),
    "x is a list": (([[1.0]], W), {}, "expected x to be a torch.Tensor, got list"),
    "x is a numpy array": ((X.numpy(), W), {}, "expected x to be a torch.Tensor, got ndarray"),
    "x has no pixels": (
        (X[:, :, :0], W),
        {"padding": 2},
        "at least one channel, row and column, got x of shape (2, 4, 0, 6)",
    ),
    "x has no channels": (
        (X[:, :0], W[:, :0]),
        {},
        "at least one channel, row and column, got x of shape (2, 0, 5, 6)",
    ),
    "x holds bytes": ((X.byte(), W), {}, "expected x of floating-point numbers, got torch.uint8. Convert it first"),
    "x holds booleans": ((X.bool(), W.bool()), {}, "expected x of floating-point numbers, got torch.bool"),
    "x holds integers": ((X.long(), W.long()), {}, "expected x of floating-point numbers, got torch.int64"),
    "two dtypes": ((X, W.double()), {}, "expected weight of x's dtype, torch.float32, got torch.float64"),
    "bias of another dtype": ((X, W, B.double()), {}, "expected bias of x's dtype, torch.float32, got torch.float64"),
    "weight is None": ((X, None), {}, "expected weight of shape (C_out, C_in/groups, K_h, K_w), got NoneType"),
    "weight has three dimensions": ((X, W[0]), {}, "(C_out, C_in/groups, K_h, K_w), got shape (4, 3, 3)"),
    "weight without filters": ((X, W[:0]), {}, "out_channels: expected at least 1, got 0"),
    "channels swapped": (
        (X, W.transpose(0, 1)),
        {},
        "x has 4 channels in 1 group(s), weight expects 6 in each (weight.shape[1]). Did you swap in and out",
    ),
    "too few channels a group": ((X, W), {"groups": 2}, "x has 4 channels in 2 group(s), weight expects 4 in each"),
    "groups do not divide C_in": ((X, W), {"groups": 3}, "groups: expected a divisor of in_channels=4, got 3"),
    "groups do not divide C_out": ((X, W[:, :1]), {"groups": 4}, "groups: expected a divisor of out_channels=6, got 4"),
    "groups 0": ((X, W), {"groups": 0}, "groups: expected at least 1, got 0"),
    "groups True": ((X, W), {"groups": True}, "groups: expected an integer of at least 1, got True"),
    "bias too short": ((X, W, B[:5]), {}, "expected bias of shape (6,), one number for each filter, got shape (5,)"),
    "bias is a number": ((X, W, 1.0), {}, "expected bias of shape (6,), one number for each filter, got float"),
    "kernel larger than the image": (
        (X, torch.zeros(6, 4, 6, 1)),
        {},
        "expected at most the padded input, 5 + 2·0 = 5 pixels, got a kernel of 6",
    ),
    "dilated kernel larger": (
        (X, W),
        {"dilation": 3, "padding": (0, 1)},
        "5 + 2·0 = 5 pixels, got a kernel of 3 with dilation 3 that spans 7",
    ),
    "empty kernel": ((X, W[:, :, :0]), {}, "kernel_size: expected at least 1, got 0"),
    "stride 0": ((X, W), {"stride": 0}, "stride: expected at least 1, got 0"),
    "stride of one axis 0": ((X, W), {"stride": (1, 0)}, "stride: expected at least 1, got 0"),
    "stride is a float": ((X, W), {"stride": 2.0}, "stride: expected an integer of at least 1, got 2.0"),
    "stride is True": ((X, W), {"stride": True}, "stride: expected an integer of at least 1, got True"),
    "stride for three axes": (
        (X, W),
        {"stride": (1, 1, 1)},
        "expected an int or a (height, width) pair, got 3 numbers: (1, 1, 1)",
    ),
    "dilation 0": ((X, W), {"dilation": 0}, "dilation: expected at least 1, got 0"),
    "padding negative": ((X, W), {"padding": -1}, "padding: expected at least 0, got -1"),
    "padding is a word": ((X, W), {"padding": "same"}, "padding: expected an integer of at least 0, got 'same'"),
    "unknown mode": (
        (X, W),
        {"padding_mode": "mirror"},
        "expected one of zeros, reflect, replicate, circular, got 'mirror'",
    ),
    "reflect as wide as the image": (
        (X, W),
        {"padding": (5, 1), "padding_mode": "reflect"},
        "expected at most 4 for mode 'reflect' on 5 pixels, got 5",
    ),
    "circular wider than the image": (
        (X, W),
        {"padding": (1, 7), "padding_mode": "circular"},
        "expected at most 6 for mode 'circular' on 6 pixels, got 7",
    ),
}


@BOTH
@pytest.mark.parametrize(("tensors", "options", "says"), BAD_CONVOLUTIONS.values(), ids=BAD_CONVOLUTIONS)
def test_conv2d_refuses_bad_arguments_and_says_what_it_expected(ours, tensors, options, says):
    with pytest.raises(ValueError) as refusal:
        ours(*tensors, **options)
    assert says in str(refusal.value) and "expect" in str(refusal.value)


@pytest.mark.parametrize(
    ("tensors", "options"),
    [
        ((X[0], W), {}),  # an image without a batch
        ((X.long(), W.long()), {}),  # integers, which overflow unnoticed: a photograph's bytes are the usual victims
        ((X[:, :0], W[:, :0]), {}),  # no channels at all
        ((X, W), {"padding": "same"}),  # a word for a size: chapter 03 works it out instead
        ((X, W), {"stride": (2,)}),  # a tuple of one for both axes
    ],
)
def test_conv2d_refuses_on_purpose_what_torch_accepts(tensors, options):
    F.conv2d(*tensors, **options)
    with pytest.raises(ValueError):
        conv2d(*tensors, **options)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_pad2d_refuses_bad_arguments(mode):
    for x, padding, says in (
        (X[0], 1, "pad2d: expected x of shape (N, C, H, W), got shape (4, 5, 6)"),
        (X[..., :0], 0, "pad2d: expected at least one channel, row and column"),
        (X, -1, "padding: expected at least 0, got -1"),  # torch's pad crops
        (X, 1.0, "padding: expected an integer of at least 0, got 1.0"),
    ):
        with pytest.raises(ValueError) as refusal:
            pad2d(x, padding, mode)
        assert says in str(refusal.value)


def test_windows_refuses_a_kernel_larger_than_the_image():
    with pytest.raises(ValueError, match="expected at most the padded input, 5 .* got a kernel of 6"):
        windows(X, 6)
