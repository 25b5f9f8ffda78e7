"""The wide block as the check builds it: its parts are methods, so that a mistake replaces one of them."""

import torch.nn.functional as F
from torch import Tensor, nn


class Wide(nn.Module):
    """BatchNorm, ReLU, 3×3 convolution, and again, with dropout before the second convolution; a shortcut around."""

    kernel = 3
    biases = False
    dropping: type = nn.Dropout

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, dropout: float = 0.0):
        super().__init__()
        first, second = self.strides(stride)
        pad = self.kernel // 2
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, self.kernel, first, pad, bias=self.biases)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, self.kernel, second, pad, bias=self.biases)
        self.drop = self.dropping(dropout)
        self.shortcut = self.way(in_channels, out_channels, stride)

    def strides(self, stride: int) -> tuple[int, int]:
        """Return the strides of the two convolutions."""
        return stride, 1

    def way(self, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
        """Return the shortcut's layer, or None where the input itself is added."""
        if stride == 1 and in_channels == out_channels:
            return None
        return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def act(self, x: Tensor) -> Tensor:
        """Return what stands between a BatchNorm and its convolution."""
        return F.relu(x)

    def branch(self, activated: Tensor) -> Tensor:
        """Return what the block adds, of its activated input."""
        return self.conv2(self.drop(self.act(self.bn2(self.conv1(activated)))))

    def skip(self, x: Tensor, activated: Tensor) -> Tensor:
        """Return what it is added to."""
        return x if self.shortcut is None else self.shortcut(activated)

    def join(self, branch: Tensor, skip: Tensor) -> Tensor:
        """Return both together."""
        return branch + skip

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, H/stride, W/stride) for (N, in_channels, H, W)."""
        activated = F.relu(self.bn1(x))
        return self.join(self.branch(activated), self.skip(x, activated))


class RawShortcut(Wide):
    """The tutorial's variant: its shortcut convolves the raw input."""

    def skip(self, x: Tensor, activated: Tensor) -> Tensor:
        """Return the input, or its convolution."""
        return x if self.shortcut is None else self.shortcut(x)
