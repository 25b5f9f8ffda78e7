"""Training on a GPU: the same code path, other arithmetic."""

import pytest
import torch
from tiny import tiny_data, tiny_network, tiny_recipe

from cnn_lessons.training import TrainingError, evaluate, train

pytestmark = pytest.mark.cuda


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16", "auto"])
def test_network_learns_on_the_gpu_in_every_precision(precision):
    data, network = tiny_data(), tiny_network()
    recipe = tiny_recipe(epochs=8, precision=precision, crop_padding=1, flip=True, validation=40)
    history = train(network, data, recipe, progress=False)
    assert history.test["accuracy"] > 0.5 and history.provenance["device"] == "cuda"
    again = evaluate(network, *data.test, mean=data.mean, std=data.std, precision=precision)
    assert again.accuracy == pytest.approx(history.test["accuracy"], abs=0.04)


def test_random_numbers_of_a_gpu_that_is_not_trained_on_stay():
    torch.cuda.manual_seed_all(5)
    expected = torch.rand(3, device="cuda")
    torch.cuda.manual_seed_all(5)
    train(tiny_network(), tiny_data(), tiny_recipe(epochs=1), device="cpu", progress=False)
    assert torch.equal(torch.rand(3, device="cuda"), expected)


def test_gpu_and_cpu_take_the_same_steps():
    """The order and the augmentation are drawn on the CPU: only rounding differs."""
    recipe = tiny_recipe(epochs=1, crop_padding=1, flip=True)
    networks = {device: tiny_network(dropout=0.0) for device in ("cpu", "cuda")}
    histories = [
        train(network, tiny_data(), recipe, device=device, progress=False) for device, network in networks.items()
    ]
    for mine, theirs in zip(*(history.loss_curve for history in histories), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-2)


def test_run_goes_on_from_a_checkpoint_on_the_gpu(tmp_path):
    data, recipe = tiny_data(), tiny_recipe(epochs=4, precision="float16")

    def stop(history):
        if len(history.epochs) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tiny_network(), data, recipe, progress=False, checkpoint=tmp_path / "run.pt", on_epoch_end=stop)
    history = train(tiny_network(), data, recipe, progress=False, checkpoint=tmp_path / "run.pt")
    assert [row["epoch"] for row in history.epochs] == [1, 2, 3, 4]


def test_memory_that_is_exhausted_names_the_batch_size():
    class Greedy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return torch.empty(1 << 50, device=x.device)

    with pytest.raises(TrainingError, match="Out of memory on cuda.*Try batch_size=16"):
        train(Greedy(), tiny_data(), tiny_recipe(), progress=False)
