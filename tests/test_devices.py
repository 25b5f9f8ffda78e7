"""The operations stay on the device that their input is on, and agree with torch there."""

import pytest
import torch
import torch.nn.functional as F

from cnn_lessons import ops
from cnn_lessons.anatomy import trace

devices = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])


def pairs(device):
    """Yield ours and torch's result for one call of every operation."""
    torch.manual_seed(0)
    x = torch.randn(2, 4, 9, 7, device=device, dtype=torch.float64)
    weight, bias = torch.randn(6, 2, 3, 3, device=device, dtype=x.dtype), torch.randn(6, device=device, dtype=x.dtype)
    options = {"stride": (2, 1), "padding": 1, "groups": 2}
    for convolve in (ops.conv2d, ops.conv2d_loops):
        yield convolve(x, weight, bias, **options), F.conv2d(x, weight, bias, **options)
    for mode in ops.PADDING_MODES[1:]:
        yield ops.pad2d(x, (2, 3), mode), F.pad(x, (3, 3, 2, 2), mode=mode)
    yield ops.max_pool2d(x, 3, 2, 1, ceil_mode=True), F.max_pool2d(x, 3, 2, 1, ceil_mode=True)
    yield ops.avg_pool2d(x, 3, 2, 1, count_include_pad=False), F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    yield ops.adaptive_avg_pool2d(x, (4, 3)), F.adaptive_avg_pool2d(x, (4, 3))
    running = torch.zeros(4, device=device, dtype=x.dtype), torch.ones(4, device=device, dtype=x.dtype)
    theirs = [value.clone() for value in running]
    yield ops.batch_norm2d(x, *running, None, None, training=True), F.batch_norm(x, *theirs, training=True)
    yield running[1], theirs[1]


@devices
def test_operations_agree_with_torch_on_the_device_of_their_input(device):
    for ours, theirs in pairs(device):
        assert ours.device == theirs.device
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@devices
def test_trace_reads_a_model_wherever_it_is(device):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)).to(device)
    assert [row.output_shape for row in trace(model, (3, 8, 8))] == [(8, 6, 6), (8, 6, 6)]
    assert model[0].weight.device.type == device
