"""Several processes train one network: every batch is shared out, and the result is that of a single process.

`torchrun --nproc_per_node=2 -m cnn_lessons train …` starts the processes. Each draws the same order and the same
augmentation, works on its own share of a batch, and the gradients are averaged (DistributedDataParallel). Other batch
normalisation than an ordinary BatchNorm2d takes its statistics from each process's own share.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the processes that torchrun started, if it did: over NCCL on GPUs, over gloo if `device` is the CPU."""
    if "WORLD_SIZE" not in os.environ:
        yield
        return
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def rank_and_world() -> tuple[int, int]:
    """Return this process's number and how many there are: (0, 1) for a process on its own."""
    together = dist.is_available() and dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if together else (0, 1)


def add_up(values: Tensor, device: torch.device) -> Tensor:
    """Return the sum of every process's `values`, float64 on the CPU, summed on `device`."""
    if rank_and_world()[1] == 1:
        return values
    shared = values.to(device)
    dist.all_reduce(shared)
    return shared.to(values.device)


def share_out(model: nn.Module) -> nn.Module:
    """Return the model to call in the training loop: itself, or where there are several processes their joint one."""
    if rank_and_world()[1] == 1:
        return model
    _exchange(model, nn.BatchNorm2d, JointBatchNorm2d)
    return DistributedDataParallel(model)


def part(model: nn.Module) -> None:
    """Make of the model what it was before `share_out`: a network of this process alone."""
    _exchange(model, JointBatchNorm2d, nn.BatchNorm2d)


def _exchange(model: nn.Module, old: type, new: type) -> None:
    """Give layers of one class another: the same weights and state, another forward."""
    for module in model.modules():
        if type(module) is old and module.affine and module.track_running_stats and module.momentum is not None:
            module.__class__ = new


class _Sum(torch.autograd.Function):
    """The sum over all processes; every process's loss depends on it, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)


class JointBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose mean and variance are taken over the batches of all processes; torch's own needs a GPU."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, H, W); N may differ between processes, and be 0."""
        if not self.training:
            return super().forward(x)
        number = torch.full((1,), x.numel() / x.shape[1], device=x.device)
        total = _Sum.apply(torch.cat([x.float().sum((0, 2, 3)), number]))
        count = total[-1].detach()
        mean = total[:-1] / count
        centred = x.float() - mean[:, None, None]
        variance = _Sum.apply(centred.square().sum((0, 2, 3))) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)
