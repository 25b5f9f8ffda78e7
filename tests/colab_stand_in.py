"""A light stand-in for Colab: an environment that holds other versions than ours, and an index that would replace them.

Its Python, IPython, torch and pip are real: the code is that of the environment that the tests run in, through links.
Only what pip goes by is made up, the metadata: it says that Colab's versions are there. The index is a folder. It holds
what the set-up cell may ask for, the build tool and anywidget, packed from the installed files, and bait: our own
pinned versions, without any code. A package that asks for more than lower bounds makes pip take the bait.

What this cannot show is whether our code runs on those older versions, nor what torch's own requirements would do.
"""

import json
import os
import re
import subprocess
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from project_copy import PLAIN_GIT, ROOT

# What the set-up cell meets, as Google's list of the runtime 2026.01 has it (googlecolab/backend-info on GitHub).
COLAB = {
    "anywidget": "0.9.21",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "matplotlib": "3.10.0",
    "numpy": "2.0.2",
    "pillow": "11.3.0",
    "pip": "24.1.2",
    "psygnal": "0.15.1",
    "setuptools": "75.2.0",
    "torch": "2.9.0+cpu",
    "torchsummary": "1.5.1",
    "torchvision": "0.24.0+cpu",
    "tqdm": "4.67.1",
    "traitlets": "5.7.1",
    "typing_extensions": "4.15.0",
}
# The oldest environment that the package accepts, without anywidget and the one thing that only anywidget needs.
BOUNDS = re.findall(r'^    "([\w-]+)>=([\d.]+)",$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
OLDEST = {"typing_extensions": "4.6.0", "pip": "23.1"} | {name: least for name, least in BOUNDS if name != "anywidget"}
LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
WANTED = [Requirement(line) for line in LINES if line and not line.startswith("#")]
PINS = {line.name: str(line.specifier)[2:] for line in WANTED if not line.marker or line.marker.evaluate()}
SITE = Path(sysconfig.get_path("purelib"))


def make_stand_in(folder: Path, versions: dict[str, str]) -> Path:
    """Make an environment with these versions; return its Python."""
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    absent = {
        file.parts[0]
        for name in {"cnn-lessons", "anywidget", "psygnal"} - set(versions)
        for file in metadata.files(name) or []
    }
    for entry in SITE.iterdir():
        metadata_or_path = entry.suffix in (".dist-info", ".egg-info", ".pth") or entry.name.startswith("__editable__")
        if entry.name not in absent | {"__pycache__"} and not metadata_or_path:
            (site / entry.name).symlink_to(entry)
    for name, version in versions.items():
        with zipfile.ZipFile(make_wheel(folder, name, version)) as wheel:
            wheel.extractall(site)
    return folder / "bin" / "python"


def installed(python: Path) -> dict[str, str]:
    """Every distribution of an environment, and its version."""
    site = sysconfig.get_path("purelib", vars={"base": str(python.parents[1])})
    return {found.name.lower(): found.version for found in metadata.distributions(path=[site])}


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """What is new, gone or of another version."""
    names = {name for name, _ in before.items() ^ after.items()}
    return {name: (before.get(name), after.get(name)) for name in names}


def make_index(folder: Path) -> Path:
    """Make the folder that stands in for the package index."""
    folder.mkdir()
    for name in ("setuptools", "anywidget", "psygnal"):
        pack(folder, name)
    for name, version in PINS.items():
        if name not in ("setuptools", "anywidget"):
            make_wheel(folder, name, version)
    return folder


def make_wheel(folder: Path, name: str, version: str, needs: str = "") -> Path:
    """Write a wheel that holds no code, only its name and version, and what it needs."""
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    info = "-".join(path.name.split("-")[:2]) + ".dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def pack(folder: Path, name: str) -> None:
    """Pack an installed distribution into a wheel again."""
    found = metadata.distribution(name)
    tag = re.search(r"^Tag: (\S+)$", found.read_text("WHEEL"), re.M)[1]
    with zipfile.ZipFile(folder / f"{name}-{found.version}-{tag}.whl", "w") as wheel:
        for file in found.files:
            if file.parts[0] != ".." and "__pycache__" not in file.parts:  # no commands, no compiled code
                wheel.write(found.locate_file(file), file)


def environment(home: Path, index: Path) -> dict[str, str]:
    """The variables of a machine on which nothing is set, and whose only index is the folder."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "IPYTHONDIR": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": index.as_uri(),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def run_cells(python: Path, cells: list[str], variables: dict[str, str], network: bool = True) -> list[dict]:
    """Run cells in one kernel; return what each printed and raised."""
    done = subprocess.run(
        [python, "-I", Path(__file__).with_name("colab_session.py")],
        input=json.dumps({"cells": cells, "network": network}),
        capture_output=True,
        text=True,
        timeout=300,
        env=variables,
        cwd=variables["HOME"],
    )
    if done.returncode:
        raise RuntimeError(f"the session ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def publish(repository: Path) -> None:
    """Make a folder a repository that git can clone."""
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--no-verify", "-m", "as published"]):
        subprocess.run([*git, *step], check=True, timeout=60, env=PLAIN_GIT)
