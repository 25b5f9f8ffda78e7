"""What an answer returned, packed so that another process can judge it without trusting the one that ran it.

`pack` leaves only numbers, strings, lists, dicts and tensors, which `torch.load(weights_only=True)` reads; `unpack`
makes of them what `compare.difference` compares. Whatever else an answer returned arrives as an `Unknown`.
"""

import io
import itertools
import math
import numbers
import operator
import pickletools
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from cnn_lessons.exercises.compare import Compared
from cnn_lessons.exercises.findings import Told

MOST_NUMBERS = 50_000_000  # in one tensor: more is no answer to any exercise
DEEPEST = 12  # levels of lists in lists
MOST_VALUES = 100_000  # in one evidence; so many letters as a value may take count as one
LETTERS = 100
LONGEST = 100_000  # letters in one string
MOST_KEYS = 10_000  # of one dict: keys that all hash to one number take the square of theirs
PLAIN = (bool, int, float, str, type(None))
# What `dumps` writes: no dict, no set, no other call, so that nothing is hashed but strings.
STEPS = set(
    "PROTO STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE EMPTY_LIST APPEND APPENDS "
    "EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE GLOBAL REDUCE BINPERSID BINPUT LONG_BINPUT BINGET LONG_BINGET".split()
)
CALLS = ("collections OrderedDict", "torch._utils _rebuild_tensor_v2")


class Unknown:
    """Stands for a value that no exercise expects; `name` is its type's."""

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


def dumps(results: list[Any]) -> bytes:
    """Return results as bytes."""
    file = io.BytesIO()
    torch.save([pack(result) for result in results], file)
    return file.getvalue()


def loads(content: bytes) -> list[Any]:
    """Return the results that `dumps` was given.

    Raises:
        ValueError: if the bytes hold anything else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ValueError("something compressed, which may unpack to any size")
            members = {name: archive.read(name) for name in archive.namelist()}
        if len({name.lower() for name in members}) < len(members):
            raise ValueError("two members of one name, of which torch might read the other")
        (plan,) = (name for name in members if name.endswith("data.pkl"))
        _screen(members[plan])
        with zipfile.ZipFile(screened := io.BytesIO(), "w") as archive:  # torch might read something else in `content`
            for name, part in members.items():
                archive.writestr(name, part)
        packed = torch.load(io.BytesIO(screened.getvalue()), weights_only=True, map_location="cpu")
        left = itertools.count(MOST_VALUES, -1)
        return [unpack(result, left=left) for result in packed]
    except Exception as error:  # bytes from an untrusted process fail in any way
        raise ValueError(
            f"evidence: expected results written by `dumps`, got something else: {error!r:.200}"
        ) from error


def _screen(plan: bytes) -> None:
    """Refuse what `dumps` never writes, before it is carried out.

    Such as a list that stands in two places of a list that stands in two places: to print or hash it never ends.
    """
    shared, before = set(), ""
    for step, argument, _ in pickletools.genops(plan):
        storage = str(argument).startswith("torch ") and str(argument).endswith("Storage")
        if step.name not in STEPS or (step.name == "GLOBAL" and argument not in CALLS and not storage):
            raise ValueError(f"the step {step.name} {argument!r:.60}")
        if step.name.endswith("BINPUT"):
            (shared.add if before in ("BINUNICODE", "GLOBAL") else shared.discard)(argument)
        elif step.name.endswith("BINGET") and argument not in shared:
            raise ValueError("one value in two places")
        before = step.name


def pack(value: Any, depth: int = 0) -> Any:
    """Return a value as plain data with a word before it that says what it was."""
    if value is None or type(value) in (bool, int, float):
        return ("plain", value)
    if isinstance(value, numpy.bool_):
        return ("plain", bool(value))
    if isinstance(value, str):
        return ("told" if isinstance(value, Told) else "plain", str(value))
    if type(value) in (Tensor, nn.Parameter):
        return _packed_tensor(value)
    if isinstance(value, numbers.Number):
        return _packed_number(value)
    if depth < DEEPEST and isinstance(value, Compared):
        return (type(value).__name__, [pack(part, depth + 1) for part in value.parts()])
    if depth < DEEPEST and isinstance(value, dict):
        return ("dict", [[pack(key, depth + 1), pack(item, depth + 1)] for key, item in value.items()])
    if depth < DEEPEST and isinstance(value, (tuple, list)):
        return ("list" if isinstance(value, list) else "tuple", [pack(item, depth + 1) for item in value])
    return ("unknown", type(value).__name__)


def unpack(packed: Any, depth: int = 0, left: Iterator[int] | None = None) -> Any:
    """Return what `pack` was given; ValueError if this is no packed value, or more values than `left` counts down."""
    word, content = packed
    left = left or itertools.count(MOST_VALUES, -1)
    letters = len(content) if isinstance(content, str) else 0
    # Parts that are shared would unpack to any size.
    if depth > 3 * DEEPEST or next(itertools.islice(left, letters // LETTERS, None)) <= 0:
        raise ValueError("evidence: expected fewer values, or less deeply nested ones")
    inside = partial(unpack, depth=depth + 1, left=left)
    if word in ("plain", "told") and (type(content) not in PLAIN or (type(content) is str and len(content) > LONGEST)):
        raise ValueError(f"evidence: expected a number or a text, not too long, got {type(content).__name__}")
    if word == "plain":
        return content
    if word == "told":
        return Told(content)
    if word in ("tensor", "parameter"):
        if content.numel() > MOST_NUMBERS or content.untyped_storage().nbytes() < content.nbytes:
            raise ValueError(f"evidence: expected a tensor with its own numbers, got shape {tuple(content.shape)}")
        return content if word == "tensor" else nn.Parameter(content, requires_grad=content.is_floating_point())
    if word == "dict" and len(content) > MOST_KEYS:
        raise ValueError(f"evidence: expected at most {MOST_KEYS:,} keys, got {len(content):,}")
    if word == "dict":
        return {inside(key): inside(item) for key, item in content}
    if word in ("tuple", "list"):
        return (tuple if word == "tuple" else list)(map(inside, content))
    if word == "unknown":
        return Unknown(f"{content!s:.100}")
    kinds = {kind.__name__: kind for kind in Compared.__subclasses__()}
    return kinds[word].of_parts(*map(inside, content))


def _packed_tensor(value: Tensor) -> tuple:
    if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
        return ("unknown", f"{value.layout} tensor")
    if value.numel() > MOST_NUMBERS:
        return ("unknown", f"tensor of {value.numel():,} numbers")
    word = "parameter" if isinstance(value, nn.Parameter) else "tensor"
    return (word, value.detach().to("cpu").contiguous().clone())


def _packed_number(value: Any) -> tuple:
    """Pack a number of another library, such as NumPy's, as Python's own."""
    try:
        return ("plain", operator.index(value))
    except TypeError:
        real = isinstance(value, numbers.Real)
        return ("plain", float(value) if real else math.nan)
