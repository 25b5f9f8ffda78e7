"""Runs chapters on the simulated GPU: test_simulated_gpu.py starts it. Torch is loaded once, for all of them.

    python gpu_session.py notebooks/05_mlp_against_cnn.ipynb notebooks/06_training.ipynb

What is tried is whether all that meets lies on one device. So a training is two steps of four pictures, a loop that
only repeats has two rounds, data sets are made up, assertions are not judged, and exercises left out. Writes
{"raised": {cell: what}, "devices": of the trainings} for each chapter to the standard output.
"""

import ast
import json
import multiprocessing
import os
import re
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import matplotlib
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from simulated_gpu import GPU, PRETENDED, SimulatedGpu

import cnn_lessons.data
from cnn_lessons import training
from cnn_lessons.training import loop, run

FEW = 4  # pictures of a batch, and of a set to score


class WithoutAssertions(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Expr(node.test), node)  # computed, and not judged


def made_up(name, **_):
    """In place of `load`: as many pictures as a recipe may hold out and more, of the form that the data set has."""
    data = cnn_lessons.data.shapes(5_100, 200)
    if "mnist" not in name:
        return replace(data, name=name)
    train, test = (cnn_lessons.data.Images(x[:, :1, 2:30, 2:30], y) for x, y in (data.train, data.test))
    return replace(data, train=train, test=test, mean=data.mean[:1], std=data.std[:1], name=name)


def short(run_class, devices):
    """Let a training be two epochs of one step, and let it look at a few pictures wherever it looks at many."""
    begin, step, score = run_class.__init__, run_class.step, run_class.score

    def begin_short(self, *args):
        begin(self, *args)
        devices.append(str(next(self.model.parameters()).device))
        self.steps_per_epoch, self.total = 1, 2

    run_class.__init__ = begin_short
    run_class.step = lambda self, at, record, images, labels: step(self, at, record, images[:FEW], labels[:FEW])
    run_class.score = lambda self, images, labels: score(self, images[:FEW], labels[:FEW])


def few_of(evaluate):
    """The same for the first few pictures."""
    return lambda model, images, labels, **options: evaluate(model, images[:FEW], labels[:FEW], **options)


def errors(cells) -> dict[int, str]:
    shell = InteractiveShell.instance()
    shell.ast_transformers.append(WithoutAssertions())
    found = {}
    for number, cell in enumerate(cells):
        source = "".join(cell["source"]).replace("torch.cuda.is_available()", "True")
        source = re.sub(r"for (_|epoch) in range\(\w+\):", r"for \1 in range(2):", source)
        if cell["cell_type"] == "code" and not source.startswith("# exercise:"):
            with capture_output():
                result = shell.run_cell(source)
            if error := result.error_before_exec or result.error_in_exec:
                found[number] = f"{type(error).__name__}: {error}"
    return found


def session(chapter):
    os.environ["CNN_LESSONS_BUDGET"] = "gpu"
    matplotlib.use("agg")
    warnings.simplefilter("always")
    loop.choose_device = lambda device: torch.device(device or GPU)
    for owner, name, value in PRETENDED:
        setattr(owner, name, value)
    cnn_lessons.data.load = made_up
    training.evaluate = few_of(training.evaluate)
    devices = []
    short(run.Run, devices)
    with SimulatedGpu():
        raised = errors(json.loads(Path(chapter).read_text(encoding="utf-8"))["cells"])
    return {"raised": raised, "devices": devices}


def alone(chapter):
    """What `session` tells, in a process of its own: nothing that a chapter changes reaches the next one."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as process:
        return process.submit(session, chapter).result()


if __name__ == "__main__":
    json.dump({chapter: alone(chapter) for chapter in sys.argv[1:]}, sys.stdout)
