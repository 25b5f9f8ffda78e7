"""Measure the package's convolution and pooling from scratch against PyTorch's, on this machine.

python tools/bench.py
"""

import datetime
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from cnn_lessons import ops
from cnn_lessons.training.history import device_name

ROUNDS = 5  # every version once a round, so that a busy moment of the machine falls on all alike
SECONDS = 0.05  # a fast version is repeated for about this long, so that the clock can tell
SEED = 0


def main() -> None:
    """Measure on one thread, where a ratio is that of the algorithms, and print."""
    torch.set_num_threads(1)
    print(
        f"{device_name(torch.device('cpu'))}, {torch.get_num_threads()} thread, Python {platform.python_version()}, "
        f"torch {torch.__version__}, seed {SEED}, {datetime.date.today()}; median of {ROUNDS} interleaved rounds."
    )
    torch.manual_seed(SEED)
    x, weight, bias = torch.randn(1, 3, 32, 32), torch.randn(16, 3, 3, 3), torch.randn(16)
    report(
        "Convolution: 3×32×32, 16 filters 3×3, padding 1",
        {
            "conv2d_loops": lambda x, weight, bias: ops.conv2d_loops(x, weight, bias, padding=1),
            "ops.conv2d": lambda x, weight, bias: ops.conv2d(x, weight, bias, padding=1),
            "F.conv2d": lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1),
        },
        [x, weight, bias],
    )
    images = torch.randn(8, 16, 32, 32)
    for name in ("max_pool2d", "avg_pool2d"):
        ours, torchs = getattr(ops, name), getattr(F, name)
        versions = {f"ops.{name}": lambda x, f=ours: f(x, 3, 2, 1), f"F.{name}": lambda x, f=torchs: f(x, 3, 2, 1)}
        report(f"{name}: 8×16×32×32, window 3×3, stride 2, padding 1", versions, [images])


def report(title: str, versions: dict[str, Callable], tensors: list[torch.Tensor]) -> None:
    """Print each version's time and how many times the last version's it is."""
    print(f"\n{title}")
    for direction, run in (("forward", forward), ("forward and backward", forward_and_backward)):
        seconds = measure({name: partial(run, function, tensors) for name, function in versions.items()})
        fastest = list(seconds.values())[-1]
        times = [f"{name} {short(1e3 * s)} ms" for name, s in seconds.items()]
        ratios = " : ".join(short(s / fastest) for s in seconds.values())
        print(f"  {direction + ':':22}{', '.join(times)}; ratios {ratios}")
        slow, quick = list(seconds.values())[:2]
        if len(seconds) > 2:
            print(f"{'':24}{list(versions)[1]} is {slow / quick:,.0f} times as fast as {list(versions)[0]}")


def short(number: float) -> str:
    """Write a number with three figures, or as a whole number."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def forward(function: Callable, tensors: list[torch.Tensor]) -> None:
    """Call the function without a record for gradients."""
    with torch.no_grad():
        function(*tensors)


def forward_and_backward(function: Callable, tensors: list[torch.Tensor]) -> None:
    """Call the function and take the gradients of the sum of its result."""
    inputs = [tensor.detach().requires_grad_() for tensor in tensors]
    torch.autograd.grad(function(*inputs).sum(), inputs)


def measure(calls: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the seconds of one call of each: the median over rounds in which all take their turn."""
    repeats = {name: max(1, round(SECONDS / timed(call, 2))) for name, call in calls.items()}  # also warms up
    rounds = [{name: timed(call, repeats[name]) for name, call in calls.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(times[name] for times in rounds) for name in calls}


def timed(call: Callable[[], None], repeats: int) -> float:
    """Return the seconds that one of `repeats` calls takes."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


if __name__ == "__main__":
    main()
