"""Batch normalisation from scratch against torch.nn.functional: value, gradient, running figures and refusal."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from oracle import CASES, TOLERANCE, agree, normal, sources

from cnn_lessons.ops import batch_norm2d


def random_call(random, generator):
    """Return the tensors, the running figures and the options of one call; about one in ten does not fit together."""
    channels = random.randint(1, 4)
    dtype = random.choice((torch.float32, torch.float64))
    shape = (random.choice((0, 1, 1, 2, 3)), channels, random.randint(1, 4), random.randint(1, 4))
    length = channels + (shape[0] > 0 and random.random() < 0.05)
    affine = [normal(generator, length, dtype=dtype) if random.random() < 0.7 else None for _ in range(2)]
    figures = [normal(generator, channels, dtype=dtype), 0.1 + normal(generator, channels, dtype=dtype) ** 2]
    if shape[0] > 0 and random.random() < 0.2:  # torch checks nothing on an empty batch
        figures = [None, None]
    options = {
        "training": random.random() < 0.6,
        "momentum": random.choice((0.0, 0.1, 0.5, 1.0)),
        "eps": random.choice((1e-5, 1e-3)),
    }
    x = 3 * normal(generator, *shape, dtype=dtype) + 2
    return (x, *affine), figures, options


def with_figures(function, figures):
    """Return `function` of (x, weight, bias), and the copies of the running figures that it updates."""
    own = [None if f is None else f.clone() for f in figures]
    return lambda x, weight, bias, **options: function(x, *own, weight, bias, **options), own


def test_batch_norm2d_equals_torch_in_value_gradient_running_figures_and_refusal():
    random, generator = sources(21)
    accepted = refused = trained = 0
    while accepted < CASES:
        tensors, figures, options = random_call(random, generator)
        (ours, mine), (torchs, theirs) = with_figures(batch_norm2d, figures), with_figures(F.batch_norm, figures)
        fits = agree(ours, torchs, *tensors, **options)
        accepted, refused, trained = accepted + fits, refused + (not fits), trained + (fits and options["training"])
        if fits and figures[0] is not None:
            for got, expected in zip(mine, theirs, strict=True):
                torch.testing.assert_close(got, expected, **TOLERANCE[expected.dtype])
    assert refused >= 50 and trained >= 200, (refused, trained)


def test_batch_norm2d_moves_the_running_figures_towards_the_unbiased_ones():
    x = torch.tensor([[[[1.0, 3.0]]], [[[5.0, 7.0]]]])  # mean 4, variance 20/4 = 5, unbiased 20/3
    mean, var = torch.zeros(1), torch.ones(1)
    batch_norm2d(x, mean, var, None, None, training=True, momentum=0.1)
    torch.testing.assert_close((mean, var), (torch.tensor([0.4]), torch.tensor([0.9 + 0.1 * 20 / 3])))


def test_batch_norm2d_evaluation_leaves_the_running_figures_as_they_were():
    _, generator = sources(22)
    mean, var = torch.full((3,), 2.0), torch.full((3,), 4.0)
    out = batch_norm2d(torch.full((1, 3, 1, 1), 6.0), mean, var, None, None, training=False, eps=0.0)
    assert out.flatten().tolist() == [2, 2, 2] and mean.tolist() == [2, 2, 2] and var.tolist() == [4, 4, 4]


def test_batch_norm2d_equals_torchs_layer_over_several_steps():
    _, generator = sources(23)
    layer, mean, var = torch.nn.BatchNorm2d(3).double(), torch.zeros(3).double(), torch.ones(3).double()
    for _ in range(5):
        x = normal(generator, 4, 3, 5, 6) * 3 + 1
        ours = batch_norm2d(x, mean, var, layer.weight, layer.bias, training=True)
        torch.testing.assert_close(ours, layer(x))
    torch.testing.assert_close((mean, var), (layer.running_mean, layer.running_var))
    layer.eval()
    torch.testing.assert_close(batch_norm2d(x, mean, var, layer.weight, layer.bias, training=False), layer(x))


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm2d_passes_gradcheck(training):
    _, generator = sources(24)
    tensors = [normal(generator, *shape).requires_grad_() for shape in ((2, 2, 3, 2), (2,), (2,))]

    def fresh(x, weight, bias):
        return batch_norm2d(x, torch.zeros(2).double(), torch.ones(2).double(), weight, bias, training)

    assert torch.autograd.gradcheck(fresh, tensors)


@pytest.mark.parametrize("scale", [1, 300])  # a variance of 300² is beyond the largest half
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm2d_of_halves_equals_torch(training, scale):
    _, generator = sources(25)
    x, figures = scale * normal(generator, 64, 3, 32, 32).half(), [torch.zeros(3).half(), torch.ones(3).half()]
    (ours, mine), (torchs, theirs) = with_figures(batch_norm2d, figures), with_figures(F.batch_norm, figures)
    affine = normal(generator, 2, 3).half()
    got, expected = ours(x, *affine, training=training), torchs(x, *affine, training=training)
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-3)  # a half has three digits
    torch.testing.assert_close(mine, theirs)


def test_batch_norm2d_takes_numpys_momentum_and_eps():
    options = {"training": True, "momentum": np.float32(0.5), "eps": np.float32(0.25)}
    x, figures = torch.arange(8.0).reshape(2, 1, 2, 2), [torch.zeros(1), torch.ones(1)]
    (ours, mine), (torchs, theirs) = with_figures(batch_norm2d, figures), with_figures(F.batch_norm, figures)
    torch.testing.assert_close(ours(x, None, None, **options), torchs(x, None, None, **options))
    torch.testing.assert_close(mine, theirs)


X, C, C2 = torch.zeros(2, 3, 4, 4), torch.ones(3), torch.ones(2)
BAD_CALLS = {
    "three dimensions": ((X[0], C, C, C, C, True), {}, "(N, C, H, W), got shape (3, 4, 4)"),
    "no pixels": (
        (X[..., :0], C, C, C, C, True),
        {},
        "at least one channel, row and column, got x of shape (2, 3, 4, 0)",
    ),
    "integers": ((X.long(), C, C, C, C, False), {}, "expected x of floating-point numbers, got torch.int64"),
    "half with float parameters": (
        (X.half(), C, C, C, C, True),
        {},
        "running_mean of x's dtype, torch.float16, got torch.float32",
    ),
    "double weight": ((X, C, C, C.double(), C, True), {}, "weight of x's dtype, torch.float32, got torch.float64"),
    "double running figures": (
        (X, C.double(), C.double(), C, C, False),
        {},
        "running_mean of x's dtype, torch.float32",
    ),
    "running_mean too short": (
        (X, C2, C, C, C, True),
        {},
        "running_mean of shape (3,), one number a channel, got shape (2,)",
    ),
    "running_var too short": (
        (X, C, C2, C, C, True),
        {},
        "running_var of shape (3,), one number a channel, got shape (2,)",
    ),
    "weight too short": ((X, C, C, C2, C, True), {}, "weight of shape (3,), one number a channel, got shape (2,)"),
    "bias of rank 4": (
        (X, C, C, C, C[None, :, None, None], True),
        {},
        "bias of shape (3,), one number a channel, got shape (1, 3, 1, 1)",
    ),
    "running_mean a list": (
        (X, [0, 0, 0], C, C, C, True),
        {},
        "running_mean of shape (3,), one number a channel, got list",
    ),
    "only a running mean": ((X, C, None, C, C, True), {}, "running_mean and running_var, or None for both"),
    "evaluation without figures": (
        (X, None, None, C, C, False),
        {},
        "running_mean and running_var in evaluation mode, got None",
    ),
    "one value a channel": (
        (X[:1, :, :1, :1], C, C, C, C, True),
        {},
        "more than one value a channel in training, got x of shape (1, 3, 1, 1)",
    ),
    "momentum None": ((X, C, C, C, C, True), {"momentum": None}, "momentum from 0 to 1, got None"),
    "momentum True": ((X, C, C, C, C, True), {"momentum": True}, "momentum from 0 to 1, got True"),
    "momentum 2": ((X, C, C, C, C, True), {"momentum": 2.0}, "momentum from 0 to 1, got 2.0"),
    "eps 0": ((X, C, C, C, C, True), {"eps": 0.0}, "eps above 0, so that nothing is divided by zero, got 0.0"),
    "eps True": ((X, C, C, C, C, True), {"eps": True}, "eps above 0, so that nothing is divided by zero, got True"),
    "eps negative": ((X, C, C, C, C, False), {"eps": -1e-5}, "eps of at least 0, got -1e-05"),
    "eps nan": ((X, C, C, C, C, False), {"eps": float("nan")}, "eps of at least 0, got nan"),
}


@pytest.mark.parametrize(("arguments", "options", "says"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_batch_norm2d_refuses_bad_arguments_and_says_what_it_expected(arguments, options, says):
    with pytest.raises(ValueError) as refusal:
        batch_norm2d(*arguments, **options)
    assert says in str(refusal.value)
    assert C.tolist() == [1, 1, 1], "a refused call has changed the running figures"


@pytest.mark.parametrize(
    "arguments",
    [
        (X[:, :, 0], C, C, None, None, False),  # (N, C, L)
        (X[:, :0], C[:0], C[:0], None, None, False),  # no channels
        (X.half(), C, C, C, C, False),  # mixed precision
        (X[:0], C, C, C2, C2, True),  # parameters that do not fit, because the batch is empty
        (X, C, C, None, None, True, 2.0),  # a momentum that overshoots
    ],
)
def test_batch_norm2d_refuses_on_purpose_what_torch_accepts(arguments):
    F.batch_norm(arguments[0], *(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments[1:]))
    with pytest.raises(ValueError):
        batch_norm2d(*arguments)
