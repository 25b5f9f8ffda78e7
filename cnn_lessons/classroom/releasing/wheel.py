"""Write a wheel with nothing but the standard library: the same package gives the same bytes on every machine.

A build tool would stamp times, its own version and the order of the disk into it. A wheel is a zip file with four texts
beside the package (PyPA, "Binary distribution format"); these are written here from `pyproject.toml`.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from cnn_lessons.classroom import toml

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
WHEEL = "Wheel-Version: 1.0\nGenerator: cnn_lessons release\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(root: Path, package: Mapping[str, bytes], edition: str) -> tuple[str, bytes]:
    """Return a wheel's file name and its bytes.

    Args:
        root: the folder of the course, which holds pyproject.toml and the licence.
        package: the package's files, by name.
        edition: "students" or "teacher", the local part of the version: pip then tells the editions apart.

    Raises:
        ClassroomError: if this Python cannot read pyproject.toml.
    """
    project = toml.parsed((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), f"{project['version']}+{edition}"
    info = f"{name}-{version}.dist-info"
    licences = {f"{info}/licenses/{file}": (root / file).read_bytes() for file in project["license-files"]}
    files = {
        **package,
        f"{info}/METADATA": _metadata(project, version).encode(),
        f"{info}/WHEEL": WHEEL.encode(),
        **licences,
    }
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    return f"{name}-{version}-py3-none-any.whl", _zipped(files)


def _metadata(project: dict, version: str) -> str:
    """Return what pip reads: name, version, what the package needs. No address: there the solutions are public."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"Author: {', '.join(author['name'] for author in project['authors'])}",
        f"License-Expression: {project['license']}",
        *(f"License-File: {file}" for file in project["license-files"]),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {needed}" for needed in project["dependencies"]),
    ]
    return "\n".join(lines) + "\n"


def _record(files: Mapping[str, bytes], own: str) -> str:
    """Return the list of all files with checksum and size; its own line has neither."""

    def checksum(content: bytes) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

    lines = [f"{name},sha256={checksum(content)},{len(content)}" for name, content in files.items()]
    return "\n".join([*lines, f"{own},,"]) + "\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file; stored, not compressed: what a compressor writes depends on its version."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same from Windows
            archive.writestr(entry, content)
    return buffer.getvalue()
