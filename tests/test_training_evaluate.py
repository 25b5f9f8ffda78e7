import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import tiny_data, tiny_network
from torch import nn

from cnn_lessons.data import normalise
from cnn_lessons.training import evaluate
from cnn_lessons.training.precision import choose_precision


def by_hand(network, data):
    network.eval()
    with torch.no_grad():
        scores = network(normalise(data.test.images, data.mean, data.std))
    return F.cross_entropy(scores, data.test.labels).item(), (
        scores.argmax(1) == data.test.labels
    ).float().mean().item()


@pytest.mark.parametrize("batch_size", [1, 7, 60, 500])
def test_evaluate_averages_over_images_whatever_the_batches(batch_size):
    data, network = tiny_data(), tiny_network()
    loss, accuracy = by_hand(network, data)
    got = evaluate(network, *data.test, mean=data.mean, std=data.std, batch_size=batch_size)
    assert got.loss == pytest.approx(loss, rel=1e-5) and got.accuracy == pytest.approx(accuracy)


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_leaves_mode_statistics_and_gradients_alone(training):
    data, network = tiny_data(), tiny_network()
    network.train(training)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    evaluate(network, *data.test, mean=data.mean, std=data.std)
    assert network.training is training and all(module.training is training for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())


def test_frozen_part_in_eval_mode_stays_in_it():
    data, network = tiny_data(), tiny_network()
    network[1].eval()  # the batch norm of a frozen body
    evaluate(network, *data.test)
    assert network.training and network[0].training and not network[1].training


def test_mode_is_restored_when_the_network_fails():
    network = nn.Sequential(nn.Flatten(), nn.Linear(7, 4))
    with pytest.raises(RuntimeError):
        evaluate(network, *tiny_data().test)
    assert network.training


def test_float_images_are_taken_as_they_are():
    data, network = tiny_data(), tiny_network()
    ready = normalise(data.test.images, data.mean, data.std)
    expected = evaluate(network, *data.test, mean=data.mean, std=data.std)
    assert evaluate(network, ready, data.test.labels) == pytest.approx(expected)


def test_float_inputs_need_not_be_pictures():
    x, labels = torch.eye(4), torch.arange(4)
    assert evaluate(torch.nn.Identity(), x, labels, precision="float32").accuracy == 1


def test_mean_and_std_may_be_tensors():
    data, network = tiny_data(), tiny_network()
    expected = evaluate(network, *data.test, mean=data.mean, std=data.std)
    assert evaluate(network, *data.test, mean=torch.tensor(data.mean), std=torch.tensor(data.std)) == pytest.approx(
        expected
    )


def test_what_evaluate_cannot_use_is_refused():
    data, network = tiny_data(), tiny_network()
    with pytest.raises(ValueError, match="batch_size: expected .*at least 1, got -1"):
        evaluate(network, *data.test, batch_size=-1)
    with pytest.raises(ValueError, match="expected uint8 images"):
        evaluate(network, data.test.images.float(), data.test.labels, mean=data.mean, std=data.std)


def test_images_without_labels_are_refused():
    data, network = tiny_data(), tiny_network()
    with pytest.raises(ValueError, match="expected a label for each image, got 60 images, 3 labels"):
        evaluate(network, data.test.images, data.test.labels[:3])
    with pytest.raises(ValueError, match="expected an image or more, got 0 images"):
        evaluate(network, data.test.images[:0], data.test.labels[:0])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda y: F.one_hot(y).float(), r"integers, got \(60, 4\) of torch.float32. Try labels.argmax\(1\)"),
        (lambda y: y[:, None], r"integers, got \(60, 1\) of torch.int64. Try labels.flatten\(\).long\(\)"),
        (lambda y: y * math.nan, r"integers, got \(60,\) of torch.float32"),
        (lambda y: y == 1, r"integers, got \(60,\) of torch.bool"),
        (lambda y: torch.full_like(y, -100), "labels from 0, got -100"),  # cross_entropy leaves these out
        (lambda y: y.tolist(), r"labels in a tensor, got list. torch.as_tensor\(labels\)"),
    ],
)
def test_labels_that_are_no_class_numbers_are_refused(spoil, words):
    images, labels = tiny_data().test
    with pytest.raises(ValueError, match=f"evaluate: expected .*{words}"):
        evaluate(tiny_network(), images, spoil(labels))


def test_images_of_numpy_and_functions_in_place_of_a_model_are_refused():
    images, labels = tiny_data().test
    with pytest.raises(ValueError, match="evaluate: expected images in a tensor, got ndarray"):
        evaluate(tiny_network(), images.numpy(), labels)
    with pytest.raises(ValueError, match=r"expected a model, an nn.Module, got <function tiny.*parentheses missing\?"):
        evaluate(tiny_network, images, labels)


def test_integers_of_any_type_count():
    network, (images, labels) = tiny_network(), tiny_data().test
    expected = evaluate(network, images, labels, batch_size=7)
    for number in (np.int64(7), torch.tensor(7)):
        assert evaluate(network, images, labels.int(), batch_size=number) == expected


@pytest.mark.parametrize(
    ("amx", "avx512", "expected"),
    [(True, False, "bfloat16"), (False, True, "bfloat16"), (False, False, "float32")],
)
def test_auto_precision_follows_the_processor(monkeypatch, amx, avx512, expected):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512, raising=False)
    assert choose_precision("auto", torch.device("cpu")) is getattr(torch, expected)


@pytest.mark.parametrize(("capability", "expected"), [((9, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")])
def test_auto_precision_follows_the_gpu(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision("auto", torch.device("cuda", 0)) is getattr(torch, expected)


def test_precision_can_be_forced_and_float16_needs_a_gpu():
    cpu = torch.device("cpu")
    assert choose_precision("float32", cpu) is torch.float32 and choose_precision("bfloat16", cpu) is torch.bfloat16
    with pytest.raises(ValueError, match="float16 trains on a CUDA device only, got cpu"):
        choose_precision("float16", cpu)
    with pytest.raises(ValueError, match="expected one of auto, float32"):
        choose_precision("half", cpu)
