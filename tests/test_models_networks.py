"""Every network: parameters counted by hand, shapes, gradients, one batch learned by heart, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnn_lessons import models


def conv(in_channels, out_channels, kernel_size):
    return in_channels * out_channels * kernel_size * kernel_size


def norm(channels):
    return 2 * channels  # one weight and one bias a channel


def linear(in_features, out_features):
    return in_features * out_features + out_features


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(builder, *arguments, **options):
    """Return a model that has shapes and no values."""
    with torch.device("meta"):
        return builder(*arguments, **options)


def basic(before, channels, blocks, projection=True):
    """Count a stage of two 3×3 convolutions a block, each with its BatchNorm."""
    first = conv(before, channels, 3) + norm(channels)
    others = (2 * blocks - 1) * (conv(channels, channels, 3) + norm(channels))
    return first + others + (conv(before, channels, 1) + norm(channels) if projection and before != channels else 0)


# Parameters ---------------------------------------------------------------------------------------------------------


def test_small_networks_have_the_parameters_counted_by_hand():
    assert count(on_meta(models.mlp, 784, [100, 50], 10)) == 784 * 100 + 100 + 100 * 50 + 50 + 50 * 10 + 10 == 84_060
    assert count(on_meta(models.mlp, 784, [], 10)) == 784 * 10 + 10 == 7_850
    three = (3 * 32 * 9 + 32) + (32 * 64 * 9 + 64) + (64 * 128 * 9 + 128)
    assert count(on_meta(models.small_cnn)) == three + linear(128, 10) == 94_538
    two, head = (1 * 6 * 25 + 6) + (6 * 16 * 25 + 16), linear(256, 120) + linear(120, 84) + linear(84, 10)
    assert count(on_meta(models.mnist_cnn)) == two + head == 2_572 + 41_854 == 44_426


def test_alexnet_has_most_parameters_in_its_linear_layers():
    features = (3 * 64 * 121 + 64) + (64 * 192 * 25 + 192) + (192 * 384 * 9 + 384) + (384 * 256 * 9 + 256)
    features += 256 * 256 * 9 + 256
    classifier = linear(256 * 6 * 6, 4096) + linear(4096, 4096) + linear(4096, 1000)
    model = on_meta(models.alexnet)
    assert (count(model.features), count(model.classifier)) == (features, classifier)
    assert features + classifier == 2_469_696 + 58_631_144 == 61_100_840


def test_alexnet_cifar_has_the_tutorials_parameters():
    features = (3 * 64 * 9 + 64) + (64 * 192 * 9 + 192) + (192 * 384 * 9 + 384) + (384 * 256 * 9 + 256)
    features += 256 * 256 * 1 + 256
    classifier = linear(256 * 3 * 3, 1024) + linear(1024, 512) + linear(512, 10)
    model = on_meta(models.alexnet_cifar)
    assert (count(model.features), count(model.classifier)) == (features, classifier)
    assert features + classifier == 1_727_296 + 2_890_250 == 4_617_546


@pytest.mark.parametrize(("builder", "blocks", "total"), [("18", (2, 2, 2, 2), 11_173_962), ("34", (3, 4, 6, 3), None)])
def test_resnet_with_the_cifar_stem_has_the_tutorials_parameters(builder, blocks, total):
    stem = conv(3, 64, 3) + norm(64)
    stages = zip((64, 64, 128, 256), (64, 128, 256, 512), blocks, strict=True)
    counted = stem + sum(basic(*stage) for stage in stages) + linear(512, 10)
    assert count(on_meta(getattr(models, f"resnet{builder}"), 10, stem="cifar")) == counted
    assert counted == (total or 21_282_122)


@pytest.mark.parametrize(
    ("name", "blocks", "inside", "total"),
    [
        ("resnet50", (3, 4, 6, 3), 1, 25_557_032),
        ("resnet101", (3, 4, 23, 3), 1, 44_549_160),
        ("resnet152", (3, 8, 36, 3), 1, 60_192_808),
        ("wide_resnet50_2", (3, 4, 6, 3), 2, 68_883_240),
        ("wide_resnet101_2", (3, 4, 23, 3), 2, 126_886_696),
    ],
)
def test_bottleneck_resnet_has_the_published_parameters(name, blocks, inside, total):
    counted, before = conv(3, 64, 7) + norm(64), 64
    for channels, blocks_here in zip((64, 128, 256, 512), blocks, strict=True):
        narrow, wide = channels * inside, channels * 4
        middle = norm(narrow) + conv(narrow, narrow, 3) + norm(narrow) + conv(narrow, wide, 1) + norm(wide)
        counted += conv(before, narrow, 1) + middle + conv(before, wide, 1) + norm(wide)  # the first, with projection
        counted += (blocks_here - 1) * (conv(wide, narrow, 1) + middle)
        before = wide
    assert count(on_meta(getattr(models, name))) == counted + linear(2048, 1000) == total


@pytest.mark.parametrize(
    ("depth", "n", "pad", "millions"),
    [
        (20, 3, 269_722, 0.27),
        (32, 5, 464_154, 0.46),
        (44, 7, 658_586, 0.66),
        (56, 9, 853_018, 0.85),
        (110, 18, 1_727_962, 1.7),
    ],
)
def test_resnet_cifar_has_the_papers_parameters(depth, n, pad, millions):
    stages = ((16, 16, n), (16, 32, n), (32, 64, n))
    counted = conv(3, 16, 3) + norm(16) + sum(basic(*stage, projection=False) for stage in stages) + linear(64, 10)
    assert count(on_meta(models.resnet_cifar, depth)) == counted == pad == count(on_meta(models.plain_cifar, depth))
    projections = conv(16, 32, 1) + norm(32) + conv(32, 64, 1) + norm(64)
    assert count(on_meta(models.resnet_cifar, depth, shortcut="projection")) == pad + projections == pad + 2_752
    assert round(pad / 1e6, 2 if depth < 100 else 1) == millions


def test_resnet1202_has_the_papers_19_4_million_parameters():
    stages = basic(16, 16, 200, False) + basic(16, 32, 200, False) + basic(32, 64, 200, False)
    counted = conv(3, 16, 3) + norm(16) + stages + linear(64, 10)
    assert count(on_meta(models.resnet_cifar, 1202)) == counted == 19_421_274


def test_resnet14_with_projection_has_the_small_tutorials_parameters():
    counted = conv(3, 16, 3) + norm(16) + basic(16, 16, 2) + basic(16, 32, 2) + basic(32, 64, 2) + linear(64, 10)
    assert count(on_meta(models.resnet_cifar, 14, shortcut="projection")) == counted == 175_258
    assert count(on_meta(models.resnet_cifar, 14)) == counted - 2_752 == 172_506


@pytest.mark.parametrize(("n", "total"), [(5, 2_263_722), (7, 3_049_962)])
def test_seminar_resnet_has_the_seminars_parameters(n, total):
    counted, before = conv(3, 16, 3) + 16 + norm(16), 16
    for channels in (16, 32, 64, 128):
        layer = channels + norm(channels)  # each convolution has a bias here
        counted += conv(before, channels, 3) + layer + (2 * (1 + n) - 1) * (conv(channels, channels, 3) + layer)
        before = channels
    assert count(on_meta(models.resnet_seminar, n)) == counted + linear(128, 10) == total


# Zagoruyko & Komodakis 2016: depth and widening factor → counted with 10 classes, and the paper's rounded figure.
WIDE_RESNETS = {
    (40, 1): (563_930, "0.6"),
    (40, 2): (2_243_546, "2.2"),
    (40, 4): (8_949_210, "8.9"),
    (40, 8): (35_748_314, "35.7"),
    (28, 10): (36_479_194, "36.5"),
    (28, 12): (52_517_850, "52.5"),
    (22, 8): (17_158_106, "17.2"),
    (22, 10): (26_797_914, "26.8"),
    (16, 8): (10_961_370, "11.0"),
    (16, 10): (17_116_634, "17.1"),
    (16, 4): (2_748_890, None),
}


@pytest.mark.parametrize(
    ("depth", "factor", "total", "millions"), [(*size, *figures) for size, figures in WIDE_RESNETS.items()]
)
def test_wide_resnet_has_the_papers_parameters(depth, factor, total, millions):
    counted, before, blocks = conv(3, 16, 3), 16, (depth - 4) // 6
    for channels in (16 * factor, 32 * factor, 64 * factor):
        counted += norm(before) + conv(before, channels, 3) + norm(channels) + conv(channels, channels, 3)
        counted += conv(before, channels, 1) if before != channels else 0
        counted += (blocks - 1) * 2 * (norm(channels) + conv(channels, channels, 3))
        before = channels
    assert count(on_meta(models.wide_resnet, depth, factor)) == counted + norm(before) + linear(before, 10) == total
    assert count(on_meta(models.wide_resnet, depth, factor, 0.3, shortcut="raw")) == total
    assert millions is None or f"{total / 1e6:.1f}" == millions


# Shapes -------------------------------------------------------------------------------------------------------------

SHAPES = {  # builder, its arguments, image: layer → output
    "mlp": (models.mlp, (3072, [64], 7), (3, 32, 32), {"0": (3072,), "1": (64,), "3": (7,)}),
    "small_cnn": (
        *(models.small_cnn, (), (3, 40, 64)),
        {
            "conv1": (32, 40, 64),
            "conv2": (64, 20, 32),
            "conv3": (128, 10, 16),
            "pool": (128, 5, 8),
            "mean": (128, 1, 1),
        },
    ),
    "mnist_cnn": (models.mnist_cnn, (), (1, 28, 28), {"conv1": (6, 24, 24), "conv2": (16, 8, 8), "pool": (16, 4, 4)}),
    "alexnet": (
        *(models.alexnet, (7,), (3, 224, 224)),
        {"features.0": (64, 55, 55), "features.2": (64, 27, 27), "features.5": (192, 13, 13), "features": (256, 6, 6)},
    ),
    "alexnet_cifar": (
        *(models.alexnet_cifar, (), (3, 32, 32)),
        {"features.0": (64, 30, 30), "features.2": (64, 15, 15), "features.5": (192, 7, 7), "features": (256, 3, 3)},
    ),
    "resnet50": (
        *(models.resnet50, (7,), (3, 224, 192)),
        {"conv1": (64, 112, 96), "maxpool": (64, 56, 48), "layer1": (256, 56, 48), "layer2": (512, 28, 24)}
        | {"layer3": (1024, 14, 12), "layer4": (2048, 7, 6), "avgpool": (2048, 1, 1)},
    ),
    "wide_resnet50_2": (
        *(models.wide_resnet50_2, (7,), (3, 224, 224)),
        {
            "layer1.0.conv1": (128, 56, 56),
            "layer1": (256, 56, 56),
            "layer4.0.conv2": (1024, 7, 7),
            "layer4": (2048, 7, 7),
        },
    ),
    "resnet18_cifar": (
        *(models.resnet18, (7, "cifar"), (3, 32, 32)),
        {"maxpool": (64, 32, 32), "layer1": (64, 32, 32), "layer2": (128, 16, 16), "layer3": (256, 8, 8)}
        | {"layer4": (512, 4, 4)},
    ),
    "resnet_cifar": (
        *(models.resnet_cifar, (20,), (3, 32, 36)),
        {"conv1": (16, 32, 36), "stages.0": (16, 32, 36), "stages.1": (32, 16, 18), "stages.2": (64, 8, 9)},
    ),
    "plain_cifar": (models.plain_cifar, (20,), (3, 32, 32), {"stages.1": (32, 16, 16), "stages.2": (64, 8, 8)}),
    "resnet_seminar": (
        *(models.resnet_seminar, (5,), (3, 32, 32)),
        {"stages.0": (16, 32, 32), "stages.1": (32, 16, 16), "stages.2": (64, 8, 8), "stages.3": (128, 4, 4)},
    ),
    "wide_resnet": (
        *(models.wide_resnet, (16, 4), (3, 32, 48)),
        {"conv1": (16, 32, 48), "group1": (64, 32, 48), "group2": (128, 16, 24), "group3": (256, 8, 12)},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shape_at_every_stage(name):
    builder, arguments, image, expected = SHAPES[name]
    seen, model = {}, on_meta(builder, *arguments)
    for layer, module in model.named_modules():
        module.register_forward_hook(lambda module, args, out, layer=layer: seen.update({layer: tuple(out.shape[1:])}))
    model(torch.empty(2, *image, device="meta"))
    assert {layer: seen[layer] for layer in expected} == expected
    assert seen[""] == (7 if 7 in arguments else 10,)


# Learning -----------------------------------------------------------------------------------------------------------

LEARNERS = {  # name: model with 7 classes, image
    "mlp": (lambda: models.mlp(3 * 16 * 16, (32, 16), 7), (3, 16, 16)),
    "small_cnn": (lambda: models.small_cnn(7), (3, 16, 16)),
    "small_cnn_grey": (lambda: models.small_cnn(num_classes=7, in_channels=1), (1, 12, 12)),
    "mnist_cnn": (lambda: models.mnist_cnn(7), (1, 28, 28)),
    "alexnet_cifar": (lambda: models.alexnet_cifar(7), (3, 32, 32)),
    "alexnet_cifar_grey": (lambda: models.alexnet_cifar(7, 1), (1, 28, 28)),
    "resnet18": (lambda: models.resnet18(7), (3, 33, 33)),
    "resnet18_cifar": (lambda: models.resnet18(7, stem="cifar"), (3, 12, 12)),
    "resnet_cifar_pad": (lambda: models.resnet_cifar(8, 7), (3, 16, 16)),
    "resnet_cifar_projection": (lambda: models.resnet_cifar(14, 7, "projection"), (3, 16, 16)),
    "plain_cifar": (lambda: models.plain_cifar(8, 7), (3, 16, 16)),
    "resnet_seminar": (lambda: models.resnet_seminar(1, 7), (3, 16, 16)),
    "wide_resnet": (lambda: models.wide_resnet(10, 2, num_classes=7), (3, 16, 16)),
    "wide_resnet_raw": (lambda: models.wide_resnet(10, 1, 0.3, 7, shortcut="raw"), (3, 16, 16)),
}


def batch(image, size=8):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(size, *image, generator=generator), torch.arange(size) % 7


@pytest.mark.parametrize("name", LEARNERS)
def test_every_parameter_gets_a_gradient(name):
    torch.manual_seed(0)
    builder, image = LEARNERS[name]
    model, (images, labels) = builder(), batch(image)
    logits = model(images)
    assert logits.shape == (8, 7)
    F.cross_entropy(logits, labels).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), key
        cancelled = name == "resnet_seminar" and "conv" in key and key.endswith("bias")  # by the BatchNorm behind it
        assert (parameter.grad.abs().max() < 1e-6) == cancelled, key


@pytest.mark.parametrize("name", [name for name in LEARNERS if not name.endswith("grey")])
def test_one_batch_can_be_learned_by_heart(name):
    torch.manual_seed(0)
    builder, image = LEARNERS[name]
    model, (images, labels) = builder(), batch(image)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # dropout is there to make this hard
    optimizer = torch.optim.Adam(model.parameters(), 3e-4 if "alexnet" in name else 3e-3)
    for _ in range(60):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.05:
            return
    pytest.fail(f"after 60 steps on 8 images the loss is {loss:.3f}")


# What makes each network itself ---------------------------------------------------------------------------------------


def test_pad_shortcut_has_no_parameters_and_keeps_every_other_pixel():
    model = models.resnet_cifar(20)
    assert not [key for key, _ in model.named_parameters() if "shortcut" in key]
    x = torch.randn(2, 16, 7, 8)
    out = model.stages[1][0].shortcut(x)
    assert torch.equal(out, F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 8, 8))) and out.shape == (2, 32, 4, 4)
    changing = [key for key, module in model.named_modules() if type(module).__name__ == "PadShortcut"]
    assert changing == ["stages.1.0.shortcut", "stages.2.0.shortcut"]


def test_plain_network_is_its_residual_twin_without_the_shortcuts():
    torch.manual_seed(0)
    twin, plain = models.resnet_cifar(8).eval(), models.plain_cifar(8).eval()
    plain.load_state_dict(twin.state_dict())
    x = torch.randn(2, 16, 8, 8)
    block, same = plain.stages[0][0], twin.stages[0][0]
    body = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
    assert torch.equal(block(x), F.relu(body)) and torch.equal(same(x), F.relu(body + x))
    changing = twin.stages[1][0]
    assert torch.equal(changing(x), F.relu(changing.body(x) + changing.shortcut(x)))


def test_wide_resnets_two_shortcuts_are_two_functions_with_one_count():
    torch.manual_seed(0)
    ours, raw = models.wide_resnet(10, 2).eval(), models.wide_resnet(10, 2, shortcut="raw").eval()
    raw.load_state_dict(ours.state_dict())
    block, variant = ours.group2[0], raw.group2[0]
    x = torch.randn(2, 32, 8, 8)
    activated = F.relu(block.bn1(x))
    body = F.conv2d(F.relu(block.bn2(block.conv1(activated))), block.conv2.weight, padding=1)
    assert torch.equal(block(x), body + F.conv2d(activated, block.shortcut.weight, stride=2))
    assert torch.equal(variant(x), body + F.conv2d(x, block.shortcut.weight, stride=2))
    assert not torch.allclose(block(x), variant(x), atol=0.1)


def test_wide_resnet_adds_the_raw_input_where_the_shape_stays():
    model = models.wide_resnet(16, 1).eval()
    for block in (model.group1[0], model.group1[1]):  # widen_factor 1: the first block of group 1 changes nothing
        assert block.shortcut is None
        nn.init.zeros_(block.conv2.weight)
        x = torch.randn(2, 16, 8, 8)
        assert torch.equal(block(x), x)


def test_wide_resnet_drops_values_between_its_convolutions_in_training_only():
    torch.manual_seed(0)
    model = models.wide_resnet(10, 2, dropout=0.3)
    assert [module.p for module in model.modules() if isinstance(module, nn.Dropout)] == [0.3] * 3
    seen = []
    model.group1[0].conv2.register_forward_pre_hook(lambda module, args: seen.append((args[0] == 0).float().mean()))
    images = torch.randn(4, 3, 16, 16)
    model.train()(images), model.eval()(images)
    assert seen[0] > seen[1] + 0.1  # half of the values are 0 after the ReLU; dropout zeroes 30 % of the others


@pytest.mark.parametrize(
    "build", [lambda: models.wide_resnet(16, 4), lambda: models.resnet_cifar(20), lambda: models.resnet_seminar(1)]
)
def test_convolutions_start_with_hes_fan_out_spread(build):
    torch.manual_seed(0)
    model = build()
    for name, weight in model.named_parameters():
        if weight.dim() == 4:
            out_channels, _, height, width = weight.shape
            expected = (2 / (out_channels * height * width)) ** 0.5
            assert weight.std().item() == pytest.approx(expected, rel=5 / weight.numel() ** 0.5), name
            assert abs(weight.mean().item()) < 5 * expected / weight.numel() ** 0.5, name


# What is refused ----------------------------------------------------------------------------------------------------

REFUSED = [
    (models.mlp, (784, 100, 10), "expected hidden as a list of widths"),
    (models.mlp, (784, [100, 0], 10), r"mlp: widths \[784, 100, 0, 10\]: expected at least 1, got 0"),
    (models.mlp, (0, [100], 10), "expected at least 1, got 0"),
    (models.small_cnn, (0,), "small_cnn: num_classes: expected at least 1, got 0"),
    (models.small_cnn, (10, -3), "in_channels: expected at least 1, got -3"),
    (models.mnist_cnn, ("10",), "num_classes: expected an integer of at least 1, got '10'"),
    (models.alexnet, (0,), "alexnet: num_classes: expected at least 1, got 0"),
    (models.alexnet_cifar, (10, 2.5), "in_channels: expected an integer of at least 1, got 2.5"),
    (models.resnet18, (10, "cifar10"), '"imagenet" or "cifar", got \'cifar10\''),
    (models.wide_resnet101_2, (-1,), "num_classes: expected at least 1, got -1"),
    (models.resnet_cifar, (18,), "6n.2, got 18; the nearest are 14 and 20"),
    (models.resnet_cifar, (2,), r"depth 6n\+2: expected at least 8, got 2"),
    (models.resnet_cifar, (20.0,), r"depth 6n\+2: expected an integer of at least 8, got 20.0"),
    (models.resnet_cifar, (20, 10, "none"), '"pad" or "projection", got \'none\''),
    (models.resnet_cifar, (20, 0), "num_classes: expected at least 1, got 0"),
    (models.PadShortcut, (32, 16, 1), "at least in_channels=32 for out_channels, got 16. Use a ProjectionShortcut"),
    (models.PadBlock, (32, 16), "PadShortcut: expected at least in_channels=32"),
    (models.plain_cifar, (33,), "plain_cifar.*the nearest are 32 and 38"),
    (models.resnet_seminar, (-1,), "n: expected at least 0, got -1"),
    (models.wide_resnet, (30, 10), "6N.4, got 30; nearest are 28 and 34"),
    (models.wide_resnet, (4, 10), r"depth 6N\+4: expected at least 10, got 4"),
    (models.wide_resnet, (27, 10), "6N.4, got 27; nearest are 22 and 28"),
    (models.wide_resnet, (28, 0), "widen_factor: expected at least 1, got 0"),
    (models.wide_resnet, (28, 10, 1.0), "dropout from 0 to below 1, got 1.0"),
    (models.wide_resnet, (28, 10, 0.0, 0), "num_classes: expected at least 1, got 0"),
    (models.wide_resnet, (28, 10, 0.0, 10, "conv"), '"activated" or "raw", got \'conv\''),
]


@pytest.mark.parametrize(("builder", "arguments", "message"), REFUSED)
def test_bad_arguments_get_one_clear_error(builder, arguments, message):
    with pytest.raises(ValueError, match=message):
        on_meta(builder, *arguments)


WHOLE = {  # argument: a builder of it alone, and a number that fits
    "mlp in_features": (lambda n: models.mlp(n, [4], 3), 12),
    "mlp hidden": (lambda n: models.mlp(12, [n], 3), 4),
    "mlp num_classes": (lambda n: models.mlp(12, [4], n), 3),
    "small_cnn in_channels": (lambda n: models.small_cnn(10, n), 3),
    "alexnet_cifar in_channels": (lambda n: models.alexnet_cifar(10, n), 3),
    **{
        f"{name} num_classes": (getattr(models, name), 7)
        for name in ("small_cnn", "mnist_cnn", "alexnet", "alexnet_cifar", "resnet18", "wide_resnet50_2")
    },
    "resnet_cifar num_classes": (lambda n: models.resnet_cifar(8, n), 7),
    "resnet_cifar depth": (models.resnet_cifar, 8),
    "plain_cifar depth": (models.plain_cifar, 8),
    "resnet_seminar n": (models.resnet_seminar, 1),
    "wide_resnet depth": (lambda n: models.wide_resnet(n, 1), 10),
    "wide_resnet widen_factor": (lambda n: models.wide_resnet(10, n), 2),
    "wide_resnet num_classes": (lambda n: models.wide_resnet(10, 1, num_classes=n), 7),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_may_be_numpys_and_nothing_else(name):
    builder, number = WHOLE[name]
    given, plain = on_meta(builder, np.int64(number)), on_meta(builder, number)
    assert repr(given) == repr(plain)
    assert not [value for layer in given.modules() for value in vars(layer).values() if isinstance(value, np.integer)]
    for wrong in (True, np.True_, torch.tensor(True), 2.5, np.float64(number), "3", None, -1):
        with pytest.raises(ValueError, match="expected (an integer of )?at least .*, got ") as error:
            on_meta(builder, wrong)
        assert str(error.value).endswith(f", got {wrong!r}")


def test_dropout_may_be_numpys():
    assert repr(on_meta(models.wide_resnet, 10, 1, np.float32(0.25))) == repr(on_meta(models.wide_resnet, 10, 1, 0.25))
