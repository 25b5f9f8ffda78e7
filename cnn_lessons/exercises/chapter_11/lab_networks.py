"""The small networks of the bug lab's exercise: as many parameters in most of them, and several functions."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_11.parts import Wide


class OtherOrder(Wide):
    """The same function: the sums are only added up in another order, so the last digits differ."""

    def join(self, branch: Tensor, skip: Tensor) -> Tensor:
        """Return the sum, in two parts."""
        a, b = branch * 0.3, skip * 0.3
        return (a + b) + (branch * 0.7 + skip * 0.7)


class NoReLU(Wide):
    """As many parameters, without the second ReLU."""

    def act(self, x: Tensor) -> Tensor:
        """Return the input."""
        return x


class LateStride(Wide):
    """As many parameters, and a larger picture at the end."""

    def strides(self, stride: int) -> tuple[int, int]:
        """Return strides of 1."""
        return 1, 1

    def skip(self, x: Tensor, activated: Tensor) -> Tensor:
        """Return the convolved input, without stride."""
        return F.conv2d(activated, self.shortcut.weight)


def classify(network: nn.Module, maps: Tensor) -> Tensor:
    """Return logits."""
    return network.fc(maps.mean((2, 3)))


class Small(nn.Module):
    """A stem, one block, and an end; weights and running statistics drawn from a seed, or statistics as at first."""

    def __init__(
        self,
        block: type,
        seed: int,
        told: str,
        end: Callable = classify,
        dropout: float = 0.0,
        fresh: bool = False,
        spare: bool = False,
        width: int = 6,
    ):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.block = block(4, width, 2, dropout)
        self.fc = nn.Linear(width, 3)
        self.spare = nn.Parameter(torch.empty(2)) if spare else None  # that its forward does not use
        self.told, self.end = told, end
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for tensor in self.state_dict().values():
                if tensor.is_floating_point():
                    tensor.uniform_(0.2, 1.2, generator=generator)
                    tensor -= 0.7 * (tensor.dim() > 1)
            for name, statistic in self.named_buffers():
                if fresh:
                    statistic.fill_(name.endswith("var"))

    def forward(self, x: Tensor) -> Tensor:
        """Return what the end makes of the block's maps."""
        return self.end(self, self.block(self.stem(x)))


class Another(nn.Sequential):
    """A network with other layers."""

    told = "a network with other layers"

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
        )
        with torch.no_grad():
            for number, tensor in enumerate(self.parameters(), start=1):  # the same each time it is made
                tensor.copy_(torch.linspace(-0.1 * number, 0.1 * number, tensor.numel()).reshape(tensor.shape))
