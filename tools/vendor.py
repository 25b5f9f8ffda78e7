"""npm packages: MathJax for the pages, fonts for paper, axe-core for the tests. Fetched once, kept in _build/vendor.

Standard library only, as tools/setup.py.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

from machine import ROOT, SetupError, run, say, search_path

VENDOR = ROOT / "_build" / "vendor"
RETRY = "Then run the same command again."
MATHJAX = {"mathjax": "3.2.2"}  # Sphinx's mathjax extension speaks to version 3
AXE = {"axe-core": "4.14.1"}  # the newest when the pages passed it; for tests alone, no page holds it
# The same letters on every machine, Korean ones included: 12 MB to download, under the SIL Open Font License.
FONTS = {
    "@fontsource/source-serif-4": "5.3.1",
    "@fontsource/source-sans-3": "5.3.1",
    "@fontsource/source-code-pro": "5.3.1",
    "@fontsource/gowun-dodum": "5.3.0",
}


def missing(packages: dict[str, str], vendor: Path = VENDOR) -> dict[str, str]:
    """Those of the packages, by name and version, that are not in `vendor`."""
    return {name: version for name, version in packages.items() if not (vendor / folder_of(name, version)).exists()}


def folder_of(name: str, version: str) -> str:
    """The folder of a package: "@fontsource/gowun-dodum" 5.3.0 is in "fontsource-gowun-dodum-5.3.0"."""
    return f"{name.lstrip('@').replace('/', '-')}-{version}"


def keep_only(packages: dict[str, str], vendor: Path = VENDOR) -> None:
    """Remove other versions of the packages, and what a stopped unpacking left: the build takes what is there."""
    for name, version in packages.items():
        own = folder_of(name, version)
        for other in vendor.glob(folder_of(name, "*")):
            if other.name != own:
                shutil.rmtree(other) if other.is_dir() else other.unlink()


def fetch(packages: dict[str, str], node: Path, vendor: Path = VENDOR, venv: Path = ROOT / ".venv") -> None:
    """Fetch packages with the npm beside `node` and unpack them into `vendor`."""
    wanted = [f"{name}@{version}" for name, version in packages.items()]
    say(f"fetching {', '.join(wanted)} with npm")
    vendor.mkdir(parents=True, exist_ok=True)
    path = {**os.environ, "PATH": os.pathsep.join((str(node), search_path(venv)))}
    packed = run([node / "npm", "pack", "--loglevel=error", *wanted], cwd=vendor, env=path)
    tarballs = {name: vendor / f"{folder_of(name, version)}.tgz" for name, version in packages.items()}
    if packed.code or not all(tarball.exists() for tarball in tarballs.values()):
        raise SetupError(
            f"npm could not fetch {', '.join(wanted)}:\n{packed.text.strip()}\n"
            f"The first build needs the network; every later one works without. Connect. {RETRY}"
        )
    for name, version in packages.items():
        unpack(tarballs[name], vendor / folder_of(name, version), version)


def unpack(tarball: Path, target: Path, version: str) -> None:
    """Unpack npm's tarball into `target`, whole or not at all, and check its version."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(tarball) as archive:
        archive.extractall(part)
    found = json.loads((part / "package" / "package.json").read_text(encoding="utf-8"))["version"]
    if found != version:
        name = target.name.removesuffix(f"-{version}")
        raise SetupError(f"{name}: expected version {version}, got {found}. Remove {tarball}. {RETRY}")
    (part / "package").rename(target)
    shutil.rmtree(part)
    tarball.unlink()
