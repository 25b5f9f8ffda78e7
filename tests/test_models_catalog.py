"""`catalog.build` finds a model by its name, and says what fits."""

import numpy as np
import pytest
import torch

from cnn_lessons import models
from cnn_lessons.models.catalog import MODELS, build

QUICK = [name for name in MODELS if name != "wrn-28-10"]


@pytest.mark.parametrize("name", QUICK)
def test_every_name_builds_a_model_for_its_images(name):
    shape = (1, 28, 28) if name == "mnist_cnn" else (3, 32, 32)
    model = build(name, 7, shape)
    assert model.training
    assert model.eval()(torch.zeros(2, *shape)).shape == (2, 7)
    assert MODELS[name].strip()


@pytest.mark.parametrize(
    ("name", "direct"),
    [
        ("resnet26", lambda: models.resnet_cifar(26, 5)),
        ("plain8", lambda: models.plain_cifar(8, 5)),
        ("resnet_seminar1", lambda: models.resnet_seminar(1, 5)),
        ("wrn-10-2", lambda: models.wide_resnet(10, 2, num_classes=5)),
        ("small_cnn", lambda: models.small_cnn(5)),
    ],
)
def test_a_name_is_its_builder_with_its_numbers_and_draws_the_same_weights(name, direct):
    torch.manual_seed(0)
    expected = direct().state_dict()
    torch.manual_seed(0)
    found = build(name, 5, (3, 32, 32)).state_dict()
    assert list(found) == list(expected)
    assert all(torch.equal(value, expected[key]) for key, value in found.items())  # the trial image left no trace


def test_models_that_can_take_grey_images():
    for name in ("mlp", "small_cnn", "alexnet_cifar"):
        assert build(name, 10, (1, 28, 28)).eval()(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


@pytest.mark.parametrize("name", ["", "resnet", "resnet50", "ResNet20", "wrn-28", "wrn-17-4", "plain3", "small_cnn2"])
def test_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match=r"small_cnn, mnist_cnn, .*resnet20, .*wrn-16-4"):
        build(name, 10, (3, 32, 32))


@pytest.mark.parametrize(
    ("name", "shape"),
    [("alexnet_cifar", (3, 64, 64)), ("mnist_cnn", (3, 32, 32)), ("resnet20", (1, 28, 28)), ("small_cnn", (3, 4, 4))],
)
def test_images_that_do_not_fit_are_refused(name, shape):
    with pytest.raises(ValueError, match=f"{name}: got images of .* which do not fit; expected "):
        build(name, 10, shape)


@pytest.mark.parametrize("shape", [(3, 32), (3, 32, 0), (3, 32.0, 32), (True, 32, 32), 32])
def test_shape_that_is_not_channels_height_width_is_refused(shape):
    with pytest.raises(ValueError, match="input_shape: expected .*, got"):
        build("small_cnn", 10, shape)


def test_shape_may_be_numpys():
    assert build("mlp", 10, tuple(np.array([3, 8, 8])))[1].in_features == 192
