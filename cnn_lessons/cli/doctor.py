"""`doctor`: what this machine has for the course, and what to mend."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from cnn_lessons import __version__
from cnn_lessons.cli.words import PROGRAM, first_line, in_shell_words

OK, NOTE, PROBLEM = "OK", "note", "problem"
LEAST = {"Python": (3, 10), "torch": (2, 6)}  # as pyproject.toml asks
ROOM = 500_000_000  # bytes: CIFAR-10 or -100, archive and files together, with some air
PAIR = "torch and torchvision must come from one index: install both anew, in one call of pip."
Finding = tuple[str, str]  # OK, note or problem, and a sentence


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    about = "Examine the machine: versions, device, precision, data, disk, Jupyter. Exit code 1 if there is a problem."
    doctor = commands.add_parser("doctor", help="examine the machine, say what to mend", description=about)
    doctor.add_argument("--root", metavar="FOLDER", help="that holds the data (else as `train` chooses)")
    doctor.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a line for each finding; return 1 if one is a problem."""
    problems = 0
    for level, sentence in findings(options.root):
        print(f"{level:<9}{sentence}", flush=True)
        problems += level == PROBLEM
    print(f"\n{problems or 'No'} problem{'s' * (problems != 1)}.")
    return int(problems > 0)


def findings(root: str | None = None) -> Iterator[Finding]:
    """Yield what is found, one thing after the other.

    Args:
        root: folder of the data, None for the usual one.
    """
    yield OK, f"cnn_lessons {__version__}"
    yield python(sys.version_info[:2])
    found = package("torch")
    yield found
    yield torchvision(importlib.import_module)
    if found[0] != PROBLEM:
        yield from device()
        yield from data_sets(root)
    for name in ("anywidget", "ipywidgets", "matplotlib"):
        yield package(name)
    yield jupyter()


# ---- versions ------------------------------------------------------------------------------------------------


def python(version: tuple[int, int]) -> Finding:
    """Compare the version of Python, (major, minor), with the oldest that the course runs on."""
    if version < LEAST["Python"]:
        return PROBLEM, f"Python {platform.python_version()}: expected 3.10 or newer. Install one and begin anew."
    return OK, f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def package(name: str) -> Finding:
    """Import a package that the course needs, and compare its version with the oldest that does."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return PROBLEM, f"{name}: cannot be imported ({first_line(error)}). Install the course's package anew."
    except Exception as error:  # a broken installation can fail in any way
        return PROBLEM, f"{name}: fails at its import ({first_line(error)}). Install it anew."
    version = module.__version__
    least = LEAST.get(name, (0,))
    if tuple(int(part) for part in version.split("+")[0].split(".")[:2]) < least:
        return PROBLEM, f"{name} {version}: expected {'.'.join(map(str, least))} or newer. Update it."
    return OK, f"{name} {version}"


def torchvision(load: Callable[[str], ModuleType]) -> Finding:
    """See whether torchvision fits torch: one from another index fails at its import. `load` imports a module."""
    try:
        load("torchvision")
    except ModuleNotFoundError as error:
        return NOTE, f"torchvision: not there ({first_line(error)}). Downloads need it, and chapters 10 and 11."
    except Exception as error:  # "operator torchvision::nms does not exist", a missing symbol …
        return PROBLEM, f"torchvision: does not fit torch ({first_line(error)}). {PAIR}"
    ours, theirs = (load(name).__version__ for name in ("torch", "torchvision"))
    builds = [version.partition("+")[2] for version in (ours, theirs)]
    if all(builds) and builds[0] != builds[1]:
        return PROBLEM, f"torchvision {theirs}: another build than torch {ours}. {PAIR}"
    return OK, f"torchvision {theirs}, which fits torch"


def jupyter() -> Finding:
    """See whether notebooks can be run here."""
    try:
        return OK, f"Jupyter's kernel, ipykernel {importlib.metadata.version('ipykernel')}"
    except importlib.metadata.PackageNotFoundError:
        return NOTE, "ipykernel: not there. Only the notebooks need it: pip install jupyterlab"


# ---- the machine ---------------------------------------------------------------------------------------------


def device() -> Iterator[Finding]:
    """Say what networks are trained on here, in which precision, with how many threads."""
    import torch

    from cnn_lessons.training.history import device_name
    from cnn_lessons.training.precision import choose_device, choose_precision

    chosen = choose_device(None)
    try:
        free = _memory(chosen)
    except RuntimeError as error:  # others have taken all of it
        yield PROBLEM, f"CUDA: the GPU cannot be used now ({first_line(error)}). End what else uses it."
        free = 0
    memory = f", {free / 2**30:.1f} GiB of memory free" if free else ""
    yield OK, f"device: {chosen.type}, {device_name(chosen)}{memory}"
    if chosen.type == "cpu":
        yield from unused_gpu()
    precision = str(choose_precision("auto", chosen)).removeprefix("torch.")
    yield OK, f"precision: auto takes {precision}: {_why(precision, chosen)}"
    cores, threads = _cores(), torch.get_num_threads()
    if threads < cores and chosen.type == "cpu":
        yield NOTE, f"threads: torch uses {threads} of {cores} cores. OMP_NUM_THREADS={cores} would let it use all."
    else:
        yield OK, f"threads: {threads} on {cores} cores"


def unused_gpu() -> Iterator[Finding]:
    """Say why a GPU that is here is not trained on, if there is one."""
    import torch

    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        yield NOTE, "CUDA: switched off by CUDA_VISIBLE_DEVICES."
    elif torch.cuda.is_available():
        name, capability = torch.cuda.get_device_name(), ".".join(map(str, torch.cuda.get_device_capability()))
        why = f"torch {torch.__version__} has no code for {name} (compute capability {capability})"
        yield PROBLEM, f"CUDA: {why}. Install a torch that was built for an older CUDA."
    elif shutil.which("nvidia-smi"):
        built = torch.version.cuda
        other = "built without CUDA (for Windows, PyPI has no other). Take it from the index that pytorch.org names"
        why = f"built for CUDA {built}, it may need a newer driver" if built else other
        yield PROBLEM, f"CUDA: an NVIDIA driver is here, but torch finds no GPU: {why}."


def _why(precision: str, device) -> str:
    """Say why `auto` takes a precision on a device, a torch.device."""
    import torch

    if device.type == "cuda":
        capability = ".".join(map(str, torch.cuda.get_device_capability(device)))
        return f"compute capability {capability} (bfloat16 from 8.0, float16 from 7.0)"
    if precision == "bfloat16":
        return "this CPU multiplies it natively (AMX or AVX-512 BF16)"
    return "this CPU has neither AMX nor AVX-512 BF16, so bfloat16 would be slower"


def _memory(device) -> int:
    """Return the free bytes of a device's memory, 0 where the system does not tell."""
    import torch

    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    listed = Path("/proc/meminfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- data and disk -------------------------------------------------------------------------------------------


def data_sets(root: str | None) -> Iterator[Finding]:
    """Look for the real data sets, at presence and size only, and for room on the disk.

    Args:
        root: folder of the data, None for the usual one.
    """
    from cnn_lessons.data.files import SOURCES, VARIABLE, DataError, data_root, locate, missing_files

    try:
        folder = data_root(root)
    except DataError as error:
        yield PROBLEM, str(error)
        return
    if root and os.path.isfile(folder):
        yield PROBLEM, f"data: --root names {folder}, which is no folder. Name another."
        return
    if os.environ.get(VARIABLE) and not root and not os.path.isdir(folder):
        yield PROBLEM, f"data: {VARIABLE} names {folder}, which is no folder. Make it, or unset the variable."
    yield OK, "data: shapes is built in"
    for name, source in SOURCES.items():
        missing = missing_files(source, folder)
        files = [locate(source, file, folder)[0] for file in source.files if file not in missing]
        empty = [path.name for path in files if not path.stat().st_size]
        size = sum(path.stat().st_size for path in files) / 1e6
        if missing and not files:
            yield NOTE, in_shell_words(f"data: {name} is not in {folder}. To get it: {PROGRAM} data fetch {name}", root)
        elif missing or empty:
            wrong = ", ".join([*missing, *empty])
            said = f"data: {name} lacks {wrong} (missing or empty). Delete the empty, then `data fetch {name}`."
            yield PROBLEM, in_shell_words(said, root)
        else:
            yield OK, f"data: {name}, {size:.0f} MB in {folder}; `data verify {name}` compares every byte"
    place = next((parent for parent in (folder, *folder.parents) if os.path.exists(parent)), None)
    if place is None:
        yield PROBLEM, f"disk: {folder} is on a drive that is not there. Connect it, or set {VARIABLE}."
        return
    free = shutil.disk_usage(place).free
    said = f"disk: {free / 1e9:.1f} GB free where the data lie ({place})"
    yield (OK, said) if free >= ROOM else (NOTE, f"{said}; a data set needs up to {ROOM / 1e9:.1f} GB.")
