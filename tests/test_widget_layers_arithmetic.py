"""The layer-stack calculator's arithmetic against torch.nn on the meta device and against the package."""

import math
import random

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from widget_harness import ask_node

from cnn_lessons.anatomy import trace
from cnn_lessons.arithmetic import conv_multiply_adds, conv_parameters, receptive_field
from cnn_lessons.widgets import LayerStack
from cnn_lessons.widgets.layers import KINDS, PRESETS, complete

CASES = 1200


def random_layer(r: random.Random) -> dict:
    kind = r.choice([*KINDS, "conv", "conv", "max_pool", "avg_pool", "relu", "batch_norm"])  # few stops
    kernel = r.randint(1, 7)
    layer = {"kind": kind, "kernel_size": kernel, "stride": r.randint(1, 4), "out_features": r.randint(1, 30)}
    if kind == "conv":
        layer |= {"out_channels": r.choice([1, 2, 3, 4, 6, 8]), "groups": r.choice([1, 1, 1, 2, 3, 4])}
        layer |= {"padding": r.randint(0, 3), "dilation": r.randint(1, 3), "bias": r.random() < 0.5}
    else:
        layer |= {"padding": r.randint(0, kernel // 2 + (r.random() < 0.05)), "ceil_mode": r.random() < 0.5}
    return complete({name: x for name, x in layer.items() if name == "kind" or name in KINDS[kind]["fields"]})


def random_stack(r: random.Random) -> dict:
    layers = [random_layer(r) for _ in range(r.randint(1, 5))]
    return {"size": r.randint(1, 60), "channels": r.choice([1, 2, 3, 4, 6]), "layers": layers}


def module_for(layer: dict, x: torch.Tensor) -> nn.Module:
    """The module of torch.nn that this layer stands for, on an input like ``x``."""
    options = {name: value for name, value in layer.items() if name != "kind"}
    if layer["kind"] == "conv":
        return nn.Conv2d(x.shape[1], **options)
    if layer["kind"] == "linear":
        if x.shape == (1, 1, 1, 1):  # the one map on which torch's Linear runs as if it were flat
            raise RuntimeError("the calculator asks for a Flatten here too")
        return nn.Linear(math.prod(x.shape[1:]), **options)
    if layer["kind"] == "global_pool":
        if x.dim() == 2:  # torch takes the batch for one map without a batch and pools over it
            raise RuntimeError("the calculator asks for a map")
        return nn.AdaptiveAvgPool2d(1)
    if layer["kind"] == "batch_norm":
        return nn.BatchNorm2d(x.shape[1])
    others = {"max_pool": nn.MaxPool2d, "avg_pool": nn.AvgPool2d, "relu": nn.ReLU, "flatten": nn.Flatten}
    return others[layer["kind"]](**options)


def torch_rows(stack: dict) -> tuple[list[dict], list[nn.Module]]:
    """Shape, parameters and multiply-adds of every layer up to the one that torch refuses."""
    x = torch.empty(1, stack["channels"], stack["size"], stack["size"], device="meta")
    rows, modules = [], []
    for layer in stack["layers"]:
        try:
            with torch.device("meta"), FlopCounterMode(display=False) as counter:
                module = module_for(layer, x).eval()
                x = module(x)
        except (RuntimeError, ValueError, IndexError):
            break
        modules.append(module)
        parameters = sum(parameter.numel() for parameter in module.parameters())
        multiply_adds = counter.get_total_flops() // 2
        rows.append({"shape": list(x.shape[1:]), "parameters": parameters, "multiply_adds": multiply_adds})
    return rows, modules


def shape_of(state: dict) -> list[int]:
    return [state["channels"], state["size"], state["size"]] if state["features"] is None else [state["features"]]


def js_traces(stacks: list[dict], folder) -> list[dict]:
    return ask_node("cnn-layers", "traceStack", [[stack] for stack in stacks], folder)


def windows(stack: dict, rows: list[dict]) -> list[tuple[int, int, int]]:
    """(kernel, stride, dilation) of the layers reached; what sees the whole map is a window as large as the map."""
    found, size = [], stack["size"]
    for layer, row in zip(stack["layers"], rows, strict=False):
        if layer["kind"] == "global_pool":
            found.append((size, size, 1))
        elif layer["kind"] == "linear":
            found.append((size, 1, 1))
        else:
            found.append((layer.get("kernel_size", 1), layer.get("stride", 1), layer.get("dilation", 1)))
        size = row["shape"][1] if len(row["shape"]) == 3 else 1 if layer["kind"] == "linear" else size
    return found


def test_stacks_match_torch_layer_by_layer(tmp_path):
    r = random.Random(0)
    stacks = [random_stack(r) for _ in range(CASES)]
    layers = refused = 0
    for stack, got in zip(stacks, js_traces(stacks, tmp_path), strict=True):
        expected, _ = torch_rows(stack)
        done = len(expected)
        layers += done
        reached = [row["after"] for row in got["rows"][:done]]
        for state, row in zip(reached, expected, strict=True):
            assert shape_of(state) == row["shape"], stack
            assert (state["parameters"], state["multiplyAdds"]) == (row["parameters"], row["multiply_adds"]), stack
        seen = windows(stack, expected)
        assert [state["field"] for state in reached] == [receptive_field(seen[: i + 1]) for i in range(done)], stack
        assert got["parameters"] == sum(row["parameters"] for row in expected)
        assert got["multiplyAdds"] == sum(row["multiply_adds"] for row in expected)
        refused += check_the_end(stack, got, done)
    assert layers >= 2000 and refused >= 300, (layers, refused)


def check_the_end(stack: dict, got: dict, done: int) -> bool:
    """Both reach the end, or stop at the same layer: one message there, silence below. Whether they stopped."""
    if done == len(stack["layers"]):
        assert got["stopped"] is None, (stack, got["rows"][got["stopped"]])
        return False
    assert got["stopped"] == done, (stack, got["stopped"], done)
    problem = got["rows"][done]["problem"]
    assert problem.endswith(".") and len(problem) > 30, problem
    assert all(row == {} for row in got["rows"][done + 1 :])
    return True


def test_traces_match_the_package(tmp_path):
    r = random.Random(1)
    stacks = [random_stack(r) for _ in range(400)]
    compared = 0
    for stack, got in zip(stacks, js_traces(stacks, tmp_path), strict=True):
        if got["stopped"] is not None:
            continue
        compared += 1
        _, modules = torch_rows(stack)
        shape = (stack["channels"], stack["size"], stack["size"])
        for row, traced in zip(got["rows"], trace(nn.Sequential(*modules), shape), strict=True):
            after = row["after"]
            assert tuple(shape_of(after)) == traced.output_shape, stack
            assert (after["parameters"], after["multiplyAdds"]) == (traced.parameters, traced.multiply_adds), stack
            assert (after["field"],) * 2 == traced.receptive_field, stack
    assert compared >= 100


def test_receptive_field_is_what_the_gradient_reaches(tmp_path):
    """On an input as large as the field one value sees all of it, and the next larger input has a pixel to spare."""
    r = random.Random(2)
    plain = {"padding": 0, "groups": 1, "out_channels": 1, "ceil_mode": False}
    stacks = []
    for _ in range(60):
        layers = [random_layer(r) | {"kind": r.choice(["conv", "avg_pool"])} for _ in range(r.randint(1, 4))]
        layers = [{k: v for k, v in (x | plain).items() if k in ("kind", *KINDS[x["kind"]]["fields"])} for x in layers]
        layers = [complete(layer) for layer in layers]
        size = receptive_field((x["kernel_size"], x["stride"], x.get("dilation", 1)) for x in layers)
        stacks.append({"size": size, "channels": 1, "layers": layers})
    for stack, got in zip(stacks, js_traces(stacks, tmp_path), strict=True):
        assert shape_of(got["end"])[1:] == [1, 1] and got["end"]["field"] == stack["size"]
        x = torch.rand(1, 1, stack["size"], stack["size"], dtype=torch.float64, requires_grad=True)
        y = x
        for layer in stack["layers"]:
            module = module_for(layer, y).double()
            for parameter in module.parameters():
                nn.init.constant_(parameter, 0.1)  # positive weights, so that no contribution cancels
            y = module(y)
        touched = torch.autograd.grad(y.sum(), x)[0][0, 0].nonzero()
        assert touched.min() == 0 and touched.max() == stack["size"] - 1, stack


def test_largest_stack_is_counted_exactly(tmp_path):
    layer = complete({"kind": "conv", "out_channels": 2048, "kernel_size": 15, "padding": 7})
    (got,) = js_traces([{"size": 512, "channels": 2048, "layers": [layer] * 32}], tmp_path)
    assert got["parameters"] == 32 * conv_parameters(2048, 2048, 15)
    assert got["multiplyAdds"] == 32 * conv_multiply_adds(512, 2048, 2048, 15, padding=7) < 2**53


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [{"kind": "conv", "kernel_size": 5, "dilation": 2}],
            "The kernel reaches over 9 pixels, the padded input has only 4. "
            "Take a smaller kernel or dilation, a larger input or more padding.",
        ),
        (
            [{"kind": "conv", "out_channels": 8, "groups": 4}],
            "Groups 4 must divide both the 6 channels that come in and the 8 that go out. Take 1 or 2.",
        ),
        (
            [{"kind": "max_pool", "kernel_size": 3, "padding": 2}],
            "Padding 2 is more than half of the kernel 3: a window could then lie in the padding alone. "
            "Take padding up to 1 or a larger kernel.",
        ),
        (
            [{"kind": "flatten"}, {"kind": "conv"}],
            "Conv2d needs a map of channels × height × width, and a flat vector of 96 numbers comes in. "
            "Move it above the Flatten.",
        ),
        ([{"kind": "linear"}], "Linear needs a flat vector, and a map of 6×4×4 comes in. Put a Flatten above it."),
    ],
)
def test_what_does_not_fit_gets_its_message(layers, message, tmp_path):
    (got,) = js_traces([{"size": 4, "channels": 6, "layers": [complete(layer) for layer in layers]}], tmp_path)
    assert got["rows"][-1]["problem"] == message


def test_presets_have_the_numbers_of_their_networks(tmp_path):
    widgets = {name: LayerStack(preset=name) for name in PRESETS}
    stacks = [{"size": w.size, "channels": w.channels, "layers": w.layers} for w in widgets.values()]
    got = dict(zip(widgets, js_traces(stacks, tmp_path), strict=True))
    assert got["lenet"]["parameters"] == 44_426 and shape_of(got["lenet"]["end"]) == [10]
    assert got["alexnet"]["parameters"] == 1_727_296 and shape_of(got["alexnet"]["end"]) == [2304]
    assert got["seminar"]["stopped"] == 9 and shape_of(got["seminar"]["end"]) == [128, 4, 4]
    vgg = widgets["vgg"]
    (seven,) = js_traces([{"size": 32, "channels": 64, "layers": vgg.compare}], tmp_path)
    three = got["vgg"]
    assert three["end"]["field"] == seven["end"]["field"] == 7
    assert (three["parameters"], seven["parameters"]) == (3 * (9 * 64 * 64 + 64), 49 * 64 * 64 + 64)
