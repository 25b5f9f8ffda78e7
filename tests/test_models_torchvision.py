"""Our AlexNet and ResNets are torchvision's: the same weights, logits, loss, gradients and running statistics.

Of the three largest, names and shapes of the weights; the rest with `--run slow`.
"""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from cnn_lessons import models

NAMES = [
    *("alexnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("wide_resnet50_2", "wide_resnet101_2"),
]
LARGE = ("resnet101", "resnet152", "wide_resnet101_2")  # longer, of the same blocks: computed with `--run slow`
COMPUTED = [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in NAMES]


@pytest.fixture(scope="module", params=COMPUTED)
def drawn(request):
    """The name of a network, mean and spread of the weights that ours drew at the start, and torchvision's network."""
    torch.manual_seed(0)
    ours = getattr(models, request.param)()
    moments = {name: (value.mean().item(), value.std().item()) for name, value in ours.named_parameters()}
    del ours  # the largest holds half a gigabyte
    torch.manual_seed(1)
    return request.param, moments, getattr(torchvision.models, request.param)()


def lend_weights(theirs, builder, **options):
    """Return our network with torchvision's state: parameters in shared memory, running statistics of its own."""
    with torch.device("meta"):
        ours = builder(**options)
    parameters = dict(theirs.named_parameters())
    state = {key: value if key in parameters else value.clone() for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state, strict=True, assign=True)  # keys and shapes must fit as they are
    return ours


def close(mine, its):
    if not torch.equal(mine, its):  # the quick way through
        torch.testing.assert_close(mine, its, rtol=1e-9, atol=1e-12)


def compare_step(ours, theirs, images, labels):
    """Compare logits, loss, all gradients and, afterwards, all running statistics."""
    found = []
    for model in (ours, theirs):
        model.zero_grad()
        torch.manual_seed(2)  # dropout draws the same
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        found.append((logits.detach(), loss.detach()))
    for mine, its in zip(*found, strict=True):
        close(mine, its)
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        assert parameter.grad.any(), name
        close(parameter.grad, gradients.pop(name))
    assert not gradients
    statistics = dict(theirs.named_buffers())
    for name, mine in ours.named_buffers():
        close(mine, statistics.pop(name))
    assert not statistics


def compare(ours, theirs, size):
    images = torch.randn(2, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    labels = torch.tensor([3, 999])
    before = {name: buffer.clone() for name, buffer in ours.named_buffers() if name.endswith("running_mean")}
    compare_step(ours.train(), theirs.train(), images, labels)
    after = dict(ours.named_buffers())
    assert not any(torch.equal(value, after[name]) for name, value in before.items())  # the statistics did move
    compare_step(ours.eval(), theirs.eval(), images, labels)


@pytest.mark.parametrize("name", NAMES)
def test_state_has_the_keys_and_shapes_of_torchvisions(name):
    with torch.device("meta"):
        ours, theirs = (getattr(place, name)().state_dict() for place in (models, torchvision.models))
    mine, its = ([(key, value.shape) for key, value in state.items()] for state in (ours, theirs))
    assert mine == its


def test_network_computes_what_torchvisions_computes(drawn):
    name, _, network = drawn
    with torch.device("meta"):
        theirs = getattr(torchvision.models, name)()
    exact = {key: value.double() if value.is_floating_point() else value for key, value in network.state_dict().items()}
    theirs.load_state_dict(exact, assign=True)
    ours = lend_weights(theirs, getattr(models, name))
    compare(ours, theirs, (64, 80) if name == "alexnet" else (33, 40))  # ResNet: down to a map of 2×2


def test_network_with_the_cifar_stem_computes_what_torchvisions_computes():
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18()
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    theirs.double()
    compare(lend_weights(theirs, models.resnet18, stem="cifar"), theirs, (12, 16))


def test_network_starts_from_the_same_distribution(drawn):
    _, moments, theirs = drawn
    for name, its in theirs.named_parameters():
        (mean, spread), certain = moments.pop(name), 6 / its.numel() ** 0.5  # six standard errors of a difference
        assert spread == pytest.approx(its.std().item(), rel=certain), name
        assert mean == pytest.approx(its.mean().item(), abs=2**0.5 * certain * spread), name
    assert not moments
