"""Right answers of another make than the reference: a check that refuses them teaches the wrong thing."""

import copy
from pathlib import Path

import numpy
import pytest
import torch
import torch.nn.functional as F
from torch import load as imported_load
from torch import nn

from cnn_lessons.exercises import check
from cnn_lessons.exercises.verdict import CORRECT, NOT_YET

RIGHT = []


def right(name):
    """Enter the decorated answer."""

    def enter(answer):
        RIGHT.append(pytest.param(name, answer, id=f"{name}-{answer.__name__}"))
        return answer

    return enter


@right("build_mlp")
class Mlp(nn.Module):
    def __init__(self, in_features, hidden, num_classes):
        super().__init__()
        self.out = nn.Linear(hidden[-1] if hidden else in_features, num_classes)
        sizes = [in_features, *hidden]
        self.hidden = nn.ModuleDict(
            {f"layer{i}": nn.Linear(sizes[i], sizes[i + 1]) for i in reversed(range(len(hidden)))}
        )

    def forward(self, x):
        x = x.view(x.size(0), -1)
        for i in range(len(self.hidden)):
            x = torch.clamp(self.hidden[f"layer{i}"](x), min=0)
        return self.out(x)


@right("MnistCNN")
class Sequence(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.head = nn.Sequential(
            nn.Linear(256, 120),
            nn.ReLU(inplace=True),
            nn.Linear(120, 84),
            nn.ReLU(inplace=True),
            nn.Linear(84, num_classes),
        )
        self.body = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU()
        )  # the larger of two values stays the larger: ReLU and max pooling may change places

    def forward(self, x):
        return self.head(self.body(x).view(-1, 256))


@right("shift_images")
def shift_by_padding(images, dy, dx):
    height, width = images.shape[2:]
    dy, dx = max(-height, min(height, dy)), max(-width, min(width, dx))
    padded = F.pad(images, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)))
    return padded[:, :, max(-dy, 0) : max(-dy, 0) + height, max(-dx, 0) : max(-dx, 0) + width]


@right("channels_first_weight")
def weight_by_index(weight, channels, height, width):
    return weight[:, torch.arange(height * width * channels).view(height, width, channels).permute(2, 0, 1).reshape(-1)]


@right("dense_weights")
def dense_with_numpy(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    out = (numpy.array(size) + 2 * padding - kernel_size) // stride + 1
    return in_channels * out_channels * numpy.prod(size) * numpy.prod(out)


@right("training_step")
def step_in_another_order(model, images, labels, optimizer, loss_fn):
    loss = loss_fn(model.train()(images), labels)
    model.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@right("evaluate_model")
@torch.inference_mode()
def evaluate_quietly(model, loader):
    mode = model.training
    model.train(False)
    right = [model(images).softmax(1).max(1).indices.eq(labels) for images, labels in loader]
    model.train(mode)
    return torch.cat(right).double().mean()


@right("average_loss")
def average_weighted(batch_losses, batch_sizes):
    return numpy.average(batch_losses, weights=batch_sizes)


@right("step_lr")
def lr_in_a_loop(lr, epoch, step_size, gamma):
    while epoch >= step_size:
        epoch, lr = epoch - step_size, lr * gamma
    return lr


@right("checkpoint_round_trip")
def checkpoint_with_more(path, model, optimizer, new_model, new_optimizer):
    path = Path(path)
    state = {"net": copy.deepcopy(model.state_dict()), "optim": optimizer.state_dict(), "epoch": 3, "note": "half way"}
    with path.open("wb") as file:
        torch.save(state, file)
    state = torch.load(path, map_location="cpu")
    new_model.load_state_dict(state["net"])
    new_optimizer.load_state_dict(state["optim"])


@right("repair_training")
def repair_with_lists(model, loader, optimizer, scheduler, loss_fn, epochs):
    means = []
    for _ in range(epochs):
        model.train()
        losses = torch.zeros(0)
        for images, labels in loader:
            loss = loss_fn(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses = torch.cat([losses, loss.detach().repeat(len(labels))])
        scheduler.step()
        means.append(losses.mean().item())
    return means


@right("shift_images")
def shift_with_early_return(images, dy, dx):
    height, width = images.shape[2:]
    if abs(dy) >= height or abs(dx) >= width:
        return torch.zeros_like(images)
    padded = F.pad(images, (width, width, height, height))
    return padded[:, :, height - dy : 2 * height - dy, width - dx : 2 * width - dx]


@right("same_function")
def same_by_allclose(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    with torch.no_grad():
        a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b)


@right("paired_difference")
def paired_in_32_bits(right_a, right_b):
    apart = right_a.float() - right_b.float()
    return right_a.float().mean() - right_b.float().mean(), apart.std() / len(apart) ** 0.5


@right("my_network")
class InHalfPrecision(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv, self.out = nn.Conv2d(3, 8, 3, stride=2), nn.Linear(8, num_classes)

    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.out(self.conv(x).relu().mean((2, 3)))


@right("my_network")
def my_network_far_above_0(num_classes):
    parts = nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, num_classes)
    nn.init.ones_(parts[-1].bias)
    return nn.Sequential(*parts)


@right("my_network")
def my_network_of_faint_scores(num_classes):
    widths = (3, 16, 32, 64, 64, 64)
    parts = [
        part
        for i, o in zip(widths, widths[1:], strict=False)
        for part in (nn.Conv2d(i, o, 3, stride=2, padding=1, bias=False), nn.ReLU())
    ]
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(64, num_classes, bias=False))


@right("my_network")
def my_lazy_network(num_classes):
    return nn.Sequential(nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.LazyLinear(num_classes))


@right("MnistCNN")
class Lazy(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.convolutions = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5))
        self.one, self.two, self.three = nn.LazyLinear(120), nn.LazyLinear(84), nn.LazyLinear(num_classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.convolutions(x).relu(), 2).flatten(1)
        return self.three(self.two(self.one(x).relu()).relu())


@right("conv2d_unfold")
def conv2d_by_offsets(x, weight, bias, stride, padding):
    x = nn.functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    (filters, channels, height, width), (high, wide) = weight.shape, stride
    rows, columns = (x.shape[2] - height) // high + 1, (x.shape[3] - width) // wide + 1
    out = bias[:, None, None].expand(len(x), filters, rows, columns).clone()
    for k in range(filters):
        for c in range(channels):
            for u in range(height):
                for v in range(width):
                    seen = x[:, c, u : u + (rows - 1) * high + 1 : high, v : v + (columns - 1) * wide + 1 : wide]
                    out[:, k] += weight[k, c, u, v] * seen
    return out


@right("correlate2d")
def correlate_by_einsum(image, kernel):
    height, width = kernel.shape
    rows = [
        torch.stack(
            [
                torch.einsum("ij,ij->", image[i : i + height, j : j + width], kernel)
                for j in range(image.shape[1] - width + 1)
            ]
        )
        for i in range(image.shape[0] - height + 1)
    ]
    return torch.stack(rows)


@right("ResidualBlock")
class Clamped(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.one, self.two = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.first, self.second = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return (self.second(self.two(self.first(self.one(x)).clamp(min=0))) + x).clamp(min=0)


@right("conv2d_unfold")
def every_product_over_all_positions(x, weight, bias, stride, padding):
    padded = torch.nn.functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    (c_out, c_in, rows, columns), (dy, dx) = weight.shape, stride
    height, width = (padded.shape[2] - rows) // dy + 1, (padded.shape[3] - columns) // dx + 1
    images = []
    for image in padded:
        maps = []
        for k in range(c_out):
            total = bias[k]
            for c in range(c_in):
                for u in range(rows):
                    for v in range(columns):
                        seen = image[c, u : u + dy * (height - 1) + 1 : dy, v : v + dx * (width - 1) + 1 : dx]
                        total = total + weight[k, c, u, v] * seen
            maps.append(total)
        images.append(torch.stack(maps))
    return torch.stack(images)


@right("drop")
def drop_by_a_tensor(x, u, p, training=True):
    p = torch.tensor(p)
    return x * (u >= p) / (1 - p) if training else x


@right("model_card")
def card_with_a_standard_error(history):
    made, recipe = history.provenance, history.provenance["recipe"]
    facts = {
        "Model": [made["model"], made["parameters"]],
        "Data": [made["data"], made["fingerprint"]],
        "Recipe": [recipe[name] for name in ("epochs", "batch_size", "optimizer", "lr", "seed")],
        "Weights": [made["chosen_epoch"], recipe["validation"]],
        "Test accuracy": [f"{100 * history.test['accuracy']:.1f} ± 0.4 %"],
        "Made on": [made[name] for name in ("device_name", "precision", "torch", "commit")],
    }
    return "\n".join(f"{label}: {' · '.join(map(str, found))}" for label, found in facts.items())


@right("checkpoint_round_trip")
def checkpoint_by_another_name(path, model, optimizer, new_model, new_optimizer):
    torch.save([model.state_dict(), optimizer.state_dict()], path)
    of_model, of_optimizer = imported_load(path)
    new_model.load_state_dict(of_model)
    new_optimizer.load_state_dict(of_optimizer)


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_check_accepts_another_right_answer(name, answer):
    for seed in range(5):
        verdict = check(name, answer, seed=seed)
        assert verdict.status == CORRECT, verdict


def endless(*args, **kwargs):
    while True:
        pass


class Endless(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        endless()

    def forward(self, x):
        return x


def prints(model, loader):
    print(0.5)


STUCK = "stopped after 0.3 seconds. Is there a loop that never ends"


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("MnistCNN", Endless, STUCK),
        ("training_step", endless, STUCK),
        ("evaluate_model", prints, "it printed: 0.5"),
        ("evaluate_model", lambda model, loader: loader[0], "your code raised TypeError: 'DataLoader' object is not"),
        ("build_mlp", lambda in_features, hidden: nn.Flatten(), "expected the parameters (in_features, hidden, num_"),
        (
            "build_mlp",
            nn.Linear(2, 2),
            "expected your function build_mlp(in_features, hidden, num_classes), got Linear",
        ),
        ("MnistCNN", nn.Linear(2, 2), "expected your class MnistCNN(num_classes=10), got Linear"),
    ],
)
def test_whatever_else_comes_gets_one_clear_message(monkeypatch, name, answer, says):
    monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", "0.3" if says == STUCK else "10")
    load, threads = torch.load, torch.get_num_threads()
    verdict = check(name, answer, seed=0)
    assert verdict.status == NOT_YET and says in verdict.message, verdict
    assert torch.load is load and torch.get_num_threads() == threads
