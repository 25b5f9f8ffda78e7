"""The chapters and the package on a GPU, as far as a machine without one can tell: everything that meets is on it."""

import json
import os
import re
import subprocess
import sys
from functools import partial

import machine
import pytest
import test_devices
import test_devices_training
import torch
from simulated_gpu import GPU, PRETENDED, OnGpu, SimulatedGpu
from tiny import tiny_network

from cnn_lessons import plots


def trains_on_a_gpu(chapter):
    """Whether a training in it leaves the device to `train`."""
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "code").splitlines()
    return any(re.search(r"\btrain\(", line) and 'device="cpu"' not in line for line in code)


CHAPTERS = list(filter(trains_on_a_gpu, sorted((machine.ROOT / "notebooks").glob("[01]*.ipynb"))))


def test_every_chapter_that_trains_is_tried():
    tried = [path.stem[:2] for path in CHAPTERS]
    assert tried == ["05", "06", "07", "08", "09", "11", "12"], "a new chapter that trains enters this list"


@pytest.fixture
def gpu(monkeypatch):
    for owner, name, value in PRETENDED:
        monkeypatch.setattr(owner, name, value)
    with SimulatedGpu():
        yield GPU


@pytest.fixture(scope="module")
def sessions():
    """What each chapter raised, and where it trained."""
    done = subprocess.run(
        [sys.executable, "tests/gpu_session.py", *CHAPTERS],
        cwd=machine.ROOT,
        env=os.environ | {"PYTHONPATH": str(machine.ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_leaves_nothing_on_the_wrong_device(chapter, sessions):
    said = sessions[str(chapter)]
    assert said["raised"] == {} and "cuda:0" in said["devices"]


@pytest.mark.parametrize(
    "holds",
    [
        partial(test_devices.test_operations_agree_with_torch_on_the_device_of_their_input, "cuda"),
        partial(test_devices.test_trace_reads_a_model_wherever_it_is, "cuda"),
        test_devices_training.test_gpu_and_cpu_take_the_same_steps,
    ],
)
def test_what_is_tried_on_a_gpu_holds_on_the_simulated_one(gpu, holds):
    holds()


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
