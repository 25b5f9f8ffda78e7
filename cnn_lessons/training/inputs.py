"""What `train` and `evaluate` are given: looked at before anything is computed."""

import torch
from torch import nn

from cnn_lessons.data import ImageData, Images
from cnn_lessons.data.images import check_labelled
from cnn_lessons.training.recipe import Recipe


def check_run(model: nn.Module, data: ImageData, recipe: Recipe) -> None:
    """Refuse, with a ValueError, what `train` cannot use: the test images, too, though it needs them last."""
    check_model("train", model)
    if not isinstance(data, ImageData):
        raise ValueError(f"data: expected an ImageData, got {data!r:.40}. Pass all that load('shapes') returns.")
    if not isinstance(recipe, Recipe):
        raise ValueError(f"recipe: expected a Recipe, got {recipe!r:.60}. Pass one, such as RECIPES['quick'].")
    for name, part in (("data.train", data.train), ("data.test", data.test)):
        if not isinstance(part, Images):
            raise ValueError(f"{name}: expected Images(images, labels), got {type(part).__name__}. Put them in Images.")
        check_labelled(name, *part)
        dtype, shape = part.images.dtype, tuple(part.images.shape)
        if dtype != torch.uint8 or len(shape) != 4:
            raise ValueError(
                f"{name}: expected images (N, C, H, W) of torch.uint8, got {shape} of {dtype}. "
                "Leave them as bytes, 0 to 255: `train` normalises them."
            )
        if shape[1] != len(data.mean):
            raise ValueError(
                f"{name}: expected images of {len(data.mean)} channels, one for each number in mean, got {shape}. "
                "Change both parts alike, and mean and std."
            )


def check_model(asked: str, model: nn.Module) -> None:
    """Raise a ValueError, which begins with `asked`, for what is no model, such as the function that builds it."""
    if not isinstance(model, nn.Module):
        raise ValueError(f"{asked}: expected a model, an nn.Module, got {model!r:.60}. Are its parentheses missing?")
