"""The named recipes: the tutorials' and the papers' as they are given, and ours."""

from dataclasses import replace

from cnn_lessons.training.recipe import Recipe

_PAPER_STEPS = 352  # of an epoch in He et al. 2015: 45,000 images in batches of 128, the last one smaller

_FAST = Recipe(
    "fast",
    epochs=12,
    batch_size=128,
    lr=0.2,
    optimizer="nesterov",
    weight_decay=5e-4,
    schedule="one_cycle",
    label_smoothing=0.1,
    crop_padding=4,
    crop_fill="reflect",
    flip=True,
    validation=5_000,
)
_NAMED = (
    # The tutorials, exactly as given. They look at the test set only; two of them normalise by 0.5.
    Recipe("alexnet-tutorial", epochs=50, batch_size=32, lr=1e-3, optimizer="adam", normalise="half"),
    Recipe("resnet-tutorial", epochs=50, batch_size=32, lr=1e-3, optimizer="adam", normalise="half"),
    Recipe("seminar-tutorial", epochs=51, batch_size=128, lr=0.1, weight_decay=1e-4),
    Recipe(
        "resnet14-tutorial",
        epochs=300,
        batch_size=128,
        lr=0.1,
        weight_decay=5e-4,
        schedule="step",
        milestones=(50, 100, 150, 200, 250),  # StepLR(50, 0.1)
        crop_padding=1,
        flip=True,
    ),
    # He et al. 2015 (arXiv 1512.03385), section 4.2: 64,000 steps, a tenth of the rate after 32,000 and 48,000.
    Recipe(
        "resnet-paper",
        epochs=64_000 / _PAPER_STEPS,
        batch_size=128,
        lr=0.1,
        weight_decay=1e-4,
        schedule="step",
        milestones=(32_000 / _PAPER_STEPS, 48_000 / _PAPER_STEPS),
        crop_padding=4,
        flip=True,
        validation=5_000,
    ),
    # Zagoruyko & Komodakis 2016 (arXiv 1605.07146), section 3: Nesterov, rate × 0.2 at 60, 120 and 160 of 200 epochs.
    Recipe(
        "wide-resnet-paper",
        epochs=200,
        batch_size=128,
        lr=0.1,
        optimizer="nesterov",
        weight_decay=5e-4,
        schedule="step",
        milestones=(60, 120, 160),
        gamma=0.2,
        crop_padding=4,
        crop_fill="reflect",
        flip=True,
    ),
    # Ours. One cycle shortens training, up to tenfold by Smith & Topin 2017 (arXiv 1708.07120).
    Recipe("quick", epochs=4, batch_size=64, lr=2e-3, optimizer="adam", schedule="one_cycle", validation=1_000),
    _FAST,
    # Tried on ResNet-18: twice the steps, half the rate, twice the decay; then half the rate, reached sooner.
    replace(_FAST, name="fast-64", batch_size=64, lr=0.1, weight_decay=1e-3, validation=2_000),
    replace(_FAST, name="fast-gentle", lr=0.1, warmup=0.2, crop_padding=2, validation=2_000),
    replace(_FAST, name="fast-half-rate", lr=0.1, warmup=0.2, validation=1_000),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _NAMED}
"""The named recipes. "alexnet-tutorial", "resnet-tutorial", "seminar-tutorial" and "resnet14-tutorial" as the tutorials
give them, "resnet-paper" and "wide-resnet-paper" as the papers do, and ours, "quick" and "fast" with its variations."""


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises:
        ValueError: if there is none; the message lists the names.
    """
    if name not in RECIPES:
        raise ValueError(f"recipe: expected one of {', '.join(RECIPES)}, got {name!r}")
    return RECIPES[name]
