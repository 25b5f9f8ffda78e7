"""Everything that can be read in the files of an edition: text, code, strings, comments, archives, encoded texts."""

import ast
import base64
import importlib.util
import io
import json
import marshal
import re
import types
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cnn_lessons.classroom.releasing.tokens import statements, without_comments

DEEPEST = 6  # an archive in a text in an archive …
SHORTEST = 12  # a text of fewer characters holds no line that counts
COMPILED = b"\r\n"  # bytes 2 and 3 of a compiled file
PACKED = (b"PK", b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # first bytes of zip, gzip, zlib
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{32,}(?:\s*\n\s*[A-Za-z0-9+/_-]+)*")


@dataclass(frozen=True)
class Text:
    """Something to read.

    Args:
        place: the file, "cnn_lessons-0.1.0.whl: cnn_lessons/ops/pooling.py".
        content: what is to be read; a code object of a compiled file; None if the file cannot be read.
        lines: the line of the file, or of the notebook's cell, for every line of the content; None for unknown.
    """

    place: str
    content: str | types.CodeType | None
    lines: Callable[[int], int | None] = lambda line: None


def texts(place: str, content: bytes, depth: int = 0) -> Iterator[Text]:
    """Yield all that can be read in a file.

    Args:
        place: how a message names the file.
        content: its bytes.
        depth: how many archives and encodings it was wrapped in.
    """
    inner = [] if depth > DEEPEST else list(_unpacked(content))
    if inner:
        for name, part in inner:
            yield from texts(f"{place}: {name}" if name else place, part, depth + 1)
    elif content[2:4] == COMPILED or place.endswith((".pyc", ".pyo")):
        yield Text(place, _compiled(content))
    else:
        yield from _written(place, content, depth)


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of an archive's members, or the content of a compressed file."""
    try:
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((name, archive.read(name)) for name in archive.namelist() if not name.endswith("/"))
        elif content[:2] in PACKED:
            yield "", zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content)  # 32: gzip or zlib, by itself
    except (zipfile.BadZipFile, EOFError, RuntimeError, zlib.error, NotImplementedError):
        return  # no archive after all: then it is a text, or cannot be read


def _compiled(content: bytes) -> types.CodeType | None:
    """Return the code of a compiled file, None if it was not made by this Python."""
    if content[:4] != importlib.util.MAGIC_NUMBER:
        return None
    try:
        return marshal.loads(content[16:])
    except (ValueError, EOFError, TypeError):
        return None


def _written(place: str, content: bytes, depth: int) -> Iterator[Text]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield Text(place, None)
        return
    found = list(_parts(place, text))
    yield from found
    for part in found:
        for match in _ENCODED.finditer(part.content) if depth <= DEEPEST else ():
            yield from _decoded(part, match, depth)


def _decoded(part: Text, match: re.Match, depth: int) -> Iterator[Text]:
    """Yield what a long run of letters and digits says in base64; most are names or numbers and say nothing."""
    letters = re.sub(r"\s", "", match[0]).translate(str.maketrans("-_", "+/"))
    try:
        content = base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + "==")
    except ValueError:
        return
    place, line = f"{part.place}, encoded", part.lines(part.content.count("\n", 0, match.start()))
    if content[:2] not in PACKED and content[2:4] != COMPILED:
        content = content.decode("utf-8", errors="ignore").encode()
    yield from (Text(inner.place, inner.content, lambda _: line) for inner in texts(place, content, depth + 1))


def _parts(place: str, text: str) -> Iterator[Text]:
    if place.endswith(".py"):
        yield from _python(place, text)
    elif place.endswith(".ipynb"):
        yield from _notebook(place, text)
    elif place.endswith(".json"):
        yield from (Text(place, string) for string in _strings(_loaded(text)))
    else:
        yield from _prose(place, text)


def _prose(place: str, text: str, first: int = 1) -> Iterator[Text]:
    """Yield a text as it stands; without what follows a #, for code in it; with the line breaks of a quoted string."""
    yield Text(place, text, lambda line: first + line)
    if "#" in text:
        yield Text(place, without_comments(text), lambda line: first + line)
    if "\\n" in text:
        yield Text(place, re.sub(r"\\[nt]", " ", text), lambda line: first + line)


def _python(place: str, text: str) -> Iterator[Text]:
    """Yield the statements of a module in their plain spelling, its comments, and its strings."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        yield from _prose(place, text)
        return
    lines = [(node.lineno, spelled) for node, spelled in statements(tree.body)]
    yield Text(place, "\n".join(spelled for _, spelled in lines), lambda line: lines[line][0])
    comments = "\n".join(line.partition("#")[2] for line in text.splitlines())
    yield Text(place, comments, lambda line: 1 + line)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and len(node.value) >= SHORTEST:
            value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            yield from _prose(place, value, node.lineno)


def _notebook(place: str, text: str) -> Iterator[Text]:
    """Yield the code and the prose of a notebook's cells, and whatever else its JSON says."""
    notebook = _loaded(text)
    cells = notebook.pop("cells", []) if isinstance(notebook, dict) else []
    for cell in cells:
        source = "".join(cell.pop("source", ""))
        here = f"{place}, cell {cell.get('id', '?')}"
        if cell.get("cell_type") == "code":
            yield from _python(here, re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source))
            yield from _prose(here, re.sub(r"(?m)^(?!\s*[%!]).*$", "", source))  # code may follow a %time
        else:
            yield from _prose(here, source)
        yield from (Text(here, string) for string in _strings(cell))
    yield from (Text(place, string) for string in _strings(notebook))


def _loaded(text: str):
    try:
        return json.loads(text)
    except ValueError:
        return [text]


def _strings(value) -> Iterator[str]:
    """Yield the long strings in a JSON value, a list of strings as one text."""
    if isinstance(value, str):
        if len(value) >= SHORTEST:
            yield value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield "".join(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
