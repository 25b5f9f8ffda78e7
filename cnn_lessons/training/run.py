"""One training run: what `train` repeats, epoch by epoch."""

import hashlib
import math
import os
import time
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.data import ImageData, random_crop, random_flip, split
from cnn_lessons.training.checkpoint import save_checkpoint
from cnn_lessons.training.distributed import add_up, rank_and_world, share_out
from cnn_lessons.training.evaluate import Score, count, prepare
from cnn_lessons.training.faults import check_losses, check_result, check_scores
from cnn_lessons.training.history import History, provenance
from cnn_lessons.training.precision import autocast, choose_precision
from cnn_lessons.training.progress import Progress
from cnn_lessons.training.recipe import Recipe
from cnn_lessons.training.resume import check_fits, check_layers, read_run
from cnn_lessons.training.schedule import learning_rate, total_steps

# What may change on the way.
WHERE = ("device", "device_name", "processes", "threads", "precision", "torch", "python", "commit")
SCORED = 500 * 32 * 32  # pixels at a time, where nothing is learned: 500 of CIFAR's images
POINTS = 20  # of the loss curve in an epoch; between them nothing waits for a GPU


class Run:
    """One training run: the network and all that changes while it learns."""

    def __init__(self, model: nn.Module, data: ImageData, recipe: Recipe, device: torch.device) -> None:
        """Put the network and the images on the device; nothing is trained yet."""
        self.recipe, self.device = recipe, device
        self.rank, self.world = rank_and_world()
        self.dtype = choose_precision(recipe.precision, device)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.layers = repr(model)  # two networks can have the same weights and yet differ
        self.history = History(recipe.name, provenance=provenance(model, data, recipe, device, self.dtype))
        self.history.provenance["processes"] = self.world
        # The same images are held out whatever the seed, so that runs can be compared.
        learn, held_out = split(data.train, recipe.validation)
        self.images, self.labels = learn.images.to(device), learn.labels.to(device, torch.int64)
        self.held_out, self.test = held_out, data.test
        self.classes = 1 + int(max(data.train.labels.max(), data.test.labels.max()))
        halves = (0.5,) * len(data.mean)
        self.mean, self.std = (halves, halves) if recipe.normalise == "half" else (data.mean, data.std)
        self.optimizer = make_optimizer(model, recipe)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.dtype is torch.float16)
        self.joint = share_out(model)
        if recipe.compile:
            self.joint = torch.compile(self.joint)
        rest = len(self.images) % recipe.batch_size  # a single image has no variance for a batch norm: leave it out
        self.steps_per_epoch = max(1, math.ceil(len(self.images) / recipe.batch_size) - (rest == 1))
        self.total = total_steps(recipe, self.steps_per_epoch)
        # torch's generator on the CPU reads 32 bits of a seed: the high bits of the recipe's are mixed into these.
        high = recipe.seed >> 4
        self.mixed = int.from_bytes(hashlib.sha256(str(high).encode()).digest()[:4], "big") if high else 0
        self.best: dict | None = None
        self.saved = 0  # whole epochs in the checkpoint

    @property
    def steps_done(self) -> int:
        """Steps of the whole epochs so far."""
        return min(len(self.history.epochs) * self.steps_per_epoch, self.total)

    # ---- an epoch ------------------------------------------------------------------------------------------

    def epoch(self, bar: Progress) -> None:
        """Train on every image once, or on fewer in a last, partial epoch; then look at the held-out images."""
        done = self.steps_done
        number, steps = done // self.steps_per_epoch, min(self.steps_per_epoch, self.total - done)
        # Seeded by the epoch, randomness has no state that would have to be saved.
        seed = (self.recipe.seed << 20) + number
        torch.manual_seed(((seed << 8) + self.rank) ^ self.mixed)  # dropout: each process its own
        self.model.train()
        started = time.perf_counter()
        record = torch.zeros(2, steps, device=self.device)  # sums of losses, right answers
        batches = self.batches(torch.Generator().manual_seed((~seed & (2**63 - 1)) ^ self.mixed))
        every = math.ceil(self.steps_per_epoch / POINTS)
        seen: list[float] = []  # mean losses of the batches
        loss, right, images = 0.0, 0.0, 0
        for begin in range(0, steps, every):
            end = min(begin + every, steps)
            sizes = [self.step(done + at, record[:, at], *next(batches)) for at in range(begin, end)]
            sums = add_up(record[:, begin:end].cpu().double(), self.device)  # here the GPU is waited for
            losses = (sums[0] / torch.tensor(sizes)).tolist()
            check_losses(losses, seen, number + 1, self.recipe, self.rate(done + end - 1), self.dtype)
            seen += losses
            new_loss, new_right = sums.sum(1).tolist()
            loss, right, images = loss + new_loss, right + new_right, images + sum(sizes)
            point = new_loss / sum(sizes)
            self.history.loss_curve.append([round(number + end / self.steps_per_epoch, 4), float(f"{point:.5g}")])
            bar.advance(end - begin, point, right / images)
        seconds = time.perf_counter() - started
        row = {
            "epoch": number + 1,
            "train_loss": loss / images,  # over images, not over batches: the last batch may be smaller
            "train_accuracy": right / images,
            **self.look_at_held_out(number + 1),
            "learning_rate": self.rate(done + steps - 1),
            "seconds": round(seconds, 3),
            "images_per_second": round(images / seconds, 1),
        }
        self.history.epochs.append(row)

    def batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield whole batches on the device, the images still uint8, in a fresh order and augmented."""
        recipe = self.recipe
        order = torch.randperm(len(self.images), generator=generator).to(self.device)
        for chosen in order.split(recipe.batch_size):
            images = self.images[chosen]
            if recipe.crop_padding:
                images = random_crop(images, recipe.crop_padding, generator, fill=recipe.crop_fill)
            if recipe.flip:
                images = random_flip(images, generator)
            yield images, self.labels[chosen]

    def step(self, step: int, record: Tensor, images: Tensor, labels: Tensor) -> int:
        """Learn from one batch; write loss and right answers to `record`, return the size of the whole batch."""
        size = len(images)
        images, labels = images[self.rank :: self.world], labels[self.rank :: self.world]  # this process's share
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step)
        self.optimizer.zero_grad()
        with autocast(self.device, self.dtype):
            scores = self.joint(prepare(images, self.mean, self.std))
        check_scores(scores, self.classes)
        loss = F.cross_entropy(scores.float(), labels, reduction="sum", label_smoothing=self.recipe.label_smoothing)
        # The processes' gradients are averaged: times their number makes that the mean over the whole batch.
        self.scaler.scale(loss * (self.world / size)).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        with torch.no_grad():
            record.copy_(torch.stack([loss, (scores.argmax(1) == labels).sum()]))
        return size

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return learning_rate(self.recipe, step, self.steps_per_epoch)

    # ---- between and after the epochs ----------------------------------------------------------------------

    def look_at_held_out(self, epoch: int) -> dict[str, float | None]:
        """Score the held-out images; keep a copy of the weights if they were never better."""
        if not len(self.held_out.images):
            return {"validation_loss": None, "validation_accuracy": None}
        score = self.score(*self.held_out)
        if self.best is None or score.accuracy > self.best["accuracy"]:
            weights = {name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()}
            self.best = {"epoch": epoch, "accuracy": score.accuracy, "weights": weights}
        return {"validation_loss": score.loss, "validation_accuracy": score.accuracy}

    def score(self, images: Tensor, labels: Tensor) -> Score:
        """Evaluate the network as it is; every process scores its share."""
        mine = slice(self.rank, None, self.world)
        total = count(
            self.model,
            images[mine],
            labels[mine],
            mean=self.mean,
            std=self.std,
            batch_size=min(500, max(1, SCORED // images[0, 0].numel())),
            precision=self.recipe.precision,
        )
        return Score(*(add_up(total, self.device) / len(images)).tolist())

    def finish(self) -> None:
        """Take the best weights and measure them on the test set, for the first and only time."""
        if self.best:
            self.model.load_state_dict(self.best["weights"])
        result = self.score(*self.test)
        check_result(result.loss, self.recipe)
        self.history.test = result._asdict()
        epochs = self.history.epochs
        self.history.provenance |= {
            "chosen_epoch": self.best["epoch"] if self.best else len(epochs),
            "seconds": round(sum(row["seconds"] for row in epochs), 2),
        }

    def save(self, path: str | os.PathLike) -> None:
        """Write a checkpoint; of several processes only the first does."""
        if self.rank == 0:
            state = {
                "model": self.model.state_dict(),
                "layers": self.layers,
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "best": self.best,
                "history": self.history.to_json(),
            }
            save_checkpoint(path, state)
        self.saved = len(self.history.epochs)

    def restore(self, path: str | os.PathLike) -> None:
        """Go on from a checkpoint, if it is one of this run."""
        state, history = read_run(path)
        check_fits(path, history, state["model"], self.history, self.model.state_dict())
        began, here = history.provenance, self.history.provenance
        last = dict(began)  # where it ran before it stopped
        for entry in began.get("resumed", []):
            last |= entry
        if last["torch"] == torch.__version__:  # another one may describe the same layers otherwise
            check_layers(path, state.get("layers", self.layers), self.layers)  # older checkpoints do not hold them
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if state["scaler"]:  # begun in float16: else there is nothing to go on from
            self.scaler.load_state_dict(state["scaler"])
        began.setdefault("processes", self.world)  # older checkpoints do not hold it, nor newer fields of a recipe
        began["recipe"] = here["recipe"] | began["recipe"]
        elsewhere = {name: here[name] for name in WHERE if here[name] != last.get(name, here[name])}
        self.best, self.history, self.saved = state["best"], history, len(history.epochs)
        if elsewhere and history.test is None:
            began["resumed"] = [*began.get("resumed", []), {"after_epoch": self.saved, **elsewhere}]

    def interrupted(self, checkpoint: str | os.PathLike | None, resume: bool) -> str:
        """What to say when the reader has stopped a run that `train` was asked for with this checkpoint and resume."""
        if not checkpoint:
            epochs = len(self.history.epochs)
            return f"Stopped after {epochs} whole epochs. Nothing was saved: pass checkpoint=… to be able to go on."
        if not self.saved:
            return "Stopped in the first epoch: no checkpoint was written yet."
        again = "the same call" + ("" if resume else " without resume=False")
        return f"Stopped. {checkpoint} holds {self.saved} whole epochs; {again} goes on from there."


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return torch's optimiser for the parameters of `model`, as `recipe` says."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    decay = recipe.weight_decay
    if recipe.optimizer == "adam":
        # One pass over the memory for all that a step does to a weight: a seventh less time for AlexNet's on a CPU.
        fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
        return torch.optim.Adam(parameters, recipe.lr, weight_decay=decay, fused=fused)
    # Not fused: torch's begins from memory that nobody has filled where a first gradient is infinite, as in float16,
    # and stops at a weight whose first gradient comes later than others'.
    nesterov = recipe.optimizer == "nesterov"
    return torch.optim.SGD(parameters, recipe.lr, momentum=recipe.momentum, nesterov=nesterov, weight_decay=decay)
