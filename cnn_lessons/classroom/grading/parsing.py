"""From the bytes of a file that was handed in to a notebook that Python can run, or a clear word why not."""

import copy
import json

import nbformat

# What is read takes many times its room in the file, and all files are read in the grader's own process.
MOST_PARTS = 300_000  # lists and objects
LONGEST_CELL = 300_000  # letters of code
LONGEST_CODE = 1_500_000  # in all cells together
EMPTY = {  # what nbformat asks for in an output, by its kind
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}},
}


class Refused(Exception):
    """Raised for a file that cannot be run; the text is one clear line."""


def parsed(content: bytes) -> tuple[nbformat.NotebookNode, bool]:
    """Return the notebook in format 4, and whether it came in an older one.

    Args:
        content: of the file.

    Raises:
        Refused: if it is none that Python can run.
    """
    if not content.strip():
        raise Refused("is empty: expected a notebook")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"is not UTF-8 text (byte {error.start:,}): expected a notebook as Jupyter saves it") from None
    if text.count("{") + text.count("[") > MOST_PARTS:  # each takes many times its own room
        raise Refused("holds too many parts for a notebook: expected it with its outputs cleared")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" (it breaks off or goes wrong in line {line:,})" if line else ""
        raise Refused(f"is no notebook: its JSON cannot be read{where}") from None
    if not isinstance(whole, dict) or "nbformat" not in whole:
        raise Refused("is no notebook: expected JSON with nbformat and cells")
    return _checked(whole)


def _checked(whole: dict) -> tuple[nbformat.NotebookNode, bool]:
    try:
        old = whole["nbformat"] < 4
        notebook = nbformat.convert(nbformat.from_dict(_filled(whole) if whole["nbformat"] == 4 else whole), 4)
        notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)  # joins the lines of each source
        for cell in notebook.cells:
            if not isinstance(cell.source, str) or cell.cell_type not in ("code", "markdown", "raw"):
                raise ValueError("a cell of an unknown kind")
        language = _language(notebook.metadata)
    except Exception as error:  # a broken notebook fails in very many ways
        reason = " ".join(str(error).split())[:120]
        raise Refused(f"is no valid notebook: {reason or type(error).__name__}") from None
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and len(cell.source) > LONGEST_CELL:
            raise Refused(f"has {len(cell.source):,} letters in cell {number}: expected at most {LONGEST_CELL:,}")
    total = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    if total > LONGEST_CODE:
        raise Refused(f"has {total:,} letters of code: expected at most {LONGEST_CODE:,}")
    if language and language.lower() not in ("python", "python3", "ipython"):
        raise Refused(f"is a notebook in {language!r:.40}: expected Python")
    return notebook, old


def _filled(whole: dict) -> dict:
    """Fill in what a program may leave out or write as null, and Python runs without; take the cells' ids away.

    Editors need the ids, and nbformat warns of each that is missing or there twice: format 4.4 has none.
    """
    _fill(whole, metadata={}, cells=[])
    whole["nbformat_minor"] = min(whole.get("nbformat_minor") or 0, 4)
    _drop(whole["metadata"], dict, "kernelspec", "language_info")
    for cell in whole["cells"]:
        _fill(cell, metadata={}, source="")
        _drop(cell["metadata"], list, "tags")
        _drop(cell, dict, "attachments")
        cell.pop("id", None)
        if cell.get("cell_type") == "code":
            _fill(cell, outputs=[], execution_count=None)
            for output in cell["outputs"]:
                _fill(output, **EMPTY.get(output.get("output_type"), {}))
    return whole


def _fill(part: dict, **empty) -> None:
    part.update({key: copy.copy(value) for key, value in empty.items() if part.get(key) is None})


def _drop(part: dict, kind: type, *keys: str) -> None:
    """Leave out what is not of its kind."""
    for key in keys:
        if not isinstance(part.get(key), kind):
            part.pop(key, None)


def _language(metadata: dict) -> str:
    """Return what the notebook says of its language, or ""."""
    spec, info = metadata.get("kernelspec", {}), metadata.get("language_info", {})
    return str(spec.get("language") or info.get("name") or "")
