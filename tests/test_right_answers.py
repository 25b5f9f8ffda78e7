"""Right answers of another make than the reference: a check that refuses them teaches the wrong thing."""

import copy
import functools
import re
from pathlib import Path

import numpy
import pytest
import torch
import torch.nn.functional as F
from torch import load as imported_load
from torch import nn

from cnn_lessons.exercises import catalog, check, names
from cnn_lessons.exercises.verdict import CORRECT, NOT_YET

RIGHT = []


def right(name):
    """Enter the decorated answer."""

    def enter(answer):
        RIGHT.append(pytest.param(name, answer, id=f"{name}-{getattr(answer, '__name__', 'partial')}"))
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


@right("my_network")
class InPlaceOnItsOwn(nn.Module):
    """It works in place, on tensors that it has made itself."""

    def __init__(self, num_classes):
        super().__init__()
        parts = nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        self.parts = nn.Sequential(*parts, nn.Linear(16, num_classes))

    def forward(self, x):
        return self.parts(x.clone().clamp_(-2, 2)).add_(1)


@right("my_network")
class ListOfReLUs(nn.Module):
    """A plain list hides nothing where what is in it has no weights, or is known from elsewhere."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3, 4), nn.Linear(512, num_classes)
        self.rest = [nn.ReLU(), nn.Flatten()]
        self.row = [self.conv, *self.rest, self.fc]

    def forward(self, x):
        for layer in self.row:
            x = layer(x)
        return x


@right("train_head")
def head_with_weights_put_back_each_time(body, head, loader, optimizer, loss_fn):
    before = copy.deepcopy(body.state_dict())
    body.eval()
    head.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss_fn(head(body(images)), labels).backward()
        optimizer.step()
        body.load_state_dict(before)


@right("pad_shortcut")
def shortcut_written_into_zeros(x, out_channels, stride):
    kept = x[..., ::stride, ::stride]
    front = (out_channels - x.size(1)) // 2
    out = torch.zeros(len(x), out_channels, *kept.shape[-2:], dtype=x.dtype)
    out[:, front : front + x.size(1)] = kept
    return out


@right("shrinking_blocks")
def blocks_as_tuple_of_lists(stages, x):
    found = ()
    for i in range(len(stages)):
        for j in range(len(stages[i])):
            height, width = x.shape[-2:]
            x = stages[i][j](x)
            found += ([i, j],) if x.size(2) < height or x.size(3) < width else ()
    return found


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


right("pooled_features")(functools.partial(torch.mean, dim=(2, 3)))


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


@right("model_card")
def card_as_printers_have_it(history):
    """An ordinal, narrow spaces, a learning rate with more digits, the unit behind brackets."""
    made, recipe = history.provenance, history.provenance["recipe"]
    last = made["chosen_epoch"] % 10 if made["chosen_epoch"] // 10 != 1 else 0
    parameters = f"{made['parameters']:,}".replace(",", "\u202f")
    return "\n".join(
        [
            f"Model: {made['model']}, {parameters} parameters",
            f"Data: {made['data']}, {made['fingerprint']}",
            f"Recipe: {recipe['epochs']} epochs, {recipe['batch_size']}, {recipe['optimizer']}, {recipe['lr']:.2E}, "
            f"seed {recipe['seed']}",
            f"Weights: of the {made['chosen_epoch']}{('th', 'st', 'nd', 'rd', *6 * ['th'])[last]} epoch, "
            f"by {recipe['validation']} images",
            f"Test accuracy: {100 * history.test['accuracy']:.1f} (± 0.4) %",
            f"Made on: {made['device_name']}, {made['precision']}, torch {made['torch']}, commit {made['commit']}",
        ]
    )


@right("model_card")
def card_with_the_unit_first(history):
    whole = card_as_printers_have_it(history)
    share = f"{100 * history.test['accuracy']:.1f}"
    return whole.replace(f"{share} (± 0.4) %", f"in percent, {share}")


@right("model_card")
def card_with_the_unit_behind_brackets(history):
    whole, share = card_as_printers_have_it(history), f"{100 * history.test['accuracy']:.1f}"
    return whole.replace(f"{share} (± 0.4) %", f"({share} ± 0.4) %")


@right("model_card")
def card_from_a_copy(history):
    own = copy.deepcopy(history)
    own.provenance["device_name"] += " (one)"
    del own.epochs
    return card_as_printers_have_it(own)


@right("blocks_per_group")
def blocks_with_marked_thousands(depth):
    if depth >= 10 and depth % 6 == 4:
        return (depth - 4) // 6
    below = max(depth - (depth - 4) % 6, 10)
    raise ValueError(f"no depth {depth:,}: take {below:,} or {below + 6:,}")


class NormOfOnesOwn(nn.Module):
    """A batch normalisation with the names of its paper, in another order than torch's."""

    def __init__(self, channels):
        super().__init__()
        self.beta, self.gamma = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.ones(channels))
        self.register_buffer("var", torch.ones(channels))
        self.register_buffer("mean", torch.zeros(channels))

    def forward(self, x):
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            count = x.numel() / x.size(1)
            self.mean = 0.9 * self.mean + 0.1 * mean.detach()
            self.var = 0.9 * self.var + 0.1 * var.detach() * count / (count - 1)
        scale = self.gamma / (var + 1e-5).sqrt()
        return x * scale[:, None, None] + (self.beta - mean * scale)[:, None, None]


@right("ResidualBlock")
class BlockWithNormOfOnesOwn(nn.Module):
    def __init__(self, channels):
        super().__init__()
        one, other = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))
        self.body = nn.Sequential(one, NormOfOnesOwn(channels), nn.ReLU(), other, NormOfOnesOwn(channels))

    def forward(self, x):
        return F.relu(x + self.body(x))


@right("ProjectionBlock")
class ProjectionCalledByName(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.short, self.conv1 = (
            nn.Conv2d(in_channels, out_channels, size, stride, size // 2, bias=False) for size in (1, 3)
        )
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in range(3))
        if stride == 1 and in_channels == out_channels:
            self.short, self.norms[0] = nn.Identity(), nn.Identity()

    def forward(self, x):
        short = self.norms[0](input=self.short(input=x))
        body = F.relu(input=self.norms[1](input=self.conv1(input=x)))
        return F.relu(input=short + self.norms[2](input=self.conv2(input=body)))


class GeneralBottleneck(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        out = self.expansion * channels
        sizes = ((in_channels, channels, 1, 1), (channels, channels, 3, stride), (channels, out, 1, 1))
        layers = []
        for into, outof, size, step in sizes:
            layers += [nn.Conv2d(into, outof, size, step, size // 2, bias=False), nn.BatchNorm2d(outof), nn.ReLU()]
        self.body = nn.Sequential(*layers[:-1])
        same = stride == 1 and in_channels == out
        convolution = nn.Conv2d(in_channels, out, 1, stride, bias=False)
        self.short = nn.Identity() if same else nn.Sequential(convolution, nn.BatchNorm2d(out))

    def forward(self, x):
        return F.relu(self.short(x) + self.body(x))


@right("BottleneckBlock")
class InheritedBottleneck(GeneralBottleneck):
    expansion = 4


@right("my_network")
class NetworkOfDirections(nn.Module):
    """Features of length 1, compared with a direction for each class; ten channels in the stem."""

    def __init__(self, num_classes):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 10, 3, 2), nn.BatchNorm2d(10), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()
        )
        self.directions = nn.Parameter(torch.randn(40, num_classes))

    def forward(self, x):
        return F.normalize(self.body(x)) @ self.directions


@right("checkpoint_round_trip")
def checkpoint_by_another_name(path, model, optimizer, new_model, new_optimizer):
    torch.save([model.state_dict(), optimizer.state_dict()], path)
    of_model, of_optimizer = imported_load(path)
    new_model.load_state_dict(of_model)
    new_optimizer.load_state_dict(of_optimizer)


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_check_accepts_another_right_answer(name, answer):
    for seed in range(3):
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


@pytest.mark.parametrize("name", [name for name in names() if "loss_fn" in catalog()[name].parameter_names()])
def test_exercise_that_hands_out_a_loss_says_that_it_is_to_be_used(name):
    statement = catalog()[name].statement
    assert "`loss_fn(logits, labels)`" in statement and re.search(
        "with `loss_fn|whichever loss that is: use it", statement
    )
