"""Find what was handed in: notebooks in a folder, in its folders, in archives. Nothing is unpacked onto the disk."""

import contextlib
import hashlib
import os
import re
import stat
import struct
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOST_BYTES = 20_000_000  # a chapter with its pictures has about half a million
MOST_MEMBERS = 5_000
MOST_UNPACKED = 1_000_000_000  # bytes of one archive: 2,000 such chapters
UNIVERSAL_TIME = 0x5455  # "UT", an extra field of an archive's member
MARKED = "Zone.Identifier"  # "x.ipynb:Zone.Identifier" is what Explorer leaves beside a download that it takes to WSL
SKIPPED = ("__MACOSX", "__pycache__", "node_modules", "site-packages")
ENVIRONMENTS = ("env", "venv")  # the README that is handed out has students make one beside the notebooks
SIGN = "pyvenv.cfg"  # lies in every environment, whatever it is called
OF_ENVIRONMENT = ("bin", "etc", "include", "lib", "lib64", "man", "scripts", "share", SIGN, "cachedir.tag", "license")
OURS = re.compile(r"README\.md|release\.json|cnn_lessons-[^/]*\.whl")  # handed out, and often handed in again


@dataclass(frozen=True)
class HandedIn:
    """One file as it came.

    Args:
        file: path below the folder of submissions, with "/"; in an archive, after its name.
        content: its bytes; empty if it is refused.
        handed_in: when it was last changed, seconds since the epoch; None if unknown.
        refused: why it is not even opened, one clear line; "" if it is.
    """

    file: str
    content: bytes
    handed_in: float | None
    refused: str = ""

    @property
    def sha256(self) -> str:
        """Return the fingerprint of the content."""
        return hashlib.sha256(self.content).hexdigest()


def collect(folder: Path) -> list[HandedIn]:
    """Return every file below `folder`, archives opened, sorted by path. What cannot be read is among them, refused.

    Raises:
        ValueError: if `folder` is no folder or holds nothing.
    """
    if not folder.is_dir():
        raise ValueError(f"submissions: expected a folder of notebooks, found none at {folder}")
    found = [item for path in _files(folder) for item in _opened(path, path.relative_to(folder).as_posix())]
    if not found:
        raise ValueError(f"submissions: expected .ipynb or .zip files in {folder}, found no file")
    return sorted(found, key=lambda item: item.file)


def _files(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, links as they are; never follow one."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            paths = sorted(folder.iterdir())
        except OSError:  # it is named as a file that cannot be read
            yield folder
            continue
        in_environment = folder.name in ENVIRONMENTS or any(path.name == SIGN for path in paths)
        for path in (path for path in paths if not _passed_over(path.name, in_environment)):
            if os.path.isdir(path) and not os.path.islink(path):
                waiting.append(path)
            else:
                yield path


def _passed_over(name: str, in_environment: bool) -> bool:
    """Return whether no student meant to hand in a file, or a folder with all that is in it.

    Homework may lie in an environment too: who makes it in the very folder of the notebooks has them there.

    Args:
        name: without the path.
        in_environment: whether it lies directly in an environment.
    """
    if name.startswith(".") and name != ".." or name in SKIPPED or name.endswith(MARKED) or OURS.fullmatch(name):
        return True
    return in_environment and name.lower() in OF_ENVIRONMENT


def _opened(path: Path, name: str) -> Iterator[HandedIn]:
    try:
        known = path.lstat()
        problem = _unusable(known, path.suffix.lower())
        if problem:
            yield HandedIn(name, b"", known.st_mtime, problem)
        elif path.suffix.lower() == ".zip":
            yield from _members(path, name)
        else:
            yield HandedIn(name, path.read_bytes(), known.st_mtime)
    except OSError as error:
        yield HandedIn(name, b"", None, f"cannot be read: {error.strerror or error}")


def _unusable(known, suffix: str) -> str:
    """Say why a file is not opened, from what the system knows of it; "" if it is."""
    if stat.S_ISLNK(known.st_mode):
        return "is a link to another file: expected the file itself"
    if not stat.S_ISREG(known.st_mode):
        return "is no plain file: expected a notebook"
    if suffix == ".zip":
        return ""
    if suffix != ".ipynb":
        return f"ends in {suffix or 'nothing'}: expected .ipynb, or .zip with notebooks in it"
    return _too_large(known.st_size)


def _too_large(size: int) -> str:
    most = f"{MOST_BYTES / 1e6:g} MB"
    advice = "Clear the outputs, run it again, hand it in again."
    return f"has {size / 1e6:.0f} MB: expected at most {most}. {advice}" if size > MOST_BYTES else ""


def _members(path: Path, name: str) -> Iterator[HandedIn]:
    """Yield the notebooks of an archive, read into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _wanted(archive)
            if len(members) > MOST_MEMBERS:
                most = f"expected at most {MOST_MEMBERS:,}"
                yield HandedIn(name, b"", path.lstat().st_mtime, f"holds {len(members):,} files: {most}")
                return
            seen: dict[str, int] = {}
            room = MOST_UNPACKED
            for member in members:
                item = _member(archive, member, name, room)
                room -= len(item.content)
                seen[item.file] = seen.get(item.file, 0) + 1
                if seen[item.file] > 1:  # one archive may hold a name twice
                    item = HandedIn(f"{item.file} ({seen[item.file]})", item.content, item.handed_in, item.refused)
                yield item
    except Exception as error:  # a damaged archive fails in many ways
        yield HandedIn(name, b"", path.lstat().st_mtime, f"is no archive that can be read: {error}")


def _wanted(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive without those that no student meant to hand in."""
    paths = [(member, _path(member)) for member in archive.infolist() if not member.is_dir()]
    known, environments = {}, set()  # folders by number: a path may be thousands of folders deep
    for _, path in paths:
        if path.name == SIGN:
            place = 0
            for name in path.parts[:-1]:
                place = known.setdefault((place, name), len(known) + 1)
            environments.add(place)

    def meant(path: PurePosixPath) -> bool:
        place, in_environment = 0, 0 in environments
        for name in path.parts:
            if _passed_over(name, in_environment):
                return False
            place = known.get((place, name))
            in_environment = name in ENVIRONMENTS or place in environments
        return True

    return [member for member, path in paths if meant(path)]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, room: int) -> HandedIn:
    """Return one file of an archive, refused beyond `room` bytes."""
    told = _name(member)
    inner = _path(member)
    when = _saved(member)
    drive = re.match(r"[A-Za-z]:(/|$)", str(inner))  # a colon elsewhere is part of a name: "HW 3: shapes"
    if not inner.parts or inner.is_absolute() or ".." in inner.parts or drive:
        shown = "/".join(part for part in inner.parts if part not in ("..", "/"))
        reason = f"has a path that leads out of the archive, {told!r:.80}: it is not opened"
        return HandedIn(f"{name}/{shown}", b"", when, reason)
    file = f"{name}/{inner}"
    if stat.S_ISLNK(member.external_attr >> 16):
        return HandedIn(file, b"", when, "is a link to another file: expected the file itself")
    if inner.suffix.lower() != ".ipynb":
        kind = inner.suffix or "nothing"
        return HandedIn(file, b"", when, f"ends in {kind}: expected .ipynb (archives in archives are not opened)")
    if _too_large(member.file_size):
        return HandedIn(file, b"", when, _too_large(member.file_size))
    if member.file_size > room:
        most = f"{MOST_UNPACKED / 1e9:g} GB"
        return HandedIn(file, b"", when, f"comes after {most} of the same archive: pack it into one of its own")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks others to any size
        return HandedIn(file, b"", when, "cannot be unpacked: expected the usual method, deflate")
    try:
        with archive.open(member) as stream:
            content = stream.read(MOST_BYTES + 1)  # what the archive says of the size may be a lie
    except Exception as error:  # zlib, a password, …
        return HandedIn(file, b"", when, f"cannot be unpacked: {error}")
    return HandedIn(file, content, when, _too_large(len(content)))


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(_name(member).replace("\\", "/"))


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a file of an archive; what does not say that it is Unicode may be so, or Korean Windows'.

    Of that, only the common syllables are read: with the rare ones (cp949) "Müller" of a European Windows would be
    Korean too.
    """
    if member.flag_bits & 0x800:
        return member.filename
    with contextlib.suppress(UnicodeEncodeError):
        raw = member.filename.encode("cp437")  # zipfile takes it for that
        for encoding in ("utf-8", "euc_kr"):
            with contextlib.suppress(UnicodeDecodeError):
                return raw.decode(encoding)
    return member.filename


def _saved(member: zipfile.ZipInfo) -> float | None:
    """Return when a file of an archive was last changed, seconds since the epoch; None if unknown.

    Most programs that pack note it in universal time. The clock time beside it is that of a place which no one knows:
    this machine's is the best guess.
    """
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == UNIVERSAL_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size :]
    if tuple(member.date_time) <= (1980, 1, 1, 0, 0, 0):  # nobody has set it
        return None
    with contextlib.suppress(ValueError, OverflowError):
        return time.mktime((*member.date_time, 0, 0, -1))
    return None
