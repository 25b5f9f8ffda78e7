"""The messages of PyTorch that book/mistakes.md quotes, and code that brings each of them up."""

import io
import re
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

PAGE = Path(__file__).parents[1] / "book" / "mistakes.md"


class Trap:
    """Pickles as a call."""

    def __reduce__(self):
        return print, ("caught",)


def step_too_early():
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), 0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()


def load_a_trap():
    torch.save(Trap(), file := io.BytesIO())
    file.seek(0)
    torch.load(file, weights_only=True)


def load(names):
    network = nn.Sequential()
    network.fc = nn.Linear(2, 3)
    network.load_state_dict(names)


# In the order of the page.
BROUGHT_UP_BY = [
    lambda: nn.Conv2d(3, 8, 3)(torch.zeros(2, 96, 96, 3)),
    lambda: torch.zeros(3, 2).permute(1, 2, 0),
    lambda: nn.Conv2d(3, 8, 3)(torch.zeros(1, 3, 8, 8, dtype=torch.uint8)),
    lambda: torch.zeros(2, dtype=torch.uint8).mean(),
    lambda: torch.zeros(1).backward(),
    lambda: nn.Conv2d(3, 8, 3)(torch.zeros(1, 3, 2, 2)),
    lambda: nn.AvgPool2d(8)(torch.zeros(1, 128, 4, 4)),
    lambda: nn.Conv2d(16, 32, 3, groups=3),
    lambda: nn.Linear(2304, 1024)(torch.zeros(1, 6400)),
    lambda: F.cross_entropy(torch.zeros(2, 10), torch.tensor([0, 10])),
    step_too_early,
    load_a_trap,
    lambda: torch.zeros(1, 2, 16, 16) + torch.zeros(1, 2, 32, 32),
    lambda: nn.BatchNorm2d(4)(torch.zeros(1, 4, 1, 1)),
    lambda: load({}),
    lambda: load({"head.weight": torch.zeros(3, 2)}),
    lambda: load({"fc.weight": torch.zeros(3, 5), "fc.bias": torch.zeros(3)}),
]


def items() -> list[str]:
    """The entries of the page's list."""
    section = PAGE.read_text("utf-8").split("## What PyTorch says")[1]
    return re.split(r"^- ", section, flags=re.MULTILINE)[1:]


def quoted() -> list[str]:
    """The messages that they quote."""
    return [" ".join(message.split()) for item in items() for message in re.findall(r'"(.+?)"', item, re.DOTALL)]
