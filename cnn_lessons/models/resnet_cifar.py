"""ResNet for CIFAR: 6n+2 layers in three stages of 16, 32, 64 channels, its plain twin, and a seminar's variant."""

from torch import Tensor, nn
from torch.nn import functional as F

from cnn_lessons.arithmetic import integer


class PlainBlock(nn.Module):
    """Two 3×3 convolutions, each with BatchNorm and ReLU, and no way around them.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the first convolution; 2 halves height and width.

    Source: He et al. 2015, arXiv 1512.03385, §4.2.
    """

    bias = False  # the BatchNorm after a convolution would cancel its bias

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=self.bias)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=self.bias)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def body(self, x: Tensor) -> Tensor:
        """Return what the last ReLU gets: (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        return self.relu(self.body(x))


class PadShortcut(nn.Module):
    """Every stride-th pixel, and channels of zeros in front and behind: nothing to learn.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the pixels that are kept; 2 halves height and width.

    Raises:
        ValueError: if the output has fewer channels than the input.

    Source: He et al. 2015, arXiv 1512.03385, §3.3 and §4.2, option A.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        if out_channels < in_channels:  # F.pad would cut channels off
            raise ValueError(
                f"PadShortcut: expected at least in_channels={in_channels} for out_channels, got {out_channels}. "
                "Use a ProjectionShortcut, which can have fewer."
            )
        self.stride, self.zeros = stride, ((out_channels - in_channels) // 2, (out_channels - in_channels + 1) // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        x = x[:, :, :: self.stride, :: self.stride]  # (N, in_channels, ⌈H/stride⌉, ⌈W/stride⌉)
        return F.pad(x, (0, 0, 0, 0, *self.zeros))  # (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)


class ProjectionShortcut(nn.Sequential):
    """A strided 1×1 convolution that learns how to change the shape, with BatchNorm.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the convolution; 2 halves height and width.

    Source: He et al. 2015, arXiv 1512.03385, §3.3, option B.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        super().__init__(conv, nn.BatchNorm2d(out_channels))  # (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)


class PadBlock(PlainBlock):
    """The plain block and a way around it: the identity where the shape stays, else `PadShortcut`.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the first convolution and the shortcut; 2 halves height and width.

    Raises:
        ValueError: if the output has fewer channels than the input.

    Source: He et al. 2015, arXiv 1512.03385, §4.2.
    """

    change_shape = PadShortcut

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__(in_channels, out_channels, stride)
        same = stride == 1 and in_channels == out_channels
        self.shortcut = nn.Identity() if same else self.change_shape(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return body + shortcut after a ReLU: (N, out_channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        return self.relu(self.body(x) + self.shortcut(x))


class ProjectionBlock(PadBlock):
    """The same with a learned shortcut where the shape changes."""

    change_shape = ProjectionShortcut


class SeminarBlock(PadBlock):
    """The same with biases that BatchNorm cancels, as a seminar's listing has them."""

    bias = True


class CifarResNet(nn.Module):
    """Stem of 3×3, a stage of `count` blocks for each width, the mean over all places, one linear layer."""

    def __init__(self, block: type, widths: tuple[int, ...], count: int, num_classes: int = 10):
        super().__init__()
        num_classes = integer(num_classes, "CifarResNet: num_classes", 1)
        self.conv1 = nn.Conv2d(3, widths[0], 3, padding=1, bias=block.bias)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        self.stages = nn.Sequential()
        channels = widths[0]
        for width in widths:
            first = block(channels, width, stride=1 if width == channels else 2)  # only this one strides
            self.stages.append(nn.Sequential(first, *(block(width, width) for _ in range(count - 1))))
            channels = width
        self.avgpool = nn.AdaptiveAvgPool2d(1)  # fits any size; AvgPool2d(8) only three stages at 32×32
        self.fc = nn.Linear(widths[-1], num_classes)
        self.apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, 3, H, W)."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 16, H, W)
        x = self.stages(x)  # (N, 16, H, W), then (N, 32, H/2, W/2), then (N, 64, H/4, W/4)
        x = self.avgpool(x).flatten(1)  # (N, 64)
        return self.fc(x)  # (N, K): logits, no softmax


def initialise(module: nn.Module) -> None:
    """Draw convolutions so that gradients keep their size. Source: He et al. 2015, arXiv 1502.01852, §2.2 (fan-out)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def resnet_cifar(depth: int, num_classes: int = 10, shortcut: str = "pad") -> CifarResNet:
    """Build a ResNet for CIFAR: depth 20 has 0.27 M parameters, 110 has 1.7 M.

    Args:
        depth: layers with weights, 6n+2, n at least 1: a stem, three stages of n blocks of two, a linear layer.
        num_classes: K, at least 1.
        shortcut: "pad" (no parameters, the paper's choice here) or "projection", where the shape changes.

    Returns:
        A model from (N, 3, H, W) to logits (N, K).

    Raises:
        ValueError: if depth is not 8, 14, 20, … (the message names the nearest), or another argument is out of range.

    Source: He et al. 2015, arXiv 1512.03385, §4.2 and table 6. Taught in: 08, 09.
    """
    blocks = {"pad": PadBlock, "projection": ProjectionBlock}
    if shortcut not in blocks:
        raise ValueError(f'resnet_cifar: expected shortcut "pad" or "projection", got {shortcut!r}')
    return CifarResNet(blocks[shortcut], (16, 32, 64), _blocks_per_stage("resnet_cifar", depth), num_classes)


def plain_cifar(depth: int, num_classes: int = 10) -> CifarResNet:
    """Build `resnet_cifar`'s layers without shortcuts. Returns a model; depth, num_classes and errors as there.

    Source: He et al. 2015, arXiv 1512.03385, §4.2, the plain networks. Taught in: 08.
    """
    return CifarResNet(PlainBlock, (16, 32, 64), _blocks_per_stage("plain_cifar", depth), num_classes)


def resnet_seminar(n: int, num_classes: int = 10) -> CifarResNet:
    """Build the seminar's ResNet, repaired: four stages to 128 channels, then the mean over all places.

    The seminar has an `AvgPool2d(8)` there, which does not fit: of an image of 32×32 a map of 4×4 is left.

    Args:
        n: blocks in each stage after its first, so n + 1 in all; at least 0. n=5 makes 2,263,722 parameters,
            n=7 makes 3,049,962.
        num_classes: K, at least 1.

    Returns:
        A model from (N, 3, H, W) to logits (N, K).

    Raises:
        ValueError: if n is not an integer of at least 0, or num_classes not one of at least 1.

    Source: a seminar's listing, with biases in its convolutions, after He et al. 2015, arXiv 1512.03385, §4.2.
    Taught in: 09.
    """
    return CifarResNet(SeminarBlock, (16, 32, 64, 128), integer(n, "resnet_seminar: n", 0) + 1, num_classes)


def _blocks_per_stage(builder: str, depth: int) -> int:
    depth = integer(depth, f"{builder}: depth 6n+2", 8)
    if (depth - 2) % 6:
        below = (depth - 2) // 6 * 6 + 2
        raise ValueError(f"{builder}: expected a depth of 6n+2, got {depth}; the nearest are {below} and {below + 6}")
    return (depth - 2) // 6
