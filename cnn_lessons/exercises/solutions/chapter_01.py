"""Answers of chapter 01."""

import torch


def to_nchw(image):
    x = image.permute(2, 0, 1).unsqueeze(0)  # (1, C, H, W)
    return x.to(torch.float32) / 255


def grayscale(x):
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=x.dtype, device=x.device)
    return (x * weights[:, None, None]).sum(dim=1, keepdim=True)  # (N, 1, H, W)


def normalize(x, mean, std):
    return (x - mean[:, None, None]) / std[:, None, None]


def denormalize(x, mean, std):
    return x * std[:, None, None] + mean[:, None, None]


def channel_statistics(batches):
    count = total = squares = 0
    for x in batches:  # (N_i, C, H, W)
        count += x.numel() // x.shape[1]
        total += x.sum(dim=(0, 2, 3))  # (C,)
        squares += x.square().sum(dim=(0, 2, 3))
    mean = total / count
    return mean, (squares / count - mean.square()).sqrt()


def to_picture(x):
    # What reshape did: three neighbours of one channel became the three colours of a
    # pixel, hence grey, a third as wide, and three rows side by side. The channels
    # follow one another, hence three copies one below the other.
    levels = (255 * x[0]).round().clamp(0, 255).to(torch.uint8)  # (C, H, W)
    return levels.permute(1, 2, 0)
