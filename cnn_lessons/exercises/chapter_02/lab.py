"""The bug lab of chapter 02: find a test that shows a flipped kernel."""

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_02.loops import correlate
from cnn_lessons.exercises.exercise import Case, Exercise, Outcome

FAULTS = {
    "turns the kernel by half a turn": lambda kernel: kernel.flip(0, 1),
    "flips the kernel left to right": lambda kernel: kernel.flip(1),
    "flips the kernel upside down": lambda kernel: kernel.flip(0),
    "swaps the rows and columns of the kernel": lambda kernel: kernel.T,
}
MOST_PRODUCTS = 10_000_000  # the chapter's photograph, 150×128, with a kernel of 20×20 has fewer


def _judge_probe(outcome: Outcome) -> str | None:
    problem = _not_a_pair(outcome.got)
    if problem:
        return problem
    image, kernel = (tensor.detach().cpu().double() for tensor in outcome.got)
    missed = [fault for fault, change in FAULTS.items() if _agrees(image, kernel, change(kernel))]
    if not missed:
        return None
    passes = f"your probe lets a function pass that {missed[0]}: its output equals the right one."
    return f"{passes}\n{_why(image, kernel, missed[0])}"


def _not_a_pair(got) -> str | None:
    """Return what keeps the answer from being an image and a kernel that fits into it, or None."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return f"expected a pair: return image, kernel. Got {type(got).__name__}"
    for name, value, shape in (("image", got[0], "(H, W)"), ("kernel", got[1], "(K_h, K_w)")):
        if type(value) not in (Tensor, nn.Parameter):
            return f"expected the {name} to be a torch.Tensor, got {type(value).__name__}. torch.tensor(…) makes one."
        if value.dim() != 2 or not value.numel():
            return f"expected the {name} as {shape}, got shape {tuple(value.shape)}"
        if value.is_complex() or not torch.isfinite(value).all():
            return f"expected finite real numbers in the {name}, got {value.flatten()[:4].tolist()}…"
    if got[0].numel() * got[1].numel() > MOST_PRODUCTS:
        return f"expected a smaller image or kernel, got {tuple(got[0].shape)} and {tuple(got[1].shape)}"
    sizes = zip(got[0].shape, got[1].shape, strict=True)
    if any(kernel > image for image, kernel in sizes):
        return f"expected a kernel that fits into the image, got {tuple(got[1].shape)} for {tuple(got[0].shape)}"
    return None


def _agrees(image: Tensor, kernel: Tensor, changed: Tensor) -> bool:
    """Return whether the changed kernel gives the same output as the right one."""
    if kernel.shape != changed.shape:
        return False  # the output has another shape, or none
    return torch.allclose(correlate(image, kernel), correlate(image, changed))


def _why(image: Tensor, kernel: Tensor, fault: str) -> str:
    """Name what hides the fault: the kernel, the image, or both together."""
    if torch.allclose(kernel, FAULTS[fault](kernel)):
        return "That leaves your kernel as it is, so no image can show it. Choose a kernel that it changes."
    if torch.allclose(image, image[0, 0].expand_as(image)):
        return (
            "Your image has one value everywhere, so only the sum of the kernel counts. Choose an image with structure."
        )
    windows = image.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1)
    if torch.allclose(windows, windows.flip(2, 3)):
        return (
            "Every window of your image looks the same after half a turn, as on the chessboard: no kernel can show "
            "the fault there. Choose an image in which some window is not symmetric."
        )
    return "Image and kernel hide it together. Choose an image that lets you read off every number of the kernel."


FLIP_PROBE = Exercise(
    name="flip_probe",
    chapter="02",
    title="A test that would have caught it",
    parameters="",
    statement="Return a pair `(image, kernel)`, tensors of shape (H, W) and (K_h, K_w), for which the tutorial's "
    "function and the right one differ. A good probe also catches the fault's cousins: a kernel flipped only left to "
    "right, only upside down, or with its rows and columns swapped.",
    hints=(
        "Print a few windows of the chessboard and turn each by half a turn. What do you see?",
        "You want an image whose output shows every number of the kernel, and where it went. And you want a kernel in "
        "which no two numbers are equal.",
        "A 5×5 image of zeros with a single 1 in the middle copies a 3×3 kernel to the output, turned: each of its "
        "nine numbers meets the 1 once. `torch.arange(1.0, 10).reshape(3, 3)` is a kernel of nine different numbers.",
    ),
    cases=lambda random: [Case()],
    judge=_judge_probe,
)
