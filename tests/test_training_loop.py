import copy
import dataclasses
import math
import os
import re
import subprocess

import pytest
import torch
import torch.nn.functional as F
from project_copy import PLAIN_GIT
from tiny import CLASSES, same, tiny_data, tiny_network, tiny_recipe
from torch import nn

from cnn_lessons.data import Images, normalise, split
from cnn_lessons.training import History, TrainingError, distributed, evaluate, learning_rate, train
from cnn_lessons.training import history as history_module
from cnn_lessons.training.faults import check_losses
from cnn_lessons.training.progress import Progress
from cnn_lessons.training.run import make_optimizer


def run(recipe=None, network=None, data=None, **options):
    network = network or tiny_network()
    history = train(network, data or tiny_data(), recipe or tiny_recipe(), device="cpu", progress=False, **options)
    return network, history


def weights(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.mark.parametrize(
    ("optimizer", "make"),
    [
        ("adam", lambda p, r: torch.optim.Adam(p, r.lr, weight_decay=r.weight_decay)),
        ("sgd", lambda p, r: torch.optim.SGD(p, r.lr, 0.9, weight_decay=r.weight_decay)),
        ("nesterov", lambda p, r: torch.optim.SGD(p, r.lr, 0.9, weight_decay=r.weight_decay, nesterov=True)),
    ],
)
def test_train_equals_the_textbook_loop(optimizer, make):
    """The same order, taken from the network itself; everything else written as a tutorial writes it."""
    recipe = tiny_recipe(optimizer=optimizer, weight_decay=1e-3, label_smoothing=0.1, schedule="cosine", lr=0.02)
    data, network = tiny_data(90), tiny_network(dropout=0.0)
    plain = copy.deepcopy(network)
    seen = []
    watch = network.register_forward_pre_hook(lambda module, args: seen.append(args[0]) if module.training else None)
    _, history = run(recipe, network, data)
    watch.remove()
    inputs = normalise(data.train.images, data.mean, data.std)
    opt = make(plain.parameters(), recipe)
    losses = []
    for step, batch in enumerate(seen):
        chosen = [next(i for i, x in enumerate(inputs) if torch.equal(x, image)) for image in batch]
        opt.param_groups[0]["lr"] = learning_rate(recipe, step, 3)
        opt.zero_grad()
        loss = F.cross_entropy(plain(inputs[chosen]), data.train.labels[chosen], label_smoothing=0.1)
        loss.backward()
        opt.step()
        losses.append(loss.item() * len(chosen))
    assert [len(batch) for batch in seen] == [32, 32, 26] * 3
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], value, rtol=1e-4, atol=1e-6)
    assert history.epochs[0]["train_loss"] == pytest.approx(sum(losses[:3]) / 90, rel=1e-5)


def test_every_epoch_sees_every_image_once_in_another_order():
    data, network, seen = tiny_data(70), tiny_network(), []
    network.register_forward_pre_hook(lambda module, args: seen.append(args[0]) if module.training else None)
    run(tiny_recipe(epochs=2), network, data)
    epochs = [torch.cat(seen[:3]), torch.cat(seen[3:])]
    assert not torch.equal(*epochs)
    for epoch in epochs:
        in_order = sorted(epoch.flatten(1).tolist())
        assert torch.tensor(in_order).equal(
            torch.tensor(sorted(normalise(data.train.images, data.mean, data.std).flatten(1).tolist()))
        )


def test_network_learns_and_history_tells_it():
    network, history = run(tiny_recipe(epochs=6, validation=40))
    rows = history.epochs
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[-1]["train_loss"] < rows[0]["train_loss"] and history.test["accuracy"] > 0.5
    assert all(row["seconds"] > 0 and row["images_per_second"] > 0 for row in rows)
    assert [point[0] for point in history.loss_curve] == sorted({point[0] for point in history.loss_curve})
    assert history.loss_curve[-1][0] == 6.0
    assert len(history.loss_curve) == 6 * 5  # five batches an epoch, each a point
    assert history.provenance["parameters"] == 3 * 9 * 8 + 2 * 8 + 32 * 4 + 4
    assert history.provenance["fingerprint"] == tiny_data().fingerprint()
    assert history.provenance["recipe"]["lr"] == 0.05 and history.provenance["torch"] == torch.__version__


def test_commit_is_never_that_of_a_repository_around_the_installed_package(tmp_path, monkeypatch):
    for command in (["init", "-q"], ["-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", "c", "--allow-empty"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, env=PLAIN_GIT)
    for place, expected in ((tmp_path, str), (tmp_path / "site-packages", type(None))):
        monkeypatch.setattr(history_module, "__file__", str(place / "cnn_lessons" / "training" / "history.py"))
        assert isinstance(history_module.commit(), expected)


def test_best_weights_are_those_of_the_best_validation_epoch():
    kept = []
    recipe = tiny_recipe(epochs=6, validation=40, lr=0.3)  # a high rate: the last epoch is not the best
    network = tiny_network()
    _, history = run(recipe, network, on_epoch_end=lambda history: kept.append(weights(network)))
    accuracies = [row["validation_accuracy"] for row in history.epochs]
    best = accuracies.index(max(accuracies))
    assert best < 5  # else the last weights are the best
    assert history.provenance["chosen_epoch"] == best + 1
    assert same(kept[best], network.state_dict())
    data = tiny_data()
    _, held_out = split(data.train, 40)
    assert evaluate(network, *held_out, mean=data.mean, std=data.std).accuracy == max(accuracies)


def test_test_set_decides_nothing():
    """With other test images everything but the test figures is the same, bit for bit."""
    recipe, data = tiny_recipe(validation=40), tiny_data()
    shuffled = dataclasses.replace(data, test=data.test._replace(labels=(data.test.labels + 1) % len(CLASSES)))
    (network, history), (other, other_history) = run(recipe, data=data), run(recipe, data=shuffled)
    assert same(network.state_dict(), other.state_dict())
    untimed = [
        [{k: v for k, v in row.items() if k not in ("seconds", "images_per_second")} for row in h.epochs]
        for h in (history, other_history)
    ]
    assert untimed[0] == untimed[1] and history.test != other_history.test


def test_without_validation_the_last_weights_stay():
    kept = []
    network = tiny_network()
    _, history = run(tiny_recipe(), network, on_epoch_end=lambda history: kept.append(weights(network)))
    assert same(kept[-1], network.state_dict()) and history.epochs[0]["validation_accuracy"] is None


def test_seed_decides_the_run_and_the_callers_random_numbers_stay():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, _ = run(tiny_recipe(crop_padding=1, flip=True))
    assert torch.equal(torch.rand(3), expected)
    again, _ = run(tiny_recipe(crop_padding=1, flip=True))
    other, _ = run(tiny_recipe(crop_padding=1, flip=True, seed=1))
    assert same(first.state_dict(), again.state_dict()) and not same(first.state_dict(), other.state_dict())


def test_gpu_that_its_driver_cannot_reach_does_not_disturb_the_cpu(monkeypatch):
    network = tiny_network()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)  # as NVIDIA's management library counts
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert run(tiny_recipe(epochs=1), network)[1].test


def test_fraction_of_an_epoch_takes_its_share_of_steps():
    network, steps = tiny_network(), []
    network.register_forward_pre_hook(lambda module, args: steps.append(1) if module.training else None)
    _, history = run(tiny_recipe(epochs=1.5), network, tiny_data(128))
    assert len(steps) == 6 and [row["epoch"] for row in history.epochs] == [1, 2]
    assert history.loss_curve[-1][0] == 1.5


def test_single_image_left_over_is_left_out():
    """Its batch norm would have no variance."""
    network, sizes = tiny_network(), []
    network.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])) if module.training else None)
    run(tiny_recipe(epochs=1), network, tiny_data(65))
    assert sizes == [32, 32]


def test_halves_normalise_by_halves():
    network, inputs = tiny_network(), []
    network.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    run(tiny_recipe(epochs=1, normalise="half", validation=40), network)
    values = torch.cat(inputs)  # to learn from, held out, and of the test
    assert len(values) == 160 + 40 + 60 and values.min() >= -1 and values.max() <= 1
    bytes_again = (values + 1) * 127.5
    torch.testing.assert_close(bytes_again, bytes_again.round(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("fill", ["zeros", "reflect"])
def test_crop_moves_images_and_fills_the_edge_as_the_recipe_says(fill):
    data, network, inputs = tiny_data(), tiny_network(), []
    bright = data.train._replace(images=data.train.images.clamp(min=100))
    data = dataclasses.replace(data, train=bright, mean=(0.0,) * 3, std=(1.0,) * 3)
    network.register_forward_pre_hook(lambda module, args: inputs.append(args[0]) if module.training else None)
    run(tiny_recipe(epochs=1, crop_padding=2, crop_fill=fill), network, data)
    seen = torch.cat(inputs) * 255
    black = (seen == 0).all(dim=1)
    assert black.any() == (fill == "zeros")
    assert seen[~black[:, None].expand_as(seen)].min() > 99
    known = set(map(str, bright.images.flatten(1).tolist()))
    unmoved = sum(str(image.round().int().flatten().tolist()) in known for image in seen)
    assert 0 < unmoved < len(seen) / 4  # of 25 places one leaves the image as it is


def test_flip_mirrors_about_half_of_the_images_and_changes_nothing_else():
    data, network, inputs = tiny_data(), tiny_network(), []
    network.register_forward_pre_hook(lambda module, args: inputs.append(args[0]) if module.training else None)
    run(tiny_recipe(epochs=1, flip=True), network, data)
    images = normalise(data.train.images, data.mean, data.std)
    known, mirrored = ({str(image.tolist()) for image in way} for way in (images, images.flip(-1)))
    seen = [str(image.tolist()) for image in torch.cat(inputs)]
    assert all((image in known) != (image in mirrored) for image in seen)
    assert 60 < sum(image in mirrored for image in seen) < 140


def test_bfloat16_learns_as_well():
    network, formats = tiny_network(), set()
    network[0].register_forward_hook(lambda module, args, output: formats.add((module.training, output.dtype)))
    _, history = run(tiny_recipe(epochs=6, precision="bfloat16"), network)
    assert formats == {(True, torch.bfloat16), (False, torch.bfloat16)}
    assert history.test["accuracy"] > 0.5 and history.provenance["precision"] == "bfloat16"


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "nesterov"])
def test_weight_may_get_its_first_gradient_late(optimizer):
    """As in a network that leaves out blocks by chance."""

    class Late(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.late, self.calls = nn.Linear(192, 4), nn.Linear(4, 4), 0

        def forward(self, images):
            self.calls += 1
            scores = self.first(images.flatten(1))
            return scores if self.calls == 1 else self.late(scores)

    network = Late()
    before = network.late.weight.clone()
    run(tiny_recipe(epochs=1, optimizer=optimizer), network)
    assert not torch.equal(network.late.weight, before)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "nesterov"])
def test_infinite_first_gradient_is_skipped_and_leaves_no_trace(optimizer):
    """float16 begins so: the scale is lowered until the gradients are finite."""
    model = nn.Linear(2, 2)
    begun = make_optimizer(model, tiny_recipe(optimizer=optimizer, lr=0.1))
    scaler = torch.amp.GradScaler("cpu")
    for size in (math.inf, 1.0):
        before = weights(model)
        for parameter in model.parameters():
            parameter.grad = scaler.scale(torch.ones(())) * torch.full_like(parameter, size)
        scaler.step(begun)
        scaler.update()
        assert same(before, model.state_dict()) == (size == math.inf)
    most = 0.1 * (1.9 if optimizer == "nesterov" else 1.0)
    assert (model.weight.detach() - before["weight"]).abs().max() == pytest.approx(most, rel=1e-3)


@pytest.mark.slow  # the compiler takes half a minute
def test_compiled_network_learns_the_same():
    # Without dropout: the compiler draws its random numbers in another way.
    plain, _ = run(tiny_recipe(epochs=2), tiny_network(dropout=0.0))
    compiled, _ = run(tiny_recipe(epochs=2, compile=True), tiny_network(dropout=0.0))
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(compiled.state_dict()[name], value, rtol=1e-2, atol=1e-3)


def test_loss_that_is_no_number_names_epoch_batch_and_rate():
    deep = [layer for _ in range(3) for layer in (nn.Linear(192, 192), nn.ReLU())]
    said = r"The loss is (nan|inf) in epoch \d+, batch \d+ \(recipe 'tiny'\)\. {}.*lr={}"
    grown = said.format("The loss had grown from .* to .*: the learning rate, 30 there, is too high", 3)
    with pytest.raises(TrainingError, match=grown):
        run(tiny_recipe(lr=30, epochs=50), nn.Sequential(nn.Flatten(), *deep, nn.Linear(192, 4)))
    with pytest.raises(TrainingError, match=said.format("The likely cause is the learning rate", r"1e\+29")):
        run(tiny_recipe(lr=1e30), nn.Sequential(nn.Flatten(), nn.Linear(192, 4), nn.ReLU(), nn.Linear(4, 4)))


def test_seeds_that_are_far_apart_are_other_seeds():
    curves = [run(tiny_recipe(seed=seed))[1].loss_curve for seed in (0, 16, 4096, 2**28)]
    assert all(curves.count(curve) == 1 for curve in curves)


def test_advice_on_a_lost_loss_fits_the_recipe_and_the_number_format():
    for schedule, slower in (("constant", True), ("one_cycle", False)):
        with pytest.raises(TrainingError, match="learning rate") as caught:
            check_losses([2.0, 9.0, math.nan], [], 1, tiny_recipe(schedule=schedule), 0.1, torch.float32)
        assert ("one_cycle" in str(caught.value)) is slower
    for losses in ([2.0, 1.9, math.inf], [math.nan]):
        with pytest.raises(
            TrainingError, match=r"float16 may have overflowed. Try precision='float32'"
        ):  # "auto" took it, on a T4
            check_losses(losses, [], 1, tiny_recipe(), 0.1, torch.float16)


def test_network_that_gives_nan_from_the_start_is_blamed_itself():
    network = tiny_network()
    with torch.no_grad():
        network[0].weight[0] = float("nan")
    with pytest.raises(TrainingError, match="epoch 1, batch 1 .*before anything was learnt"):
        run(network=network)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        MemoryError(),
    ],
)
def test_exhausted_memory_names_the_batch_size_to_try(error):
    class Greedy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            raise error

    with pytest.raises(TrainingError, match=r"Out of memory on cpu with batch_size=32. Try batch_size=16"):
        run(network=Greedy())
    with pytest.raises(TrainingError, match="batch_size=1. Try a smaller network"):
        run(tiny_recipe(batch_size=1), network=Greedy())


def test_other_errors_of_a_network_pass_through():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        run(network=nn.Sequential(nn.Flatten(), nn.Linear(7, 4)))


@pytest.mark.parametrize(
    ("listed", "named"),
    [
        ("model name\t: AMD EPYC\ncpu family\t: 26\nmodel\t\t: 2\n\nmodel\t\t: 3\n", "AMD EPYC (family 26, model 2)"),
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "aarch64"),
    ],
)
def test_name_of_a_cpu_says_its_generation_where_it_is_told(listed, named, monkeypatch):
    monkeypatch.setattr(history_module.Path, "exists", lambda path: True)
    monkeypatch.setattr(history_module.Path, "read_text", lambda path: listed)
    monkeypatch.setattr(history_module.platform, "processor", lambda: "")
    monkeypatch.setattr(history_module.platform, "machine", lambda: "aarch64")
    assert history_module.device_name(torch.device("cpu")) == f"{named}, {history_module.os.cpu_count()} cores"


def test_too_few_scores_are_refused_with_the_number_of_classes():
    narrow = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, len(CLASSES) - 1))
    with pytest.raises(ValueError, match=r"got \(32, 3\). Build the network with num_classes=4"):
        run(network=narrow)
    with pytest.raises(ValueError, match="num_classes=4"):
        evaluate(narrow, *tiny_data().test)
    with pytest.raises(ValueError, match=r"got \(60, 4, 1, 1\). Is a Flatten missing"):
        evaluate(nn.Conv2d(3, len(CLASSES), 8), *tiny_data().test)


@pytest.mark.parametrize("name", ["train", "test"])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda x, y: (x / 255, y), r"images \(N, C, H, W\) of torch.uint8, got \(\d+, 3, 8, 8\) of torch.float32"),
        (lambda x, y: (x[:, 0], y), r"images \(N, C, H, W\) of torch.uint8, got \(\d+, 8, 8\)"),
        (lambda x, y: (x[:, :1], y), r"images of 3 channels, .*, got \(\d+, 1, 8, 8\)"),
        (lambda x, y: (x.numpy(), y), "images in a tensor, got ndarray"),
        (lambda x, y: (x, y - 1), "labels from 0, got -1"),
    ],
)
def test_part_that_cannot_be_used_is_refused_before_the_first_step(name, spoil, words):
    data, network = tiny_data(), tiny_network()
    network.register_forward_pre_hook(lambda module, args: pytest.fail("it has begun to train"))
    with pytest.raises(ValueError, match=rf"data\.{name}: expected .*{words}"):
        run(network=network, data=dataclasses.replace(data, **{name: Images(*spoil(*getattr(data, name)))}))


def test_part_in_a_plain_tuple_is_refused():
    data = tiny_data()
    with pytest.raises(ValueError, match=r"data.test: expected Images\(images, labels\), got tuple"):
        run(data=dataclasses.replace(data, test=tuple(data.test)))


def test_labels_may_be_integers_of_any_type():
    data, recipe = tiny_data(), tiny_recipe(validation=40)
    train_part, test_part = (Images(part.images, part.labels.int()) for part in (data.train, data.test))
    network, history = run(recipe, data=data)
    other, again = run(recipe, data=dataclasses.replace(data, train=train_part, test=test_part))
    assert same(network.state_dict(), other.state_dict()) and history.test == again.test


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((tiny_network, tiny_data(), tiny_recipe()), "train: expected a model, an nn.Module, .*parentheses missing"),
        ((tiny_network(), "shapes", tiny_recipe()), r"data: expected an ImageData, got 'shapes'. .*load\('shapes'\)"),
        ((tiny_network(), tiny_data().train, tiny_recipe()), r"data: expected an ImageData, got Images\(images="),
        ((tiny_network(), tiny_data(), "fast"), r"recipe: expected a Recipe, got 'fast'. .*RECIPES\['quick'\]"),
    ],
)
def test_other_kind_of_object_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        train(*given, progress=False)


@pytest.mark.parametrize("device", ["gpu", "cuda", "cuda:99", "xpu", "meta", 0, 1.5])
def test_device_that_is_not_there_is_refused(device, monkeypatch):
    def absent(device):
        raise AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch.cuda, "get_device_capability", absent)
    with pytest.raises(ValueError, match=rf"device: expected 'cpu', or a GPU that works, .*, got {device!r}. None"):
        train(tiny_network(), tiny_data(), tiny_recipe(), device=device, progress=False)


def test_large_images_are_scored_few_at_a_time():
    data, seen = tiny_data(), []
    train_part, test_part = (part._replace(images=part.images.repeat(1, 1, 16, 16)) for part in (data.train, data.test))
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, len(CLASSES)))
    network.register_forward_pre_hook(lambda net, given: None if net.training else seen.append(len(given[0])))
    run(tiny_recipe(epochs=1), network, dataclasses.replace(data, train=train_part, test=test_part))
    assert max(seen) == 500 * 32**2 // 128**2 < len(test_part.labels)


def test_training_loss_holds_the_label_smoothing_and_the_others_do_not():
    class Sure(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(len(CLASSES)))

        def forward(self, x):
            return (50 * F.one_hot(torch.tensor(0), len(CLASSES)) + 0 * self.weight).expand(len(x), -1)

    data = tiny_data()
    alike = {name: part._replace(labels=0 * part.labels) for name, part in (("train", data.train), ("test", data.test))}
    _, history = run(tiny_recipe(epochs=1, label_smoothing=0.1), Sure(), dataclasses.replace(data, **alike))
    assert history.epochs[0]["train_loss"] > 1 and history.test["loss"] < 1e-6


def test_history_survives_json_with_nan(tmp_path):
    _, history = run()
    history.loss_curve.append([3.1, float("nan")])
    history.save(tmp_path / "run.json")
    back = History.load(tmp_path / "run.json")
    assert back.loss_curve[-1][1] != back.loss_curve[-1][1]
    assert back.epochs == history.epochs and back.provenance == history.provenance and back.test == history.test


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "expected JSON"),
        ("[1]", "expected JSON"),
        ("what", "expected JSON"),
        ('{"format": "cnn_lessons history", "version": 1}', "expected the fields"),
        (History("a").to_json().replace('"epochs"', '"passes"'), "expected the fields"),
        (History("a", epochs={"1": 0.5}).to_json(), "epochs: expected list, got {'1': 0.5}"),
    ],
)
def test_foreign_history_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        History.from_json(text)
    newer = History("a").to_json().replace('"version": 1', '"version": 9')
    with pytest.raises(ValueError, match="version 9"):
        History.from_json(newer)


def test_history_that_is_cut_short_names_the_line():
    text = History("a", epochs=[{"epoch": 1}]).to_json()
    with pytest.raises(ValueError, match="cut short or damaged in line 7"):
        History.from_json(text[: text.index("1\n  }")])


def test_history_with_a_mark_before_it_is_read_and_a_checkpoint_is_not(tmp_path):
    (tmp_path / "run.json").write_text(History("a").to_json(), encoding="utf-8-sig")
    assert History.load(tmp_path / "run.json") == History("a")
    torch.save({}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match=r"expected JSON, got the binary file .*run\.pt, perhaps the checkpoint"):
        History.load(tmp_path / "run.pt")


def test_bar_tells_loss_accuracy_speed_and_time_left(capsys):
    train(tiny_network(), tiny_data(), tiny_recipe(validation=40), device="cpu")
    shown = capsys.readouterr().err
    number = r"\d\d:\d\d left, loss \d\.\d{3}, accuracy \d+\.\d%, validation \d+\.\d%, [\d,]+ images/s"
    assert re.search(rf"epoch 3/3 \|.*\| +\d+ %, {number}", shown)


@pytest.mark.parametrize(("columns", "most"), [(80, 79), (200, 110), (0, 110)])
def test_bar_fits_the_terminal(capsys, monkeypatch, columns, most):
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))
    train(tiny_network(), tiny_data(), tiny_recipe(validation=40), device="cpu")
    lines = re.split(r"[\r\n]", capsys.readouterr().err)
    assert any(" left, loss " in line for line in lines) and max(map(len, lines)) == most


def test_bar_counts_images_and_not_batches(capsys):
    bar = Progress(tiny_recipe(batch_size=50), 4, 12, History("tiny"), shown=True)
    bar.bar.last_print_t -= 10  # as if two batches had taken ten seconds
    bar.advance(2, loss=1.0, accuracy=0.5)
    bar.bar.close()
    (speed,) = set(re.findall(r"([\d,]+) images/s", capsys.readouterr().err))
    assert 9 <= int(speed) <= 10


def test_batch_normalisation_that_cannot_be_joint_stays_as_it_is(monkeypatch):
    odd = {"affine": False}, {"track_running_stats": False}, {"momentum": None}
    model = nn.Sequential(nn.BatchNorm2d(4), *(nn.BatchNorm2d(4, **options) for options in odd))
    monkeypatch.setattr(distributed, "rank_and_world", lambda: (0, 2))
    monkeypatch.setattr(distributed, "DistributedDataParallel", lambda model: model)
    kinds = [type(layer) for layer in distributed.share_out(model)]
    assert kinds == [distributed.JointBatchNorm2d, *[nn.BatchNorm2d] * 3]
