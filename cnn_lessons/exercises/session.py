"""What a cell has set in torch is not to change a check, nor a check what a cell has set."""

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def as_if_fresh() -> Iterator[None]:
    """Let torch be as in a fresh session: new tensors float32 and on the CPU, gradients on. Then put back what was.

    Random numbers, too: layers draw their first weights from the CPU's.
    """
    state, dtype, device = torch.get_rng_state(), torch.get_default_dtype(), torch.get_default_device()
    torch.set_default_dtype(torch.float32)
    _take(torch.device("cpu"))
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_rng_state(state)
        torch.set_default_dtype(dtype)
        _take(device)


def _take(device: torch.device) -> None:
    """Let new tensors be on a device. Where they are already, nothing is switched: a switch slows every call."""
    if torch.get_default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)
