"""The residual block and its usual faults: the oracle of the exercises, their mistakes, and the suspects of the lab."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


def body(block: nn.Module, x: Tensor) -> Tensor:
    """Return what two convolutions make of x."""
    return block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))


def right(block: nn.Module, x: Tensor) -> Tensor:
    """Return the sum of body and shortcut behind a ReLU: the block as it should be."""
    return (body(block, x) + block.shortcut(x)).relu()


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """Return a strided 1×1 convolution with BatchNorm."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


def where_the_shape_changes(in_channels: int, out_channels: int, stride: int) -> bool:
    """Return whether a block needs more than the identity as its shortcut."""
    return stride != 1 or in_channels != out_channels


# Where too few blocks get a projection: what to say, and the rule.
SELDOM = {
    "Your block has a projection only where the stride is not 1. Other channels need one too.": (
        lambda in_channels, out_channels, stride: stride != 1
    ),
    "Your block has a projection only where the channels change. A stride needs one too.": (
        lambda in_channels, out_channels, stride: in_channels != out_channels
    ),
    "Your block has a projection only where stride and channels both change. One of them is enough.": (
        lambda in_channels, out_channels, stride: in_channels != out_channels and stride != 1
    ),
}


def never(in_channels: int, out_channels: int, stride: int) -> bool:
    """Return False: this block builds no shortcut."""
    return False


@dataclass(frozen=True)
class Plan:
    """A way to build a block; the defaults are right.

    Args:
        forward: (block, x) → result; the block has conv1, bn1, conv2, bn2 and shortcut.
        builds: (in_channels, out_channels, stride) → whether the shortcut is more than the identity.
        way: (in_channels, out_channels, stride) → that shortcut.
        strides: of the two convolutions, for the stride that is asked for.
        bias: whether the convolutions have biases.
        norms: BatchNorm layers: 2, 1 that is used twice, or 0.
        kernels: of the two convolutions.
        convs: convolutions: 2, or 1 that is used twice where the shape stays.
    """

    forward: Callable = right
    builds: Callable = where_the_shape_changes
    way: Callable = projection
    strides: Callable = lambda stride: (stride, 1)
    bias: bool = False
    norms: int = 2
    kernels: tuple[int, int] = (3, 3)
    convs: int = 2


class Block(nn.Module):
    """A block after a plan.

    Args:
        plan: what to build, and how to compute.
        in_channels, out_channels, stride: as everywhere.
        told: how messages call it.
    """

    def __init__(self, plan: Plan, in_channels: int, out_channels: int, stride: int = 1, told: str = "a block"):
        super().__init__()
        (a, b), (s, t) = plan.kernels, plan.strides(stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, a, s, padding=a // 2, bias=plan.bias)
        self.bn1 = nn.BatchNorm2d(out_channels) if plan.norms else nn.Identity()
        again = plan.convs == 1 and in_channels == out_channels and stride == 1
        conv2 = nn.Conv2d(out_channels, out_channels, b, t, padding=b // 2, bias=plan.bias)
        self.conv2 = self.conv1 if again else conv2
        self.bn2 = nn.BatchNorm2d(out_channels) if plan.norms == 2 else self.bn1
        needed = plan.builds(in_channels, out_channels, stride)
        self.shortcut = plan.way(in_channels, out_channels, stride) if needed else nn.Identity()
        self.compute, self.told = plan.forward, told

    def forward(self, x: Tensor) -> Tensor:
        """Return what the plan says."""
        return self.compute(self, x)


def variant(**changes) -> Callable:
    """Return a builder (in_channels, out_channels, stride=1) of a block with some things changed, named as in Plan."""
    plan = Plan(**changes)
    return lambda in_channels, out_channels, stride=1: Block(plan, in_channels, out_channels, stride)


def _overwritten(block: nn.Module, x: Tensor) -> Tensor:
    x = body(block, x)
    return (x + x).relu()


def _overwritten_early(block: nn.Module, x: Tensor) -> Tensor:
    x = block.bn1(block.conv1(x)).relu()
    return (block.bn2(block.conv2(x)) + x).relu()


# What can be wrong between the layers, by a short name: (block, x) → result.
FORWARDS = {
    "zeros": lambda b, x: body(b, x) * 0,
    "no skip": lambda b, x: body(b, x).relu(),
    "no skip, no ReLU": body,
    "skip only": lambda b, x: b.shortcut(x).relu(),
    "skip only, no ReLU": lambda b, x: b.shortcut(x),
    "subtracts": lambda b, x: (body(b, x) - b.shortcut(x)).relu(),
    "subtracts the body": lambda b, x: (b.shortcut(x) - body(b, x)).relu(),
    "multiplies": lambda b, x: (body(b, x) * b.shortcut(x)).relu(),
    "ReLU before the sum": lambda b, x: body(b, x).relu() + b.shortcut(x),
    "ReLU before the sum and after": lambda b, x: (body(b, x).relu() + b.shortcut(x)).relu(),
    "no last ReLU": lambda b, x: body(b, x) + b.shortcut(x),
    "no inner ReLU": lambda b, x: (b.bn2(b.conv2(b.bn1(b.conv1(x)))) + b.shortcut(x)).relu(),
    "no ReLU": lambda b, x: b.bn2(b.conv2(b.bn1(b.conv1(x)))) + b.shortcut(x),
    "overwritten": _overwritten,
    "overwritten early": _overwritten_early,
    "mean": lambda b, x: ((body(b, x) + b.shortcut(x)) / 2).relu(),
    "norm after ReLU": lambda b, x: (b.bn2(b.conv2(b.bn1(b.conv1(x).relu()))) + b.shortcut(x)).relu(),
    "norm after the sum": lambda b, x: b.bn2(b.conv2(b.bn1(b.conv1(x)).relu()) + b.shortcut(x)).relu(),
    "one norm": lambda b, x: (b.bn1(b.conv2(b.bn1(b.conv1(x)).relu())) + b.shortcut(x)).relu(),
    "one convolution": lambda b, x: (b.bn2(b.conv1(b.bn1(b.conv1(x)).relu())) + b.shortcut(x)).relu(),
    "concatenates": lambda b, x: torch.cat([body(b, x), b.shortcut(x)], dim=1).relu(),
    "no norms used": lambda b, x: (b.conv2(b.conv1(x).relu()) + b.shortcut(x)).relu(),
    "ReLU on the shortcut": lambda b, x: (body(b, x) + b.shortcut(x).relu()).relu(),
}
