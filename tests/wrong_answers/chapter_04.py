"""Wrong answers to the exercises of chapter 04."""

import itertools
import math
import sys

import torch
import torch.nn.functional as F

from . import wrong


@wrong("max_pool2d", says="You padded with 0")
def max_zero_padding(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = F.pad(x, (padding, padding, padding, padding))
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("max_pool2d", says="began the search for the largest value at 0")
def max_search_from_zero(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    rows = (x.shape[2] - kernel_size) // stride + 1
    columns = (x.shape[3] - kernel_size) // stride + 1
    best = x.new_zeros(x.shape[0], x.shape[1], rows, columns)
    for u in range(kernel_size):
        for v in range(kernel_size):
            seen = x[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
            best = torch.maximum(best, seen[:, :, :rows, :columns])
    return best


@wrong("max_pool2d", says="None stands for the kernel size")
def max_stride_none_is_one(x, kernel_size, stride=None, padding=0):
    stride = 1 if stride is None else stride
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("max_pool2d", says="You always moved the window by the kernel size")
def max_stride_forgotten(x, kernel_size, stride=None, padding=0):
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size).amax(dim=(-2, -1))


@wrong("max_pool2d", says="You rounded the size up")
def max_ceil_for_floor(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    rows, columns = (math.ceil((size - kernel_size) / stride) + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r, c = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r : r + kernel_size, c : c + kernel_size].amax(dim=(2, 3))
    return out


@wrong("max_pool2d", says="You padded on one side only")
def max_padding_once(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = torch.full((*x.shape[:2], x.shape[2] + padding, x.shape[3] + padding), -math.inf, dtype=x.dtype)
    padded[:, :, padding:, padding:] = x
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("max_pool2d", says="You stopped one window too early")
def max_last_window_lost(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    images = []
    for r in range(0, x.shape[2] - kernel_size, stride):
        row = []
        for c in range(0, x.shape[3] - kernel_size, stride):
            row.append(x[:, :, r : r + kernel_size, c : c + kernel_size].amax(dim=(2, 3)))
        images.append(torch.stack(row, dim=-1) if row else x.new_zeros(*x.shape[:2], 0))
    empty = x.new_zeros(*x.shape[:2], 0, len(range(0, x.shape[3] - kernel_size, stride)))
    return torch.stack(images, dim=-2) if images else empty


@wrong("max_pool2d", says="You pooled over the channels too")
def max_over_channels(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(1, -2, -1))


@wrong("max_pool2d", says="You exchanged height and width")
def max_height_width_swapped(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(3, kernel_size, stride).unfold(2, kernel_size, stride).amax(dim=(-2, -1)).mT


@wrong("max_pool2d", says="one of height and width for both")
def max_square_images_only(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    size = (x.shape[-2] - kernel_size) // stride + 1
    out = x.new_zeros(x.shape[0], x.shape[1], size, size)
    for i in range(size):
        for j in range(size):
            r, c = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r : r + kernel_size, c : c + kernel_size].amax(dim=(2, 3))
    return out


@wrong("max_pool2d", says="cut the path to the input")
def max_detached(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    images, channels, height, width = x.shape
    out = torch.zeros(
        images, channels, (height - kernel_size) // stride + 1, (width - kernel_size) // stride + 1, dtype=x.dtype
    )
    for n in range(images):
        for c in range(channels):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    r, q = i * stride, j * stride
                    out[n, c, i, j] = x[n, c, r : r + kernel_size, q : q + kernel_size].max().item()
    return out


@wrong("max_pool2d", says="You compared without signs")
def max_of_absolute_values(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = F.pad(x.abs(), (padding,) * 4)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("max_pool2d", says="Your padding won")
def max_padding_not_small_enough(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    padded = F.pad(x, (padding,) * 4, value=-1e9)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("max_pool2d", says="torch's max_pool2d")
def max_by_the_layer(x, kernel_size, stride=None, padding=0):
    return torch.nn.MaxPool2d(kernel_size, stride, padding)(x)


def _means(x, kernel_size, stride, padding):
    padded = F.pad(x, (padding,) * 4)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).mean(dim=(-2, -1))


@wrong("avg_pool2d", says="You counted the padding even with count_include_pad=False")
def average_flag_ignored(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _means(x, kernel_size, stride or kernel_size, padding)


@wrong("avg_pool2d", says="You never counted the padding")
def average_never_counts_padding(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    return _means(x, kernel_size, stride, padding) / _means(torch.ones_like(x), kernel_size, stride, padding)


@wrong("avg_pool2d", says="the wrong way round")
def average_flag_inverted(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    means = _means(x, kernel_size, stride, padding)
    return means / _means(torch.ones_like(x), kernel_size, stride, padding) if count_include_pad else means


@wrong("avg_pool2d", says="A real pixel may be 0")
def average_counts_nonzero_values(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    windows = F.pad(x, (padding,) * 4).unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    count = kernel_size**2 if count_include_pad else (windows != 0).sum(dim=(-2, -1))
    return windows.sum(dim=(-2, -1)) / count


@wrong("avg_pool2d", says="You divided by kernel_size")
def average_divides_by_kernel_size(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    windows = F.pad(x, (padding,) * 4).unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return windows.sum(dim=(-2, -1)) / kernel_size


@wrong("avg_pool2d", says="You returned the sum of each window")
def average_not_divided(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    return F.pad(x, (padding,) * 4).unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).sum(dim=(-2, -1))


@wrong("avg_pool2d", says="You padded with −∞")
def average_padding_of_max_pooling(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).mean(dim=(-2, -1))


@wrong("avg_pool2d", says="None stands for the kernel size")
def average_stride_none_is_one(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or 1
    means = _means(x, kernel_size, stride, padding)
    return means if count_include_pad else means / _means(torch.ones_like(x), kernel_size, stride, padding)


@wrong("avg_pool2d", says="You rounded the size up")
def average_ceil_for_floor(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    real = F.pad(torch.ones_like(x), (padding,) * 4, value=1.0 if count_include_pad else 0.0)
    x = F.pad(x, (padding,) * 4)
    rows, columns = (-(-(size - kernel_size) // stride) + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r, c = slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
            out[:, :, i, j] = x[:, :, r, c].sum(dim=(2, 3)) / real[:, :, r, c].sum(dim=(2, 3))
    return out


@wrong("avg_pool2d", says="You pooled over the channels too")
def average_over_channels(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    means = _means(x, kernel_size, stride, padding).mean(dim=1, keepdim=True)
    real = _means(torch.ones_like(x[:, :1]), kernel_size, stride, padding)
    return means if count_include_pad else means / real


@wrong("avg_pool2d", says="You returned the largest value")
def average_is_still_the_maximum(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    padded = F.pad(x, (padding,) * 4, value=-math.inf)
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax(dim=(-2, -1))


@wrong("avg_pool2d", says="You pooled one image only")
def average_of_one_image(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    means = _means(x[:1], kernel_size, stride or kernel_size, padding)
    if count_include_pad:
        return means
    return means / _means(torch.ones_like(x[:1]), kernel_size, stride or kernel_size, padding)


@wrong("avg_pool2d", says="expected dtype torch.float64")
def average_rounded_to_whole_numbers(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _means(x, kernel_size, stride or kernel_size, padding).round().to(torch.int64)


@wrong("adaptive_avg_pool2d", says="You used windows of equal size")
def adaptive_equal_windows(x, output_size):
    rows, columns = output_size
    kernel = x.shape[2] // rows, x.shape[3] // columns
    return F.avg_pool2d(x, kernel)[:, :, :rows, :columns]


@wrong("adaptive_avg_pool2d", says="one kernel size and one stride for all windows")
def adaptive_one_kernel_and_stride(x, output_size):
    stride = [size // out for size, out in zip(x.shape[2:], output_size, strict=True)]
    kernel = [size - (out - 1) * step for size, out, step in zip(x.shape[2:], output_size, stride, strict=True)]
    return F.avg_pool2d(x, kernel, stride)


@wrong("adaptive_avg_pool2d", says="each window end where the next one begins")
def adaptive_windows_without_overlap(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = x[
                :,
                :,
                i * height // rows : (i + 1) * height // rows,
                j * width // columns : (j + 1) * width // columns,
            ]
            out[:, :, i, j] = window.mean(dim=(2, 3))
    return out


def _adaptive(x, output_size, begin, end):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r = slice(begin(i * height / rows), end((i + 1) * height / rows))
            c = slice(begin(j * width / columns), end((j + 1) * width / columns))
            out[:, :, i, j] = x[:, :, r, c].mean(dim=(2, 3))
    return out


@wrong("adaptive_avg_pool2d", says="You rounded to the nearest pixel")
def adaptive_rounded(x, output_size):
    return _adaptive(x, output_size, round, round)


@wrong("adaptive_avg_pool2d", says="one row and column too many")
def adaptive_end_included(x, output_size):
    return _adaptive(x, output_size, math.floor, lambda end: math.ceil(end) + 1)


@wrong("adaptive_avg_pool2d", says="You exchanged height and width")
def adaptive_width_first(x, output_size):
    columns, rows = output_size
    return _adaptive(x, (rows, columns), math.floor, math.ceil)


@wrong("adaptive_avg_pool2d", says="You averaged over the channels too")
def adaptive_over_channels(x, output_size):
    return _adaptive(x.mean(dim=1, keepdim=True), output_size, math.floor, math.ceil)


@wrong("adaptive_avg_pool2d", says="This exercise averages")
def adaptive_maximum(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r = slice(i * height // rows, math.ceil((i + 1) * height / rows))
            c = slice(j * width // columns, math.ceil((j + 1) * width / columns))
            out[:, :, i, j] = x[:, :, r, c].amax(dim=(2, 3))
    return out


@wrong("adaptive_avg_pool2d", says="one number of output_size for both directions")
def adaptive_square_output(x, output_size):
    return _adaptive(x, (output_size[0], output_size[0]), math.floor, math.ceil)


@wrong("adaptive_avg_pool2d", says="a numpy array")
def adaptive_in_numpy(x, output_size):
    return _adaptive(x, output_size, math.floor, math.ceil).detach().numpy()


@wrong("max_pool2d_gradient", says="You shared the gradient among equal")
def gradient_shared(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            window = x[:, :, i * k : i * k + k, j * k : j * k + k]
            mask = (window == window.amax(dim=(2, 3), keepdim=True)).to(x.dtype)
            share = mask / mask.sum(dim=(2, 3), keepdim=True)
            grad[:, :, i * k : i * k + k, j * k : j * k + k] = share * grad_output[:, :, i, j, None, None]
    return grad


@wrong("max_pool2d_gradient", says="every one of the equal largest values")
def gradient_to_all_winners(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            window = x[:, :, i * k : i * k + k, j * k : j * k + k]
            mask = window == window.amax(dim=(2, 3), keepdim=True)
            grad[:, :, i * k : i * k + k, j * k : j * k + k] = mask * grad_output[:, :, i, j, None, None]
    return grad


def _by_loops(x, k, grad_output, write, later_wins=False, columns_first=False):
    """Search every window cell by cell, as a first answer does, and let `write` say what goes where."""
    grad = torch.zeros_like(x)
    images, channels, rows, columns = grad_output.shape
    order = [(u, v) for u in range(k) for v in range(k)]
    order = sorted(order, key=lambda place: place[::-1]) if columns_first else order
    for n in range(images):
        for c in range(channels):
            for i in range(rows):
                for j in range(columns):
                    best, place = -math.inf, None
                    for u, v in order:
                        value = x[n, c, i * k + u, j * k + v].item()
                        if value > best or later_wins and value == best:
                            best, place = value, (i * k + u, j * k + v)
                    grad[n, c, place[0], place[1]] = write(best, grad_output[n, c, i, j])
    return grad


@wrong("max_pool2d_gradient", says="you took the last")
def gradient_to_the_last(x, kernel_size, grad_output):
    return _by_loops(x, kernel_size, grad_output, lambda best, g: g, later_wins=True)


@wrong("max_pool2d_gradient", says="column by column")
def gradient_searched_by_columns(x, kernel_size, grad_output):
    return _by_loops(x, kernel_size, grad_output, lambda best, g: g, columns_first=True)


@wrong("max_pool2d_gradient", says="You put the largest values themselves")
def gradient_is_the_value(x, kernel_size, grad_output):
    return _by_loops(x, kernel_size, grad_output, lambda best, g: best)


@wrong("max_pool2d_gradient", says="You marked the largest values with 1")
def gradient_is_one(x, kernel_size, grad_output):
    return _by_loops(x, kernel_size, grad_output, lambda best, g: 1)


@wrong("max_pool2d_gradient", says="began the search for the largest value at 0")
def gradient_search_from_zero(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            window = x[:, :, i * k : i * k + k, j * k : j * k + k].flatten(2).clamp(min=0)
            won = torch.nn.functional.one_hot(window.argmax(dim=2), k * k) * (window > 0)
            grad[:, :, i * k : i * k + k, j * k : j * k + k] = (
                won.unflatten(2, (k, k)) * grad_output[:, :, i, j, None, None]
            )
    return grad


@wrong("max_pool2d_gradient", says="You spread the gradient evenly")
def gradient_spread_evenly(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            grad[:, :, i * k : i * k + k, j * k : j * k + k] = grad_output[:, :, i, j, None, None] / k**2
    return grad


@wrong("max_pool2d_gradient", says="You gave the whole gradient to every pixel")
def gradient_to_the_whole_window(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            grad[:, :, i * k : i * k + k, j * k : j * k + k] = grad_output[:, :, i, j, None, None]
    return grad


@wrong("max_pool2d_gradient", says="Rows and columns that no window reaches")
def gradient_without_a_rest(x, kernel_size, grad_output):
    images, channels, rows, columns = grad_output.shape
    windows = x.reshape(images, channels, rows, kernel_size, columns, kernel_size).permute(0, 1, 2, 4, 3, 5).flatten(4)
    grad = torch.zeros_like(windows).scatter(4, windows.argmax(4, keepdim=True), grad_output[..., None])
    return grad.unflatten(4, (kernel_size, kernel_size)).permute(0, 1, 2, 4, 3, 5).reshape(x.shape)


@wrong("max_pool2d_gradient", says="has the shape of x")
def gradient_of_the_wrong_shape(x, kernel_size, grad_output):
    return grad_output * 1.0


@wrong("max_pool2d_gradient", says="torch's backward")
def gradient_by_autograd(x, kernel_size, grad_output):
    leaf = x.clone().requires_grad_()
    leaf.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size).amax((-1, -2)).backward(grad_output)
    return leaf.grad


@wrong("max_pool2d_gradient", says="Height and width are exchanged")
def gradient_place_counted_by_columns(x, kernel_size, grad_output):
    k, grad = kernel_size, torch.zeros_like(x)
    images, channels, rows, columns = grad_output.shape
    for n in range(images):
        for c in range(channels):
            for i in range(rows):
                for j in range(columns):
                    place = int(x[n, c, i * k : i * k + k, j * k : j * k + k].argmax())
                    grad[n, c, i * k + place % k, j * k + place // k] = grad_output[n, c, i, j]
    return grad


@wrong("max_pool2d_gradient", says="changes its input")
def gradient_written_into_x(x, kernel_size, grad_output):
    before = x.clone()
    x.zero_()
    return x.add_(_by_loops(before, kernel_size, grad_output, lambda best, g: g)).clone()


def either_order(pool):
    """The same answer to both orders of the axes."""

    def answer(x, channels_last=False):
        return pool(x.movedim(-1, 1) if channels_last else x)

    answer.__name__ = pool.__name__
    return answer


@wrong("global_average_pool", says="the columns are left")
def global_channels_last(x, channels_last=False):
    return x.mean(dim=(1, 2))


@wrong("global_average_pool", says="You do not look at `channels_last`")
def global_channels_first(x, channels_last=False):
    return x.flatten(2).mean(dim=2)


@wrong("global_average_pool", says="You took the two orders the wrong way round")
def global_orders_exchanged(x, channels_last=False):
    return x.mean(dim=(2, 3)) if channels_last else x.mean(dim=(1, 2))


@wrong("global_average_pool", says="moves no axis. permute does")
def global_reshaped_to_channels_first(x, channels_last=False):
    if channels_last:
        images, height, width, channels = x.shape
        x = x.reshape(images, channels, height, width)
    return x.mean(dim=(2, 3))


@wrong("global_average_pool", says="the rows are left")
@either_order
def global_rows_left(x):
    return x.mean(dim=1).mean(dim=2)


@wrong("global_average_pool", says="reshape keeps the numbers in their order")
@either_order
def global_relabelled(x):
    images, channels, height, width = x.shape
    return x.reshape(images, height * width, channels).mean(dim=1)


@wrong("global_average_pool", says="axes of length 1")
@either_order
def global_axes_kept(x):
    return F.adaptive_avg_pool2d(x, 1)


@wrong("global_average_pool", says="You averaged over the batch too")
@either_order
def global_over_the_batch(x):
    return x.mean(dim=(0, -2, -1))


@wrong("global_average_pool", says="Every channel keeps its own number")
@either_order
def global_over_the_channels(x):
    return x.flatten(1).mean(dim=1)


@wrong("global_average_pool", says="You averaged over the channels alone")
@either_order
def global_channels_alone(x):
    return x.mean(1)


@wrong("global_average_pool", says="one of height and width")
@either_order
def global_one_axis(x):
    return x.mean(dim=-1)


@wrong("global_average_pool", says="You returned sums")
@either_order
def global_sum(x):
    return x.sum(dim=(2, 3))


@wrong("global_average_pool", says="largest value of each map")
@either_order
def global_maximum(x):
    return x.amax(dim=(2, 3))


@wrong("global_average_pool", says="cut the path to the input")
@either_order
def global_detached(x):
    return torch.tensor([[channel.mean().item() for channel in image] for image in x], dtype=x.dtype)


@wrong("global_average_pool", says="You divided by the wrong number")
@either_order
def global_divided_by_the_channels(x):
    return x.sum(dim=(2, 3)) / (x.shape[1] * x.shape[2])


@wrong("max_pool2d", says="The last row or column of your output keeps its first value, 0")
def max_stops_early(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    height, width = x.shape[2:]
    out = x.new_zeros(*x.shape[:2], (height - kernel_size) // stride + 1, (width - kernel_size) // stride + 1)
    for row, i in enumerate(range(0, height - kernel_size, stride)):
        for column, j in enumerate(range(0, width - kernel_size, stride)):
            out[:, :, row, column] = x[:, :, i : i + kernel_size, j : j + kernel_size].amax((2, 3))
    return out


@wrong("max_pool2d", says="or took one image only")
def max_of_the_first_image(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x[0], (padding,) * 4, value=-math.inf)
    return x.unfold(1, kernel_size, stride).unfold(2, kernel_size, stride).amax(dim=(-2, -1))


@wrong("adaptive_avg_pool2d", says="or took one image only")
def adaptive_of_the_first_image(x, output_size):
    (rows, columns), (height, width) = output_size, x.shape[2:]
    out = x.new_zeros(x.shape[1], rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, left = i * height // rows, j * width // columns
            bottom, right = -(-(i + 1) * height // rows), -(-(j + 1) * width // columns)
            out[:, i, j] = x[0, :, top:bottom, left:right].mean((1, 2))
    return out


def _slide(padded, kernel_size, stride):
    return padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)


@wrong("max_pool2d", says="expected dtype torch.float32, got torch.float64")
def max_in_doubles(x, kernel_size, stride=None, padding=0):
    return _slide(F.pad(x, (padding,) * 4, value=-math.inf), kernel_size, stride or kernel_size).amax((4, 5)).double()


def _mean(x, pad, kernel_size, stride, count_include_pad):
    def add(cells, outside):
        return _slide(F.pad(cells, pad, value=outside), kernel_size, stride or kernel_size).sum((4, 5))

    return add(x, 0) / add(torch.ones_like(x), float(count_include_pad))


@wrong("avg_pool2d", says="expected dtype torch.float32, got torch.float64")
def average_in_doubles(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _mean(x, (padding,) * 4, kernel_size, stride, count_include_pad).double()


@wrong("adaptive_avg_pool2d", says="expected dtype torch.float32, got torch.float64")
def adaptive_in_doubles(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = torch.zeros(*x.shape[:2], rows, columns, dtype=torch.float64)
    for i in range(rows):
        for j in range(columns):
            r = slice(i * height // rows, -(-(i + 1) * height // rows))
            c = slice(j * width // columns, -(-(j + 1) * width // columns))
            out[:, :, i, j] = x[:, :, r, c].mean(dim=(2, 3))
    return out


def _search(x, k, grad_output, begin, grad):
    for n, c, i, j in itertools.product(*map(range, grad_output.shape)):
        best, place = begin, (0, 0)
        for u, v in itertools.product(range(i * k, i * k + k), range(j * k, j * k + k)):
            if x[n, c, u, v] > best:
                best, place = x[n, c, u, v], (u, v)
        grad[n, c, place[0], place[1]] = grad_output[n, c, i, j]
    return grad


@wrong("max_pool2d_gradient", says="expected dtype torch.float32, got torch.float64")
def gradient_in_doubles(x, kernel_size, grad_output):
    return _search(x, kernel_size, grad_output, -math.inf, torch.zeros(x.shape, dtype=torch.float64))


@wrong("max_pool2d_gradient", says="You began the search at some small number")
def gradient_search_from_minus_100(x, kernel_size, grad_output):
    return _search(x, kernel_size, grad_output, -100, torch.zeros_like(x))


@wrong("max_pool2d", says="However small a number is")
def max_padded_with_the_largest_integer(x, kernel_size, stride=None, padding=0):
    return _slide(F.pad(x, (padding,) * 4, value=-float(sys.maxsize)), kernel_size, stride or kernel_size).amax((4, 5))


@wrong("max_pool2d", says="All the padding stands after the image")
def max_padding_without_its_offset(x, kernel_size, stride=None, padding=0):
    height, width = x.shape[2:]
    padded = x.new_full((*x.shape[:2], height + 2 * padding, width + 2 * padding), -math.inf)
    padded[:, :, :height, :width] = x
    return _slide(padded, kernel_size, stride or kernel_size).amax((4, 5))


@wrong("max_pool2d", says="You padded on one side only")
def max_padding_after_only(x, kernel_size, stride=None, padding=0):
    padded = F.pad(x, (0, padding, 0, padding), value=-math.inf)
    return _slide(padded, kernel_size, stride or kernel_size).amax((4, 5))


@wrong("avg_pool2d", says="You padded on one side only")
def average_padding_after_only(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _mean(x, (0, padding, 0, padding), kernel_size, stride, count_include_pad)


def _windowed(x, kernel_size, grad_output):
    for n, c, i, j in itertools.product(*map(range, grad_output.shape)):
        top, left = i * kernel_size, j * kernel_size
        place = int(x[n, c, top : top + kernel_size, left : left + kernel_size].argmax())
        yield n, c, i, j, *divmod(place, kernel_size)


@wrong("max_pool2d_gradient", says="You wrote into the first window")
def gradient_in_the_first_window(x, kernel_size, grad_output):
    out = torch.zeros_like(x)
    for n, c, i, j, row, column in _windowed(x, kernel_size, grad_output):
        out[n, c, row, column] = grad_output[n, c, i, j]
    return out


@wrong("max_pool2d_gradient", says="You wrote into the first window")
def gradient_added_in_the_first_window(x, kernel_size, grad_output):
    out = torch.zeros_like(x)
    for n, c, i, j, row, column in _windowed(x, kernel_size, grad_output):
        out[n, c, row, column] += grad_output[n, c, i, j]
    return out


@wrong("avg_pool2d", says="You divided by 0. Every window has at least one real pixel")
def average_with_the_corner_subtracted_twice(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride, (height, width) = stride or kernel_size, x.shape[2:]
    padded = F.pad(x, (padding,) * 4)
    rows, columns = ((size - kernel_size) // stride + 1 for size in padded.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i, j in itertools.product(range(rows), range(columns)):
        top, left = i * stride, j * stride
        total = padded[:, :, top : top + kernel_size, left : left + kernel_size].sum((2, 3))
        tall = min(top - padding + kernel_size, height) - max(top - padding, 0)
        wide = min(left - padding + kernel_size, width) - max(left - padding, 0)
        if padding:
            tall, wide = tall - (i == 0), wide - (j == 0)
        out[:, :, i, j] = total / (kernel_size**2 if count_include_pad else tall * wide)
    return out


def _loops(x, kernel_size, stride, padding, take, fill=-math.inf, more=1, corner=None):
    stride = stride or kernel_size
    padded, corner = F.pad(x, (padding,) * 4, value=fill), corner or stride
    rows, columns = ((size - kernel_size) // stride + more for size in padded.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i, j in itertools.product(range(rows), range(columns)):
        top, left = i * corner, j * corner
        out[:, :, i, j] = take(padded[:, :, top : top + kernel_size, left : left + kernel_size])
    return out


@wrong("max_pool2d", says="Window (i, j) starts at i·stride, j·stride")
def max_windows_pixel_by_pixel(x, kernel_size, stride=None, padding=0):
    return _loops(x, kernel_size, stride, padding, lambda window: window.amax((2, 3)), corner=1)


@wrong("avg_pool2d", says="Window (i, j) starts at i·stride, j·stride")
def average_windows_pixel_by_pixel(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    out = _loops(x, kernel_size, stride, padding, lambda window: window.sum((2, 3)), fill=0, corner=1)
    count = _loops(torch.ones_like(x), kernel_size, stride, padding, lambda w: w.sum((2, 3)), fill=0, corner=1)
    return out / (kernel_size**2 if count_include_pad else count)


@wrong("max_pool2d", says="There is one more window than steps: the first one needs none")
def max_size_without_plus_one(x, kernel_size, stride=None, padding=0):
    return _loops(x, kernel_size, stride, padding, lambda window: window.amax((2, 3)), more=0)


@wrong("max_pool2d", says="amax(dim=(2, 3)) takes several axes, max does not")
def max_of_two_axes(x, kernel_size, stride=None, padding=0):
    return _loops(x, kernel_size, stride, padding, lambda window: window.max(dim=(2, 3)))


def _adaptive_loops(x, output_size, begin, end, height_for_both=False):
    (height, width), (rows, columns) = x.shape[2:], output_size
    width = height if height_for_both else width
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i, j in itertools.product(range(rows), range(columns)):
        top, left = begin(i, height, rows), begin(j, width, columns)
        window = x[:, :, top : end(i, height, rows), left : end(j, width, columns)]
        out[:, :, i, j] = window.mean(dim=(2, 3))
    return out


@wrong("adaptive_avg_pool2d", says="is one too many where the division leaves no rest")
def adaptive_floor_plus_one(x, output_size):
    return _adaptive_loops(x, output_size, lambda i, a, b: i * a // b, lambda i, a, b: (i + 1) * a // b + 1)


@wrong("adaptive_avg_pool2d", says="You used H for the columns too")
def adaptive_height_for_columns(x, output_size):
    return _adaptive_loops(x, output_size, lambda i, a, b: i * a // b, lambda i, a, b: math.ceil((i + 1) * a / b), True)


@wrong("adaptive_avg_pool2d", says="Multiply before you divide")
def adaptive_divided_first(x, output_size):
    return _adaptive_loops(x, output_size, lambda i, a, b: i * (a // b), lambda i, a, b: math.ceil((i + 1) * a / b))


@wrong("global_average_pool", says="height and width are still there as axes of length 1")
def global_pool_keeps_its_axes(x, channels_last=False):
    if channels_last:
        return x.mean(dim=(1, 2), keepdim=True)
    return x.mean(dim=(2, 3), keepdim=True)


@wrong("max_pool2d", says="You took one largest value for all images and channels together")
def max_of_the_batch(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    rows, columns = ((size - kernel_size) // stride + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r, c = i * stride, j * stride
            out[:, :, i, j] = x[:, :, r : r + kernel_size, c : c + kernel_size].max()
    return out


@wrong("avg_pool2d", says="You took one mean for all images and channels together")
def average_of_the_batch(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    stride = stride or kernel_size
    real, x = (F.pad(cells, (padding,) * 4) for cells in (torch.ones_like(x), x))
    rows, columns = ((size - kernel_size) // stride + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r, c = slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size)
            window = x[:, :, r, c]
            out[:, :, i, j] = window.mean() if count_include_pad else window.sum() / real[:, :, r, c].sum()
    return out


@wrong("adaptive_avg_pool2d", says="You took one mean for all images and channels together")
def adaptive_of_the_batch(x, output_size):
    (height, width), (rows, columns) = x.shape[2:], output_size
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r = slice(math.floor(i * height / rows), math.ceil((i + 1) * height / rows))
            c = slice(math.floor(j * width / columns), math.ceil((j + 1) * width / columns))
            out[:, :, i, j] = x[:, :, r, c].mean()
    return out


def _unpadded_windows(x, kernel_size, stride, padding, of_window):
    stride = stride or kernel_size
    rows, columns = ((size + 2 * padding - kernel_size) // stride + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            r, c = i * stride, j * stride
            out[:, :, i, j] = of_window(x[:, :, r : r + kernel_size, c : c + kernel_size])
    return out


@wrong("max_pool2d", says="A window of yours is empty")
def max_counts_padding_and_does_not_pad(x, kernel_size, stride=None, padding=0):
    return _unpadded_windows(x, kernel_size, stride, padding, lambda window: window.amax(dim=(2, 3)))


@wrong("max_pool2d", says="A window of yours is empty")
def max_of_each_map_without_the_padding(x, kernel_size, stride=None, padding=0):
    def of_window(window):
        return torch.stack([torch.stack([cells.max() for cells in image]) for image in window])

    return _unpadded_windows(x, kernel_size, stride, padding, of_window)


@wrong("avg_pool2d", says="A window of yours is empty")
def average_counts_padding_and_does_not_pad(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _unpadded_windows(x, kernel_size, stride, padding, lambda window: window.mean(dim=(2, 3)))


@wrong("max_pool2d", says="Take its .values")
def max_of_each_axis_with_its_places(x, kernel_size, stride=None, padding=0):
    return _unpadded_windows(x, kernel_size, stride, padding, lambda window: window.max(2).max(2))
