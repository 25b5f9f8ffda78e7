import dataclasses

import numpy as np
import pytest
import torch
from tiny import tiny_recipe

from cnn_lessons.training import RECIPES, find_recipe, learning_rate
from cnn_lessons.training.schedule import total_steps


def fields(name):
    return dataclasses.asdict(RECIPES[name])


@pytest.mark.parametrize("name", ["alexnet-tutorial", "resnet-tutorial"])
def test_tutorial_recipe_is_adam_on_halves_for_50_epochs_without_augmentation(name):
    got = fields(name)
    assert (got["optimizer"], got["lr"], got["batch_size"], got["epochs"]) == ("adam", 1e-3, 32, 50)
    assert (got["normalise"], got["crop_padding"], got["flip"], got["validation"]) == ("half", 0, False, 0)
    assert (got["schedule"], got["weight_decay"], got["label_smoothing"]) == ("constant", 0.0, 0.0)


def test_seminar_recipe_is_sgd_without_augmentation_for_51_epochs():
    got = fields("seminar-tutorial")
    assert (got["epochs"], got["batch_size"], got["lr"], got["momentum"]) == (51, 128, 0.1, 0.9)
    assert (got["optimizer"], got["weight_decay"], got["schedule"]) == ("sgd", 1e-4, "constant")
    assert (got["crop_padding"], got["flip"]) == (0, False)


def test_resnet14_recipe_divides_the_rate_by_ten_every_50_of_300_epochs():
    got = fields("resnet14-tutorial")
    assert (got["crop_padding"], got["crop_fill"], got["flip"], got["batch_size"]) == (1, "zeros", True, 128)
    assert (got["optimizer"], got["weight_decay"], got["epochs"]) == ("sgd", 5e-4, 300)
    theirs = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    schedule = torch.optim.lr_scheduler.StepLR(theirs, 50, 0.1)
    for epoch in range(300):
        assert learning_rate(RECIPES["resnet14-tutorial"], epoch * 391, 391) == pytest.approx(
            theirs.param_groups[0]["lr"]
        )
        theirs.step()
        schedule.step()


def test_paper_recipe_takes_64000_steps_and_drops_at_32000_and_48000():
    recipe, per_epoch = RECIPES["resnet-paper"], 352  # ceil(45,000 / 128) batches, the last one smaller
    assert total_steps(recipe, per_epoch) == 64_000
    assert (recipe.batch_size, recipe.lr, recipe.momentum, recipe.weight_decay) == (128, 0.1, 0.9, 1e-4)
    assert (recipe.crop_padding, recipe.flip, recipe.validation, recipe.optimizer) == (4, True, 5_000, "sgd")
    for step, rate in {0: 0.1, 31_999: 0.1, 32_000: 0.01, 47_999: 0.01, 48_000: 0.001, 63_999: 0.001}.items():
        assert learning_rate(recipe, step, per_epoch) == pytest.approx(rate)


def test_wide_resnet_recipe_is_nesterov_with_drops_by_five():
    got = fields("wide-resnet-paper")
    assert (got["epochs"], got["milestones"], got["gamma"], got["optimizer"]) == (200, (60, 120, 160), 0.2, "nesterov")
    assert (got["batch_size"], got["lr"], got["weight_decay"], got["crop_fill"]) == (128, 0.1, 5e-4, "reflect")


def torch_rates(make, steps, lr):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize("warmup", [0.1, 0.3, 0.5])
@pytest.mark.parametrize(("epochs", "per_epoch"), [(2, 7), (5, 20), (1.5, 40)])
def test_one_cycle_equals_torchs(epochs, per_epoch, warmup):
    total = round(epochs * per_epoch)
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.4, total, pct_start=warmup), total, 0.4)
    recipe = tiny_recipe(epochs=epochs, lr=0.4, schedule="one_cycle", warmup=warmup)
    assert [learning_rate(recipe, step, per_epoch) for step in range(total)] == pytest.approx(theirs, rel=1e-9)


def test_cosine_equals_torchs():
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 60), 60, 0.3)
    recipe = tiny_recipe(epochs=3, lr=0.3, schedule="cosine")
    assert [learning_rate(recipe, step, 20) for step in range(60)] == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_steps_equal_torchs_multi_step():
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [20, 50], 0.2), 80, 0.3)
    recipe = tiny_recipe(epochs=8, lr=0.3, schedule="step", milestones=[2, 5], gamma=0.2)
    assert [learning_rate(recipe, step, 10) for step in range(80)] == pytest.approx(theirs)


def test_one_cycle_of_a_single_step_has_a_rate():
    recipe = tiny_recipe(epochs=0.01, schedule="one_cycle")
    assert 0 < learning_rate(recipe, 0, 10) <= recipe.lr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optimizer": "lion"}, "optimizer: expected one of sgd, nesterov, adam, got 'lion'"),
        ({"schedule": "exp"}, "schedule: expected one of"),
        ({"batch_size": 0}, "batch_size: expected an integer of at least 1, got 0"),
        ({"batch_size": 32.0}, "batch_size"),
        ({"lr": -1}, "lr: expected a number above 0"),
        ({"lr": float("nan")}, "lr: expected a number above 0 and below 1e38, got nan"),
        ({"epochs": 0}, "epochs"),
        ({"label_smoothing": 1.0}, "label_smoothing: expected a number from 0 to below 1"),
        ({"schedule": "step"}, "milestones: expected some with the schedule step"),
        ({"milestones": (3,)}, "none with another"),
        ({"schedule": "step", "milestones": 5}, "milestones: expected epochs above 0 that rise, got 5"),
        ({"schedule": "step", "milestones": ("a", 1)}, "milestones: expected epochs above 0 that rise"),
        ({"optimizer": "nesterov", "momentum": 0.0}, "momentum: expected a number above 0 with nesterov"),
        ({"schedule": "step", "milestones": (5, 2)}, "epochs above 0 that rise"),
        ({"validation": -1}, "validation"),
        ({"warmup": 1}, "warmup"),
        ({"precision": "fp8"}, "precision"),
        ({"weight_decay": "big"}, "weight_decay"),
        ({"flip": 0.2}, "flip: expected True or False, got 0.2"),
        ({"compile": "no"}, "compile: expected True or False, got 'no'"),
    ],
)
def test_bad_recipe_names_the_field(change, words):
    with pytest.raises(ValueError, match=words):
        tiny_recipe(**change)


def test_numbers_of_numpy_and_in_tensors_become_pythons():
    recipe = tiny_recipe(
        epochs=np.int64(4), lr=np.float32(0.5), seed=torch.tensor(2), flip=np.bool_(True), schedule="step",
        milestones=np.array([1, 2]),
    )  # fmt: skip
    found = (recipe.epochs, recipe.lr, recipe.seed, recipe.flip, *recipe.milestones)
    assert found == (4, 0.5, 2, True, 1, 2) and {type(value) for value in found} == {int, float, bool}
    for name in ("batch_size", "epochs"):
        with pytest.raises(ValueError, match=f"{name}: expected .*, got True"):
            tiny_recipe(**{name: np.bool_(True)})


def test_unknown_recipe_lists_the_known():
    with pytest.raises(ValueError, match="recipe: expected one of alexnet-tutorial, .*, got 'slow'"):
        find_recipe("slow")
