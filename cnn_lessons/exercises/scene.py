"""Check an answer that acts on live objects: a model, its optimiser, a loader, a file.

An author gives two functions: one makes the objects, fresh and the same each time; the other reads off what became of
them:

    def _step(random):
        seed = random.getrandbits(32)

        def make():
            model = tiny_model(seed)
            return model, images, labels, torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss()

        def read(arguments, got):
            return Findings({"the returned loss": got, "the weights": arguments[0].weight.detach().clone()})

        return Scene(make, read)

The oracle, the mistakes and the answer all go through both; what is read is compared in the order in which it stands.
What happens on the way (was the model in training mode? were gradients recorded?) is read off a `Watched` model.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.exercise import Case
from cnn_lessons.exercises.findings import Findings


class Scene(Case):
    """One call with live objects.

    Args:
        make: returns the arguments; every call makes new ones with the same content.
        read: given the arguments after the call and what was returned, returns the findings.
    """

    def __init__(self, make: Callable[[], tuple], read: Callable[[tuple, Any], Findings]):
        super().__init__(*make())
        self.make, self.read = make, read

    def copy(self, requires_grad: bool = False) -> "Scene":
        """Return the same scene with objects of its own."""
        return type(self)(self.make, self.read)

    def call(self, function: Callable) -> Findings:
        """Let `function` act, and return what is found afterwards."""
        return self.read(self.args, function(*self.args))


class Watched(nn.Module):
    """A model that notes in which mode it is called, and whether gradients are recorded then.

    Args:
        model: does the work; its parameters are this module's.
        told: how messages call it.
    """

    def __init__(self, model: nn.Module, told: str = "a small network"):
        super().__init__()
        self.model, self.told = model, told
        self.modes, self.recorded = [], []

    def forward(self, x: Tensor) -> Tensor:
        """Return what the model returns."""
        self.modes.append("training" if self.training else "eval")
        self.recorded.append(torch.is_grad_enabled())
        return self.model(x)


def plain_bool(got: Any) -> Any:
    """Return what an answer gave; a tensor that holds one bool as that bool."""
    return got.item() if isinstance(got, Tensor) and got.dtype == torch.bool and got.numel() == 1 else got


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the model's weights and running statistics by name."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
