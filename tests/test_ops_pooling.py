"""Pooling from scratch against torch.nn.functional: value, gradient and refusal on random cases."""

import pytest
import torch
import torch.nn.functional as F
from oracle import CASES, agree, either, normal, sources

from cnn_lessons.ops import adaptive_avg_pool2d, avg_pool2d, max_pool2d


def random_images(random, generator):
    """Return a small batch; every other one of whole numbers, so that maxima tie."""
    shape = (random.choice((0, 1, 1, 2)), random.randint(1, 2), random.randint(1, 8), random.randint(1, 8))
    dtype = random.choice((torch.float32, torch.float64))
    return normal(generator, *shape, dtype=dtype, whole=random.random() < 0.5)


def random_window(random):
    """Return kernel, stride and padding; the padding too wide, or the stride 0, now and then."""
    options = {"kernel_size": either(random, 1, 4), "padding": either(random, 0, 2)}
    if random.random() < 0.7:
        options["stride"] = either(random, 0 if random.random() < 0.1 else 1, 4)
    return options


def has_a_window_of_padding_only(x, options):
    """Return whether a dilated window misses the image: torch's backward then writes outside its memory (2.15)."""
    try:
        return F.max_pool2d(torch.zeros_like(x), **options).isneginf().any()
    except RuntimeError:
        return False


def test_max_pool2d_equals_torch_in_value_gradient_and_refusal():
    random, generator = sources(11)
    accepted = refused = ceiled = 0
    while accepted < CASES:
        options = {**random_window(random), "dilation": either(random, 1, 3), "ceil_mode": random.random() < 0.5}
        x = random_images(random, generator)
        fits = agree(max_pool2d, F.max_pool2d, x, gradient=not has_a_window_of_padding_only(x, options), **options)
        accepted, refused, ceiled = accepted + fits, refused + (not fits), ceiled + (fits and options["ceil_mode"])
    assert refused >= 100 and ceiled >= 150, (refused, ceiled)


def test_avg_pool2d_equals_torch_in_value_gradient_and_refusal():
    random, generator = sources(12)
    accepted = refused = 0
    while accepted < CASES:
        options = {
            "ceil_mode": random.random() < 0.5,
            "count_include_pad": random.random() < 0.5,
            **random_window(random),
        }
        fits = agree(avg_pool2d, F.avg_pool2d, random_images(random, generator), **options)
        accepted, refused = accepted + fits, refused + (not fits)
    assert refused >= 100, refused


def test_avg_pool2d_does_not_overflow_in_half_precision():
    x = torch.full((1, 1, 32, 32), 128.0).half()
    assert avg_pool2d(x, 32).item() == 128 and avg_pool2d(x, 32).dtype == torch.half


def test_adaptive_avg_pool2d_equals_torch_in_value_gradient_and_refusal():
    random, generator = sources(13)
    accepted = refused = 0
    while accepted < CASES:
        size = -1 if random.random() < 0.05 else either(random, 1, 9)
        fits = agree(adaptive_avg_pool2d, F.adaptive_avg_pool2d, random_images(random, generator), output_size=size)
        accepted, refused = accepted + fits, refused + (not fits)
    assert refused >= 10, refused


def test_max_pool2d_gives_the_gradient_of_a_tie_to_the_first():
    x = torch.tensor([[[[2.0, 2.0], [2.0, 1.0]]]], requires_grad=True)
    max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[[1, 0], [0, 0]]]]


def test_max_pool2d_padding_never_wins():
    x = torch.full((1, 1, 2, 2), -5.0)
    assert max_pool2d(x, 2, stride=1, padding=1).tolist() == [[[[-5] * 3] * 3]]


def test_max_pool2d_hands_on_what_is_not_a_number():
    x = torch.tensor([[[[1.0, torch.nan], [0.0, 2.0]]]])
    assert max_pool2d(x, 2).isnan().all() and avg_pool2d(x, 2).isnan().all()


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: max_pool2d(x, (2, 3), 2, (1, 0), (1, 2), ceil_mode=True),
        lambda x: avg_pool2d(x, (2, 3), (2, 1), 1, ceil_mode=True, count_include_pad=False),
        lambda x: avg_pool2d(x, 3, 2, 1),
        lambda x: adaptive_avg_pool2d(x, (3, 2)),
    ],
)
def test_pooling_passes_gradcheck_and_leaves_its_input_as_it_was(pool):
    _, generator = sources(14)
    x = normal(generator, 2, 2, 5, 6).requires_grad_()
    before = x.detach().clone()
    assert torch.autograd.gradcheck(pool, (x,))
    assert torch.equal(x, before)


X = torch.zeros(2, 3, 5, 6)
BAD_WINDOWS = {
    "image without a batch": (
        X[0],
        {"kernel_size": 2},
        "(N, C, H, W), got shape (3, 5, 6). For one image, add x[None]",
    ),
    "a list": ([[1.0]], {"kernel_size": 2}, "expected x to be a torch.Tensor, got list"),
    "no rows": (X[:, :, :0], {"kernel_size": 2, "padding": 1}, "at least one channel, row and column"),
    "no channels": (X[:, :0], {"kernel_size": 2}, "at least one channel, row and column"),
    "integers": (
        X.long(),
        {"kernel_size": 2},
        "expected x of floating-point numbers, got torch.int64. Convert it first",
    ),
    "booleans": (X.bool(), {"kernel_size": 2}, "expected x of floating-point numbers, got torch.bool"),
    "complex numbers": (X.cfloat(), {"kernel_size": 2}, "expected x of floating-point numbers, got torch.complex64"),
    "kernel 0": (X, {"kernel_size": 0}, "kernel_size: expected at least 1, got 0"),
    "kernel float": (X, {"kernel_size": 2.0}, "kernel_size: expected an integer of at least 1, got 2.0"),
    "kernel True": (X, {"kernel_size": True}, "kernel_size: expected an integer of at least 1, got True"),
    "kernel triple": (X, {"kernel_size": (2, 2, 2)}, "expected an int or a (height, width) pair, got 3 numbers"),
    "kernel larger": (X, {"kernel_size": (6, 2)}, "at most the padded input, 5 + 2·0 = 5 pixels, got a kernel of 6"),
    "stride 0": (X, {"kernel_size": 2, "stride": 0}, "stride: expected at least 1, got 0"),
    "stride negative": (X, {"kernel_size": 2, "stride": (1, -1)}, "stride: expected at least 1, got -1"),
    "padding negative": (X, {"kernel_size": 2, "padding": -1}, "padding: expected at least 0, got -1"),
    "padding too wide": (X, {"kernel_size": 3, "padding": 2}, "padding: expected at most half of kernel_size 3, got 2"),
}


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
@pytest.mark.parametrize(("x", "options", "says"), BAD_WINDOWS.values(), ids=BAD_WINDOWS)
def test_pooling_refuses_bad_arguments_and_says_what_it_expected(pool, x, options, says):
    with pytest.raises(ValueError) as refusal:
        pool(x, **options)
    assert says in str(refusal.value)


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d, adaptive_avg_pool2d])
def test_pooling_names_the_function_that_was_called(pool):
    with pytest.raises(ValueError, match=f"^{pool.__name__}: expected x"):
        pool(X[0], 2)


def test_max_pool2d_refuses_dilation_0_and_a_dilated_kernel_that_does_not_fit():
    with pytest.raises(ValueError, match="dilation: expected at least 1, got 0"):
        max_pool2d(X, 2, dilation=0)
    with pytest.raises(ValueError, match="got a kernel of 2 with dilation 5 that spans 6"):
        max_pool2d(X, 2, dilation=5)


@pytest.mark.parametrize(
    ("x", "size", "says"),
    [
        (X[0], 1, "(N, C, H, W), got shape (3, 5, 6)"),
        (X[..., :0], 1, "at least one channel, row and column, got x of shape (2, 3, 5, 0)"),
        (X.long(), 1, "expected x of floating-point numbers, got torch.int64"),
        (X, 0, "output_size: expected at least 1, got 0"),
        (X, (1, -2), "output_size: expected at least 1, got -2"),
        (X, 2.5, "output_size: expected an integer of at least 1, got 2.5"),
        (X, True, "output_size: expected an integer of at least 1, got True"),
        (X, (1, 2, 3), "expected an int or a (height, width) pair, got 3 numbers"),
    ],
)
def test_adaptive_avg_pool2d_refuses_bad_arguments(x, size, says):
    with pytest.raises(ValueError) as refusal:
        adaptive_avg_pool2d(x, size)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("ours", "torchs", "x", "size"),
    [
        (max_pool2d, F.max_pool2d, X[0], 2),  # an image without a batch
        (max_pool2d, F.max_pool2d, X.long(), 2),  # integers: −∞ is none of them
        (avg_pool2d, F.avg_pool2d, X.long(), 2),  # integers: a mean is none of them, torch rounds it
        (max_pool2d, F.max_pool2d, X, (2,)),  # a tuple of one for both axes
        (adaptive_avg_pool2d, F.adaptive_avg_pool2d, X, (None, 2)),  # None keeps an axis
        (adaptive_avg_pool2d, F.adaptive_avg_pool2d, X, 0),  # a map without pixels
    ],
)
def test_pooling_refuses_on_purpose_what_torch_accepts(ours, torchs, x, size):
    torchs(x, size)
    with pytest.raises(ValueError):
        ours(x, size)
