"""Say how a value differs from the expected one, in the words of a learner's mistake."""

import operator
from typing import Any

import numpy
import torch
from torch import Tensor, isclose, nn, return_types
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader

RTOL, ATOL = 1e-6, 1e-9
FROM_THE_START = (
    "make the result in the input's dtype from the start, x.new_zeros(…). Converting at the end does not bring back "
    "lost digits."
)
SMALL = 24  # values that are shown one by one


class Compared:
    """What several findings make up together, and compares itself: `findings.Findings`, `layout.Layout`."""

    def differs(self, got: Any) -> str | None:
        """Return None if `got` is the same, else what is different about it."""
        raise NotImplementedError

    def parts(self) -> tuple:
        """Return plain data that `of_parts` makes an equal object of, in another process."""
        raise NotImplementedError

    @classmethod
    def of_parts(cls, *parts: Any) -> "Compared":
        """Return the object that `parts` tells of."""
        return cls(*parts)


def difference(expected: Any, got: Any, what: str = "the result") -> str | None:
    """Return None if `got` is right, else a sentence that says what is wrong with it."""
    if got is None:
        return None if expected is None else f"{what} is None. Does every path end in `return`?"
    if expected is None:
        return f"expected nothing, None, got {show(got)}"
    if isinstance(expected, Compared):
        return expected.differs(got)
    if isinstance(expected, dict):
        return _mapping(expected, got)
    if isinstance(expected, (tuple, list)):
        return _sequence(expected, got, what)
    if isinstance(expected, Tensor):
        return _tensor(expected, got, what)
    return _number(expected, got)


def same(expected: Any, got: Any) -> bool:
    """Return whether two results are equal within rounding, types included."""
    return difference(expected, got) is None


def identical(before: Any, after: Any) -> bool:
    """Return whether two values are equal bit by bit, tensors inside lists and dicts among them."""
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and torch.equal(before, after)
    if type(before) is not type(after):  # to ask == might ask an answer's own class, or a numpy array
        return False
    if not isinstance(before, (list, tuple, dict)):
        return before == after
    if isinstance(before, dict):
        return list(before) == list(after) and all(identical(before[key], after[key]) for key in before)
    return len(before) == len(after) and all(map(identical, before, after))


def show(value: Any, digits: int = 4) -> str:
    """Write a value for a message: small tensors in full, with `digits` figures, large ones by their shape."""
    if isinstance(value, (nn.Module, LRScheduler, type)):
        return _name(value)
    if isinstance(value, torch.optim.Optimizer):
        return f"{_name(type(value))}(lr={value.param_groups[0]['lr']:g})"
    if isinstance(value, DataLoader):
        return f"{len(value.dataset)} images in batches of {value.batch_size}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {show(item)}" for key, item in value.items()) + "}"
    if not isinstance(value, Tensor):
        return repr(value)
    if value.numel() > SMALL:
        return f"a tensor of shape {tuple(value.shape)}"
    return str(_rounded(value.detach().tolist(), digits))


def _name(value: Any) -> str:
    """Return the name of a class, or of a module's class."""
    return getattr(value, "told", None) or getattr(value, "__name__", type(value).__name__)


def _rounded(value, digits: int):
    if isinstance(value, list):
        return [_rounded(item, digits) for item in value]
    if isinstance(value, float):
        value = value if value.is_integer() else float(f"{value:.{digits}g}")
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    return value


def _both(expected: Tensor, got: Tensor) -> str:
    """Write two unequal tensors with as many figures as it takes to tell them apart."""
    for digits in (4, 9, 17):
        texts = show(expected, digits), show(got, digits)
        if texts[0] != texts[1]:
            break
    return f"expected {texts[0]}\ngot      {texts[1]}"


def _mapping(expected: dict, got) -> str | None:
    if not isinstance(got, dict):
        return f"expected a dict, got {type(got).__name__}"
    missing, more = ([key for key in one if key not in other] for one, other in ((expected, got), (got, expected)))
    if missing or more:
        return "\n".join(
            f"{len(keys)} keys {what}, the first is {keys[0]!r}"
            for keys, what in ((missing, "are missing"), (more, "should not be there"))
            if keys
        )
    for key, value in expected.items():
        found = difference(value, got[key], f"the value of {key!r}")
        if found:
            return f"at the key {key!r}:\n{found}"
    return None


def _sequence(expected, got, what: str) -> str | None:
    kind = "elements in a list" if isinstance(expected, list) else "results as a tuple"
    wanted, each = f"{len(expected)} {kind}", "element" if isinstance(expected, list) else "result"
    if not isinstance(got, (tuple, list)):
        return f"expected {wanted}, got {type(got).__name__}"
    if len(got) != len(expected):
        return f"expected {wanted}, got {len(got)}"
    for index, pair in enumerate(zip(expected, got, strict=True)):
        name = f"{what}, element {index}" if what.startswith("result") else f"{each} {index}"
        found = difference(*pair, name)
        if found:
            return found if found.startswith(name) else f"{name}: {found}"
    return None


def _number(expected, got) -> str | None:
    if isinstance(got, Tensor) and got.numel() != 1:
        return f"expected a number, got a tensor of shape {tuple(got.shape)}"
    if isinstance(got, numpy.bool_):
        got = bool(got)
    if isinstance(expected, bool) or isinstance(got, (bool, str)):
        right = type(got) is type(expected) and got == expected
        return None if right else f"expected {expected!r}, got {got!r}"
    try:
        value = operator.index(got) if isinstance(expected, int) else float(got)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last: complex
        kind = "an integer" if isinstance(expected, int) else "a number"
        return f"expected {kind}, {expected}, got {got!r} ({type(got).__name__})"
    rounding = 0 if isinstance(expected, int) else ATOL + RTOL * abs(expected)
    return None if value == expected or abs(value - expected) <= rounding else f"expected {expected}\ngot      {value}"


def _tensor(expected: Tensor, got, what: str) -> str | None:
    if isinstance(got, numpy.ndarray):
        return (
            f"expected {what} to be a torch.Tensor, got a numpy array. Stay in torch from start to end: new_zeros(…) "
            "of a tensor makes an output of its dtype, torch.stack(…) joins results."
        )
    if type(got) is return_types.max:
        return f"expected {what} to be a torch.Tensor, got values and their places from max(dim). Take its .values."
    if type(got) not in (Tensor, nn.Parameter):  # a class of its own may say anything of its shape and values
        return f"expected {what} to be a torch.Tensor, got {type(got).__name__}"
    if got.shape != expected.shape:
        return f"expected shape {tuple(expected.shape)}\ngot      shape {tuple(got.shape)}"
    if got.dtype != expected.dtype:
        coarser = (expected.dtype, got.dtype) == (torch.float64, torch.float32)
        advice = f"Keep all digits: {FROM_THE_START}" if coarser else "to(dtype) converts."
        return f"expected dtype {expected.dtype}, got {got.dtype}. {advice}"
    if got.device.type == "meta" or got.layout is not torch.strided:
        return f"expected {what} to be an ordinary tensor, got one on {got.device} with layout {got.layout}"
    got, expected = got.detach().to(expected.device), expected.detach()
    wrong = ~isclose(got, expected, rtol=RTOL, atol=ATOL, equal_nan=True)
    if not wrong.any():
        return None
    if expected.numel() <= SMALL:
        return _both(expected, got)
    place = tuple(wrong.nonzero()[0].tolist())
    return f"{int(wrong.sum())} of {wrong.numel()} values differ; the first at {list(place)}:\n" + _both(
        expected[place], got[place]
    )


def lost_digits(expected: Any, got: Any) -> str:
    """Return what to say of a result in float64 that differs from the right one by no more than float32 rounds off."""
    if not (type(got) is type(expected) is Tensor and expected.numel() and expected.dtype == torch.float64):
        return ""
    if any(getattr(got, name) != getattr(expected, name) for name in ("shape", "dtype", "device", "layout")):
        return ""
    off = (got.detach() - expected.detach()).abs().max()
    close = 0 < off < 3e-7 * expected.detach().abs().max()
    return f"\nYou computed in float32 on the way: {FROM_THE_START}" if close else ""
