"""Wrong answers to the exercises of chapter 02."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F

from cnn_lessons import ops

from . import wrong

# correlate2d


@wrong("correlate2d", says="turned the kernel by half a turn")
def true_convolution(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            for u in range(K_h):
                for v in range(K_w):
                    out[i, j] += image[i + u, j + v] * kernel[-1 - u, -1 - v]
    return out


@wrong("correlate2d", says="You put all the products of a window where one number belongs")
def products_not_summed(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = image[i : i + K_h, j : j + K_w] * kernel
    return out


@wrong("correlate2d", says="left out the last row and the last column")
def stops_one_window_early(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h, W - K_w)
    for i in range(H - K_h):
        for j in range(W - K_w):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("correlate2d", says="swapped the kernel's height and width")
def width_before_height(image, kernel):
    (H, W), (K_w, K_h) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("correlate2d", says="swapped the image's height and width")
def image_width_before_height(image, kernel):
    (W, H), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("correlate2d", says="as large as the image")
def runs_over_the_edge(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = torch.zeros_like(image)
    for i in range(H):
        for j in range(W):
            window = image[i : i + K_h, j : j + K_w]
            out[i, j] = (window * kernel[: window.shape[0], : window.shape[1]]).sum()
    return out


@wrong("correlate2d", says="without weighing it")
def sums_the_window(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    rows = [[image[i : i + K_h, j : j + K_w].sum() for j in range(W - K_w + 1)] for i in range(H - K_h + 1)]
    return torch.stack([torch.stack(row) for row in rows])


@wrong("correlate2d", says="took the mean")
def mean_for_sum(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).mean()
    return out


@wrong("correlate2d", says="windows overlap")
def tiles(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    rows = [
        [(image[i : i + K_h, j : j + K_w] * kernel).sum() for j in range(0, W - K_w + 1, K_w)]
        for i in range(0, H - K_h + 1, K_h)
    ]
    return torch.stack([torch.stack(row) for row in rows])


@wrong("correlate2d", says="product of matrices")
def matrix_product(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] @ kernel).sum()
    return out


@wrong("correlate2d", says="changes its input")
def multiplies_in_place(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            window = image[i : i + K_h, j : j + K_w]
            window *= kernel
            out[i, j] = window.sum()
    return out


@wrong("correlate2d", says="Keep all digits: make the result in the input's dtype from the start")
def single_precision(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = torch.zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("correlate2d", says="cut the path to the input")
def plain_numbers(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    rows = [
        [(image[i : i + K_h, j : j + K_w] * kernel).sum().item() for j in range(W - K_w + 1)]
        for i in range(H - K_h + 1)
    ]
    return torch.tensor(rows, dtype=image.dtype)


@wrong("correlate2d", says="got a numpy array")
def numpy_all_the_way(image, kernel):
    image, kernel = image.numpy(), kernel.numpy()
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


@wrong("correlate2d", says="returns None")
def prints_the_sums(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            print((image[i : i + K_h, j : j + K_w] * kernel).sum())


@wrong("correlate2d", says="Does every path end in `return`?")
def forgets_to_return(image, kernel):
    out = image.new_zeros(image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()


@wrong("correlate2d", says="You called torch's conv2d")
def calls_the_layer(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


# conv2d_channels


@wrong("conv2d_channels", says="You put all the products of a window where one number belongs")
def products_of_all_channels_not_summed(x, weight, bias):
    (N, _, H, W), (C_out, _, K_h, K_w) = x.shape, weight.shape
    out = x.new_zeros(N, C_out, H - K_h + 1, W - K_w + 1)
    for n in range(N):
        for k in range(C_out):
            for i in range(H - K_h + 1):
                for j in range(W - K_w + 1):
                    out[n, k, i, j] = x[n, :, i : i + K_h, j : j + K_w] * weight[k] + bias[k]
    return out


def _four_loops(x, weight, value):
    """Fill the output with `value(window, k)`, where the window is (C_in, K_h, K_w)."""
    (N, _, H, W), (C_out, _, K_h, K_w) = x.shape, weight.shape
    out = x.new_zeros(N, C_out, H - K_h + 1, W - K_w + 1)
    for n in range(N):
        for k in range(C_out):
            for i in range(H - K_h + 1):
                for j in range(W - K_w + 1):
                    out[n, k, i, j] = value(x[n, :, i : i + K_h, j : j + K_w], k)
    return out


@wrong("conv2d_channels", says="left out the bias")
def no_bias(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window * weight[k]).sum())


@wrong("conv2d_channels", says="once for each product")
def bias_in_every_product(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window * weight[k] + bias[k]).sum())


@wrong("conv2d_channels", says="once for each input channel")
def bias_in_every_channel(x, weight, bias):
    def value(window, k):
        total = 0
        for c in range(x.shape[1]):
            total = total + (window[c] * weight[k, c]).sum() + bias[k]
        return total

    return _four_loops(x, weight, value)


@wrong("conv2d_channels", says="first input channel only")
def first_channel(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window[0] * weight[k, 0]).sum() + bias[k])


@wrong("conv2d_channels", says="mean over the input channels")
def channels_averaged(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window * weight[k]).sum((1, 2)).mean() + bias[k])


@wrong("conv2d_channels", says="first filter for every output channel")
def one_filter_for_all(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window * weight[0]).sum() + bias[k])


@wrong("conv2d_channels", says="first image for the whole batch")
def first_image(x, weight, bias):
    return _four_loops(x[:1].expand_as(x), weight, lambda window, k: (window * weight[k]).sum() + bias[k])


@wrong("conv2d_channels", says="images of the batch are missing")
def a_batch_of_one(x, weight, bias):
    return _four_loops(x[:1], weight, lambda window, k: (window * weight[k]).sum() + bias[k])


@wrong("conv2d_channels", says="You added up the images of the batch")
def one_sum_for_all_images(x, weight, bias):
    (K_h, K_w), (H, W) = weight.shape[2:], x.shape[2:]
    out = x.new_zeros(len(x), len(weight), H - K_h + 1, W - K_w + 1)
    for k in range(len(weight)):
        for i in range(H - K_h + 1):
            for j in range(W - K_w + 1):
                out[:, k, i, j] = (x[:, :, i : i + K_h, j : j + K_w] * weight[k]).sum() + bias[k]
    return out


@wrong("conv2d_channels", says="turned the kernel by half a turn")
def flipped_filters(x, weight, bias):
    flipped = weight.flip(2).flip(3)
    return _four_loops(x, weight, lambda window, k: (window * flipped[k]).sum() + bias[k])


@wrong("conv2d_channels", says="left out the last row and the last column")
def range_ends_early(x, weight, bias):
    return _four_loops(x[:, :, :-1, :-1], weight, lambda window, k: (window * weight[k]).sum() + bias[k])


@wrong("conv2d_channels", says="swapped in and out channels")
def weight_axes_swapped(x, weight, bias):
    def value(window, k):
        return sum((window[c] * weight[c, k]).sum() for c in range(x.shape[1])) + bias[k]

    return _four_loops(x, weight, value)


@wrong("conv2d_channels", says="bias went along the width")
def bias_broadcast(x, weight, bias):
    return _four_loops(x, weight, lambda window, k: (window * weight[k]).sum()) + bias


@wrong("conv2d_channels", says="kept the input channels apart")
def one_map_for_each_channel(x, weight, bias):
    windows = x.unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)  # (N, C_in, H_out, W_out, K_h, K_w)
    maps = (windows[:, None] * weight[:, :, None, None]).sum((-2, -1))  # (N, C_out, C_in, H_out, W_out)
    return maps + bias[:, None, None, None]


@wrong("conv2d_channels", says="the course's own conv2d_loops")
def calls_the_course(x, weight, bias):
    return ops.conv2d_loops(x, weight, bias)


# conv2d_unfold


def _sizes(x, weight, stride, padding):
    return [(x.shape[2 + a] + 2 * padding[a] - weight.shape[2 + a]) // stride[a] + 1 for a in (0, 1)]


def _by_matrix(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
    return weight.flatten(1) @ columns + bias[:, None]


@wrong("conv2d_unfold", says="a loop over positions")
def two_loops(x, weight, bias, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    (K_h, K_w), (H_out, W_out) = weight.shape[2:], _sizes(x, weight, stride, (0, 0))
    out = x.new_zeros(len(x), len(weight), H_out, W_out)
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * stride[0], j * stride[1]
            window = x[:, None, :, top : top + K_h, left : left + K_w]
            out[:, :, i, j] = (window * weight).sum((2, 3, 4)) + bias
    return out


@wrong("conv2d_unfold", says="third positional argument of unfold is the dilation")
def stride_by_position(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride, padding)
    out = weight.flatten(1) @ columns + bias[:, None]
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, padding))


@wrong("conv2d_unfold", says="it rounds down")
def size_rounded_up(x, weight, bias, stride, padding):
    sizes = [-(-(x.shape[2 + a] + 2 * padding[a] - weight.shape[2 + a]) // stride[a]) + 1 for a in (0, 1)]
    return _by_matrix(x, weight, bias, stride, padding).reshape(len(x), len(weight), *sizes)


@wrong("conv2d_unfold", says="left out the stride")
def no_stride(x, weight, bias, stride, padding):
    out = _by_matrix(x, weight, bias, (1, 1), padding)
    return out.reshape(len(x), len(weight), *_sizes(x, weight, (1, 1), padding))


@wrong("conv2d_unfold", says="left out the padding")
def no_padding(x, weight, bias, stride, padding):
    out = _by_matrix(x, weight, bias, stride, (0, 0))
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, (0, 0)))


@wrong("conv2d_unfold", says="padding on one side")
def pads_one_side(x, weight, bias, stride, padding):
    x = F.pad(x, (padding[1], 0, padding[0], 0))
    out = _by_matrix(x, weight, bias, stride, (0, 0))
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, (0, 0)))


@wrong("conv2d_unfold", says="swapped height and width in stride and padding")
def pairs_reversed(x, weight, bias, stride, padding):
    x = F.pad(x, (padding[0], padding[0], padding[1], padding[1]))
    windows = x.unfold(2, weight.shape[2], stride[1]).unfold(3, weight.shape[3], stride[0])
    return torch.einsum("nchwij,kcij->nkhw", windows, weight) + bias[:, None, None]


@wrong("conv2d_unfold", says="first number of a pair for both directions")
def square_settings(x, weight, bias, stride, padding):
    s, p = stride[0], padding[0]
    out = _by_matrix(x, weight, bias, s, p)
    return out.reshape(len(x), len(weight), *_sizes(x, weight, (s, s), (p, p)))


@wrong("conv2d_unfold", says="Rows come first")
def folds_width_first(x, weight, bias, stride, padding):
    h, w = _sizes(x, weight, stride, padding)
    return _by_matrix(x, weight, bias, stride, padding).reshape(len(x), len(weight), w, h)


@wrong("conv2d_unfold", says="does not transpose")
def reshape_for_transpose(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding).transpose(1, 2)
    out = (columns @ weight.reshape(-1, len(weight))).transpose(1, 2) + bias[:, None]
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, padding))


@wrong("conv2d_unfold", says="left out the bias")
def matrix_without_bias(x, weight, bias, stride, padding):
    out = weight.flatten(1) @ F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, padding))


@wrong("conv2d_unfold", says="All positions are still in one axis")
def leaves_the_positions_flat(x, weight, bias, stride, padding):
    return _by_matrix(x, weight, bias, stride, padding)


@wrong("conv2d_unfold", says="cut the path to the input")
def weights_as_data(x, weight, bias, stride, padding):
    out = _by_matrix(x, weight.data, bias, stride, padding)
    return out.reshape(len(x), len(weight), *_sizes(x, weight, stride, padding))


# conv2d_weight_gradient


def _by_offsets(x, grad_output, value):
    """Fill the gradient with `value(seen, u, v)`, where `seen` is what weight [u, v] met."""
    h_out, w_out = grad_output.shape[2:]
    k_h, k_w = x.shape[2] - h_out + 1, x.shape[3] - w_out + 1
    gradient = x.new_zeros(grad_output.shape[1], x.shape[1], k_h, k_w)
    for u in range(k_h):
        for v in range(k_w):
            gradient[:, :, u, v] = value(x[:, :, u : u + h_out, v : v + w_out])
    return gradient


@wrong("conv2d_weight_gradient", says="turned by half a turn")
def offsets_backwards(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: torch.einsum("nkij,ncij->kc", grad_output, seen)).flip(2, 3)


@wrong("conv2d_weight_gradient", says="mean over the batch")
def batch_mean(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: torch.einsum("nkij,ncij->kc", grad_output, seen) / len(x))


@wrong("conv2d_weight_gradient", says="first image only")
def gradient_of_first_image(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: torch.einsum("kij,cij->kc", grad_output[0], seen[0]))


@wrong("conv2d_weight_gradient", says="mean over the positions")
def position_mean(x, grad_output):
    def value(seen):
        return (grad_output[:, :, None] * seen[:, None]).mean((3, 4)).sum(0)

    return _by_offsets(x, grad_output, value)


@wrong("conv2d_weight_gradient", says="swapped in and out channels")
def channels_swapped(x, grad_output):
    return F.conv2d(x.transpose(0, 1), grad_output.transpose(0, 1))


@wrong("conv2d_weight_gradient", says="left out grad_output")
def pixels_only(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: seen.sum((0, 2, 3)))


@wrong("conv2d_weight_gradient", says="added up the input channels")
def input_channels_added(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: torch.einsum("nkij,ncij->k", grad_output, seen)[:, None])


@wrong("conv2d_weight_gradient", says="kept the images of the batch apart")
def one_gradient_for_each_image(x, grad_output):
    h_out, w_out = grad_output.shape[2:]
    windows = x.unfold(2, h_out, 1).unfold(3, w_out, 1)  # (N, C_in, K_h, K_w, H_out, W_out)
    return torch.einsum("nkij,ncuvij->nkcuv", grad_output, windows)


@wrong("conv2d_weight_gradient", says="gradient of the bias")
def bias_gradient(x, grad_output):
    return grad_output.sum((0, 2, 3))


@wrong("conv2d_weight_gradient", says="one row and one column too small")
def kernel_too_small(x, grad_output):
    return _by_offsets(x, grad_output, lambda seen: torch.einsum("nkij,ncij->kc", grad_output, seen))[:, :, :-1, :-1]


@wrong("conv2d_weight_gradient", says="You called torch's grad")
def asks_autograd(x, grad_output):
    size = [a - b + 1 for a, b in zip(x.shape[2:], grad_output.shape[2:], strict=True)]
    weight = x.new_zeros(grad_output.shape[1], x.shape[1], *size, requires_grad=True)
    return torch.autograd.grad(F.conv2d(x, weight), weight, grad_output)[0]


@wrong("conv2d_weight_gradient", says="You called torch's backward")
def calls_backward(x, grad_output):
    size = [a - b + 1 for a, b in zip(x.shape[2:], grad_output.shape[2:], strict=True)]
    weight = x.new_zeros(grad_output.shape[1], x.shape[1], *size, requires_grad=True)
    (F.conv2d(x, weight) * grad_output).sum().backward()
    return weight.grad


@wrong("conv2d_weight_gradient", says="You called torch's conv")
def finds_torchs_helper(x, grad_output):
    size = [a - b + 1 for a, b in zip(x.shape[2:], grad_output.shape[2:], strict=True)]
    return torch.nn.grad.conv2d_weight(x, (grad_output.shape[1], x.shape[1], *size), grad_output)


# flip_probe

NINE = torch.arange(1.0, 10).reshape(3, 3)
SOBEL_X = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
EMBOSS = torch.tensor([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]])


def _dot():
    image = torch.zeros(5, 5)
    image[2, 2] = 1
    return image


@wrong("flip_probe", says="as on the chessboard")
def another_kernel_on_the_chessboard():
    image = torch.tensor([[(i + j) % 2 for j in range(8)] for i in range(8)])
    return image, NINE


@wrong("flip_probe", says="as on the chessboard")
def stripes():
    return torch.tensor([[0.0, 1] * 4] * 6), NINE


@wrong("flip_probe", says="one value everywhere")
def all_ones():
    return torch.ones(6, 6), NINE


@wrong("flip_probe", says="leaves your kernel as it is")
def blurs_a_random_image():
    return torch.rand(8, 8), torch.full((3, 3), 1 / 9)


@wrong("flip_probe", says="flips the kernel upside down")
def sobel_shows_only_left_and_right():
    return torch.rand(8, 8), SOBEL_X


@wrong("flip_probe", says="swaps the rows and columns")
def emboss_is_its_own_transpose():
    return _dot(), EMBOSS


@wrong("flip_probe", says="hide it together")
def ramp_seen_by_sobel_of_the_other_axis():
    return torch.arange(6.0)[:, None].expand(6, 6), SOBEL_X


@wrong("flip_probe", says="leaves your kernel as it is")
def one_by_one():
    return torch.rand(5, 5), torch.tensor([[3.0]])


@wrong("flip_probe", says="a kernel that fits into the image")
def kernel_larger_than_image():
    return NINE, torch.rand(5, 5)


@wrong("flip_probe", says="expected the image as (H, W)")
def a_batch_of_images():
    return _dot()[None, None], NINE[None, None]


@wrong("flip_probe", says="return image, kernel")
def returns_the_comparison():
    image = _dot()
    return torch.equal(image, image.flip(0, 1))


@wrong("flip_probe", says="expected the image to be a torch.Tensor")
def lists_of_rows():
    return [[0, 0, 0], [0, 1, 0], [0, 0, 0]], [[1, 2], [3, 4]]


@wrong("flip_probe", says="finite real numbers")
def not_a_number():
    return torch.full((5, 5), torch.nan), NINE


@wrong("correlate2d", says="expected dtype torch.float32, got torch.float64")
def correlate_in_doubles(image, kernel):
    height, width = kernel.shape
    out = torch.zeros(image.shape[0] - height + 1, image.shape[1] - width + 1, dtype=torch.float64)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + height, j : j + width] * kernel).sum()
    return out


@wrong("conv2d_channels", says="is out of bounds for dimension 0")
def channels_over_the_edge(x, weight, bias):
    (images, _, height, width), (filters, channels, rows, columns) = x.shape, weight.shape
    out = x.new_zeros(images, filters, height - rows + 1, width - columns + 1)
    for n in range(images):
        for k in range(filters):
            for i in range(height):
                for j in range(width):
                    out[n, k, i, j] = bias[k] + sum(
                        x[n][c][i + u][j + v] * weight[k, c, u, v]
                        for c in range(channels)
                        for u in range(rows)
                        for v in range(columns)
                    )
    return out


@wrong("conv2d_unfold", says="your code calls torch")
def unfold_row_by_row(x, weight, bias, stride, padding):
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    height, width = weight.shape[2:]
    rows = []
    for top in range(0, x.shape[2] - height + 1, stride[0]):
        strip = x[:, :, top : top + height].unfold(3, width, stride[1])
        rows.append(torch.einsum("nchwv,kchv->nkw", strip, weight))
    return torch.stack(rows, 2) + bias[:, None, None]


@wrong("conv2d_channels", says="that of the bias is (C_out,)")
def channels_bias_of_the_input_channel(x, weight, bias):
    rows, columns = x.shape[2] - weight.shape[2] + 1, x.shape[3] - weight.shape[3] + 1
    out = x.new_zeros(len(x), len(weight), rows, columns)
    for k in range(len(weight)):
        for c in range(x.shape[1]):
            windows = x[:, c].unfold(1, weight.shape[2], 1).unfold(2, weight.shape[3], 1)
            out[:, k] += (windows * weight[k, c]).sum((-1, -2)) + bias[c]
    return out


@wrong("conv2d_channels", says="expected dtype torch.float32")
def channels_in_float64(x, weight, bias):
    windows = x.double().unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)
    return torch.einsum("nchwij,ocij->nohw", windows, weight.double()) + bias[:, None, None]


@wrong("correlate2d", says="You computed in float32 on the way")
def correlate_converted_at_the_end(image, kernel):
    (height, width), (k_h, k_w) = image.shape, kernel.shape
    result = torch.zeros(height - k_h + 1, width - k_w + 1)
    for i in range(height - k_h + 1):
        for j in range(width - k_w + 1):
            result[i, j] = torch.sum(image[i : i + k_h, j : j + k_w] * kernel)
    return result.to(image.dtype)


def _channel_by_channel(x, weight, bias, result, images=None):
    (_, c_in, height, width), (c_out, _, k_h, k_w) = x.shape, weight.shape
    for n, k, i, j in itertools.product(
        range(images or len(x)), range(c_out), range(height - k_h + 1), range(width - k_w + 1)
    ):
        for c in range(c_in):
            result(n, k, i, j, x[n, c, i : i + k_h, j : j + k_w], c)


def _empty(x, weight, dtype=None):
    sizes = [a - b + 1 for a, b in zip(x.shape[2:], weight.shape[2:], strict=True)]
    return torch.zeros(len(x), len(weight), *sizes, dtype=dtype or x.dtype)


@wrong("conv2d_channels", says="You computed in float32 on the way")
def channels_converted_at_the_end(x, weight, bias):
    out = _empty(x, weight, torch.float32) + bias[:, None, None].float()

    def put(n, k, i, j, window, c):
        out[n, k, i, j] += (window * weight[k, c]).sum()

    _channel_by_channel(x, weight, bias, put)
    return out.to(x.dtype)


@wrong("conv2d_channels", says="Only the last input channel counts: add with +=")
def channels_last_one_wins(x, weight, bias):
    out = _empty(x, weight)

    def put(n, k, i, j, window, c):
        out[n, k, i, j] = (window * weight[k, c]).sum() + bias[k]

    _channel_by_channel(x, weight, bias, put)
    return out


@wrong("conv2d_channels", says="You used the first slice of the filter for every input channel")
def channels_with_the_first_slice(x, weight, bias):
    out = _empty(x, weight) + bias[:, None, None]

    def put(n, k, i, j, window, c):
        out[n, k, i, j] += (window * weight[k, 0]).sum()

    _channel_by_channel(x, weight, bias, put)
    return out


@wrong("conv2d_channels", says="Only the maps of the first image are filled")
def channels_of_the_first_image(x, weight, bias):
    out = _empty(x, weight)

    def put(n, k, i, j, window, c):
        out[n, k, i, j] += (window * weight[k, c]).sum() + (bias[k] if c == 0 else 0)

    _channel_by_channel(x, weight, bias, put, images=1)
    return out


@wrong("conv2d_unfold", says="The bias went along the last axis")
def unfold_with_a_flat_bias(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
    rows = (x.shape[2] + 2 * padding[0] - weight.shape[2]) // stride[0] + 1
    return (weight.flatten(1) @ columns + bias).reshape(len(x), len(weight), rows, -1)


@wrong("conv2d_unfold", says="The bias went along the last axis")
def unfold_with_a_flat_bias_at_the_end(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
    rows = (x.shape[2] + 2 * padding[0] - weight.shape[2]) // stride[0] + 1
    return (weight.flatten(1) @ columns).reshape(len(x), len(weight), rows, -1) + bias


@wrong("conv2d_unfold", says="One row for each filter: flatten from axis 1 on")
def unfold_with_one_row(x, weight, bias, stride, padding):
    columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
    rows = (x.shape[2] + 2 * padding[0] - weight.shape[2]) // stride[0] + 1
    return (weight.flatten() @ columns + bias[:, None]).reshape(len(x), len(weight), rows, -1)


@wrong("conv2d_weight_gradient", says="One weight meets H_out × W_out pixels, not K_h × K_w")
def gradient_in_windows_of_the_kernel(x, grad_output):
    k_h, k_w = (a - b + 1 for a, b in zip(x.shape[2:], grad_output.shape[2:], strict=True))
    gradient = x.new_zeros(grad_output.shape[1], x.shape[1], k_h, k_w)
    for k, c, u, v in itertools.product(*map(range, gradient.shape)):
        gradient[k, c, u, v] = (grad_output[:, k] * x[:, c, u : u + k_h, v : v + k_w]).sum()
    return gradient
