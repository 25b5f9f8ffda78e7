"""Check an answer that builds a module: a function that returns one, or a class deriving from nn.Module.

An author writes the exercise like any other; only the cases are made by `built`:

    class _Block(nn.Module):                      # the oracle: torch's own layers, in plain order
        def __init__(self, in_channels, out_channels, stride=1): ...
        def forward(self, x): ...

    def _cases(random):
        x = integers(random, 1, 2, 3, 4)
        yield built(random, _Block, x, 2, 2, zero=("bn2",))   # the branch gives 0: ReLU(shortcut) is left
        yield built(random, _Block, x, 2, 3, stride=2)
        while True: ...                                       # random sizes: H≠W, C_in≠C_out, batch of 2

    BASIC_BLOCK = Exercise(
        name="BasicBlock", parameters="in_channels, out_channels, stride=1",
        forward="x",                              # makes it a class; leave it out for a function that builds
        cases=first(8, _cases), expected=_Block, compared=COMPARED,
        mistakes=(Mistake("You subtract …", _Subtracts), …),  # `produces` is a wrong module, built like the right one
        …)

Each case builds the answer with the same arguments as the oracle, in float64, gives it the oracle's weights, and
compares in this order: which layers there are (the message counts the parameters) · the result in eval mode · then in
training mode the result, the gradient of every input and of every parameter, the running statistics. The message shows
the first that differs; a mistake is named where its module first differs in the same finding, in the same way.
Layers are matched by what they are and by what they read from (`layout.roles`), so names, nn.Sequential, functional
ReLU and the order of registration are free. Where one layer holds several tensors of one shape (a batch normalisation
from scratch), those with the oracle's names, or with usual other ones, are matched by name, the rest in order. Dropout
is seeded: the same masks if it stands in the same places.
Six to eight cases are plenty: each builds and runs small modules several times.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from cnn_lessons.exercises.compare import show
from cnn_lessons.exercises.exercise import Case, Exercise, NotAsAsked
from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.layout import Layer, Layout, fresh, layers_of, own_tensors, roles, settle

COMPARED = "layers, values, gradients and running statistics, in eval mode and in training mode"
# What the figures of a batch normalisation are called by those who write one of their own.
OTHER_NAMES = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "var"}
UNUSED = Told("none arrives. Does `forward` use this layer, without detach() and no_grad()?")
IN_PLACE = Told(
    "cannot be computed: an operation in place (inplace=True, +=, relu_) has overwritten a value that is still needed."
)
CUT = Told("cannot be computed: something between input and result cuts the path. detach(), no_grad(), .item()?")


def built(random: Random, oracle: Callable, inputs: Any, *args: Any, zero: tuple[str, ...] = (), **kwargs: Any):
    """Return a case that builds a module, gives it the oracle's weights, and runs it on `inputs`.

    Args:
        random: source of the weights and running statistics.
        oracle: builds the right module from `args` and `kwargs`; it is built here, before any answer runs.
        inputs: what forward gets, float64: a tensor, or a tuple of them.
        args: what the answer is built with, by position.
        zero: the oracle's names of layers ("bn2", or "0.conv1") whose parameters are to be 0.
        kwargs: what the answer is built with, by name.

    Returns:
        A Case for `Exercise.cases`.
    """
    reference = oracle(*args, **kwargs).double()
    generator = torch.Generator().manual_seed(random.getrandbits(63))
    with torch.no_grad():
        for layer in layers_of(reference):
            _fill(layer, generator)
            if layer.name in zero:
                for parameter in layer.module.parameters(recurse=False):
                    parameter.zero_()
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    return BuiltCase(_Reference(reference, inputs), inputs, args, kwargs)


def _fill(layer: Layer, generator: torch.Generator) -> None:
    """Draw weights that tell layers apart and keep the results of the size of the inputs; variances above 0."""
    parameters, statistics = own_tensors(layer.module)
    for name, tensor in parameters + statistics:
        fan_in = tensor[0].numel() if tensor.dim() > 1 else 1
        tensor.normal_(0, fan_in**-0.5, generator=generator)
        if name.endswith("var"):
            tensor.uniform_(0.5, 2, generator=generator)
        elif tensor.dim() == 1 and name.endswith("weight"):
            tensor.abs_().add_(0.5)


class _Reference:
    """The oracle's module with its weights: what a case needs to know about it."""

    def __init__(self, module: nn.Module, inputs: tuple[Tensor, ...]):
        self.layout = Layout(module)
        self.roles = roles(module.eval(), inputs)

    def matched(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> list[tuple[Layer, Layer]]:
        """Pair the layers of the oracle with those of `module`, whose layout is the same."""
        other = roles(module.eval(), inputs)
        pairs, free = [], _by_work(layers_of(module), other)
        rest = []
        for mine in _by_work(self.layout.layers, self.roles):
            role = self.roles.get(mine.module, (0, None))[1]
            same = [layer for layer in free if other.get(layer.module, (0, None))[1] == role is not None]
            if same:
                free.remove(same[0])
                pairs.append((mine, same[0]))
            else:
                rest.append(mine)
        for mine in rest:  # by kind, in the order of work
            layer = next(layer for layer in free if layer.kind == mine.kind)
            free.remove(layer)
            pairs.append((mine, layer))
        order = {layer.name: place for place, layer in enumerate(self.layout.layers)}
        return sorted(pairs, key=lambda pair: order[pair[0].name])


def _by_work(layers: list[Layer], worked: dict) -> list[Layer]:
    """Sort layers by when they worked; those that did not come last, as they were registered."""
    return sorted(layers, key=lambda layer: worked.get(layer.module, (len(layers), 0))[0])


class BuiltCase(Case):
    """Build a module, copy the oracle's weights into it, run it in both modes. `built` makes such cases."""

    def __init__(self, reference: _Reference, inputs: tuple[Tensor, ...], args: tuple, kwargs: dict):
        super().__init__(*args, **kwargs)
        self.reference, self.inputs = reference, inputs

    def copy(self, requires_grad: bool = False) -> "BuiltCase":
        """Return the same case with its own arguments and inputs."""
        own = super().copy()
        return BuiltCase(self.reference, tuple(x.clone() for x in self.inputs), own.args, own.kwargs)

    def values(self) -> list[Any]:
        """Return what the module is built with and what it runs on."""
        return [*super().values(), *self.inputs]

    def told(self, exercise: Exercise) -> str:
        """Return "on BasicBlock(2, 3, stride=2) with x = …"."""
        build = [*map(show, self.args), *(f"{name}={show(value)}" for name, value in self.kwargs.items())]
        names = [name.strip() for name in (exercise.forward or "x").split(",")]
        given = ", ".join(f"{name} = {show(x)}" for name, x in zip(names, self.inputs, strict=True))
        return f"on {exercise.name}({', '.join(build)}) with {given}"

    def call(self, function: Callable) -> Findings:
        """Return the findings on the module that `function` builds.

        Raises:
            NotAsAsked: if it builds something else.
        """
        pristine = tuple(x.clone() for x in self.inputs)
        module = fresh(function, *self.args, **self.kwargs)
        if not isinstance(module, nn.Module):
            raise NotAsAsked(f"expected an nn.Module to be built, got {type(module).__name__}. {advice_on(module)}")
        module = module.cpu().double()
        settle(module, *pristine)
        layout = Layout(module)
        findings = Findings({"the layers with parameters": layout})
        if self.reference.layout.differs(layout):
            return findings
        pairs = list(_tensor_pairs(self.reference.matched(module, pristine)))
        _load(module, pairs)
        torch.default_generator.manual_seed(0)
        findings["the result in eval mode"] = module.eval()(*self.inputs)  # the case's own: a change of them shows
        if isinstance(findings["the result in eval mode"], Tensor):
            _add_statistics(module, pairs, findings, "after a run in eval mode")
            _load(module, pairs)
            torch.default_generator.manual_seed(0)
            _train(module.train(), pristine, pairs, findings)
        return findings


def advice_on(got: Any) -> str:
    """Return what to do about an answer that handed back this instead of a module; "" where nobody knows."""
    if got is None:
        return "Does the function end in `return`?"
    if isinstance(got, (list, tuple)):
        return "nn.Sequential(*layers) makes one module of them."
    if isinstance(got, type) and issubclass(got, nn.Module):
        return "Build it: add ()."
    return "" if isinstance(got, Tensor) else "A class begins with class Name(nn.Module):"


def _tensor_pairs(layers: list[tuple[Layer, Layer]]) -> Iterator[tuple[str, str, Tensor, Tensor]]:
    """Yield the oracle's name and the answer's name of every tensor, and both tensors."""
    for mine, other in layers:
        for known, own in zip(own_tensors(mine.module), own_tensors(other.module), strict=True):
            free = dict(own)
            for name, tensor in known:
                fitting = [n for n in free if free[n].shape == tensor.shape]
                alike = [n for n in fitting if OTHER_NAMES.get(name, name) in n.lower()]
                chosen = name if name in fitting else (alike or fitting)[0]
                names = [f"{layer.name}.{n}".lstrip(".") for layer, n in ((mine, name), (other, chosen))]
                yield *names, tensor, free.pop(chosen)


def _load(module: nn.Module, pairs: list[tuple[str, str, Tensor, Tensor]]) -> None:
    with torch.no_grad():
        for _, name, tensor, own in pairs:
            _now(module, name, own).copy_(tensor)


def _now(module: nn.Module, name: str, own: Tensor) -> Tensor:
    """Return a tensor of the answer as it is now: a run may have put new running statistics in the place of the old."""
    return own if isinstance(own, nn.Parameter) else module.get_buffer(name)


def _train(module: nn.Module, inputs: tuple[Tensor, ...], pairs: list, findings: Findings) -> None:
    """Add what one training step sees: result, gradients, running statistics."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    result = module(*(leaf.clone() for leaf in leaves))  # not the leaves, so that an in-place layer is no error
    findings["the result in training mode"] = result
    if not isinstance(result, Tensor):
        return
    parameters = {key: own for key, _, _, own in pairs if isinstance(own, nn.Parameter)}
    wanted = {f"the gradient of input {i}" if i else "the gradient of the input": x for i, x in enumerate(leaves)}
    wanted |= {f"the gradient of {key}": own for key, own in parameters.items()}
    findings.labels |= {f"the gradient of {key}": f"the gradient of {name}" for key, name, *_ in pairs}
    for key, gradient in zip(wanted, _gradients(result, list(wanted.values())), strict=True):
        findings[key] = (UNUSED if gradient is None else gradient) if result.requires_grad else CUT
    _add_statistics(module, pairs, findings, "after a training step")


def _add_statistics(module: nn.Module, pairs: list, findings: Findings, when: str) -> None:
    for key, name, _, own in pairs:
        if not isinstance(own, nn.Parameter):
            findings[f"{key} {when}"] = _now(module, name, own).clone()
            findings.labels[f"{key} {when}"] = f"{name} {when}"


def _gradients(result: Tensor, of: list[Tensor]) -> list[Tensor | Told | None]:
    """Return the gradients of a weighted sum of the result, or why there are none."""
    weights = torch.linspace(-1, 2, result.numel(), dtype=result.dtype, device=result.device).reshape(result.shape)
    try:
        return list(torch.autograd.grad((result * weights).sum(), of, allow_unused=True))
    except RuntimeError as error:  # a value is gone, or there is no path at all
        return [IN_PLACE if "inplace operation" in str(error) else None] * len(of)
