"""Training on real data reaches what the course says it reaches."""

import pytest
import torch

from cnn_lessons.models import mnist_cnn
from cnn_lessons.runs import load_run
from cnn_lessons.training import Recipe, train

pytestmark = pytest.mark.realdata


def test_mnist_cnn_reads_digits_after_one_epoch(real):
    recipe = Recipe(**load_run("mnist-cnn").provenance["recipe"])
    torch.manual_seed(recipe.seed)
    history = train(mnist_cnn(), real("mnist"), recipe, progress=False)
    assert history.provenance["parameters"] == 44_426
    assert len(history.epochs) == recipe.epochs == 1
    assert history.test["accuracy"] >= 0.96
    assert history.test["accuracy"] == pytest.approx(load_run("mnist-cnn").test["accuracy"], abs=0.01)
