"""The shape tracer: every network step by step against the models of the package, and where torch refuses."""

import copy
import functools
import json
import re

import pytest
import torch
import traitlets
from torch import nn
from widget_harness import ask_node, html_of

from cnn_lessons import models
from cnn_lessons.anatomy import trace
from cnn_lessons.widgets import ShapeTracer
from cnn_lessons.widgets.shapetracer import NETWORKS

ask = functools.partial(ask_node, "cnn-shapes")
SIZES = [8, 25, 26, 33, 34, 57, 63, 121, 224]
KINDS = {
    "conv": "Conv2d", "max_pool": "MaxPool2d", "avg_pool": "AvgPool2d", "adaptive_pool": "AdaptiveAvgPool2d",
    "batch_norm": "BatchNorm2d", "relu": "ReLU", "dropout": "Dropout", "linear": "Linear", "pad": "PadShortcut",
}  # fmt: skip
PARAMETERS = {  # 10 classes as in the tutorials; on ImageNet's pictures torchvision's 1,000
    "alexnet_cifar": 1_727_296 + 2_890_250,
    "alexnet": 61_100_840,
    "resnet18_cifar": 11_173_962,
    "resnet18": 11_689_512,
    "seminar": 2_263_722,
}
STATES = [  # a ResNet takes longer, and with adaptive pooling any size
    {"network": name, "size": size, "adaptive": on}
    for name in NETWORKS
    for on in (False, True)
    for size in (SIZES if "alexnet" in name else [33] if on else [25, 57, 224])
]


@functools.cache
def build(name: str, adaptive: bool) -> nn.Module:
    """The real network on the meta device, with the last pooling that is asked for."""
    with torch.device("meta"):
        if name == "alexnet_cifar":
            model = models.alexnet_cifar()
            model.features.extend([nn.AdaptiveAvgPool2d(3)] if adaptive else [])
        elif name == "alexnet":
            model = models.alexnet()
            model.avgpool = model.avgpool if adaptive else nn.Identity()
        else:
            small = {"resnet18_cifar": lambda: models.resnet18(10, "cifar"), "resnet18": models.resnet18}
            model = small[name]() if name in small else models.resnet_seminar(5)
            fixed = {"resnet18_cifar": 4, "resnet18": 7, "seminar": 8}  # T0-res, the paper at 224, T1-res
            model.avgpool = model.avgpool if adaptive else nn.AvgPool2d(fixed[name])
    return model.eval()


@functools.cache
def layers_of(network: str, adaptive: bool, size: int) -> tuple[list[dict], nn.Module | None, torch.Size | None]:
    """Every layer that the image passes, as it passes; then the one that stops it and the shape that came in there."""
    model, passed, entered = build(network, adaptive), [], []

    def enter(module, args):
        entered.append((module, args[0].shape))

    def leave(module, args, out):
        entered.pop()
        if not isinstance(module, nn.Identity):
            passed.append(describe(module, args[0].shape, out.shape))

    leaves = [module for module in model.modules() if next(module.children(), None) is None]
    hooks = [m.register_forward_pre_hook(enter) for m in leaves] + [m.register_forward_hook(leave) for m in leaves]
    try:
        with torch.no_grad():
            model(torch.empty(1, 3, size, size, device="meta"))
    except RuntimeError:
        return passed, *entered[-1]
    finally:
        for hook in hooks:
            hook.remove()
    return passed, None, None


def describe(module: nn.Module, before: torch.Size, after: torch.Size) -> dict:
    parameters = sum(parameter.numel() for parameter in module.parameters())
    found = {"kind": type(module).__name__, "shape": list(after[1:]), "parameters": parameters}
    if hasattr(module, "kernel_size"):
        found["window"] = [one(module.kernel_size), one(module.stride), one(module.padding)]
    if isinstance(module, nn.Linear):
        found["from"] = module.in_features
    if isinstance(module, nn.Conv2d):
        found["bias"] = module.bias is not None
    return found


def one(pair) -> int:
    return pair[0] if isinstance(pair, tuple) else pair


def described_by_page(run: dict) -> dict:
    layer, after = run["layer"], run["after"]
    shape = [after["channels"], after["size"], after["size"]] if after["features"] is None else [after["features"]]
    found = {"kind": KINDS[layer["kind"]], "shape": shape, "parameters": after["parameters"]}
    if "kernel" in layer:
        stride = layer.get("stride", 1 if layer["kind"] == "conv" else layer["kernel"])
        found["window"] = [layer["kernel"], stride, layer.get("padding", 0)]
    if layer["kind"] == "linear":
        found["from"] = layer["from"]
    if layer["kind"] == "conv":
        found["bias"] = layer.get("bias", True)
    return found


def test_every_layer_is_the_real_networks_at_every_size(tmp_path):
    stops = 0
    for state, got in zip(STATES, ask("traceShapes", [[state] for state in STATES], tmp_path), strict=True):
        passed, stopper, shape = layers_of(**state)
        runs = [run for row in got["rows"] for run in row.get("layers", []) if run["layer"]["kind"] != "flatten"]
        assert [described_by_page(run) for run in runs] == passed, state
        assert (got["stopped"] is None) == (stopper is None), state
        if stopper is None:
            continue
        stops += 1
        with pytest.raises(RuntimeError) as error:  # the layer alone, on the CPU: the meta device has other words
            copy.deepcopy(stopper).to_empty(device="cpu")(torch.zeros(shape))
        problem = got["rows"][got["stopped"]]["problem"]
        assert problem["torch"] in str(error.value), state  # some versions put "addmm: " in front
        assert all(set(row) == {"step"} for row in got["rows"][got["stopped"] + 1 :])
    assert stops >= 15


def test_parameters_are_those_of_the_facts_and_of_the_trace(tmp_path):
    states = [{"network": name, "size": NETWORKS[name]["size"], "adaptive": True} for name in NETWORKS]
    for state, got in zip(states, ask("traceShapes", [[state] for state in states], tmp_path), strict=True):
        traced = trace(build(state["network"], True), (3, state["size"], state["size"]))
        assert got["parameters"] == PARAMETERS[state["network"]] == traced.parameters
        assert sum(row["after"]["parameters"] for row in got["rows"]) == got["parameters"]


def test_sizes_that_fit_are_those_that_torch_takes(tmp_path):
    calls = [[name, on] for name in NETWORKS for on in (False, True)]
    for (name, on), spans in zip(calls, ask("fittingSizes", calls, tmp_path), strict=True):
        edges = {size + by for first, last in spans for size, by in ((first, -1), (first, 0), (last, 0), (last, 1))}
        for size in edges & set(range(8, 257)):
            fits = layers_of(name, on, size)[1] is None
            assert fits == any(first <= size <= last for first, last in spans), (name, on, size)
    found = dict(zip(map(tuple, calls), ask("fittingSizes", calls, tmp_path), strict=True))
    assert found["alexnet_cifar", False] == [[26, 33]]  # as the docstring of the model says
    assert found["alexnet", True] == [[63, 256]] and found["seminar", True] == [[8, 256]]
    assert found["seminar", False] == [[57, 120]]  # 8·7 + 1 to 8·15: a map of 8×8 to 15×15


def test_what_mends_a_stop_mends_it(tmp_path):
    kinds = set()
    for state, ways in zip(STATES, ask("mendings", [[state] for state in STATES], tmp_path), strict=True):
        passed, stopper, shape = layers_of(**state)
        assert bool(ways) == (stopper is not None)
        for way in ways:
            kinds.add(way[:12])
            check_way(way, state, len(passed), shape)
    assert kinds == {"Adaptive poo", "Or take an i", "Take a large", "Or write nn."}


def check_way(way: str, state: dict, passed: int, shape: torch.Size) -> None:
    """Do what the sentence says, and see that the network then runs, or gets further."""
    numbers = [int(number) for number in re.findall(r"\d+", way.replace("Pool2d", ""))]
    if way.startswith("Adaptive"):
        pool = next(m for m in build(state["network"], True).modules() if isinstance(m, nn.AdaptiveAvgPool2d))
        assert f"AdaptiveAvgPool2d({one(pool.output_size)})" in way
        assert layers_of(state["network"], True, state["size"])[1] is None, state
    elif way.startswith("Or take"):
        assert all(layers_of(**state | {"size": size})[1] is None for size in numbers), state
    elif way.startswith("Take a larger"):
        least = numbers[0]
        assert len(layers_of(**state | {"size": least})[0]) > passed
        assert len(layers_of(**state | {"size": least - 1})[0]) == passed
    else:
        stopper = layers_of(**state)[1]
        side = numbers[2]
        assert numbers == [shape[1], stopper.out_features, side, side] and shape[1] % side**2 == 0


def test_steps_that_stand_for_several_blocks_repeat_one_shape():
    for settings in NETWORKS.values():
        channels = None
        for step in settings["steps"]:
            if step.get("times", 1) > 1:
                assert "stride" not in step and step["to"] == channels
            channels = step["to"] if step["kind"] in ("conv", "block") else channels


def test_sums_are_written_out_and_right(tmp_path):
    states = [{"network": name, "size": 45, "adaptive": on} for name in NETWORKS for on in (False, True)]
    traces = ask("traceShapes", [[state] for state in states], tmp_path)
    runs = [run for got in traces for row in got["rows"] for run in row.get("layers", [])]
    for run, sums in zip(runs, ask("shapeSums", [[run] for run in runs], tmp_path), strict=True):
        names = [name for name, _, _ in sums]
        assert ("parameters" in names) == (run["after"]["parameters"] > 0)
        for _, text, result in sums:
            sum_in_python = re.sub(r"⌊(.*)⌋", r"math.floor(\1)", re.sub(r"⌈(.*)⌉", r"math.ceil(\1)", text))
            sum_in_python = sum_in_python.replace("·", "*").replace("−", "-")
            value = eval(sum_in_python, {"math": __import__("math")})
            assert f"{value:,}" == result, (text, result)
    first = {"layer": {"kind": "conv", "to": 64, "kernel": 3}, "before": {"channels": 3, "size": 32}}
    first["after"] = {"size": 30, "parameters": 1792, "features": None}
    (sums,) = ask("shapeSums", [[first]], tmp_path)
    assert sums[0] == ["size", "⌊(32 + 2·0 − 3) / 1⌋ + 1", "30"]


def test_spoken_step_says_what_the_table_shows(tmp_path):
    state = {"network": "seminar", "size": 32, "adaptive": False}
    (got,) = ask("traceShapes", [[state]], tmp_path)
    spoken = ask("spokenStep", [[i, got["rows"][i]] for i in (4, 10, 11)], tmp_path)
    assert spoken == [
        "Step 5, Stage 2: block to 32, stride 2, zero padding around it: output N×32×16×16, 14,016 parameters.",
        "Step 11, AvgPool2d 8×8: stops here. A window of 8×8 needs a map at least as large, and this one is 4×4.",
        "Step 12, Flatten: not reached.",
    ]


# ---- Python ---------------------------------------------------------------------------------------------------


def test_network_brings_its_own_size_and_pooling():
    assert (ShapeTracer().size, ShapeTracer().adaptive) == (32, False)
    assert (ShapeTracer("resnet18").size, ShapeTracer("resnet18").adaptive) == (224, True)
    widget = ShapeTracer(network="alexnet_cifar", size=64, adaptive=True, selected=3)
    assert (widget.size, widget.adaptive, widget.selected) == (64, True, 3)
    assert "Shape tracer: AlexNet for CIFAR on an input of 3×64×64" in html_of(widget)


def test_observe_hears_what_the_page_changes():
    heard = []
    widget = ShapeTracer()
    widget.observe(lambda change: heard.append((change["name"], change["new"])), widget.state_names())
    widget.set_state({"network": "seminar", "size": 40, "selected": 2})
    assert heard == [("network", "seminar"), ("size", 40), ("selected", 2)]


@pytest.mark.parametrize("settings", [{"size": 7}, {"size": 257}, {"selected": -1}, {"size": 2.5}, {"adaptive": 3}])
def test_bad_setting_is_refused_by_name(settings):
    with pytest.raises(traitlets.TraitError, match=next(iter(settings))):
        ShapeTracer(**settings)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="network should be one of alexnet_cifar, alexnet, .*; got 'vgg'"):
        ShapeTracer("vgg")
    with pytest.raises(TypeError, match="got unknown layer; expected network, size, adaptive, selected"):
        ShapeTracer(layer=3)


def test_networks_are_the_same_in_both_languages(tmp_path):
    states = ask("networkState", [[name] for name in NETWORKS], tmp_path)
    for widget, state in zip(map(ShapeTracer, NETWORKS), states, strict=True):
        assert state == json.loads(json.dumps(widget.get_state(widget.state_names())))
