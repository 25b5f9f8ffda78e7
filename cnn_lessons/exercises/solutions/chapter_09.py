"""Answers of chapter 09."""

from torch import nn


def build_stage(block, in_channels, out_channels, count, stride):
    blocks = [block(in_channels, out_channels, stride)]  # the only one that changes the shape
    for _ in range(count - 1):
        blocks.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*blocks)


def network_depth(counts, layers_per_block):
    return 1 + layers_per_block * sum(counts) + 1  # stem, blocks, linear layer


def build_resnet20(block, num_classes=10):
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),  # (N, 16, H, W)
        nn.BatchNorm2d(16),
        nn.ReLU(),
        build_stage(block, 16, 16, count=3, stride=1),
        build_stage(block, 16, 32, count=3, stride=2),  # (N, 32, ⌈H/2⌉, ⌈W/2⌉)
        build_stage(block, 32, 64, count=3, stride=2),  # (N, 64, ⌈H/4⌉, ⌈W/4⌉)
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),  # (N, 64)
        nn.Linear(64, num_classes),
    )


def shrinking_blocks(stages, x):
    found = []
    for i, blocks in enumerate(stages):
        for j, block in enumerate(blocks):
            height, width = x.shape[2:]
            x = block(x)
            if x.shape[2] < height or x.shape[3] < width:
                found.append((i, j))
    return found
