"""Ways around the exercise: torch's own layer by another name, in another thread, or past the check itself."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons import arithmetic, ops
from cnn_lessons.exercises.catalog import solution_function

from . import wrong

# torch's layer by another name


@wrong("correlate2d", says="called torch's conv2d")
def overload_of_conv2d(image, kernel):
    return torch.ops.aten.conv2d.default(image[None, None], kernel[None, None])[0, 0]


@wrong("correlate2d", says="called torch's thnn_conv2d")
def old_kernel(image, kernel):
    return torch._C._nn.thnn_conv2d(image[None, None], kernel[None, None], kernel.shape)[0, 0]


@wrong("conv2d_channels", says="called torch's convolution")
def overload_of_convolution(x, weight, bias):
    return torch.ops.aten.convolution.default(x, weight, bias, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)


@wrong("conv2d_unfold", says="called torch's slow_conv_dilated2d")
def slow_kernel(x, weight, bias, stride, padding):
    return torch._C._nn.slow_conv_dilated2d(x, weight, weight.shape[2:], bias, stride, padding)


@wrong("max_pool2d", says="called torch's max_pool2d_with_indices")
def overload_with_indices(x, kernel_size, stride=None, padding=0):
    step = stride or kernel_size
    return torch.ops.aten.max_pool2d_with_indices.default(x, [kernel_size] * 2, [step] * 2, [padding] * 2)[0]


@wrong("max_pool2d", says="called torch's mkldnn_max_pool2d")
def pooled_by_mkldnn(x, kernel_size, stride=None, padding=0):
    dense = torch.ops.aten.mkldnn_max_pool2d(
        x.float().to_mkldnn(), [kernel_size] * 2, [stride or kernel_size] * 2, [padding] * 2
    )
    return dense.to_dense().to(x.dtype)


@wrong("avg_pool2d", says="called torch's avg_pool2d")
def overload_of_avg_pool2d(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    step = stride or kernel_size
    return torch.ops.aten.avg_pool2d.default(x, [kernel_size] * 2, [step] * 2, [padding] * 2, False, count_include_pad)


@wrong("adaptive_avg_pool2d", says="called torch's _adaptive_avg_pool2d")
def private_adaptive(x, output_size):
    return torch._adaptive_avg_pool2d(x, output_size)


@wrong("adaptive_avg_pool2d", says="called torch's adaptive_avg_pool2d")
def function_itself(x, output_size):
    return F.adaptive_avg_pool2d(x, output_size)


@wrong("adaptive_avg_pool2d", says="raised AttributeError")
def name_that_does_not_exist(x, output_size):
    return torch.adaptive_pool2d(x, output_size)


@wrong("conv_output_size", says="called torch's max_pool1d")
def measured_with_pooling(size, kernel_size, stride=1, padding=0, dilation=1):
    padded = F.pad(torch.zeros(1, 1, size), (padding, padding))
    return F.max_pool1d(padded, kernel_size, stride, 0, dilation).shape[-1]


@wrong("conv_output_size", says="called torch's unfold")
def measured_with_unfold(size, kernel_size, stride=1, padding=0, dilation=1):
    axis = torch.zeros(1, 1, size, 1)
    return F.unfold(axis, (kernel_size, 1), (dilation, 1), (padding, 0), (stride, 1)).shape[-1]


@wrong("conv_output_shape", says="the course's own _floor_windows")
def private_function_of_the_course(size, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    return tuple(map(arithmetic._floor_windows, size, kernel_size, stride, padding, dilation))


@wrong("same_padding", says="called torch's Conv1d")
def read_off_a_layer(kernel_size, dilation=1):
    layer = nn.Conv1d(1, 1, kernel_size, padding="same", dilation=dilation)
    return tuple(layer._reversed_padding_repeated_twice)


@wrong("conv_parameters", says="called torch's Conv2d")
def counted_in_a_layer(in_channels, out_channels, kernel_size, groups=1, bias=True):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)
    return sum(parameter.numel() for parameter in layer.parameters())


# autograd by another name


def _output(x, grad_output):
    weight = torch.zeros(grad_output.shape[1], x.shape[1], *_kernel(x, grad_output), dtype=x.dtype, requires_grad=True)
    return F.conv2d(x, weight), weight


def _kernel(x, grad_output):
    return [size - out + 1 for size, out in zip(x.shape[2:], grad_output.shape[2:], strict=True)]


@wrong("conv2d_weight_gradient", says="called torch's backward")
def autograd_backward(x, grad_output):
    out, weight = _output(x, grad_output)
    torch.autograd.backward([out], [grad_output])
    return weight.grad


@wrong("conv2d_weight_gradient", says="called torch's run_backward")
def engine_of_autograd(x, grad_output):
    out, weight = _output(x, grad_output)
    engine = torch.autograd.Variable._execution_engine
    return engine.run_backward((out,), (grad_output,), False, False, (weight,), True, accumulate_grad=False)[0]


@wrong("conv2d_weight_gradient", says="called torch's jacfwd")
def forward_mode(x, grad_output):
    weight = _output(x, grad_output)[1].detach()
    return torch.func.jacfwd(lambda weight: (F.conv2d(x, weight) * grad_output).sum())(weight)


@wrong("conv2d_weight_gradient", says="called torch's grad")
def autograd_in_a_thread(x, grad_output):
    found = []
    thread = threading.Thread(target=lambda: found.append(_found(x, grad_output)))
    thread.start()
    thread.join()
    return found[0] if found else None


def _found(x, grad_output):
    try:
        out, weight = _output(x, grad_output)
        return torch.autograd.grad(out, weight, grad_output)[0]
    except Exception:  # the thread ends in silence
        return x


@wrong("max_pool2d_gradient", says="called torch's max_pool2d")
def backward_of_aten(x, kernel_size, grad_output):
    sizes = [kernel_size] * 2
    places = torch.ops.aten.max_pool2d_with_indices.default(x, sizes, sizes)[1]
    return torch.ops.aten.max_pool2d_with_indices_backward.default(
        grad_output, x, sizes, sizes, [0, 0], [1, 1], False, places
    )


# past the check


@wrong("conv2d_channels", says="called torch's conv2d")
def in_another_thread(x, weight, bias):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(F.conv2d, x, weight, bias).result()


@wrong("max_pool2d", says="called torch's max_pool2d")
def without_torch_functions(x, kernel_size, stride=None, padding=0):
    with torch._C.DisableTorchFunction():
        return F.max_pool2d(x, kernel_size, stride, padding)


@wrong("max_pool2d", says="called sys.setprofile")
def without_the_profiler(x, kernel_size, stride=None, padding=0):
    sys.setprofile(None)
    return ops.max_pool2d(x, kernel_size, stride, padding)


@wrong("correlate2d", says="the course's own solution_function")
def solution_of_the_course(image, kernel):
    return solution_function("correlate2d")(image, kernel)


class Agreeable(Tensor):
    """A tensor that answers every question with a yes."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.ones(1, dtype=torch.bool)


@wrong("flip_probe", says="expected the image to be a torch.Tensor, got Agreeable")
def probe_that_lies():
    return torch.ones(5, 5).as_subclass(Agreeable), torch.ones(3, 3).as_subclass(Agreeable)


@wrong("global_average_pool", says="expected the result to be a torch.Tensor, got Agreeable")
def result_that_lies(x, channels_last=False):
    return torch.ones(1).as_subclass(Agreeable)
