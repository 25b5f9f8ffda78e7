"""Compiled code as a row of tokens, so that a solution is known in a .pyc too."""

import dis
import types
from collections.abc import Callable, Iterator

from cnn_lessons.classroom.releasing.tokens import Row

SILENT = {"RESUME", "NOP", "CACHE", "EXTENDED_ARG", "MAKE_CELL", "COPY_FREE_VARS", "NOT_TAKEN", "PUSH_NULL"}
_ENDS = (["@LOAD_CONST", "=None", "@RETURN_VALUE"], ["@RETURN_CONST", "=None"])  # of a function without a return


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and all that are made inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_in(constant)


def lines_of(code: types.CodeType) -> list[tuple[int, list[str]]]:
    """Return each instruction's line and its tokens: "@STORE_FAST", "x"."""
    found, line, before = [], code.co_firstlineno, ""
    begins = dict(dis.findlinestarts(code))
    for step in dis.get_instructions(code):
        line = begins.get(step.offset) or line
        if step.opname not in SILENT:
            tokens = _tokens(step, before)
            before = tokens[-1]
            found.append((line, tokens))
    return found


def _tokens(step: dis.Instruction, before: str) -> list[str]:
    """Return an instruction's name and what it works on; `before` is the last token of the instruction before it."""
    # What is called is an attribute or a method, as the module happens to import the name before it.
    operation, value = f"@{step.opname.replace('METHOD', 'ATTR').replace('CALL_ATTR', 'CALL_FUNCTION')}", step.argval
    if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs or step.arg is None:
        return [operation]
    if "LOAD_ATTR" in operation or "STORE_ATTR" in operation:
        return [operation, f"self.{value}" if before == "self" else f".{value}"]
    if (
        any(kind in step.opname for kind in ("FAST", "DEREF", "CLOSURE", "GLOBAL", "NAME"))
        and step.opname != "KW_NAMES"
    ):
        return [operation, *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    shown = row_of(value).characters if isinstance(value, types.CodeType) else repr(value)
    return [operation, f"={shown}"]


def rows_by_line(module: types.CodeType) -> Callable[[int, int], Row]:
    """Return a function that gives the instructions of the lines `first` to `last` of a compiled module.

    They are those of the outermost function that has them, without a `return None` that nobody wrote.
    """
    compiled = [lines_of(code) for code in codes_in(module)]

    def between(first: int, last: int) -> Row:
        lines = next(found for found in compiled if any(line == first for line, _ in found))
        begin = next(i for i, (line, _) in enumerate(lines) if line == first)
        end = next((i for i in range(begin, len(lines)) if not first <= lines[i][0] <= last), len(lines))
        tokens = [token for _, step in lines[begin:end] for token in step]
        for implied in _ENDS:
            if tokens[-len(implied) :] == implied and lines[begin][1] != implied:
                tokens = tokens[: -len(implied)]
        return Row(tokens)

    return between


def row_of(code: types.CodeType) -> Row:
    """Return the instructions of one code object."""
    return Row(token for _, step in lines_of(code) for token in step)
