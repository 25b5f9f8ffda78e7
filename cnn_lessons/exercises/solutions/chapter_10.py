"""Answers of chapter 10."""

import torch
from torch import nn


class BottleneckBlock(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        out_channels = 4 * channels
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):  # (N, in_channels, H, W)
        out = self.bn1(self.conv1(x)).relu()  # (N, channels, H, W)
        out = self.bn2(self.conv2(out)).relu()  # (N, channels, H/stride, W/stride)
        out = self.bn3(self.conv3(out))  # (N, 4·channels, H/stride, W/stride)
        return (out + self.downsample(x)).relu()


def stem_c(in_channels=3, out_channels=64):
    # It has 28,768 parameters, 19,232 more than the 7×7 stem with its BatchNorm. For
    # 224×224 pixels it takes 357,654,528 multiply-adds, three times the 118,013,952 of
    # the 7×7 stem.
    half, layers = out_channels // 2, []
    for into, out, stride in ((in_channels, half, 2), (half, half, 1), (half, out_channels, 1)):
        layers += [nn.Conv2d(into, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(3, stride=2, padding=1))


def rename_keys(state):
    renamed = {}
    for key, tensor in state.items():
        parts = key.removeprefix("module.").split(".")
        if parts[0] == "stem":
            new = ["conv1" if parts[1] == "conv" else "bn1", *parts[2:]]
        elif parts[0] == "head":
            new = ["fc", *parts[1:]]
        else:
            new = [f"layer{int(parts[1]) + 1}", parts[2]]  # stage and block
            if parts[3] == "shortcut":
                new += ["downsample", "0" if parts[4] == "conv" else "1", *parts[5:]]
            else:
                new += [parts[3].replace("norm", "bn"), *parts[4:]]
        renamed[".".join(new)] = tensor
    return renamed


def train_head(body, head, loader, optimizer, loss_fn):
    body.eval()  # its BatchNorms use their statistics and leave them alone
    head.train()
    for images, labels in loader:
        optimizer.zero_grad()  # of the body too: old gradients would move it
        with torch.no_grad():
            features = body(images)
        loss_fn(head(features), labels).backward()
        optimizer.step()
