"""ResNet for ImageNet: blocks that learn what to add to their input. Named as in torchvision: its weights load."""

from torch import Tensor, nn

from cnn_lessons.arithmetic import integer


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a way around them. Source: He et al. 2015, arXiv 1512.03385, figure 5, left.

    Args:
        in_channels: channels of the input.
        channels: channels of the output.
        stride: of the first convolution; 2 halves height and width.
    """

    expansion = 1  # output channels for each channel inside

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)  # BatchNorm cancels a bias
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.downsample = shortcut(in_channels, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        out = self.relu(self.bn1(self.conv1(x)))  # (N, channels, ⌈H/stride⌉, ⌈W/stride⌉)
        out = self.bn2(self.conv2(out))
        return self.relu(out + self.downsample(x))  # the last ReLU comes after the sum


class Bottleneck(nn.Module):
    """Down to few channels by 1×1, a 3×3 there, up again by 1×1.

    Args:
        in_channels: channels of the input.
        channels: channels inside; the output has 4 · channels.
        stride: of the 3×3 convolution; 2 halves height and width.

    Source: He et al. 2015, arXiv 1512.03385, figure 5, right, but the paper strides in the first 1×1.
    """

    expansion = 4  # output channels for each of `channels`
    widening = 1  # channels inside for each of `channels`

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        inside, out_channels = channels * self.widening, channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, inside, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inside)
        self.conv2 = nn.Conv2d(inside, inside, 3, stride, padding=1, bias=False)  # the paper strides in conv1,
        self.bn2 = nn.BatchNorm2d(inside)  # which skips 3/4 of the input; this is "ResNet-B", arXiv 1812.01187
        self.conv3 = nn.Conv2d(inside, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.downsample = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 4·channels, ⌈H/stride⌉, ⌈W/stride⌉) for (N, in_channels, H, W)."""
        out = self.relu(self.bn1(self.conv1(x)))  # (N, inside, H, W)
        out = self.relu(self.bn2(self.conv2(out)))  # (N, inside, ⌈H/stride⌉, ⌈W/stride⌉)
        out = self.bn3(self.conv3(out))  # (N, 4·channels, ⌈H/stride⌉, ⌈W/stride⌉)
        return self.relu(out + self.downsample(x))


class WideBottleneck(Bottleneck):
    """Twice the channels inside, the same outside. Source: Zagoruyko & Komodakis 2016, arXiv 1605.07146, §3."""

    widening = 2


def shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """Return the identity where the shape stays, else a strided 1×1 convolution with BatchNorm.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: 2 halves height and width.

    Source: He et al. 2015, arXiv 1512.03385, §3.3 and §4.1, option B.
    """
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


def stage(block: type, in_channels: int, channels: int, count: int, stride: int) -> nn.Sequential:
    """Return `count` blocks of one shape; only the first one strides and changes the channels."""
    rest = [block(channels * block.expansion, channels) for _ in range(count - 1)]
    return nn.Sequential(block(in_channels, channels, stride), *rest)


def initialise(module: nn.Module) -> None:
    """Draw convolutions so that gradients keep their size. Source: He et al. 2015, arXiv 1502.01852, §2.2 (fan-out)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


class ResNet(nn.Module):
    """Stem, four stages of `counts` blocks, the mean over all places, one linear layer.

    Args:
        block: `BasicBlock`, `Bottleneck` or another class that is called like them.
        counts: blocks in each of the four stages.
        num_classes: K, at least 1.
        stem: "imagenet" shrinks the picture by four; "cifar" keeps its size.

    Raises:
        ValueError: if num_classes is not an integer of at least 1, or stem is neither word.

    Source: He et al. 2015, arXiv 1512.03385, table 1.
    """

    def __init__(self, block: type, counts: tuple[int, ...], num_classes: int = 1000, stem: str = "imagenet"):
        super().__init__()
        num_classes = integer(num_classes, "resnet: num_classes", 1)
        if stem not in ("imagenet", "cifar"):
            raise ValueError(f'resnet: expected stem "imagenet" or "cifar", got {stem!r}; take "cifar" for 32×32')
        if stem == "imagenet":
            self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        else:
            self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
            self.maxpool = nn.Identity()
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.layer1 = stage(block, 64, 64, counts[0], stride=1)
        self.layer2 = stage(block, 64 * block.expansion, 128, counts[1], stride=2)
        self.layer3 = stage(block, 128 * block.expansion, 256, counts[2], stride=2)
        self.layer4 = stage(block, 256 * block.expansion, 512, counts[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self.apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, 3, H, W).

        With stem="cifar" the maps from layer1 on are four times as high and as wide as with "imagenet".
        """
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 64, H/2, W/2)
        x = self.maxpool(x)  # (N, 64, H/4, W/4)
        x = self.layer1(x)  # (N, 64·E, H/4, W/4), E = block.expansion
        x = self.layer2(x)  # (N, 128·E, H/8, W/8)
        x = self.layer3(x)  # (N, 256·E, H/16, W/16)
        x = self.layer4(x)  # (N, 512·E, H/32, W/32)
        x = self.avgpool(x).flatten(1)  # (N, 512·E)
        return self.fc(x)  # (N, K): logits, no softmax


def resnet18(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-18: 11,689,512 parameters; 11,173,962 with 10 classes and stem="cifar".

    Args:
        num_classes: K, at least 1.
        stem: "imagenet" (7×7 with stride 2, then max pool: a quarter of the size) or "cifar" (3×3, keeps the size).

    Returns:
        A model from (N, 3, H, W) to logits (N, K).

    Raises:
        ValueError: if num_classes is not an integer of at least 1, or stem is neither word.

    With stem="imagenet", state-dict keys and shapes equal torchvision's, so its weights load.
    Source: He et al. 2015, arXiv 1512.03385, table 1. Taught in: 09, 10.
    """
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, stem)


def resnet34(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-34: 21,797,672 parameters. Arguments, result and errors as `resnet18`, weights and source too."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, stem)


def resnet50(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-50: 25,557,032 parameters. Arguments, result and errors as `resnet18`, weights and source too."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, stem)


def resnet101(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-101: 44,549,160 parameters. Arguments, result and errors as `resnet18`, weights and source too."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, stem)


def resnet152(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-152: 60,192,808 parameters. Arguments, result and errors as `resnet18`, weights and source too."""
    return ResNet(Bottleneck, (3, 8, 36, 3), num_classes, stem)


def wide_resnet50_2(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-50 with wide bottlenecks: 68,883,240 parameters.

    Arguments, result and errors as `resnet18`, weights too.
    Source: Zagoruyko & Komodakis 2016, arXiv 1605.07146, §3, WRN-50-2.
    """
    return ResNet(WideBottleneck, (3, 4, 6, 3), num_classes, stem)


def wide_resnet101_2(num_classes: int = 1000, stem: str = "imagenet") -> ResNet:
    """Build ResNet-101 with wide bottlenecks: 126,886,696 parameters.

    Arguments, result and errors as `resnet18`, weights too.
    Source: torchvision, which widens it as `wide_resnet50_2`.
    """
    return ResNet(WideBottleneck, (3, 4, 23, 3), num_classes, stem)
