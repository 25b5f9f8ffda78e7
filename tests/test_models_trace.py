"""`trace` reads every network of the course right: beside torch's own counter, torchsummary, and the gradient."""

import re

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchsummary import summary

from cnn_lessons import models
from cnn_lessons.anatomy import trace

NETWORKS = {  # name: builder, image, multiply-adds of one image
    "mlp": (lambda: models.mlp(784, [100, 50], 10), (1, 28, 28), 784 * 100 + 100 * 50 + 50 * 10),
    "small_cnn": (models.small_cnn, (3, 32, 32), 10_323_200),
    "mnist_cnn": (models.mnist_cnn, (1, 28, 28), 281_640),
    "alexnet": (models.alexnet, (3, 224, 224), 714_188_480),
    "alexnet_cifar": (models.alexnet_cifar, (3, 32, 32), 108_404_480),
    "resnet18_cifar": (lambda: models.resnet18(10, stem="cifar"), (3, 32, 32), 555_422_720),
    "resnet20": (lambda: models.resnet_cifar(20), (3, 32, 32), 40_551_040),
    "resnet20_projection": (lambda: models.resnet_cifar(20, shortcut="projection"), (3, 32, 32), 40_813_184),
    "plain20": (lambda: models.plain_cifar(20), (3, 32, 32), 40_551_040),
    "resnet_seminar5": (lambda: models.resnet_seminar(5), (3, 32, 32), 110_150_912),
    "wrn-16-4_raw": (lambda: models.wide_resnet(16, 4, shortcut="raw"), (3, 32, 32), 392_612_352),
    "wrn-28-10": (lambda: models.wide_resnet(28, 10, 0.3), (3, 32, 32), 5_243_328_768),
    "resnet18": (models.resnet18, (3, 224, 224), 1_814_073_344),
    "resnet34": (models.resnet34, (3, 224, 224), 3_663_761_408),
    "resnet50": (models.resnet50, (3, 224, 224), 4_089_184_256),
    "resnet101": (models.resnet101, (3, 224, 224), 7_801_405_440),
    "resnet152": (models.resnet152, (3, 224, 224), 11_513_626_624),
    "wide_resnet50_2": (models.wide_resnet50_2, (3, 224, 224), 11_398_021_120),
    "wide_resnet101_2": (models.wide_resnet101_2, (3, 224, 224), 22_753_050_624),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_trace_counts_what_torch_counts(name):
    builder, image, multiply_adds = NETWORKS[name]
    with torch.device("meta"):
        model = builder().eval()
        with FlopCounterMode(display=False) as counter:
            model(torch.empty(1, *image))
    table = trace(model, image)
    assert table.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert 2 * table.multiply_adds == counter.get_total_flops()  # torch counts a multiply-add as two
    assert table.multiply_adds == multiply_adds
    assert all(row.receptive_field for row in table)


def test_receptive_field_through_pad_shortcuts_is_where_the_gradient_reaches():
    model = models.resnet_cifar(8).eval()
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, 0.01)  # positive weights, so that no contribution cancels
    x = torch.rand(1, 3, 65, 65, requires_grad=True)
    last = {}
    model.stages.register_forward_hook(lambda module, args, out: last.update(out=out))
    model(x)
    touched = torch.autograd.grad(last["out"][0, :, 8, 8].sum(), x)[0][0, 0].nonzero()
    field = tuple((touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist())
    rows = {row.name: row for row in trace(model, (3, 65, 65))}
    assert rows["stages.2.0.relu"].receptive_field == field == (25, 25)


def test_trace_and_torchsummary_agree_on_wide_resnet(capsys):
    """torchsummary's list has a row for each module that is no Sequential, ours for each that does something itself."""
    model = models.wide_resnet(16, 4)  # chapter 11 compares them on WRN-28-10
    summary(model, (3, 32, 32), device="cpu")
    printed = capsys.readouterr().out
    rows = re.findall(r"^ *(\w+)-\d+ +\[-1, ([\d, ]+)\] +([\d,]+)$", printed, re.MULTILINE)
    theirs = [
        (kind, tuple(map(int, shape.split(", "))), int(parameters.replace(",", "")))
        for kind, shape, parameters in rows
        if kind != "WideBlock"
    ]
    table = trace(model, (3, 32, 32))
    assert [(row.kind, row.output_shape, row.parameters) for row in table] == theirs
    assert len([kind for kind, *_ in rows if kind == "WideBlock"]) == 3 * 2
    assert "Total params: 2,748,890" in printed and table.parameters == 2_748_890


def test_four_times_as_many_pixels_cost_wide_resnet_28_10_four_times_as_much_but_for_the_linear_layer():
    with torch.device("meta"):
        table = trace(models.wide_resnet(28, 10), (3, 64, 64))
    assert table.multiply_adds == 4 * (5_243_328_768 - 6_400) + 6_400 == 20_973_295_872
