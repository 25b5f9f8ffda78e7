"""The chapters and the package on a GPU, as far as a machine without one can tell: everything that meets is on it."""

import json
import os
import subprocess
import sys

import machine
import pytest
import torch
from simulated_gpu import GPU, PRETENDED, OnGpu, SimulatedGpu
from test_devices import pairs
from tiny import tiny_data, tiny_network, tiny_recipe

from cnn_lessons import plots
from cnn_lessons.anatomy import trace
from cnn_lessons.training import train

# The first chapters put nothing on a device.
CHAPTERS = [path for path in sorted((machine.ROOT / "notebooks").glob("[01]*.ipynb")) if path.name > "05"]


@pytest.fixture
def gpu(monkeypatch):
    for owner, name, value in PRETENDED:
        monkeypatch.setattr(owner, name, value)
    with SimulatedGpu():
        yield GPU


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_leaves_nothing_on_the_wrong_device(chapter):
    done = subprocess.run(
        [sys.executable, "tests/gpu_session.py", chapter],
        cwd=machine.ROOT,
        env=os.environ | {"PYTHONPATH": str(machine.ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


def test_operations_stay_on_the_gpu(gpu):
    for ours, theirs in pairs("cuda"):
        assert ours.device == theirs.device == gpu
        torch.testing.assert_close(ours.cpu(), theirs.cpu(), rtol=1e-9, atol=1e-9)


def test_trace_reads_a_model_on_the_gpu(gpu):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)).cuda()
    assert [row.output_shape for row in trace(model, (3, 8, 8))] == [(8, 6, 6), (8, 6, 6)]
    assert model[0].weight.device == gpu


def test_training_on_the_gpu_takes_the_steps_of_the_cpu(gpu):
    recipe = tiny_recipe(epochs=2, crop_padding=1, flip=True, validation=40)
    made = {
        device: train(tiny_network(dropout=0.0), tiny_data(), recipe, device=device, progress=False)
        for device in ("cpu", "cuda")
    }
    assert made["cuda"].provenance["device"] == "cuda"
    for mine, theirs in zip(made["cpu"].loss_curve, made["cuda"].loss_curve, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4)


def test_plots_take_what_is_on_the_gpu(gpu):
    kernel = torch.nn.Conv2d(1, 1, 3).cuda().weight[0, 0]  # being learned, too
    for draw in (plots.images, plots.matrices):
        assert draw({"kernel": kernel}, alt="A kernel.").png()
    options = {"xlabel": "x", "ylabel": "y", "alt": "A line."}
    assert plots.curves({"row": kernel[0]}, x=kernel[1], **options).png()
    assert plots.histogram({"kernel": kernel}, **options).png()


def test_gpu_takes_a_network_there_and_back(gpu):
    network, picture = tiny_network(dropout=0.0).eval(), torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        expected = network(picture)
        network.to("cuda", memory_format=torch.channels_last)
        assert {weight.device for weight in network.state_dict().values()} == {gpu}
        torch.testing.assert_close(network(picture.cuda()).cpu(), expected)
        torch.testing.assert_close(network.cpu()(picture), expected)


def test_gpu_refuses_to_meet_the_cpu(gpu):
    here, there = torch.ones(3), torch.ones(3, device="cuda")
    assert isinstance(there, OnGpu) and (there + torch.tensor(1.0)).tolist() == [2, 2, 2]  # single numbers may meet it
    with pytest.raises(RuntimeError, match="on the same device"):
        here + there
    with pytest.raises(RuntimeError, match="on the same device"):
        torch.nn.Linear(3, 1)(there)
    with pytest.raises(RuntimeError, match="on the same device"):
        here[there > 0]
    for meet in (torch.tensor(0.0).add_, lambda loss: torch.stack([torch.tensor(0.0), loss])):
        with pytest.raises(RuntimeError, match="on the same device"):
            meet(there[0])
    assert there[here > 0].tolist() == [1, 1, 1]  # indices may come from the CPU
    with pytest.raises(TypeError, match="can't convert"):
        there.numpy()
