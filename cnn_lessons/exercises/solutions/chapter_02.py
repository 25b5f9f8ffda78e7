"""Answers of chapter 02."""

import torch
import torch.nn.functional as F


def correlate2d(image, kernel):
    (height, width), (k_h, k_w) = image.shape, kernel.shape
    out = image.new_zeros(height - k_h + 1, width - k_w + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i : i + k_h, j : j + k_w]  # (K_h, K_w)
            out[i, j] = (window * kernel).sum()
    return out


def conv2d_channels(x, weight, bias):
    (batch, _, height, width), (filters, _, k_h, k_w) = x.shape, weight.shape
    out = x.new_zeros(batch, filters, height - k_h + 1, width - k_w + 1)
    for n in range(batch):
        for k in range(filters):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    window = x[n, :, i : i + k_h, j : j + k_w]  # (C_in, K_h, K_w)
                    out[n, k, i, j] = (window * weight[k]).sum() + bias[k]
    return out


def conv2d_unfold(x, weight, bias, stride, padding):
    kernel = weight.shape[2:]
    columns = F.unfold(x, kernel, stride=stride, padding=padding)  # (N, C_in·K_h·K_w, H_out·W_out)
    out = weight.flatten(1) @ columns + bias[:, None]  # (N, C_out, H_out·W_out)
    h_out, w_out = ((x.shape[2 + a] + 2 * padding[a] - kernel[a]) // stride[a] + 1 for a in (0, 1))
    return out.reshape(*out.shape[:2], h_out, w_out)  # (N, C_out, H_out, W_out)


def conv2d_weight_gradient(x, grad_output):
    (_, c_in, height, width), (_, c_out, h_out, w_out) = x.shape, grad_output.shape
    k_h, k_w = height - h_out + 1, width - w_out + 1
    gradient = x.new_zeros(c_out, c_in, k_h, k_w)
    for k in range(c_out):
        for c in range(c_in):
            for u in range(k_h):
                for v in range(k_w):
                    seen = x[:, c, u : u + h_out, v : v + w_out]  # what this weight met: (N, H_out, W_out)
                    gradient[k, c, u, v] = (grad_output[:, k] * seen).sum()
    return gradient


def flip_probe():
    # The tutorial starts at K - 1 - u where u belongs: it reads each window from its last pixel to its first.
    image = torch.zeros(5, 5)
    image[2, 2] = 1  # a single dot: the output is the kernel itself, turned by half a turn
    kernel = torch.arange(1.0, 10).reshape(3, 3)  # nine different numbers: every flip moves some of them
    return image, kernel
