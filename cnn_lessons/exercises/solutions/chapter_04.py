"""Answers of chapter 04."""

from math import ceil, floor

import torch


def max_pool2d(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    padded = torch.nn.functional.pad(x, (padding,) * 4, value=-torch.inf)  # −∞ never wins
    h_out, w_out = ((size - kernel_size) // stride + 1 for size in padded.shape[2:])
    out = x.new_zeros(*x.shape[:2], h_out, w_out)
    for i in range(h_out):
        for j in range(w_out):
            rows = slice(i * stride, i * stride + kernel_size)
            columns = slice(j * stride, j * stride + kernel_size)
            out[:, :, i, j] = padded[:, :, rows, columns].amax(dim=(2, 3))
    return out


def avg_pool2d(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = kernel_size if stride is None else stride

    def window_sums(image):
        padded = torch.nn.functional.pad(image, (padding,) * 4)
        h_out, w_out = ((size - kernel_size) // stride + 1 for size in padded.shape[2:])
        out = image.new_zeros(*image.shape[:2], h_out, w_out)
        for i in range(h_out):
            for j in range(w_out):
                rows = slice(i * stride, i * stride + kernel_size)
                columns = slice(j * stride, j * stride + kernel_size)
                out[:, :, i, j] = padded[:, :, rows, columns].sum(dim=(2, 3))
        return out

    # A picture of ones, padded with zeros, counts the real pixels of each window.
    cells = kernel_size**2 if count_include_pad else window_sums(torch.ones_like(x))
    return window_sums(x) / cells  # (N, C, H_out, W_out)


def adaptive_avg_pool2d(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        top, bottom = floor(i * height / rows), ceil((i + 1) * height / rows)
        for j in range(columns):
            left, right = floor(j * width / columns), ceil((j + 1) * width / columns)
            out[:, :, i, j] = x[:, :, top:bottom, left:right].mean(dim=(2, 3))
    return out


def max_pool2d_gradient(x, kernel_size, grad_output):
    grad = torch.zeros_like(x)  # pixels that win nowhere keep 0
    images, channels, h_out, w_out = grad_output.shape
    for n in range(images):
        for c in range(channels):
            for i in range(h_out):
                for j in range(w_out):
                    top = i * kernel_size
                    left = j * kernel_size
                    window = x[n, c, top : top + kernel_size, left : left + kernel_size]
                    place = window.argmax()  # row by row; of equal values, it names the first
                    grad[n, c, top + place // kernel_size, left + place % kernel_size] = grad_output[n, c, i, j]
    return grad


def global_average_pool(x, channels_last=False):
    # dim=(1, 2) kept W and lost the channels: the test's shape fails wherever W is not
    # C. A picture of one value has that value as its mean; with another value in each
    # channel it finds the fault, whatever the size.
    return x.mean(dim=(1, 2) if channels_last else (2, 3))  # (N, H, W, C) or (N, C, H, W) -> (N, C)
