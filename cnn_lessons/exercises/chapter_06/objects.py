"""Small networks, loaders and optimisers that the exercises on training act upon."""

from random import Random

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from cnn_lessons.exercises.exercise import normal
from cnn_lessons.exercises.scene import Watched

CLASSES = 3
FLATTENED = "You change the shape of the images. Hand them to the model as they come: some models want (N, C, H, W)."
NO_PICTURES = "Expected 3D (unbatched) or 4D"  # what a convolution says of them then


def network(seed: int, features: int = 3) -> Watched:
    """Return a network with batch normalisation, so that its mode counts: (N, features) -> (N, CLASSES), float64."""
    torch.default_generator.manual_seed(seed)
    layers = nn.Linear(features, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, CLASSES)
    model = Watched(nn.Sequential(*layers).double())
    with torch.no_grad():
        layers[1].running_mean.normal_()
        layers[1].running_var.uniform_(0.5, 2)
    return model


def picture_network(seed: int) -> Watched:
    """Return a network that takes nothing but pictures: (N, 1, 2, 2) -> (N, CLASSES), float64."""
    torch.default_generator.manual_seed(seed)
    return Watched(nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, CLASSES)).double())


def pictures(random: Random, size: int) -> tuple[Tensor, Tensor]:
    """Return images (size, 1, 2, 2) and labels (size,)."""
    images, labels = batch(random, size, features=4)
    return images.reshape(size, 1, 2, 2), labels


def linear(weight: list[list[float]]) -> Watched:
    """Return a linear layer without bias, whose results can be found with a pencil."""
    layer = nn.Linear(len(weight[0]), len(weight), bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
    return Watched(layer, f"nn.Linear with weight {weight}")


def batch(random: Random, size: int, features: int = 3) -> tuple[Tensor, Tensor]:
    """Return images (size, features) and labels (size,)."""
    return normal(random, size, features), torch.tensor([random.randrange(CLASSES) for _ in range(size)])


def loader(images: Tensor, labels: Tensor, batch_size: int) -> DataLoader:
    """Return a loader that keeps the order; the last batch may be smaller."""
    return DataLoader(TensorDataset(images, labels), batch_size)


def sgd(model: nn.Module, lr: float, momentum: float = 0.0) -> torch.optim.SGD:
    """Return an optimiser of the model's parameters."""
    return torch.optim.SGD(model.parameters(), lr, momentum)


def leave_gradients(model: nn.Module) -> None:
    """Give every parameter a gradient of 1, as if a step had just been taken."""
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)


def mode(model: nn.Module) -> str:
    """Return "training" or "eval", or that its parts differ."""
    found = {part.training for part in model.modules()}
    return "not the same in all its layers" if len(found) > 1 else "training" if found == {True} else "eval"


def modes(model: Watched) -> str:
    """Say in which modes a watched model has been called."""
    return " and ".join(sorted(set(model.modes))) or "it was never called"
