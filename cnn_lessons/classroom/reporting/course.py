"""What the report must know of the course: its chapters, their exercises in order, and where each is taught."""

import json
from functools import cache
from pathlib import Path

CHAPTERS = {  # the notebook's name and its title
    "01": ("01_images_as_tensors", "Images are tensors"),
    "02": ("02_convolution", "Convolution"),
    "03": ("03_arithmetic_of_shapes", "The arithmetic of shapes"),
    "04": ("04_pooling", "Pooling"),
    "05": ("05_mlp_against_cnn", "MLP against CNN"),
    "06": ("06_training", "Training"),
    "07": ("07_alexnet", "AlexNet"),
    "08": ("08_residual_blocks", "Residual blocks"),
    "09": ("09_resnet_on_cifar", "ResNet on CIFAR"),
    "10": ("10_stem_body_head", "Anatomy: stem, body, head"),
    "11": ("11_wide_resnet", "Wide ResNet"),
    "12": ("12_reproduce_a_paper", "Reproduce a paper"),
}


@cache
def exercises(chapter: str) -> dict[str, str]:
    """Return the exercises of a chapter in its order, with their titles; the last one is its bug lab."""
    from cnn_lessons.exercises import catalog  # loads PyTorch, which --print-policy need not wait for

    return {name: exercise.title for name, exercise in catalog().items() if exercise.chapter == chapter}


def bug_lab(chapter: str) -> str:
    """Return the exercise that stands under "Find the bug"; "" if there is no such chapter."""
    return list(exercises(chapter))[-1] if exercises(chapter) else ""


def every_exercise() -> list[str]:
    """Return the names of all exercises."""
    return [name for chapter in CHAPTERS for name in exercises(chapter)]


def heading(chapter: str) -> str:
    """Return a chapter's number and title: "02 · Convolution"; what is no chapter stays as it is."""
    return f"{chapter} · {CHAPTERS[chapter][1]}" if chapter in CHAPTERS else chapter


def section(exercise: str) -> str:
    """Return the heading of the section that teaches what the exercise asks for; "" if it is none of the course's."""
    return _sections().get(exercise, "")


@cache
def _sections() -> dict[str, str]:
    return json.loads((Path(__file__).parent / "sections.json").read_text(encoding="utf-8"))
