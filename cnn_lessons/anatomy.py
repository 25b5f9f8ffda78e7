"""What a model is made of, read off the model itself: a table of its layers as one image passes through them.

The image is a tensor on the meta device, which has a shape and no values: nothing is computed, however large the model.
`follower.Follower` goes along with the tensors and keeps what each one sees of the input.
"""

import html
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_lessons.arithmetic import integer
from cnn_lessons.follower import Follower

COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "receptive field")


@dataclass(frozen=True)
class Row:
    """One layer.

    Args:
        name: path in the model, as in its state dict; "(model)" for the model itself.
        kind: class of the module.
        output_shape: without the batch dimension.
        parameters: numbers of this layer that are learned, or frozen, and that no earlier row has counted.
        multiply_adds: for one image; biases, normalisation and activations not counted.
        receptive_field: (height, width) in input pixels that one output value can see, padding counted, so that it may
            exceed the image; None where it is not defined.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, int] | None


class Trace(list[Row]):
    """The rows of a traced model, first to last; shows itself as a table with totals."""

    @property
    def parameters(self) -> int:
        """Parameters, learned or frozen, of the layers that the image passes."""
        return sum(row.parameters for row in self)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of these layers for one image."""
        return sum(row.multiply_adds for row in self)

    def cells(self) -> list[tuple[str, ...]]:
        """Return the table as text, totals last."""
        lines = [
            (
                row.name,
                row.kind,
                "×".join(map(str, row.output_shape)),
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
                "–" if row.receptive_field is None else "×".join(map(str, row.receptive_field)),
            )
            for row in self
        ]
        return [*lines, ("total", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}", "")]

    def __repr__(self) -> str:
        lines = [COLUMNS, *self.cells()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
        aligned = ("<", "<", ">", ">", ">", ">")
        return "\n".join(
            "  ".join(f"{c:{a}{w}}" for c, a, w in zip(line, aligned, widths, strict=True)) for line in lines
        )

    def _repr_html_(self) -> str:
        def line(cells: tuple[str, ...], *scopes: str) -> str:
            sides = ("left", "left", *["right"] * 4)
            return f"<tr>{''.join(_html_cell(*cell) for cell in zip(cells, sides, scopes, strict=True))}</tr>"

        body = "".join(line(cells, "row", *[""] * 5) for cells in self.cells())
        return f"<table><thead>{line(COLUMNS, *['col'] * 6)}</thead><tbody>{body}</tbody></table>"


def _html_cell(text: str, side: str, scope: str) -> str:
    """A cell of the table; `scope` is what it heads, "col" or "row", or "" where it heads nothing."""
    weight = ";font-weight:400" if scope == "row" else ""  # a row's header is one for screen readers, not for the eye
    tag, heads = ("th", f' scope="{scope}"') if scope else ("td", "")
    return f'<{tag}{heads} style="text-align:{side};padding:0.2em 0.7em{weight}">{html.escape(text)}</{tag}>'


def trace(model: nn.Module, input_shape: tuple[int, int, int]) -> Trace:
    """Send one image through a model and write down every layer that it passes.

    Residual paths are followed: where two paths meet, the wider receptive field counts. The model is traced in
    evaluation mode and left as it was. Convolutions and matrix products are what is counted as multiply-adds; those
    inside one of torch's own larger functions, such as attention, are not seen, nor are the parameters of a module
    that is not called itself, such as attention's last projection.

    Args:
        model: any module that takes a batch of images (N, C, H, W).
        input_shape: (C, H, W) of one image.

    Returns:
        A Trace, which is a list of Row(name, kind, output_shape, parameters, multiply_adds, receptive_field).

    Raises:
        ValueError: if `model` is no nn.Module, `input_shape` is not three positive integers, or the image does not fit
            through the model; the message names the layer where it stopped.

    Taught in: 03, 10.
    """
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise ValueError(f"input_shape: expected (channels, height, width), got {input_shape!r}")
    input_shape = tuple(integer(size, "input_shape", 1) for size in input_shape)
    if not isinstance(model, nn.Module):
        raise ValueError(f"trace: expected a model, an nn.Module, got {model!r:.60}. Are its parentheses missing?")
    recorder = _Recorder(model)
    training = {module: module.training for module in model.modules()}
    state = {name: value.detach().to("meta") for name, value in [*model.named_parameters(), *model.named_buffers()]}
    dtype = next((value.dtype for value in state.values() if value.is_floating_point()), torch.float32)
    try:
        model.eval()
        image = torch.empty(1, *input_shape, dtype=dtype, device="meta")
        with recorder, torch.no_grad(), torch.device("meta"), Follower(image) as recorder.follower:
            torch.func.functional_call(model, state, (image,))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        raise ValueError(f"trace: an image of shape {input_shape} stopped at {recorder.place()}: {error}") from error
    finally:
        for module, mode in training.items():
            module.training = mode
    return recorder.rows


class _Recorder:
    """Hooks on every module: they know where in the model the image is, and write a row when it leaves a layer."""

    def __init__(self, model: nn.Module):
        self.modules = dict(model.named_modules())
        self.rows, self.path, self.follower = Trace(), [], None
        self.own, counted = Counter(), set()
        for name, module in self.modules.items():
            for parameter in module.parameters(recurse=False):
                if parameter not in counted:  # a weight that two layers share is counted once
                    self.own[name] += parameter.numel()
                    counted.add(parameter)

    def __enter__(self):
        self.hooks = []
        for name, module in self.modules.items():
            self.hooks.append(module.register_forward_pre_hook(lambda module, args, name=name: self.enter(name)))
            self.hooks.append(
                module.register_forward_hook(lambda module, args, out, name=name: self.leave(name, module, out))
            )
        return self

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()

    def enter(self, name: str) -> None:
        self.path.append([name, self.follower.multiply_adds, 0])  # what was spent before; what the layers inside spend

    def leave(self, name: str, module: nn.Module, out) -> None:
        _, before, inside = self.path.pop()
        spent = self.follower.multiply_adds - before
        if self.path:
            self.path[-1][2] += spent
        multiply_adds, parameters = spent - inside, self.own.pop(name, 0)
        leaf = next(module.children(), None) is None
        if isinstance(out, tuple):  # of attention, of a recurrent layer: the first is what goes on
            out = next((each for each in out if isinstance(each, Tensor)), None)
        if isinstance(out, Tensor) and (leaf or parameters or multiply_adds):
            shape, field = tuple(out.shape[1:]), self.follower.receptive_field(out)
            self.rows.append(Row(name or "(model)", type(module).__name__, shape, parameters, multiply_adds, field))

    def place(self) -> str:
        """Return the innermost layer that the image has entered and not left."""
        name = self.path[-1][0] if self.path else ""
        return f"{name}, {self.modules[name]!r:.100}" if name else "the model's own forward"
