"""Answers of chapter 04."""

import torch


def max_pool2d(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    padded = torch.nn.functional.pad(x, (padding,) * 4, value=-torch.inf)  # −∞ never wins
    windows = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)  # (N, C, H_out, W_out, K, K)
    return windows.amax(dim=(-2, -1))


def avg_pool2d(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = kernel_size if stride is None else stride

    def window_sums(image):
        padded = torch.nn.functional.pad(image, (padding,) * 4)
        return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).sum(dim=(-2, -1))

    # A picture of ones, padded with zeros, counts the real pixels of each window.
    cells = kernel_size**2 if count_include_pad else window_sums(torch.ones_like(x))
    return window_sums(x) / cells  # (N, C, H_out, W_out)


def adaptive_avg_pool2d(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        top, bottom = i * height // rows, -(-(i + 1) * height // rows)  # floor, ceil
        for j in range(columns):
            left, right = j * width // columns, -(-(j + 1) * width // columns)
            out[:, :, i, j] = x[:, :, top:bottom, left:right].mean(dim=(2, 3))
    return out


def max_pool2d_gradient(x, kernel_size, grad_output):
    grad = torch.zeros_like(x)  # pixels that win nowhere keep 0
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows = slice(i * kernel_size, (i + 1) * kernel_size)
            columns = slice(j * kernel_size, (j + 1) * kernel_size)
            window = x[:, :, rows, columns].flatten(2)  # (N, C, K²), row by row
            first = window.argmax(dim=2, keepdim=True)  # of equal values, argmax names the first
            share = torch.zeros_like(window).scatter(2, first, grad_output[:, :, i, j, None])
            grad[:, :, rows, columns] = share.unflatten(2, (kernel_size, kernel_size))
    return grad


def global_average_pool(x):
    return x.mean(dim=(2, 3))  # (N, C, H, W) -> (N, C)
