"""The operations stay on the device that their input is on, and agree with torch there."""

import pytest
import torch
import torch.nn.functional as F

from cnn_lessons import budget, ops
from cnn_lessons.anatomy import trace
from cnn_lessons.training.precision import choose_device

devices = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])


CUDA_13 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]


@pytest.fixture
def pretend(monkeypatch):
    """Pretend that torch finds a GPU of this compute capability and holds code for these."""

    def pretended(capability, built):
        monkeypatch.delenv("CNN_LESSONS_BUDGET", raising=False)
        for name, value in {
            "is_available": True, "get_device_capability": capability, "get_device_name": "a GPU",
            "get_arch_list": built,
        }.items():  # fmt: skip
            monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)

    return pretended


@pytest.mark.parametrize(
    ("capability", "built", "works"),
    [
        ((6, 0), CUDA_13, False),  # P100, on Kaggle
        ((7, 0), CUDA_13, False),  # V100: code for 7.5 does not run on it
        ((7, 5), CUDA_13, True),  # T4, on Colab
        ((8, 9), CUDA_13, True),
        ((9, 0), CUDA_13, True),
        ((13, 0), CUDA_13, True),  # made from compute_120 when it is loaded
        ((13, 0), CUDA_13[:-1], False),
        ((9, 0), ["sm_90a"], True),
        ((9, 4), ["gfx942"], True),  # AMD
    ],
)
def test_gpu_that_torch_has_no_code_for_is_not_used(pretend, capsys, capability, built, works):
    pretend(capability, built)
    assert budget.gpu_works() is works
    assert choose_device(None).type == ("cuda" if works else "cpu") and choose_device("cuda").type == "cuda"
    assert budget.start(cpu_seconds=10) == ("gpu" if works else "cpu")
    said = capsys.readouterr().out
    assert said.startswith(f"Running on {'a GPU' if works else 'the CPU'}")
    assert ("has no code for a GPU, so `train` uses the CPU" in said) is not works


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
