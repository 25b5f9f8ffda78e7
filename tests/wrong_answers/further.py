"""Wrong answers that were written without a look at the checks, and that the checks did not name at first."""

import torch
import torch.nn.functional as F
from torch import nn

from . import wrong

# convolution


@wrong("correlate2d", says="left out the last row and the last column")
def leaves_the_edge_at_zero(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h):
        for j in range(W - K_w):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("correlate2d", says="Is `return` inside the loop?")
def returns_after_one_row(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(H - K_h + 1, W - K_w + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[i, j] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
        return out
    return None


@wrong("correlate2d", says="to row j, column i")
def writes_columns_as_rows(image, kernel):
    (H, W), (K_h, K_w) = image.shape, kernel.shape
    out = image.new_zeros(W - K_w + 1, H - K_h + 1)
    for i in range(H - K_h + 1):
        for j in range(W - K_w + 1):
            out[j, i] = (image[i : i + K_h, j : j + K_w] * kernel).sum()
    return out


@wrong("conv2d_channels", says="That is a ReLU")
def with_a_relu(x, weight, bias):
    return _convolved(x, weight, bias).clamp(min=0)


@wrong("conv2d_channels", says="put the channels last")
def channels_last(x, weight, bias):
    return _convolved(x, weight, bias).permute(0, 2, 3, 1)


def _convolved(x, weight, bias):
    windows = x.unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)
    return torch.einsum("ncijuv,kcuv->nkij", windows, weight) + bias[:, None, None]


def _columns(x, weight, bias, stride):
    rows, columns = (
        (size - kernel) // step + 1 for size, kernel, step in zip(x.shape[2:], weight.shape[2:], stride, strict=True)
    )
    sums = weight.flatten(1) @ F.unfold(x, weight.shape[2:], stride=stride) + bias[:, None]
    return sums.reshape(len(x), len(weight), rows, columns)


@wrong("conv2d_unfold", says="F.pad counts from the last axis")
def pads_the_wrong_axes(x, weight, bias, stride, padding):
    return _columns(F.pad(x, (padding[0], padding[0], padding[1], padding[1])), weight, bias, stride)


@wrong("conv2d_unfold", says="All the padding stands after the image")
def pads_behind(x, weight, bias, stride, padding):
    return _columns(F.pad(x, (0, 2 * padding[1], 0, 2 * padding[0])), weight, bias, stride)


@wrong("conv2d_unfold", says="the stride's first number for both directions")
def one_stride(x, weight, bias, stride, padding):
    padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    return _columns(padded, weight, bias, (stride[0], stride[0]))


def _summed(x, grad_output):
    sizes = [size - out + 1 for size, out in zip(x.shape[2:], grad_output.shape[2:], strict=True)]
    columns = F.unfold(x, sizes)
    return (grad_output.flatten(2) @ columns.mT).sum(0).reshape(grad_output.shape[1], x.shape[1], *sizes)


@wrong("conv2d_weight_gradient", says="in which a descent goes")
def step_of_the_descent(x, grad_output):
    return -_summed(x, grad_output)


@wrong("conv2d_weight_gradient", says="exchanged the kernel's rows and columns")
def kernel_on_its_side(x, grad_output):
    return _summed(x, grad_output).transpose(2, 3)


@wrong("conv2d_weight_gradient", says="has the shape of x")
def gradient_of_the_input(x, grad_output):
    return torch.ones_like(x) * grad_output.sum()


# shapes and costs


@wrong("conv_output_size", says="put the + 1 under the division")
def one_under_the_division(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1)) // stride


@wrong("conv_output_size", says="does not depend on the kernel")
def as_if_padded(size, kernel_size, stride=1, padding=0, dilation=1):
    return -(-size // stride)


@wrong("conv_output_size", says="took the padding away")
def padding_taken_away(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size - 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@wrong("same_padding", says="halved the kernel and left out the dilation")
def half_a_kernel(kernel_size, dilation=1):
    return kernel_size // 2, kernel_size // 2


@wrong("same_padding", says="You took dilation·K − 1 for what is lost")
def span_of_dilated_elements(kernel_size, dilation=1):
    total = dilation * kernel_size - 1
    return total // 2, total - total // 2


@wrong("receptive_field", says="You added the strides to the distance of neighbours")
def jumps_added(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field, jump = field + (kernel - 1) * jump, jump + stride
    return field


@wrong("receptive_field", says="swapped the numbers of a pair")
def stride_first(layers):
    field, jump = 1, 1
    for stride, kernel in layers:
        field, jump = field + (kernel - 1) * jump, jump * stride
    return field


@wrong("receptive_field", says="An empty list has an answer too")
def nothing_for_no_layers(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        field, jump = field + (kernel - 1) * jump, jump * stride
    return field if layers else 0


@wrong("conv_parameters", says="divided the biases by groups too")
def all_divided_by_groups(in_channels, out_channels, kernel_size, groups=1, bias=True):
    return (in_channels * out_channels * kernel_size[0] * kernel_size[1] + bias * out_channels) // groups


def _places(size, kernel_size, stride, padding, dilation):
    return [
        (s + 2 * p - d * (k - 1) - 1) // t + 1
        for s, k, t, p, d in zip(size, kernel_size, stride, padding, dilation, strict=True)
    ]


@wrong("conv_multiply_adds", says="the padding's two numbers the wrong way round")
def padding_turned(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    rows, columns = _places(size, kernel_size, stride, padding[::-1], dilation)
    return rows * columns * out_channels * (in_channels // groups) * kernel_size[0] * kernel_size[1]


@wrong("conv_multiply_adds", says="added H_out and W_out")
def places_added(
    size, in_channels, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    places = sum(_places(size, kernel_size, stride, padding, dilation))
    return places * out_channels * (in_channels // groups) * kernel_size[0] * kernel_size[1]


# pooling


def _windows(x, kernel_size, stride, padding, outside):
    padded = F.pad(x, (padding,) * 4, value=outside)
    return padded.unfold(2, kernel_size, stride or kernel_size).unfold(3, kernel_size, stride or kernel_size)


@wrong("max_pool2d", says="returned the smallest value")
def min_pooling(x, kernel_size, stride=None, padding=0):
    return _windows(x, kernel_size, stride, padding, torch.inf).amin(dim=(-2, -1))


@wrong("max_pool2d", says="Your padding takes part in a tie")
def padded_with_the_minimum(x, kernel_size, stride=None, padding=0):
    return _windows(x, kernel_size, stride, padding, x.min().item()).amax(dim=(-2, -1))


@wrong("max_pool2d", says="expected dtype torch.float64, got torch.int64")
def places_of_the_largest(x, kernel_size, stride=None, padding=0):
    return _windows(x, kernel_size, stride, padding, -torch.inf).flatten(-2).argmax(dim=-1)


@wrong("avg_pool2d", says="you did not pad")
def flag_taken_for_padding(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return _windows(x, kernel_size, stride, padding if count_include_pad else 0, 0.0).mean(dim=(-2, -1))


@wrong("adaptive_avg_pool2d", says="gave the last one what was left")
def rest_to_the_last(x, output_size):
    def spans(size, out):
        return [slice(i * (size // out), size if i == out - 1 else (i + 1) * (size // out)) for i in range(out)]

    rows, columns = (spans(size, out) for size, out in zip(x.shape[2:], output_size, strict=True))
    return torch.stack([torch.stack([x[:, :, r, c].mean(dim=(2, 3)) for c in columns], -1) for r in rows], -2)


@wrong("adaptive_avg_pool2d", says="neighbours share one")
def split_into_parts(x, output_size):
    rows = [part.mean(dim=2) for part in x.tensor_split(output_size[0], dim=2)]
    columns = torch.stack(rows, dim=2).tensor_split(output_size[1], dim=3)
    return torch.stack([part.mean(dim=3) for part in columns], dim=3)


def _routed(x, kernel_size, grad_output, place, sign=1):
    out = torch.zeros_like(x)
    for n, c, i, j in torch.cartesian_prod(*map(torch.arange, grad_output.shape)).tolist():
        r, q = i * kernel_size, j * kernel_size
        at = int(place(x[n, c, r : r + kernel_size, q : q + kernel_size]))
        out[n, c, r + at // kernel_size, q + at % kernel_size] = sign * grad_output[n, c, i, j]
    return out


@wrong("max_pool2d_gradient", says="You took the smallest value")
def routed_to_the_smallest(x, kernel_size, grad_output):
    return _routed(x, kernel_size, grad_output, torch.argmin)


@wrong("max_pool2d_gradient", says="You compared without signs")
def routed_without_signs(x, kernel_size, grad_output):
    return _routed(x, kernel_size, grad_output, lambda window: window.abs().argmax())


@wrong("max_pool2d_gradient", says="Your sign is turned")
def routed_with_a_minus(x, kernel_size, grad_output):
    return _routed(x, kernel_size, grad_output, torch.argmax, sign=-1)


@wrong("max_pool2d_gradient", says="got      [[[[0, 8], [0, 0]]]]")
def nearly_equal_taken_for_equal(x, kernel_size, grad_output):
    return _routed(x, kernel_size, grad_output, lambda window: (window >= window.max() - 0.01).int().argmax())


@wrong("max_pool2d_gradient", says="Your result is smaller than x")
def rest_cut_off(x, kernel_size, grad_output):
    rows, columns = (kernel_size * size for size in grad_output.shape[2:])
    return _routed(x[:, :, :rows, :columns], kernel_size, grad_output, torch.argmax)


@wrong("global_average_pool", says="squeeze() removes every axis of length 1")
def squeezed(x, channels_last=False):
    return x.mean(dim=(1, 2) if channels_last else (2, 3)).squeeze()


@wrong("global_average_pool", says="divided by the width squared")
def divided_by_the_width_squared(x, channels_last=False):
    x = x.permute(0, 3, 1, 2) if channels_last else x
    return x.sum(dim=(2, 3)) / x.shape[3] ** 2


# normalisation


@wrong("normalize", says="Python divides before it subtracts")
def no_parentheses(x, mean, std):
    return x - mean[:, None, None] / std[:, None, None]


@wrong("normalize", says="You forgot the mean")
def divided_only(x, mean, std):
    return x / std[:, None, None]


@wrong("denormalize", says="You forgot the std")
def added_only(x, mean, std):
    return x + mean[:, None, None]


@wrong("correlate2d", says="You took the kernel for square")
def takes_the_width_for_both(image, kernel):
    K = kernel.shape[1]
    H, W = image.shape
    out = image.new_zeros(H - K + 1, W - K + 1)
    for i in range(H - K + 1):
        for j in range(W - K + 1):
            out[i, j] = (image[i : i + K, j : j + K] * kernel).sum()
    return out


@wrong("max_pool2d", says="None stands for the kernel size: replace it")
def hands_none_on(x, kernel_size, stride=None, padding=0):
    x = F.pad(x, (padding,) * 4, value=-torch.inf)
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax((-2, -1))


@wrong("max_pool2d", says="Take its .values")
def keeps_the_places_too(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    x = F.pad(x, (padding,) * 4, value=-torch.inf)
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(-2).max(-1)


@wrong("max_pool2d", says="You did not use `padding`")
def slides_over_the_bare_image(x, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    rows, columns = ((size - kernel_size) // stride + 1 for size in x.shape[2:])
    out = x.new_zeros(*x.shape[:2], rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            out[:, :, i, j] = x[:, :, top : top + kernel_size, left : left + kernel_size].amax((2, 3))
    return out


# what only some draws of the cases told apart, or did not name


@wrong("checkpoint_round_trip", says="Both belong into the one file")
def checkpoint_one_after_the_other(path, model, optimizer, new_model, new_optimizer):
    torch.save(model.state_dict(), path)
    new_model.load_state_dict(torch.load(path, weights_only=True))
    torch.save(optimizer.state_dict(), path)
    new_optimizer.load_state_dict(torch.load(path, weights_only=True))


@wrong("checkpoint_round_trip", says="Both belong into the one file")
def checkpoint_in_two_files(path, model, optimizer, new_model, new_optimizer):
    torch.save(model.state_dict(), path)
    torch.save(optimizer.state_dict(), path + ".optimizer")
    new_model.load_state_dict(torch.load(path, weights_only=True))
    new_optimizer.load_state_dict(torch.load(path + ".optimizer", weights_only=True))


@wrong("evaluate_model", says="switches the outermost module only")
def switches_the_outermost_only(model, loader):
    was, model.training = model.training, False
    with torch.no_grad():
        right = [(model(images).argmax(1) == labels).double() for images, labels in loader]
    model.training = was
    return torch.cat(right).mean().item()


@wrong("batch_norm", says="You average over all channels together")
def norms_all_channels_as_one(x, weight, bias, running_mean, running_var, training, momentum, eps):
    w, b = weight[:, None, None], bias[:, None, None]
    if not training:
        held = (x - running_mean[:, None, None]) / (running_var[:, None, None] + eps).sqrt()
        return held * w + b, running_mean, running_var
    mean, var = x.detach().mean(), x.detach().var()
    out = (x - x.mean()) / (x.var(correction=0) + eps).sqrt() * w + b
    return out, running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)


@wrong("ResidualBlock", says="One of your convolutions is 1×1")
class FirstConvolutionOfOnePixel(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + x)


@wrong("repair_training", says="Is `return` inside the inner loop?")
def returns_after_one_step(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            return losses
        scheduler.step()
    return losses


@wrong("repair_training", says="Only the first epoch runs")
def returns_after_one_epoch(model, loader, optimizer, scheduler, loss_fn, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        losses.append(total / len(loader.dataset))
        scheduler.step()
        return losses
    return losses


@wrong("blocks_per_group", says="expected a ValueError that names 10 and 16")
def tests_the_smallest_too_late(depth):
    count, rest = divmod(depth - 4, 6)
    if rest:
        raise ValueError(f"depth is 6N + 4: take {6 * count + 4} or {6 * count + 10}")
    if count < 1:
        raise ValueError("take 10 or 16")
    return count


@wrong("blocks_per_group", says="not what would be right")
def names_the_condition(depth):
    count, rest = divmod(depth - 4, 6)
    if rest or count < 1:
        raise ValueError(f"depth must be 6N+4 with N >= 1, got {depth}")
    return count


@wrong("blocks_per_group", says="expected str instance")
def joins_numbers(depth):
    count, rest = divmod(depth - 4, 6)
    if rest or count < 1:
        below = 6 * max(1, count) + 4
        raise ValueError(" or ".join([below, below + 6]))
    return count


@wrong("channel_statistics", says="You looped over the batches twice")
def counts_in_a_second_loop(batches):
    mean = sum(x.mean((0, 2, 3)) for x in batches)
    count = sum(len(x) for x in batches)
    return mean / count, mean * (1 / count)


@wrong("shrinking_blocks", says="has no attribute 'shape'")
def asks_the_block_for_its_shape(stages, x):
    return [(i, j) for i, stage in enumerate(stages) for j, block in enumerate(stage) if block.shape[2] < x.shape[2]]
