"""Measures convolution from scratch against PyTorch's: `make bench`.

The median of several runs, after one to warm up; the layer of chapter 02, 3×32×32 pixels and 16 filters of 3×3.
"""

import platform
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from cnn_lessons.ops import conv2d, conv2d_loops


def milliseconds(function: Callable[[], object], runs: int) -> float:
    """The median time of a call."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Measure and print the times and their ratios, with the machine and versions they belong to."""
    torch.manual_seed(0)
    x, weight, bias = torch.randn(1, 3, 32, 32), torch.randn(16, 3, 3, 3), torch.randn(16)
    loops = milliseconds(lambda: conv2d_loops(x, weight, bias, padding=1), runs=3)
    unfold = milliseconds(lambda: conv2d(x, weight, bias, padding=1), runs=200)
    native = milliseconds(lambda: F.conv2d(x, weight, bias, padding=1), runs=200)
    print(f"torch {torch.__version__}, {platform.machine()}, {torch.get_num_threads()} threads")
    print("x (1, 3, 32, 32), weight (16, 3, 3, 3), padding 1; median per call")
    print(f"conv2d_loops  {loops:10.3f} ms   {loops / unfold:8.0f} times conv2d")
    print(f"conv2d        {unfold:10.3f} ms   {unfold / native:8.1f} times F.conv2d")
    print(f"F.conv2d      {native:10.3f} ms")


if __name__ == "__main__":
    main()
