"""The files of the real data sets: their names, their checksums, and how they are checked.

Names and checksums are those of torchvision.datasets, so a folder that torchvision filled is read as it is. Every
file is read into memory once and its checksum compared before a single byte of it is used.
"""

import gzip
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

CACHE = "~/.cache/cnn_lessons"
VARIABLE = "CNN_LESSONS_DATA"


class DataError(RuntimeError):
    """The files of a data set are missing, damaged or out of reach; the message says which, where, and what to do."""


@dataclass(frozen=True)
class Source:
    """Where a data set comes from and what it consists of.

    Attributes:
        folder: where its files lie, below the root.
        files: name and MD5 of each file.
        addresses: folders on the web that hold the downloads, the preferred one first.
        downloads: name and MD5 of what is downloaded: the files themselves, or one archive of `folder`.
    """

    folder: str
    files: dict[str, str]
    addresses: tuple[str, ...]
    downloads: dict[str, str]

    @property
    def packed(self) -> bool:
        """Whether an archive is downloaded, not the files themselves."""
        return self.downloads != self.files


# MNIST's files as they are after unpacking, for a folder that holds no .gz: the MD5 of what the .gz files contain.
UNPACKED = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_MNIST = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
_TORONTO = ("https://www.cs.toronto.edu/~kriz/",)
SOURCES = {
    "mnist": Source(
        "MNIST/raw",
        _MNIST,
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        _MNIST,
    ),
    "cifar10": Source(
        "cifar-10-batches-py",
        {
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "40351d587109b95175f43aff81a1287e",
            "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
        },
        _TORONTO,
        {"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"},
    ),
    "cifar100": Source(
        "cifar-100-python",
        {
            "train": "16019d7e3df5f24257cddd939b257f8d",
            "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
            "meta": "7973b15100ade9c7d40fb424638fde48",
        },
        _TORONTO,
        {"cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85"},
    ),
}


def data_root(root: str | os.PathLike | None = None) -> Path:
    """Return the folder that holds the data: `root`, else what CNN_LESSONS_DATA names, else ~/.cache/cnn_lessons.

    Raises:
        ValueError: if `root` is neither a text nor a path.
        DataError: if it begins with a ~ and nobody's home is known by that.
    """
    if not isinstance(root, str | os.PathLike | None):
        raise ValueError(f"root: expected the name of a folder, got {root!r}. To stay offline, pass download=False.")
    chosen = root or os.environ.get(VARIABLE) or CACHE
    try:
        return Path(chosen).expanduser().absolute()
    except RuntimeError as error:
        raise DataError(
            f"data: expected a folder, got {chosen}: nobody's home is known by this ~. Name the whole path."
        ) from error


def source_of(name: str) -> Source:
    """Return the source of a real data set, or raise ValueError naming those there are."""
    if name not in SOURCES:
        raise ValueError(f"data: expected one of shapes, {', '.join(SOURCES)}, got {name!r}")
    return SOURCES[name]


def verify(name: str, root: str | os.PathLike | None = None) -> list[tuple[str, str]]:
    """Compare every file of a real data set with its checksum.

    Args:
        name: mnist, cifar10 or cifar100; shapes has none.
        root: the folder that holds the data; without it as `load` chooses.

    Returns:
        (file, state) for each file: its path below the root, and "good", "missing", "damaged" or
        "unreadable". An empty list for shapes.

    Raises:
        ValueError: if the name is unknown, or, for real data, `root` is neither a text nor a path.
    """
    if name == "shapes":
        return []
    source, report = source_of(name), []
    for file in source.files:
        path, md5 = locate(source, file, data_root(root))
        try:
            read_checked(name, path, md5)
            state = "good"
        except DataError as error:
            cause = error.__cause__
            gone = isinstance(cause, FileNotFoundError | NotADirectoryError)
            state = "missing" if gone else "unreadable" if isinstance(cause, OSError) else "damaged"
        report.append((str(path.relative_to(data_root(root))), state))
    return report


def locate(source: Source, file: str, root: Path) -> tuple[Path, str]:
    """Return where a file lies, or should lie, and its MD5: as named, or unpacked where only that is there."""
    path = root / source.folder / file
    unpacked = path.with_suffix("")
    if unpacked.name in UNPACKED and not os.path.exists(path) and os.path.exists(unpacked):
        return unpacked, UNPACKED[unpacked.name]
    return path, source.files[file]


def missing_files(source: Source, root: Path) -> list[str]:
    """Return the names of the files that are not there."""
    return [file for file in source.files if not os.path.isfile(locate(source, file, root)[0])]


def read_checked(name: str, path: Path, md5: str) -> bytes:
    """Return what a file holds, unpacked, or raise DataError naming the file unless its bytes have this MD5."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{name}: expected a readable file {path}, got: {error.strerror}. Check its rights.") from error
    found = md5_of(content)
    if found != md5:
        raise DataError(
            f"{name}: expected {path} with MD5 {md5}, got {found} ({len(content):,} bytes): the file is cut short or "
            f"altered, and nothing of it was used. Delete it, then load({name!r}, download=True), or copy it anew."
        )
    return gzip.decompress(content) if path.suffix == ".gz" else content


def md5_of(content: bytes) -> str:
    """Return the MD5 in hex digits: proof against accidents, which is what it is for here."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
