"""Which number format convolutions and matrix products are computed in: decided by what the hardware is good at."""

import contextlib

import torch
from torch import nn

from cnn_lessons.budget import gpu_works
from cnn_lessons.training.recipe import PRECISIONS


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return the number format for a device.

    Args:
        wanted: "float32", "bfloat16" or "float16" is taken as it is; "auto" takes bfloat16 where the hardware
            multiplies it natively (an NVIDIA GPU since Ampere, a CPU with AMX or AVX-512 BF16), float16 on the NVIDIA
            GPUs before (Volta and Turing, such as Colab's T4), else float32. On other CPUs bfloat16 is slower. In
            "float32" torch lets an NVIDIA GPU since Ampere round a convolution's factors to 10 binary places (TF32),
            unless `torch.backends.cudnn.allow_tf32` is False.
        device: that the network is on.

    Raises:
        ValueError: if `wanted` is none of these, or is float16 on a CPU.
    """
    if wanted not in PRECISIONS:
        raise ValueError(f"precision: expected one of {', '.join(PRECISIONS)}, got {wanted!r}")
    if wanted == "float16" and device.type != "cuda":
        raise ValueError(f"precision: float16 trains on a CUDA device only, got {device}. Use bfloat16 or float32.")
    if wanted != "auto":
        return getattr(torch, wanted)
    if device.type == "cuda":
        major, _ = torch.cuda.get_device_capability(device)
        return torch.bfloat16 if major >= 8 else torch.float16 if major == 7 else torch.float32
    return torch.bfloat16 if device.type == "cpu" and multiplies_bfloat16() else torch.float32


def multiplies_bfloat16() -> bool:
    """Return whether this CPU has instructions that multiply bfloat16: Intel's AMX, or AVX-512 BF16."""
    asked = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(ask is not None and ask() for ask in asked)  # torch has no public names for them


def autocast(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager:
    """Return a context in which torch computes in `dtype` where that is safe; float32 changes nothing.

    Args:
        device: that the network is on.
        dtype: torch.float32, torch.bfloat16 or torch.float16.
    """
    return torch.autocast(device.type, dtype, enabled=dtype is not torch.float32)


def choose_device(device: str | torch.device | None) -> torch.device:
    """Return `device`, or for None the first CUDA device if it works, else the CPU."""
    if device is None:  # and not 0, which torch takes for the first GPU
        device = "cuda" if gpu_works() else "cpu"
    return torch.device(device)


def device_of(model: nn.Module) -> torch.device:
    """Return the device of the first parameter, the CPU for a model without any."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device
