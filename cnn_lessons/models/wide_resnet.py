"""Wide ResNet for CIFAR: fewer layers with more channels, and BatchNorm and ReLU in front of each convolution."""

from numbers import Real

from torch import Tensor, nn

from cnn_lessons.arithmetic import integer


class WideBlock(nn.Module):
    """Twice BatchNorm, ReLU, 3×3 convolution, with dropout between them if wanted, and a way around them.

    Where the shape changes, the shortcut convolves what the first BatchNorm and ReLU made of the input, as in the
    authors' code; elsewhere it is the input itself. Source: Zagoruyko & Komodakis 2016, arXiv 1605.07146, figure 1.

    Args:
        in_channels, out_channels: channels of input and output.
        stride: 2 halves height and width, in the first convolution and in the shortcut.
        dropout: share of the values that training sets to 0, after the second ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, dropout: float = 0.0):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.relu = nn.ReLU()
        self.shortcut = None
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def skip(self, x: Tensor, activated: Tensor) -> Tensor:
        """Return what the shortcut adds, of the input and its activated form, both (N, in_channels, H, W)."""
        return x if self.shortcut is None else self.shortcut(activated)  # (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        activated = self.relu(self.bn1(x))  # (N, in_channels, H, W)
        out = self.conv1(activated)  # (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)
        out = self.conv2(self.dropout(self.relu(self.bn2(out))))
        return out + self.skip(x, activated)  # no ReLU after the sum: the next block begins with one


class RawShortcutBlock(WideBlock):
    """A tutorial's variant: its shortcut convolves the raw input. As many parameters, another function."""

    def skip(self, x: Tensor, activated: Tensor) -> Tensor:
        """Return what the shortcut adds, of the input alone."""
        return x if self.shortcut is None else self.shortcut(x)


class WideResNet(nn.Module):
    """Stem of 16 channels, three groups of N blocks with 16K, 32K, 64K channels, BatchNorm, ReLU, mean, linear layer.

    Args:
        block: class of the blocks, called as block(in_channels, out_channels, stride, dropout).
        count: N, blocks in each group.
        widen_factor: K, times the channels of the thin network.
        dropout: as in WideBlock.
        num_classes: classes to tell apart.
    """

    def __init__(self, block: type, count: int, widen_factor: int, dropout: float, num_classes: int):
        super().__init__()
        widths = [16 * widen_factor, 32 * widen_factor, 64 * widen_factor]
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.group1 = group(block, 16, widths[0], count, 1, dropout)
        self.group2 = group(block, widths[0], widths[1], count, 2, dropout)
        self.group3 = group(block, widths[1], widths[2], count, 2, dropout)
        self.bn = nn.BatchNorm2d(widths[2])
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[2], num_classes)
        self.apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, num_classes) of images (N, 3, H, W)."""
        x = self.conv1(x)  # (N, 16, H, W)
        x = self.group1(x)  # (N, 16K, H, W)
        x = self.group2(x)  # (N, 32K, H/2, W/2)
        x = self.group3(x)  # (N, 64K, H/4, W/4)
        x = self.relu(self.bn(x))  # the last sum has not met a ReLU yet
        x = self.avgpool(x).flatten(1)  # (N, 64K)
        return self.fc(x)  # (N, num_classes): logits, no softmax


def group(block: type, in_channels: int, out_channels: int, count: int, stride: int, dropout: float) -> nn.Sequential:
    """Return `count` blocks of one shape; only the first one strides and changes the channels."""
    rest = [block(out_channels, out_channels, 1, dropout) for _ in range(count - 1)]
    return nn.Sequential(block(in_channels, out_channels, stride, dropout), *rest)


def initialise(module: nn.Module) -> None:
    """Draw convolutions from N(0, 2/(K·K·C_out)), He's fan-out, and set the linear layer's bias to 0.

    Source: the authors' code, github.com/szagoruyko/wide-residual-networks, models/utils.lua (MSRinit, FCinit).
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


def wide_resnet(
    depth: int, widen_factor: int, dropout: float = 0.0, num_classes: int = 10, shortcut: str = "activated"
) -> WideResNet:
    """Build WRN-depth-widen_factor: WRN-28-10 has 36,479,194 parameters with 10 classes.

    Args:
        depth: 6N+4, N at least 1: a stem, three groups of N blocks of two, and a shortcut convolution for each group.
        widen_factor: K, times the channels of the thin network, at least 1.
        dropout: share of the values set to 0 inside each block in training, from 0 to below 1; the paper takes 0.3.
        num_classes: classes to tell apart, at least 1.
        shortcut: "activated" (the authors' code) or "raw" (a tutorial's variant), where the shape changes.

    Returns:
        A model from (N, 3, H, W) to logits (N, num_classes).

    Raises:
        ValueError: if depth is not 10, 16, 22, … (the message names the nearest), or another argument is out of range.

    Source: Zagoruyko & Komodakis 2016, arXiv 1605.07146, table 1. Taught in: 11.
    """
    count = _blocks_per_group(depth)
    widen_factor = integer(widen_factor, "wide_resnet: widen_factor", 1)
    num_classes = integer(num_classes, "wide_resnet: num_classes", 1)
    if not isinstance(dropout, Real) or not 0 <= dropout < 1:
        raise ValueError(f"wide_resnet: expected dropout from 0 to below 1, got {dropout!r}")
    blocks = {"activated": WideBlock, "raw": RawShortcutBlock}
    if shortcut not in blocks:
        raise ValueError(f'wide_resnet: expected shortcut "activated" or "raw", got {shortcut!r}')
    return WideResNet(blocks[shortcut], count, widen_factor, float(dropout), num_classes)


def _blocks_per_group(depth: int) -> int:
    depth = integer(depth, "wide_resnet: depth 6N+4", 10)
    if (depth - 4) % 6:
        below = (depth - 4) // 6 * 6 + 4
        raise ValueError(f"wide_resnet: expected a depth of 6N+4, got {depth}; nearest are {below} and {below + 6}")
    return (depth - 4) // 6
