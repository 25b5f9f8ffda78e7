"""The layers of a module that hold parameters, whatever its author called them, and which of another's they match."""

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Size, Tensor, nn

from cnn_lessons.exercises.compare import Compared
from cnn_lessons.exercises.exercise import NotAsAsked

MOST_TERMS = 8  # layers whose counts are written out as one sum

UNSEEN = (
    "`{}` is a plain list or dict: PyTorch does not see the layers in it. Take nn.ModuleList, nn.ModuleDict or "
    "nn.Sequential."
)


@dataclass(frozen=True)
class Kind:
    """What a layer holds: the shapes of its own parameters and of its running statistics, each sorted."""

    parameters: tuple[Size, ...]
    statistics: tuple[Size, ...]

    @classmethod
    def of(cls, layer: nn.Module) -> "Kind":
        """Return the kind of a layer."""
        return cls(*(tuple(sorted((t.shape for _, t in own), reverse=True)) for own in own_tensors(layer)))

    def count(self) -> str:
        """Return the sum that counts its parameters: "16·3·3·3 + 16"."""
        shapes = sorted(self.parameters, key=lambda shape: (-len(shape), shape))
        return " + ".join("·".join(map(str, shape)) or "1" for shape in shapes)

    def total(self) -> int:
        """Return how many parameters it has."""
        return sum(map(prod, self.parameters))

    def told(self) -> str:
        """Return the layer in words, with its count."""
        return f"{self._words()} ({self.count()} = {self.total():,})"

    def _words(self) -> str:
        largest = max(self.parameters, key=len)
        bias = " with bias" if len(self.parameters) == 2 else " without bias"
        if len(largest) == 4:
            out, into, rows, columns = largest
            return f"a {rows}×{columns} convolution {into}→{out}{bias}"
        if len(largest) == 2:
            return f"a linear layer {largest[1]}→{largest[0]}{bias}"
        if self.statistics:
            return f"a batch normalisation of {largest[0]} channels"
        return f"parameters of shape {', '.join(str(tuple(shape)) for shape in self.parameters)}"


@dataclass(frozen=True)
class Layer:
    """One layer with parameters of its own: its name in the module, the module, its kind."""

    name: str
    module: nn.Module
    kind: Kind


class Layout(Compared):
    """How many layers of each kind a module holds. Two layouts are the same whatever the names and the order."""

    def __init__(self, module: nn.Module):
        self.layers = layers_of(module)
        self.unseen = _unseen(module)

    def parts(self) -> tuple:
        """Return the shapes of each layer's parameters and statistics, and what PyTorch does not see."""
        kinds = [[list(map(list, shapes)) for shapes in (k.parameters, k.statistics)] for k in self._kinds()]
        return kinds, self.unseen

    @classmethod
    def of_parts(cls, kinds: list, unseen: str | None) -> "Layout":
        """Return the layout of a module that is in another process."""
        layout = cls(nn.Module())
        layout.layers = [Layer("", nn.Module(), Kind(*(tuple(map(Size, s)) for s in kind))) for kind in kinds]
        layout.unseen = unseen
        return layout

    def _kinds(self) -> list[Kind]:
        return [layer.kind for layer in self.layers]

    def differs(self, got: Any) -> str | None:
        """Return which layers are missing or too many, with the arithmetic of the parameters."""
        mine, other = (Counter(layout._kinds()) for layout in (self, got))
        if mine == other:
            return None
        totals = [f"{layout._total()} parameters{layout._sum()}" for layout in (self, got)]
        lines = [f"expected {totals[0]}", f"got      {totals[1]}"]
        for what_of, kinds in (("missing", mine - other), ("not asked for", other - mine)):
            told = [f"{kinds[kind]} × " * (kinds[kind] > 1) + kind.told() for kind in _largest_first(kinds)]
            if told:
                lines.append(f"{what_of}: " + ", ".join(told[:4]) + (" …" if len(told) > 4 else ""))
        if got.unseen:
            lines.append(UNSEEN.format(got.unseen))
        elif not got.layers:
            lines.append("No layer with parameters is there: make them in `__init__`, as self.name = nn.Linear(…).")
        return "\n".join(lines)

    def _total(self) -> str:
        return f"{sum(layer.kind.total() for layer in self.layers):,}"

    def _sum(self) -> str:
        if not 0 < len(self.layers) <= MOST_TERMS:
            return ""
        return " = " + " + ".join(
            f"({layer.kind.count()})" if len(layer.kind.parameters) > 1 else layer.kind.count() for layer in self.layers
        )


def _largest_first(kinds: Counter[Kind]) -> list[Kind]:
    return sorted(kinds, key=lambda kind: (-max(map(len, kind.parameters)), -kind.total()))


def own_tensors(layer: nn.Module) -> tuple[list[tuple[str, Tensor]], list[tuple[str, Tensor]]]:
    """Return the named parameters and running statistics that belong to `layer` itself, not to its children."""
    statistics = [(name, t) for name, t in layer.named_buffers(recurse=False) if t.is_floating_point()]
    return list(layer.named_parameters(recurse=False)), statistics


def layers_of(module: nn.Module) -> list[Layer]:
    """Return the layers of `module` that have parameters of their own, in the order of registration."""
    return [Layer(name, layer, Kind.of(layer)) for name, layer in module.named_modules() if own_tensors(layer)[0]]


def fresh(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """Return what a function builds.

    Raises:
        NotAsAsked: if weights are the same ones each time: the check would overwrite those of a network in use.
    """
    again = copy.deepcopy((args, kwargs))  # of the arguments as they are before a first call
    module = function(*args, **kwargs)
    if isinstance(module, nn.Module) and not isinstance(function, type):
        other = function(*again[0], **again[1])
        own = set(map(id, module.parameters()))
        if isinstance(other, nn.Module) and any(id(weight) in own for weight in other.parameters()):
            raise NotAsAsked("your function returns the same layers each time. Build new ones inside it.")
    return module


def settle(module: nn.Module, *inputs: Tensor) -> None:
    """Let lazy layers, if there are any, take their shapes from what reaches them."""
    if any(map(nn.parameter.is_lazy, module.parameters())):
        with torch.no_grad():
            module.eval()(*(x.clone() for x in inputs))


def _unseen(module: nn.Module) -> str | None:
    """Return the name of an attribute that hides layers from PyTorch in a list or a dict."""
    known = set(module.modules())
    for part in module.modules():
        for name, value in vars(part).items():
            inside = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
            if not name.startswith("_") and any(isinstance(item, nn.Module) and item not in known for item in inside):
                return name
    return None


def roles(module: nn.Module, inputs: tuple[Tensor, ...]) -> dict[nn.Module, tuple[int, int]]:
    """Run `module` once and say of every layer when it worked and what it read.

    Args:
        module: it runs in the mode in which it is.
        inputs: what it is called with.

    Returns:
        By layer: its place in the order of work, and a number that two layers share if they are of one kind and read
        from layers that share theirs. So a layer is found again whatever its name, and wherever it was registered.
    """
    found, makers, hooks = {}, {}, []
    kinds = {layer.module: layer.kind for layer in layers_of(module)}

    def before(layer, given, by_name):
        values = [value for value in (*given, *by_name.values()) if isinstance(value, Tensor)]
        read = {maker for value in values for maker in _makers(value.grad_fn, makers)}
        role = hash((kinds[layer], tuple(sorted(found[maker][1] for maker in read))))
        found.setdefault(layer, (len(found), role))

    def after(layer, given, result):
        if isinstance(result, Tensor) and result.grad_fn is not None:
            makers[result.grad_fn] = layer

    for layer in kinds:
        if layer is not module:
            hooks += [layer.register_forward_pre_hook(before, with_kwargs=True), layer.register_forward_hook(after)]
    try:
        with torch.enable_grad():
            module(*(x.clone() for x in inputs))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _makers(node, makers: dict) -> set[nn.Module]:
    """Walk the graph back from `node` to the layers that were met first."""
    met, seen, waiting = set(), set(), [node]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in makers:
            met.add(makers[node])
        else:
            waiting += [following for following, _ in node.next_functions]
    return met
