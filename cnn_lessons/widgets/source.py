"""Joins the files of a widget into one self-contained ES module.

anywidget loads a widget from a single text, and a page opened from a file refuses
``<script type="module" src>``, so neither can follow a relative import. The files in ``static/`` stay
ordinary modules to read and edit; here each imported file is put, once, before the file that asks for it.
"""

import functools
import json
import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"

MODULES = {
    "cnn-conv": "convolution.js",
    "cnn-pool": "pooling.js",
    "cnn-pixels": "pixels.js",
    "cnn-layers": "layers.js",
    "cnn-curves": "curves.js",
    "cnn-shift": "shift.js",
    "cnn-shapes": "shapetracer.js",
    "cnn-wide": "wide.js",
}

_IMPORT = re.compile(r'^import (?P<names>[^;"]*?) from "\./(?P<file>[\w.-]+)";\n', re.MULTILINE)


@functools.cache
def module_source(tag: str) -> str:
    """The whole module of a widget as one text, which runs wherever it is put.

    Args:
        tag: name of the custom element, ``"cnn-conv"``, ``"cnn-pool"``, ``"cnn-pixels"``, ``"cnn-layers"``,
            ``"cnn-curves"``, ``"cnn-shift"``, ``"cnn-shapes"`` or ``"cnn-wide"``.

    Returns:
        ES module text without imports. It registers the element, exports the widget's arithmetic by name and
        ``{ render }`` as default.

    Raises:
        ValueError: if there is no such widget.
    """
    if tag not in MODULES:
        raise ValueError(f"module_source: expected one of {', '.join(MODULES)}, got {tag!r}.")
    return "\n".join(_parts(MODULES[tag], seen=set()))


def _parts(file: str, seen: set[str]) -> list[str]:
    """The texts to join for ``file``: what it imports first, every file once."""
    seen.add(file)
    text = (STATIC / file).read_text(encoding="utf-8")
    parts = []
    for found in _IMPORT.finditer(text):
        if found["file"] in seen:
            continue
        if found["file"].endswith((".css", ".json")):
            seen.add(found["file"])
            content = (STATIC / found["file"]).read_text(encoding="utf-8")
            value = json.loads(content) if found["file"].endswith(".json") else content
            parts.append(f"const {found['names']} = {json.dumps(value, ensure_ascii=False)};\n")
        else:
            parts += _parts(found["file"], seen)
    return [*parts, _IMPORT.sub("", text)]
