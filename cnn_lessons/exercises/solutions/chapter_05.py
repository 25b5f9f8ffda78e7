"""Answers of chapter 05."""

import torch
import torch.nn.functional as F
from torch import nn


def build_mlp(in_features, hidden, num_classes):
    layers, size = [nn.Flatten()], in_features
    for width in hidden:
        layers += [nn.Linear(size, width), nn.ReLU()]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, num_classes))  # logits: no activation at the end


class MnistCNN(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):  # (N, 1, 28, 28)
        x = F.max_pool2d(self.conv1(x).relu(), 2)  # (N, 6, 12, 12)
        x = F.max_pool2d(self.conv2(x).relu(), 2)  # (N, 16, 4, 4)
        x = self.fc1(x.flatten(1)).relu()
        return self.fc3(self.fc2(x).relu())


def dense_weights(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    h_out, w_out = ((side + 2 * padding - kernel_size) // stride + 1 for side in size)
    return (in_channels * size[0] * size[1]) * (out_channels * h_out * w_out)


def shift_images(images, dy, dx):
    out, (H, W) = torch.zeros_like(images), images.shape[2:]
    if abs(dy) >= H or abs(dx) >= W:
        return out  # nothing of the picture is left
    top, bottom = max(dy, 0), H + min(dy, 0)  # where the copy lands
    left, right = max(dx, 0), W + min(dx, 0)
    out[:, :, top:bottom, left:right] = images[:, :, top - dy : bottom - dy, left - dx : right - dx]
    return out


def channels_first_weight(weight, channels, height, width):
    # Of 32×32 pixels, column 7 was row 0, column 2, green, the second channel. Channels
    # first it is 1·1024 + 2 = 1026.
    pictures = weight.reshape(-1, height, width, channels)  # every row is a picture (H, W, C)
    return pictures.permute(0, 3, 1, 2).flatten(1)  # (m, C·H·W)
