"""Measure training: the textbook loop against the package's, and that against its bound, side by side on this machine.

python tools/bench_training.py
"""

import datetime
import itertools
import platform
import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torchvision
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from cnn_lessons.data import DataError, ImageData, Images, load
from cnn_lessons.models import alexnet_cifar, resnet18
from cnn_lessons.training import Recipe
from cnn_lessons.training.evaluate import prepare
from cnn_lessons.training.history import device_name
from cnn_lessons.training.precision import choose_device
from cnn_lessons.training.run import Run

SECONDS = 1.5  # about as long each version trains in its turn, two steps at least
SEED = 0
NETWORKS = {  # network, batch size, rounds in which each version has one turn
    "AlexNet for CIFAR": (alexnet_cifar, 32, 5),
    "ResNet-18 for CIFAR": (lambda: resnet18(10, stem="cifar"), 128, 3),
}
AUGMENTED = {False: "as they are", True: "crop and flip"}


class Pictures(Dataset):
    """Images one by one as torchvision.datasets.CIFAR10 gives them: array, PIL image, transforms."""

    def __init__(self, part: Images, transform: Callable) -> None:
        """Keep the images as arrays (N, H, W, C)."""
        self.data, self.targets = part.images.permute(0, 2, 3, 1).numpy(), part.labels.tolist()
        self.transform = transform

    def __len__(self) -> int:
        """The number of images."""
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """One image (C, H, W), float, and its label."""
        return self.transform(Image.fromarray(self.data[index])), self.targets[index]


class Textbook:
    """The loop of the tutorials: DataLoader, transforms image by image, float32."""

    def __init__(self, model: nn.Module, data: ImageData, batch_size: int, augment: bool, workers: int) -> None:
        """Set up as a tutorial does."""
        steps = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()] if augment else []
        halves = (0.5, 0.5, 0.5)
        transform = transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(halves, halves)])
        dataset = Pictures(data.train, transform)
        self.loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=workers)
        self.device = choose_device(None)
        self.model = model.to(self.device)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001)
        self.batches = itertools.chain.from_iterable(itertools.repeat(self.loader))  # epoch after epoch

    def train(self, steps: int) -> None:
        """Learn from the next batches."""
        self.model.train()
        running_loss = 0.0
        for images, labels in itertools.islice(self.batches, steps):
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            outputs = self.model(images)
            loss = self.criterion(outputs, labels)
            loss.backward()
            self.optimizer.step()
            running_loss += loss.item()


class Silent:
    """A progress bar that shows nothing."""

    def advance(self, steps: int, loss: float, accuracy: float) -> None:
        """Take note of nothing."""


class Ours(Run):
    """The package's own run, with epochs as long as a turn."""

    def __init__(self, model: nn.Module, data: ImageData, batch_size: int, augment: bool = False) -> None:
        """Take the tutorials' recipe."""
        crop = {"crop_padding": 4, "flip": True} if augment else {}
        recipe = Recipe("bench", 1, batch_size, lr=0.001, optimizer="adam", normalise="half", **crop)
        super().__init__(model, data, recipe, choose_device(None))

    def batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches epoch after epoch: a turn may be longer than one."""
        while True:
            yield from super().batches(generator)

    def train(self, steps: int) -> None:
        """Train for one epoch of so many steps."""
        self.steps_per_epoch, self.total = steps, (len(self.history.epochs) + 1) * steps
        self.epoch(Silent())


class Bound(Ours):
    """The same steps, but on one batch that is prepared already: what any way to bring the images could reach."""

    def batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the first batch for ever."""
        images, labels = next(super().batches(generator))
        prepared = prepare(images, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        self.mean = self.std = None  # nothing is left to do
        return itertools.repeat((prepared, labels))


def main() -> None:
    """Measure every network, with and without augmentation, and print."""
    data, device = find_data(), choose_device(None)
    print(
        f"Training on {device_name(device)}; {torch.get_num_threads()} threads, Python {platform.python_version()}, "
        f"torch {torch.__version__}, torchvision {torchvision.__version__}, seed {SEED}, {datetime.date.today()}.\n"
        f"Data: {data.name}. Images a second, medians of interleaved rounds; ratios are medians of each round's.\n"
        "textbook: DataLoader (0 or 2 workers, the better), transforms per image, float32. "
        "bound: our steps on one batch that is ready in memory."
    )
    for title, (make, batch_size, rounds) in NETWORKS.items():
        versions: dict[tuple, Textbook | Ours] = {"bound": seeded(Bound, make, data, batch_size)}
        for augment in AUGMENTED:
            versions[augment, "ours"] = seeded(Ours, make, data, batch_size, augment)
            for workers in (0, 2):
                versions[augment, workers] = seeded(Textbook, make, data, batch_size, augment, workers)
        precision = versions["bound"].history.provenance["precision"]
        print(f"\n{title}, batch {batch_size}, {rounds} rounds; ours computes in {precision}")
        report(measure(versions, batch_size, rounds))


def find_data() -> ImageData:
    """Return CIFAR-10 if it is there, else, aloud, the shapes, which have the same size."""
    try:
        return load("cifar10", download=False)
    except DataError as error:
        print(f"CIFAR-10 is not there, so the generated shapes stand in; the speed is the same. ({error})\n")
        return load("shapes")


def seeded(kind: type, make: Callable[[], nn.Module], *arguments: object) -> "Textbook | Ours":
    """Return a version of the loop whose network begins with the same weights as every other's."""
    torch.manual_seed(SEED)
    return kind(make(), *arguments)


def measure(versions: dict, batch_size: int, rounds: int) -> dict:
    """Return each version's images a second in every round; all take their turn in each."""
    steps = {}
    for name, version in versions.items():
        seconds(version, 1)  # warm-up: workers start, the libraries choose their kernels
        steps[name] = max(2, round(SECONDS / seconds(version, 1)))
    turns: list[dict] = []
    for _ in range(rounds):
        turns.append({name: batch_size * steps[name] / seconds(v, steps[name]) for name, v in versions.items()})
    return {name: [turn[name] for turn in turns] for name in versions}


def seconds(version: "Textbook | Ours", steps: int) -> float:
    """Return how long a number of steps takes, until the device is done."""
    start = time.perf_counter()
    version.train(steps)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def report(speeds: dict) -> None:
    """Print one line for each kind of images."""
    print(f"  {'images':15}{'textbook':>16}{'ours':>9}{'ratio':>8}{'bound':>9}{'ours/bound':>12}")
    middle = {name: statistics.median(rounds) for name, rounds in speeds.items()}
    for augment, kind in AUGMENTED.items():
        workers = max((0, 2), key=lambda number: middle[augment, number])
        times, share = (
            statistics.median(a / b for a, b in zip(speeds[augment, "ours"], speeds[other], strict=True))
            for other in ((augment, workers), "bound")
        )
        textbook = f"{middle[augment, workers]:,.0f} ({workers} work.)"
        print(
            f"  {kind:15}{textbook:>16}{middle[augment, 'ours']:>9,.0f}{times:>7.2f}×"
            f"{middle['bound']:>9,.0f}{share:>12.3f}"
        )


if __name__ == "__main__":
    main()
