"""`trace` reads the same off a model as torch, torchvision and the gradient say."""

import random
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_lessons.anatomy import COLUMNS, trace


@pytest.mark.parametrize(
    "name", ["alexnet", "resnet18", "resnet50", "mobilenet_v2", "densenet121", "shufflenet_v2_x1_0"]
)
def test_trace_counts_what_torch_counts(name):
    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    table = trace(model, (3, 224, 224))
    with FlopCounterMode(display=False) as counter:
        model.eval()(torch.empty(1, 3, 224, 224, device="meta"))
    assert table.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert 2 * table.multiply_adds == counter.get_total_flops()


def test_trace_reports_the_shape_of_every_layer():
    model = torchvision.models.resnet18().eval()
    seen = []
    for name, module in model.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda module, args, out, name=name: seen.append((name, tuple(out.shape[1:]))))
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 96))
    seen_before_trace = list(seen)
    assert [(row.name, row.output_shape) for row in trace(model, (3, 64, 96))] == seen_before_trace


class _Residual(nn.Module):
    """Two paths of different width that meet."""

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        self.deep = nn.Sequential(
            nn.Conv2d(2, 2, kernel, stride, kernel // 2), nn.ReLU(), nn.Conv2d(2, 2, 3, 1, 1, dilation=1)
        )
        self.short = nn.Identity() if stride == 1 else nn.Conv2d(2, 2, 1, stride)

    def forward(self, x):
        return self.deep(x) + self.short(x)


def _empirical_field(model: nn.Module, size: int) -> tuple[int, int]:
    """Measure the receptive field: which input pixels have a gradient from the middle output value."""
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.1)  # positive weights, so that no contribution cancels
    x = torch.rand(1, 2, size, size, dtype=torch.float64, requires_grad=True)
    out = model.double()(x)
    middle = out[0, 0, out.shape[2] // 2, out.shape[3] // 2]
    touched = torch.autograd.grad(middle, x)[0][0, 0].nonzero()
    return tuple((touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist())


@pytest.mark.parametrize("seed", range(15))
def test_receptive_field_is_where_the_gradient_reaches(seed):
    choice = random.Random(seed)
    layers = []
    for _ in range(choice.randint(1, 4)):
        kernel = choice.choice([1, 3, 5])
        layers.append(
            choice.choice(
                [
                    nn.Conv2d(2, 2, (kernel, 3), choice.choice([1, 2]), 2, dilation=choice.choice([1, 2])),
                    nn.AvgPool2d(2, choice.choice([1, 2])),
                    _Residual(kernel, choice.choice([1, 2])),
                ]
            )
        )
    model = nn.Sequential(*layers, nn.Identity())  # the row after the last sum of paths
    assert trace(model, (2, 193, 193))[-1].receptive_field == _empirical_field(model, 193)


def test_receptive_field_of_a_resnet18_is_435_pixels():
    rows = {row.name: row for row in trace(torchvision.models.resnet18(), (3, 224, 224))}
    assert rows["layer4.1.conv2"].receptive_field == (435, 435)  # Araujo, Norris & Sim 2019 give 435 as well
    assert rows["fc"].receptive_field == (435 + 6 * 32, 435 + 6 * 32)  # the global mean adds six steps of 32 pixels


def test_trace_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    model[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace(model, (3, 8, 8))
    assert model.training and not model[1].training and model[2].training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_trace_counts_a_shared_weight_once():
    layer = nn.Conv2d(3, 3, 3, padding=1)
    table = trace(nn.Sequential(layer, nn.ReLU(), layer), (3, 8, 8))
    assert [row.parameters for row in table] == [3 * 3 * 9 + 3, 0, 0]
    assert table.multiply_adds == 2 * 8 * 8 * 3 * 3 * 9


def test_trace_follows_the_parameter_free_shortcut():
    class Block(nn.Module):
        def forward(self, x):
            return torch.nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))

    table = trace(nn.Sequential(Block(), nn.Conv2d(6, 1, 3)), (2, 16, 16))
    assert table[-1].receptive_field == (5, 5)  # three values, two pixels apart


@pytest.mark.parametrize("shape", [32, (3, 32), (0, 32, 32), (3, 32, 32.0), (1, 3, 32, 32)])
def test_trace_refuses_a_shape_that_is_not_channels_height_width(shape):
    with pytest.raises(ValueError, match="input_shape: expected"):
        trace(nn.Conv2d(3, 3, 3), shape)


def test_trace_takes_numpys_and_torchs_integers():
    model = nn.Conv2d(3, 4, 3)
    assert trace(model, (np.int64(3), torch.tensor(8), np.uint8(9))) == trace(model, (3, 8, 9))


def test_trace_names_the_layer_where_the_image_stops():
    seminar = nn.Sequential(nn.Conv2d(3, 16, 3, stride=8, padding=1), nn.AvgPool2d(8))
    with pytest.raises(ValueError, match=r"stopped at 1, AvgPool2d.*Output size is too small"):
        trace(seminar, (3, 32, 32))


def test_trace_refuses_what_is_no_model():
    with pytest.raises(ValueError, match="expected a model, an nn.Module, got <function resnet18.*parentheses missing"):
        trace(torchvision.models.resnet18, (3, 32, 32))


class Forward(nn.Module):
    """A module whose forward is given, with a 3×3 convolution behind it where `conv` has its channels."""

    def __init__(self, forward, conv=0):
        super().__init__()
        self.first, self.conv = forward, nn.Conv2d(conv, 1, 3) if conv else nn.Identity()

    def forward(self, x):
        return self.conv(self.first(x))


def test_trace_names_the_layer_where_an_axis_is_missing():
    with pytest.raises(ValueError, match="(?s)stopped at 0, Forward.*Dimension out of range"):
        trace(nn.Sequential(Forward(lambda x: x.flatten(1).mean((2, 3)))), (3, 8, 8))


@pytest.mark.parametrize(
    ("forward", "conv", "field"),
    [
        (lambda x: x[:, :, 1:-1, 1:-1], 3, (3, 3)),  # a crop is no stride
        (lambda x: x[..., ::2, 1:], 3, (5, 3)),
        (lambda x: F.linear(x.permute(0, 2, 3, 1), torch.ones(4, 3, device=x.device)).permute(0, 3, 1, 2), 4, (3, 3)),
        (lambda x: x.mean(1, keepdim=True), 1, (3, 3)),
        (lambda x: x.mean((2, 3), keepdim=True), 0, (16, 16)),
        (lambda x: x.mean(3, keepdim=True), 0, (1, 16)),
        (nn.ConvTranspose2d(3, 3, 3, padding=1), 0, None),  # not the same for every place
        (lambda x: torch.cat([x, nn.ConvTranspose2d(3, 3, 3, padding=1)(x)], 1), 6, None),  # the known way is not all
        (lambda x: x[:, :, ::2, ...], 3, (5, 3)),
        (lambda x: x.mean(axis=1, keepdim=True), 1, (3, 3)),
        (lambda x: torch.mean(input=x, dim=1, keepdim=True), 1, (3, 3)),
        (lambda x: F.linear(input=x, weight=torch.ones(16, 16, device=x.device)), 0, (16, 16)),  # along a row
        (lambda x: F.linear(x.flatten(2), torch.ones(4, 256, device=x.device)), 0, (16, 16)),
        (lambda x: F.scaled_dot_product_attention(*[x.flatten(2).mT] * 3), 0, (16, 16)),
        (lambda x: torch.einsum("nchw,ncvw->nhvw", x, x), 0, None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)), 0, (16, 16)),  # its mean is that of the map
        (lambda x: x + F.pad(F.max_pool2d(x, 3, 1), (1, 1, 1, 1)), 3, (5, 5)),
        (nn.GroupNorm(1, 3), 3, (16, 16)),  # the convolution behind it does not see further
        (nn.InstanceNorm2d(3), 0, (16, 16)),
        (nn.InstanceNorm2d(3, track_running_stats=True), 3, (3, 3)),
        (nn.LayerNorm((3, 16, 16)), 0, (16, 16)),
        (lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (3,)).permute(0, 3, 1, 2), 3, (3, 3)),
        (nn.BatchNorm2d(3), 3, (3, 3)),
    ],
)
def test_receptive_field_through_functions(forward, conv, field):
    assert trace(Forward(forward, conv), (3, 16, 16))[-1].receptive_field == field


class _Gated(nn.Module):
    """A convolution, a gate of one value a channel, two more convolutions."""

    def __init__(self, pool):
        super().__init__()
        self.pool, self.gate = pool, nn.Conv2d(2, 2, 1)
        self.first, self.behind = nn.Conv2d(2, 2, 3), nn.Sequential(*(nn.Conv2d(2, 2, 3, padding=1) for _ in range(2)))

    def forward(self, x):
        x = self.first(x)
        return self.behind(x * self.gate(self.pool(x)).sigmoid())


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(30), lambda x: x.mean((2, 3), keepdim=True)])
def test_receptive_field_behind_a_gate_is_where_the_gradient_reaches(pool):
    model = _Gated(pool)
    assert trace(model, (2, 32, 32))[-1].receptive_field == _empirical_field(model, 32) == (32, 32)


def test_receptive_field_grows_behind_gates_as_without_them():
    model = torchvision.models.mobilenet_v3_small()
    field = trace(model, (3, 224, 224))[-1].receptive_field
    for block in model.modules():
        for name, gate in block.named_children():
            if isinstance(gate, torchvision.ops.SqueezeExcitation):
                setattr(block, name, nn.Identity())
    assert trace(model, (3, 224, 224))[-1].receptive_field == field == (831, 831)


def test_trace_goes_through_functions_that_have_an_out():
    network = nn.Sequential(Forward(lambda x: F.normalize(x.flatten(1))), nn.Linear(3 * 16, 5))
    assert trace(network, (3, 4, 4)).multiply_adds == 3 * 16 * 5


def test_products_that_are_no_layers_are_counted():
    equal = {
        lambda x: torch.einsum("nchw,kc->nkhw", x, torch.ones(5, 3, device=x.device)): 5 * 3 * 256,
        lambda x: torch.einsum("...hw,...hw->...", x, x): 3 * 256,
        lambda x: torch.addmm(torch.ones(5, device=x.device), x.flatten(1), torch.ones(768, 5, device=x.device)): 768
        * 5,
        lambda x: torch.matmul(x.flatten(1), other=torch.ones(768, 5, device=x.device)): 768 * 5,
        lambda x: torch.addmm(
            torch.ones(5, device=x.device), mat1=x.flatten(1), mat2=torch.ones(768, 5, device=x.device)
        ): 768 * 5,
        lambda x: F.conv1d(x.flatten(2), torch.ones(2, 3, 1, device=x.device)): 2 * 3 * 256,
    }
    for forward, cost in equal.items():
        assert trace(Forward(forward), (3, 16, 16)).multiply_adds == cost


def test_layer_that_returns_a_tuple_has_its_row():
    network = Forward(lambda x: x.flatten(2).mT)
    network.conv = nn.LSTM(3, 4, batch_first=True)
    traced = trace(network, (3, 16, 16))
    assert traced[-1].kind == "LSTM" and traced.parameters == sum(p.numel() for p in network.parameters())


def test_table_shows_itself_as_text_and_html():
    table = trace(nn.Sequential(nn.Conv2d(3, 16, 3, padding=1)), (3, 32, 32))
    assert "16×32×32" in repr(table) and "442,368" in repr(table)  # 32·32·16·3·9 multiply-adds
    shown = table._repr_html_()
    assert shown.count("<tr>") == 3  # head, one layer, total
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', shown) == list(COLUMNS)
    headers = re.findall(r'<tr><th scope="row" style="text-align:left;[^>]*;font-weight:400">(.*?)</th><td', shown)
    assert headers == ["0", "total"] and shown.count("<td") == 2 * 5
