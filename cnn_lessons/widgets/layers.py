"""The layer-stack calculator."""

import json

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Whole
from cnn_lessons.widgets.source import STATIC, module_source

# What layers there are, their fields and limits, and the presets: read by the page's module too.
STACK = json.loads((STATIC / "stack.json").read_text(encoding="utf-8"))
KINDS, PRESETS, LIMITS = STACK["kinds"], STACK["presets"], STACK["limits"]


class Layers(traitlets.TraitType):
    """A trait that holds a stack of layers as a list of dicts; what a layer leaves out takes its default."""

    def __init__(self, default: list[dict]) -> None:
        """Set the default."""
        super().__init__(default_value=[complete(layer) for layer in default])
        self.tag(sync=True)

    def validate(self, obj: traitlets.HasTraits, value: object) -> list[dict]:
        """Return ``value`` as a list of complete layers, or raise TraitError."""
        most = LIMITS["layers"][1]
        if not isinstance(value, list | tuple) or len(value) > most:
            got = f"{len(value)} layers" if isinstance(value, list | tuple) else f"{type(value).__name__} {value!r}"
            raise traitlets.TraitError(
                f"{type(obj).__name__}: {self.name} should be a list of at most {most} layers, "
                f'such as [{{"kind": "conv", "out_channels": 16}}, "relu"]; got {got}.'
            )
        layers = [{"kind": layer} if isinstance(layer, str) else layer for layer in value]
        for index, layer in enumerate(layers):
            problem = _problem_with(layer)
            if problem:
                raise traitlets.TraitError(f"{type(obj).__name__}: {self.name}[{index}]: {problem}")
        return [complete(layer) for layer in layers]


def complete(layer: dict) -> dict:
    """Return the layer with all fields of its kind."""
    full = {"kind": layer["kind"]}
    for name, field in KINDS[layer["kind"]]["fields"].items():
        default = full[field["default"]] if isinstance(field["default"], str) else field["default"]
        full[name] = layer.get(name, default)
    return full


def _problem_with(layer: object) -> str:
    """What keeps ``layer`` from being one, as "expected …, got …", or an empty text."""
    if not isinstance(layer, dict) or "kind" not in layer:
        return f'expected a kind or a dict such as {{"kind": "conv", "out_channels": 16}}, got {layer!r}.'
    if not isinstance(layer["kind"], str) or layer["kind"] not in KINDS:
        return f"expected a kind of {', '.join(KINDS)}, got {layer['kind']!r}."
    fields = KINDS[layer["kind"]]["fields"]
    for name, value in layer.items():
        if name == "kind":
            continue
        if name not in fields:
            return f"{layer['kind']} has no {name}; expected {', '.join(fields) or 'the kind alone'}."
        problem = _range_problem(value, fields[name])
        if problem:
            return f"{name}: {problem}"
    return ""


def _range_problem(value: object, field: dict) -> str:
    """What keeps ``value`` out of a field, or an empty text."""
    if "min" not in field:
        return "" if isinstance(value, bool) else f"expected True or False, got {value!r}."
    if isinstance(value, bool) or not isinstance(value, int) or not field["min"] <= value <= field["max"]:
        return f"expected a whole number from {field['min']} to {field['max']}, got {value!r}."
    return ""


class LayerStack(LessonWidget):
    """Stack layers and read what each one makes of a C×S×S image: shape, cost and receptive field.

    A layer that does not fit is no error here: the widget says what is wrong, and the reader can mend it there.

    Args:
        size: height and width of the input, 1 to 512.
        channels: channels of the input, 1 to 2048.
        layers: first to last, each the name of a kind or a dict with ``"kind"`` and fields: ``conv`` (out_channels,
            kernel_size, stride, padding, dilation, groups, bias), ``max_pool`` and ``avg_pool`` (kernel_size, stride,
            padding, ceil_mode), ``linear`` (out_features), ``global_pool``, ``batch_norm``, ``relu``, ``flatten``.
        preset: ready-made settings for what is not given: ``"first"``, the same as None, ``"vgg"``, ``"lenet"``,
            ``"alexnet"`` or ``"seminar"``.
        selected: index of the layer whose arithmetic is written out.
        compare: a second stack on the same input, whose totals stand below; empty for none.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.
        ValueError: if there is no such preset.

    Taught in: 03.
    """

    _tag = "cnn-layers"
    _esm = module_source(_tag)

    size = Whole(32, min=LIMITS["size"][0], max=LIMITS["size"][1]).tag(sync=True)
    channels = Whole(3, min=LIMITS["channels"][0], max=LIMITS["channels"][1]).tag(sync=True)
    layers = Layers(PRESETS["first"]["layers"])
    selected = Whole(0, min=0).tag(sync=True)
    compare = Layers([])

    def __init__(
        self,
        size: int | None = None,
        channels: int | None = None,
        layers: list | None = None,
        *,
        preset: str | None = None,
        **traits: object,
    ) -> None:
        """Take the preset, if there is one, then whatever else is given."""
        if preset is not None and preset not in list(PRESETS):
            raise ValueError(f"LayerStack: preset should be one of {', '.join(PRESETS)}; got {preset!r}.")
        settings = {name: value for name, value in PRESETS.get(preset, {}).items() if name != "title"}
        given = {"size": size, "channels": channels, "layers": layers}
        super().__init__(**settings | {name: value for name, value in given.items() if value is not None} | traits)

    def summary(self) -> str:
        """Input and number of layers in one sentence."""
        count = len(self.layers)
        return (
            f"Layer stack: input {self.channels}×{self.size}×{self.size}, {count} {'layer' if count == 1 else 'layers'}"
        )
