"""Goes along with a model's tensors: how much of the input each one sees, and the multiply-adds spent on the way."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from cnn_lessons.arithmetic import pair

REARRANGING = {  # functions that move values about without mixing places
    *("flatten", "view", "reshape", "permute", "transpose", "squeeze", "unsqueeze", "unflatten"),
    *("cat", "concat", "stack", "chunk", "split", "pad", "expand"),
    "__get__",  # x.mT and its like
}
MIXING = {"linear", "matmul", "mm", "bmm", "multi_head_attention_forward", "scaled_dot_product_attention"}
UNCLEAR = {"conv_transpose2d", "conv1d", "conv3d", "einsum", "addmm", "baddbmm"}  # depends on the place, or on the axes


@dataclass(frozen=True)
class Sight:
    """What a map of values sees of the input along one axis.

    Args:
        field: input pixels that one value depends on, around its own place.
        jump: input pixels between two neighbouring values.
        places: values along the axis.
        whole: input pixels that all of its values depend on, wherever they are, behind a gate or a global mean; or 0.
    """

    field: int
    jump: int
    places: int
    whole: int = 0

    @property
    def seen(self) -> int:
        """Input pixels that one value depends on, by either way."""
        return max(self.field, self.whole)

    def window(self, kernel: int, stride: int, dilation: int, places: int) -> "Sight":
        """Return the sight after a window has slid over the axis."""
        return Sight(self.field + dilation * (kernel - 1) * self.jump, self.jump * stride, places, self.whole)

    def everything(self) -> "Sight":
        """Return the sight of one value that depends on the whole axis."""
        return self.window(self.places, 1, 1, 1)


class Follower(TorchFunctionMode):
    """While it is on, every torch function hands the sight of its inputs on to its outputs; costs are added up."""

    def __init__(self, image: Tensor):
        super().__init__()
        self.multiply_adds = 0
        self.sights = WeakTensorKeyDictionary()
        self.sights[image] = tuple(Sight(1, 1, size) for size in image.shape[2:])

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        out = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        for result in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(result, Tensor):
                self.multiply_adds += COSTS.get(name, _free)(result, *args, **kwargs)
                seen = [self.sights[value] for value in _tensors([*args, *kwargs.values()]) if value in self.sights]
                if seen:
                    self.sights[result] = None if None in seen else self._sight(name, result, seen, args, kwargs)
        return out

    def receptive_field(self, tensor: Tensor) -> tuple[int, int] | None:
        """Return (height, width) in input pixels, or None if the tensor does not come from the image by known ways."""
        sight = self.sights.get(tensor)
        return sight and (sight[0].seen, sight[1].seen)

    def _sight(self, name: str, out: Tensor, seen: list, args: tuple, kwargs: dict) -> tuple[Sight, Sight] | None:
        """Return the sight of a result of inputs that have `seen` these; None if it is not known."""
        sight = tuple(_meet(*axis) for axis in zip(*seen, strict=True))
        if name in WINDOWS:
            steps = WINDOWS[name](*args, **kwargs)
            return tuple(
                one.window(*step, places) for one, step, places in zip(sight, steps, out.shape[-2:], strict=True)
            )
        if name in ("mean", "sum", "amax"):
            gone = _reduced(*args, **kwargs)
            return tuple(one.everything() if axis in gone else one for axis, one in zip((2, 3), sight, strict=True))
        if name in UNCLEAR:
            return None
        places = tuple(one.places for one in sight)
        if name == "linear" and tuple(args[0].shape[1:-1]) in (places, (math.prod(places),)):
            return sight  # over the channels, place by place, as a 1×1 convolution
        if name in MIXING:
            return tuple(one.everything() for one in sight)
        if name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
            return tuple(_adaptive(one, places) for one, places in zip(sight, out.shape[-2:], strict=True))
        if name == "__getitem__" and out.dim() == 4:  # x[:, :, ::2, ::2], the parameter-free shortcut
            steps = _slice_steps(args[1])
            return tuple(
                replace(one, jump=one.jump * step, places=places)
                for one, step, places in zip(sight, steps, out.shape[-2:], strict=True)
            )
        if _over_the_map(name, *args, **kwargs):
            return tuple(replace(one, whole=one.everything().seen) for one in sight)
        same_shape = any(out.shape == value.shape for value in _tensors(args))
        return sight if same_shape or name in REARRANGING else None


def _tensors(values) -> list[Tensor]:
    found = []
    for value in values:
        found += [value] if isinstance(value, Tensor) else _tensors(value) if isinstance(value, (tuple, list)) else []
    return found


def _meet(*paths: Sight) -> Sight:
    """Return the sight where paths meet: that of the widest; a gate's one value goes to all of its places."""
    widest = max(paths, key=lambda one: (one.places > 1, one.field))
    return replace(widest, whole=max(one.seen if one.places == 1 else one.whole for one in paths))


def _over_the_map(name: str, *args, **kwargs) -> bool:
    """Return whether a normalisation takes its mean over the whole map, in evaluation too."""
    if name == "layer_norm":
        return len(args[1] if len(args) > 1 else kwargs["normalized_shape"]) > 1
    from_input = args[5] if len(args) > 5 else kwargs.get("use_input_stats", True)
    return name == "group_norm" or (name == "instance_norm" and from_input)


def _adaptive(one: Sight, places: int) -> Sight:
    """Return the sight after adaptive pooling: its widest window, and the mean step."""
    widest = max(-(-(i + 1) * one.places // places) - i * one.places // places for i in range(places))
    return replace(one.window(widest, 1, 1, places), jump=one.jump * max(1, one.places // places))


def _slice_steps(index) -> tuple[int, int]:
    """Return the steps of the last two of four axes, as an index takes them: x[:, :, ::2, ::2] has (2, 2)."""
    index = index if isinstance(index, tuple) else (index,)
    dots = next((place for place, each in enumerate(index) if each is Ellipsis), len(index))
    front, back = index[:dots], index[dots + 1 :]
    whole = (slice(None),) * (4 - len(front) - len(back))  # axes that are not named
    return tuple(each.step or 1 if isinstance(each, slice) else 1 for each in (*front, *whole, *back)[2:4])


def _reduced(x: Tensor, dim=None, *args, axis=None, **kwargs) -> set[int]:
    """Return the axes, of height and width, that a mean, sum or maximum goes over."""
    dim = axis if dim is None else dim
    if dim is None or x.dim() < 4:
        return {2, 3}
    return {axis % x.dim() for axis in (dim if isinstance(dim, (tuple, list)) else (dim,))} & {2, 3}


def _conv_steps(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return zip(weight.shape[2:], pair(stride, "stride", 1), pair(dilation, "dilation", 1), strict=True)


def _pool_steps(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, **options):
    kernel = pair(kernel_size, "kernel_size", 1)
    return zip(kernel, pair(stride, "stride", 1) if stride else kernel, pair(dilation, "dilation", 1), strict=True)


def _average_steps(input, kernel_size, stride=None, *options, **named):
    return _pool_steps(input, kernel_size, stride)


def _free(out: Tensor, /, *args, **kwargs) -> int:
    return 0


def _conv_cost(out: Tensor, /, input, weight, *args, **kwargs) -> int:
    return out.numel() * math.prod(
        weight.shape[1:]
    )  # each output value: one multiply-add for each weight of its filter


def _transposed_cost(out: Tensor, /, input, weight, *args, **kwargs) -> int:
    return input.numel() * math.prod(weight.shape[1:])  # each input value is spread by each weight of its filters


def _linear_cost(out: Tensor, /, input, weight, *args, **kwargs) -> int:
    return out.numel() * weight.shape[-1]


def _einsum_cost(out: Tensor, /, equation: str, *operands) -> int:
    """Each result sums products over the letters that do not stand behind the arrow."""
    operands = operands[0] if isinstance(operands[0], (tuple, list)) else operands
    terms, arrow, kept = equation.replace(" ", "").partition("->")
    letters = "".join(terms.split(",")).replace(".", "")
    kept = kept if arrow else [letter for letter in letters if letters.count(letter) == 1]
    sizes = {}
    for term, operand in zip(terms.split(","), operands, strict=True):
        front, _, back = term.partition("...")
        sizes |= dict(zip(front, operand.shape, strict=False))
        sizes |= dict(zip(reversed(back), reversed(operand.shape), strict=False))
    return out.numel() * math.prod(size for letter, size in sizes.items() if letter not in kept) * (len(operands) > 1)


def _addmm_cost(out: Tensor, /, added, *args, **kwargs) -> int:
    left = args[0] if args else kwargs.get("mat1", kwargs.get("batch1"))
    return out.numel() * left.shape[-1]


def _matmul_cost(out: Tensor, /, left, *args, **kwargs) -> int:
    return out.numel() * left.shape[-1]


WINDOWS: dict[str, Callable] = {
    "conv2d": _conv_steps,
    "max_pool2d": _pool_steps,
    "avg_pool2d": _average_steps,
}
COSTS: dict[str, Callable] = {
    "conv1d": _conv_cost,
    "conv2d": _conv_cost,
    "conv3d": _conv_cost,
    "conv_transpose2d": _transposed_cost,
    "linear": _linear_cost,
    "matmul": _matmul_cost,
    "__matmul__": _matmul_cost,
    "bmm": _matmul_cost,
    "mm": _matmul_cost,
    "addmm": _addmm_cost,
    "baddbmm": _addmm_cost,
    "einsum": _einsum_cost,
}
