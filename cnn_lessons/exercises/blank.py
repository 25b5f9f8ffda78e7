"""What an answer shows before it runs: its parameters, and whether it is still the blank of the notebook."""

import dis
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any


def head_of(answer: Callable) -> inspect.Signature | None:
    """Return the parameters of an answer, or None where they cannot be read, as those of `torch.mean`.

    What its type hints name need not be there; Python 3.14 would look it up.
    """
    options = {}
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        options["annotation_format"] = Format.STRING
    try:
        return inspect.signature(answer, **options)
    except (TypeError, ValueError):
        return None


def is_blank(answer: Any) -> bool:
    """Return whether a function, or every method of a class, still has the body `...` (or a docstring, pass, None).

    So it is whatever Python's version compiles it to. A class may call `super().__init__()` first, as the blanks in the
    notebooks do.
    """
    if answer is ...:
        return True
    if isinstance(answer, type):
        written = [kind for kind in answer.__mro__ if not kind.__module__.startswith(("torch.", "builtins"))]
        own = [member for kind in written for member in vars(kind).values() if isinstance(member, types.FunctionType)]
        return all(is_blank(method) or _only_begins(method) for method in own)
    return isinstance(answer, types.FunctionType) and _does_nothing(answer)


def _does_nothing(function: types.FunctionType) -> bool:
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS"}
    code = list(dis.get_instructions(function))
    constants = [step.argval for step in code if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return {step.opname for step in code} <= idle and constants == [None]


class _Begun:
    def __init__(self):
        super().__init__()


def _only_begins(function: types.FunctionType) -> bool:
    """Return whether a method is `super().__init__()` and no more: this Python compiles both to the same steps."""
    return _steps(function) == _steps(_Begun.__init__)


def _steps(function: types.FunctionType) -> list[tuple]:
    return [(step.opname, step.argval) for step in dis.get_instructions(function) if step.opname != "NOP"]
