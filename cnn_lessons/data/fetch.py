"""Getting the files of a real data set into a folder: all of them, whole and checked, or none.

Everything is written to a temporary folder beside its place, compared with its checksum, and renamed into place at
the end. Whatever goes wrong before, the temporary folder is removed and the place is as it was.
"""

import errno
import os
import shutil
import socket
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from cnn_lessons.data.files import VARIABLE, DataError, Source, md5_of, missing_files

INCOMPLETE = ".incomplete-"
DAY = 24 * 3600  # seconds
PATIENCE = 30  # seconds without a byte before a server is given up
UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def ensure_files(name: str, source: Source, root: Path, download: bool) -> None:
    """See to it that every file of a data set is there: unpack a local archive, or download.

    Args:
        name: of the data set, for the messages.
        source: what it consists of.
        root: the folder that holds the data. If all files are there, nothing is written.
        download: whether the network may be asked.

    Raises:
        DataError: if files are missing and stay so; what was there is left as it was.
    """
    if os.path.exists(root) and not os.path.isdir(root):
        raise DataError(f"{name}: expected the folder that holds the data, got the file {root}. Name its folder.")
    missing = missing_files(source, root)
    # whether the reader has brought the archive
    brought = source.packed and all(os.path.isfile(root / file) for file in source.downloads)
    if not missing:
        return
    if not (download or brought):
        raise DataError(
            f"{name}: expected {', '.join(missing)} in {root / source.folder}, got {_seen(root / source.folder)}. "
            + _two_ways(name, source, root)
        )
    try:
        _fetch(source, root, missing, brought)
    except (OSError, RuntimeError, ImportError, EOFError, HTTPException, tarfile.TarError) as error:
        raise DataError(f"{name}: {_diagnosis(error, source, root)} " + _two_ways(name, source, root)) from error


def _fetch(source: Source, root: Path, missing: list[str], local: bool) -> None:
    """Get the missing files into a temporary folder and, if all are whole, rename them into place."""
    root.mkdir(parents=True, exist_ok=True)
    for leftover in root.glob(f"{INCOMPLETE}*"):  # of a download that was killed
        if time.time() - leftover.stat().st_mtime > DAY:
            shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=INCOMPLETE, dir=root, ignore_cleanup_errors=True) as folder:
        waiting = Path(folder)
        wanted = source.downloads if source.packed else missing
        for file in wanted:
            here = root if local else _download(source, file, waiting)
            if source.packed:
                _unpack(here / file, source, waiting, missing)
        for file in missing:
            if md5_of((waiting / file).read_bytes()) != source.files[file]:
                raise RuntimeError(f"{file} has another checksum than expected")
        (root / source.folder).mkdir(parents=True, exist_ok=True)
        for file in missing:
            os.replace(waiting / file, root / source.folder / file)


def _download(source: Source, file: str, folder: Path) -> Path:
    """Download one file, from the first address that gives it whole; return the folder."""
    try:
        from torchvision.datasets.utils import download_url
    except RuntimeError as error:  # one that does not fit this torch
        raise ImportError(str(error)) from error
    failures = []
    for address in source.addresses:
        try:
            with _patience():
                download_url(address + file, str(folder), file, source.downloads[file])
            return folder
        except (OSError, RuntimeError, HTTPException) as error:
            (folder / file).unlink(missing_ok=True)
            if _number(error) == errno.ENOSPC:  # another mirror would not help
                raise
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise OSError("; ".join(map(str, failures)))


@contextmanager
def _patience() -> Iterator[None]:
    """Give up a server that is silent; torchvision would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unpack(archive: Path, source: Source, folder: Path, wanted: list[str]) -> None:
    """Take the wanted files out of an archive, after its checksum was compared, and nothing else."""
    try:
        content = archive.read_bytes()
    except OSError as error:
        todo = ": check its rights" if isinstance(error, PermissionError) else ""
        raise RuntimeError(f"{archive} cannot be read ({error.strerror}){todo}") from error
    if md5_of(content) != source.downloads[archive.name]:
        raise RuntimeError(f"{archive} is cut short or altered: delete it")
    with tarfile.open(archive) as packed:
        for file in wanted:
            with packed.extractfile(f"{source.folder}/{file}") as content, open(folder / file, "wb") as copy:
                shutil.copyfileobj(content, copy)


def _number(error: BaseException) -> int | None:
    """Return the system's number of an error, also where urllib has wrapped it."""
    return getattr(getattr(error, "reason", error), "errno", None)


def _diagnosis(error: BaseException, source: Source, root: Path) -> str:
    if _number(error) == errno.ENOSPC:
        return f"expected room for the files in {root}, got a full disk; what was begun is removed again."
    if isinstance(error, ImportError):
        return f"expected torchvision, which downloads the files, got: {error}. Install the one that fits your torch."
    if getattr(error, "errno", None) in UNWRITABLE:  # not one that urllib has wrapped: that is the network's
        return f"expected to be allowed to write to {root}, got: {error}."
    tried = " and ".join(source.addresses)
    return f"expected to get {', '.join(source.downloads)} from {tried}, got: {error}."


def _two_ways(name: str, source: Source, root: Path) -> str:
    place = root if source.packed else root / source.folder
    return (
        f"Two ways to get the data. With a network: load({name!r}, root, download=True), where root is a folder that "
        f"you may write to. Without: fetch {', '.join(source.downloads)} from {source.addresses[0]} elsewhere and put "
        f"it into {place}. The environment variable {VARIABLE} can name another folder than {root}. "
        "A chapter does without: %env CNN_LESSONS_BUDGET=cpu in a cell above the first."
    )


def _seen(folder: Path) -> str:
    try:
        return ", ".join(sorted(os.listdir(folder))[:8]) or "an empty folder"
    except PermissionError:
        return "a folder that may not be read: check its rights"
    except OSError:
        return "no such folder"
