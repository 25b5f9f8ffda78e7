"""Blocks that the cases hand to an answer, light and heavy, and the networks built of them."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn


class LightBlock(nn.Module):
    """One 3×3 convolution, and nothing behind it: any layer too many shows."""

    told = "a block of one convolution"  # how messages call the class

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)."""
        return self.conv1(x)


class PaddedBlock(nn.Module):
    """A residual block whose shortcut drops pixels and adds channels of zeros, as in chapter 08."""

    told = "PadBlock"

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.stride, self.more = stride, out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)."""
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        way = x[:, :, :: self.stride, :: self.stride]
        if self.more > 0:
            way = F.pad(way, (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        elif self.more < 0:  # only a wrong answer asks for fewer channels
            way = way[:, : self.more]
        return (out + way).relu()


def stage(
    block: Callable,
    in_channels: int,
    out_channels: int,
    count: int,
    stride: int,
    strides: Callable = lambda stride, count, same: [stride] + [1] * (count - 1),
) -> nn.Sequential:
    """Return `count` blocks one behind the other.

    Args:
        block: (in_channels, out_channels, stride) → module.
        in_channels, out_channels: of the stage.
        count: how many blocks.
        stride: of the stage.
        strides: (stride, count, whether the channels stay) → the stride of each block; the default is right.
    """
    each = strides(stride, count, in_channels == out_channels)
    channels = [in_channels] + [out_channels] * len(each)
    return nn.Sequential(*(block(*shape) for shape in zip(channels[:-1], channels[1:], each, strict=True)))
