"""`load`: the real files where they are, and every way in which files can be missing, damaged or out of reach."""

import errno
import functools
import gzip
import hashlib
import io
import os
import pickle
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision import datasets

from cnn_lessons.data import DataError, channel_statistics, describe, fetch, files, load, verify
from cnn_lessons.data.files import SOURCES, Source, md5_of
from cnn_lessons.data.loading import STATISTICS

NOWHERE = "http://127.0.0.1:9/"  # the discard port: nobody listens


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def random_bytes(*shape, most=255):
    return np.random.RandomState(0).randint(0, most + 1, shape).astype(np.uint8)


def tiny_mnist():
    contents = {}
    for part, count in (("train", 20), ("t10k", 5)):
        contents[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(random_bytes(count, 28, 28)))
        contents[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx(random_bytes(count, most=9)))
    return contents


class Python2(pickle._Pickler):
    """Writes bytes as the real files hold them: as strings of Python 2, which each reader decodes in its way."""

    def save_string(self, content):
        self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(content)

    dispatch = pickle._Pickler.dispatch | {bytes: save_string}


def python2(content):
    out = io.BytesIO()
    Python2(out, protocol=2).dump(content)
    return out.getvalue()


def tiny_cifar100():
    def part(number):
        pixels, labels = random_bytes(number, 3072), [i % 100 for i in range(number)]
        return python2({b"data": pixels, b"fine_labels": labels, b"coarse_labels": [0] * number})

    names = [f"class {label}".encode() for label in range(100)]
    return {"train": part(30), "test": part(7), "meta": python2({b"fine_label_names": names})}


def tiny_cifar10():
    """Five files of training images and labels, no two alike, as the real set has them."""
    pixels, labels = random_bytes(6, 8, 3072), random_bytes(6, 8, most=9).tolist()
    parts = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    contents = {name: python2({b"data": pixels[part], b"labels": labels[part]}) for part, name in enumerate(parts)}
    names = [f"class {label}".encode() for label in range(10)]
    return contents | {"batches.meta": python2({b"label_names": names})}


TINY = {"mnist": tiny_mnist, "cifar10": tiny_cifar10, "cifar100": tiny_cifar100}


def archive(folder, contents):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return out.getvalue()


class Handler(SimpleHTTPRequestHandler):
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def web(tmp_path):
    """A folder that a server on this machine offers; `web.address` and `web.asked`."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = type("Here", (Handler,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    yield SimpleNamespace(folder=folder, address=address, asked=handler.asked)
    server.shutdown()
    server.server_close()


class Tiny:
    """A small stand-in for a real data set, with its true layout and reader; only the contents are made up."""

    def __init__(self, name, monkeypatch, root, address=NOWHERE):
        self.name, self.root, folder = name, root, SOURCES[name].folder
        self.contents = TINY[name]()
        self.folder = root / folder
        sums = {file: md5_of(content) for file, content in self.contents.items()}
        self.web = self.contents if name == "mnist" else {"tiny.tar.gz": archive(folder, self.contents)}
        downloads = sums if name == "mnist" else {"tiny.tar.gz": md5_of(self.web["tiny.tar.gz"])}
        monkeypatch.setitem(SOURCES, name, Source(folder, sums, (NOWHERE, address), downloads))

    def lay_out(self, leave_out=()):
        self.folder.mkdir(parents=True, exist_ok=True)
        for file, content in self.contents.items():
            if file not in leave_out:
                self.folder.joinpath(file).write_bytes(content)

    def offer(self, web):
        for file, content in self.web.items():
            web.folder.joinpath(file).write_bytes(content)

    def load(self, download=False):
        return load(self.name, self.root, download=download)


both = pytest.mark.parametrize("name", ["mnist", "cifar100"])


@pytest.fixture
def tiny(name, monkeypatch, tmp_path, web):
    return Tiny(name, monkeypatch, tmp_path / "root", web.address)


def everything_in(root):
    """Return all that lies below a folder: path, content."""
    return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else None for p in sorted(root.rglob("*"))}


def refused(tiny, download=False):
    """Load, expecting a refusal that leaves the folder as it was; return what it says."""
    before = everything_in(tiny.root)
    with pytest.raises(DataError) as refusal:
        tiny.load(download)
    assert everything_in(tiny.root) == before
    return str(refusal.value)


def forbid_writing(monkeypatch):
    """Make every attempt to write fail; the tests may run as root, whom rights do not stop."""

    def deny(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("mkdir", "makedirs", "rename", "replace"):
        monkeypatch.setattr(os, name, deny)


def test_tables_are_torchvisions():
    mnist = dict(datasets.MNIST.resources)
    assert SOURCES["mnist"].files == SOURCES["mnist"].downloads == mnist
    assert list(SOURCES["mnist"].addresses) == list(datasets.MNIST.mirrors)
    assert Path(datasets.MNIST.__name__, "raw") == Path(SOURCES["mnist"].folder)
    for name, theirs in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)):
        ours = SOURCES[name]
        expected = dict([*theirs.train_list, *theirs.test_list, (theirs.meta["filename"], theirs.meta["md5"])])
        assert ours.files == expected and list(ours.files) == list(expected)
        assert ours.folder == theirs.base_folder and ours.downloads == {theirs.filename: theirs.tgz_md5}
        assert theirs.url == ours.addresses[0] + theirs.filename


@pytest.mark.parametrize("function", [load, verify])
def test_unknown_name_is_refused_with_those_that_are_known(function):
    with pytest.raises(ValueError, match="expected one of shapes, mnist, cifar10, cifar100, got 'imagenet'"):
        function("imagenet")


@both
def test_complete_folder_is_read_without_writing_or_asking(tiny, web, monkeypatch):
    tiny.lay_out()
    before = everything_in(tiny.root)
    forbid_writing(monkeypatch)
    data = tiny.load(download=True)
    assert everything_in(tiny.root) == before and not web.asked
    assert data.train.images.dtype == data.test.images.dtype == torch.uint8
    assert data.train.labels.dtype == data.test.labels.dtype == torch.int64
    assert data.train.images.is_contiguous() and not data.generated
    assert [state for _, state in verify(tiny.name, tiny.root)] == ["good"] * len(tiny.contents)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_is_read_as_torchvision_reads_it(tiny, name, monkeypatch):
    tiny.lay_out()
    data = tiny.load()
    reader = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    for own in ("_check_integrity", "_load_meta"):  # both want the checksums of the real files
        monkeypatch.setattr(reader, own, lambda _: True)
    for part, train in ((data.train, True), (data.test, False)):
        theirs = reader(str(tiny.root), train=train)
        assert torch.equal(part.images.permute(0, 2, 3, 1), torch.from_numpy(theirs.data))
        assert part.labels.tolist() == theirs.targets and len(set(theirs.targets)) > 3
    assert data.classes[:2] == ("class 0", "class 1") and len(data.classes) == int(name.removeprefix("cifar"))


@pytest.mark.parametrize("name", ["mnist"])
def test_mnist_is_read_from_gz_as_torchvision_reads_it_unpacked(tiny, tmp_path):
    tiny.lay_out()
    data = tiny.load()
    raw = tmp_path / "theirs" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file, content in tiny.contents.items():
        raw.joinpath(file.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    for part, train in ((data.train, True), (data.test, False)):
        theirs = datasets.MNIST(str(tmp_path / "theirs"), train=train)
        assert torch.equal(part.images[:, 0], theirs.data) and torch.equal(part.labels, theirs.targets)


@pytest.mark.parametrize("name", ["mnist"])
def test_mnist_is_read_unpacked_where_there_is_no_gz_and_checked_too(tiny, monkeypatch):
    tiny.lay_out()
    expected = tiny.load().fingerprint()
    for file, content in tiny.contents.items():
        plain = gzip.decompress(content)
        monkeypatch.setitem(files.UNPACKED, file.removesuffix(".gz"), md5_of(plain))
        tiny.folder.joinpath(file).unlink()
        tiny.folder.joinpath(file.removesuffix(".gz")).write_bytes(plain)
    assert tiny.load().fingerprint() == expected
    damage(tiny.folder / "train-labels-idx1-ubyte", 12)
    assert "train-labels-idx1-ubyte with MD5" in refused(tiny)


def damage(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


CASES = [(name, file) for name, made in (("mnist", tiny_mnist), ("cifar100", tiny_cifar100)) for file in made()]


@pytest.mark.parametrize(("name", "file"), CASES)
@pytest.mark.parametrize("how", ["first byte", "last byte", "one byte short", "empty", "one byte more"])
def test_damaged_file_is_refused_by_name(tiny, file, how, web):
    tiny.lay_out()
    tiny.offer(web)
    path, content = tiny.folder / file, tiny.contents[file]
    if how.startswith(("first", "last")):
        damage(path, 0 if how.startswith("first") else -1)
    else:
        path.write_bytes({"one byte short": content[:-1], "empty": b"", "one byte more": content + b"x"}[how])
    for download in (False, True):
        says = refused(tiny, download)
        assert f"expected {path} with MD5 {md5_of(content)}, got {md5_of(path.read_bytes())}" in says
        assert "nothing of it was used. Delete it, then" in says
    states = dict(verify(tiny.name, tiny.root))
    assert states.pop(str(path.relative_to(tiny.root))) == "damaged" and set(states.values()) == {"good"}


@both
def test_damaged_file_is_never_unpickled_or_unpacked(tiny, monkeypatch):
    tiny.lay_out()
    for path in tiny.folder.iterdir():
        damage(path, -1)
    monkeypatch.setattr(pickle, "loads", lambda *_, **__: pytest.fail("used"))
    monkeypatch.setattr(gzip, "decompress", lambda *_: pytest.fail("used"))
    refused(tiny)


@both
def test_missing_files_are_named_with_two_ways_to_get_them(tiny, web):
    one = list(tiny.contents)[1]
    tiny.root.mkdir()
    says = refused(tiny)
    assert all(file in says for file in tiny.contents)
    assert f"in {tiny.folder}, got no such folder. Two ways to get the data." in says
    assert f"load('{tiny.name}', root, download=True)" in says and "CNN_LESSONS_DATA" in says
    place = tiny.folder if tiny.name == "mnist" else tiny.root
    assert f"fetch {', '.join(tiny.web)} from" in says and f"put it into {place}" in says
    tiny.lay_out(leave_out=[one])
    assert f"expected {one} in {tiny.folder}, got " in refused(tiny)
    assert [state for _, state in verify(tiny.name, tiny.root)].count("missing") == 1
    assert not web.asked


@both
def test_load_looks_where_it_is_told_then_in_the_variable_then_in_the_cache(tiny, monkeypatch, tmp_path):
    tiny.lay_out()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CNN_LESSONS_DATA", raising=False)
    with pytest.raises(DataError, match=str(tmp_path / "home" / ".cache" / "cnn_lessons" / SOURCES[tiny.name].folder)):
        load(tiny.name, download=False)
    monkeypatch.setenv("CNN_LESSONS_DATA", str(tiny.root))
    assert load(tiny.name, download=False).name == tiny.name
    with pytest.raises(DataError, match=f"in {tmp_path}/elsewhere"):
        load(tiny.name, tmp_path / "elsewhere", download=False)
    assert not (tmp_path / "elsewhere").exists() and not (tmp_path / "home").exists()


@both
@pytest.mark.parametrize("root", [False, True, 3])
def test_load_refuses_a_root_that_names_no_folder(tiny, web, root):
    with pytest.raises(ValueError, match=f"the name of a folder, got {root}. To stay offline, pass download=F"):
        load(tiny.name, root)
    assert not web.asked


@both
def test_download_fills_an_empty_folder_with_whole_files_from_the_second_mirror(tiny, web):
    tiny.offer(web)
    data = tiny.load(download=True)
    assert len(data.train.labels) in (20, 30) and web.asked
    assert everything_in(tiny.folder) == dict(sorted(tiny.contents.items()))
    assert not list(tiny.root.glob(".incomplete*"))
    web.asked.clear()
    assert tiny.load(download=True).fingerprint() == data.fingerprint() and not web.asked


@both
def test_download_fetches_what_is_missing_and_leaves_the_rest(tiny, web):
    one = list(tiny.contents)[0]
    tiny.lay_out(leave_out=[one])
    ages = {path: path.stat().st_mtime_ns for path in tiny.folder.iterdir()}
    tiny.offer(web)
    tiny.load(download=True)
    assert ages == {path: path.stat().st_mtime_ns for path in tiny.folder.iterdir() if path.name != one}
    assert len(set(web.asked)) == 1  # torchvision asks twice: once whether the file has moved


@both
def test_without_network_the_error_says_what_was_tried_and_leaves_nothing(tiny):
    tiny.root.mkdir()
    says = refused(tiny, download=True)
    assert f"from {NOWHERE} and http://127.0.0.1" in says and "refused" in says
    assert says.index("refused") < says.index("HTTP Error 404")  # what each of the two answered
    assert "Two ways to get the data." in says


@both
def test_without_any_server_the_error_says_so(name, monkeypatch, tmp_path):
    tiny = Tiny(name, monkeypatch, tmp_path / "root")
    tiny.root.mkdir()
    assert "refused" in refused(tiny, download=True)


@both
def test_damaged_download_is_refused_and_leaves_nothing(tiny, web):
    tiny.root.mkdir()
    tiny.offer(web)
    for path in web.folder.iterdir():
        path.write_bytes(path.read_bytes()[:-3])
    assert "corrupted" in refused(tiny, download=True)


@both
@pytest.mark.parametrize("after", [0, 100])
def test_full_disk_during_a_download_is_told_and_leaves_nothing(tiny, web, monkeypatch, after):
    tiny.root.mkdir()
    tiny.offer(web)

    def write_until_full(url, filename):
        Path(filename).write_bytes(b"x" * after)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(datasets.utils, "_urlretrieve", write_until_full)
    assert f"expected room for the files in {tiny.root}, got a full disk" in refused(tiny, download=True)


@pytest.mark.parametrize("name", ["cifar100"])
def test_full_disk_during_unpacking_is_told_and_leaves_nothing(tiny, web, monkeypatch):
    tiny.root.mkdir()
    tiny.offer(web)

    def write_until_full(source, target):
        target.write(source.read(50))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch, "shutil", SimpleNamespace(copyfileobj=write_until_full))
    assert "got a full disk; what was begun is removed again" in refused(tiny, download=True)


@both
def test_interrupted_download_leaves_nothing(tiny, web, monkeypatch):
    tiny.root.mkdir()

    def interrupt(url, filename):
        Path(filename).write_bytes(b"x")
        raise KeyboardInterrupt

    tiny.offer(web)
    monkeypatch.setattr(datasets.utils, "_urlretrieve", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tiny.load(download=True)
    assert everything_in(tiny.root) == {}


@both
def test_leftover_of_a_killed_download_is_never_used_and_goes_after_a_day(tiny, web):
    tiny.offer(web)
    old, young = (tiny.root / f".incomplete-{age}" for age in ("old", "young"))
    for leftover in (old, young):
        leftover.mkdir(parents=True)
        for file, content in tiny.contents.items():
            leftover.joinpath(file).write_bytes(content[:9])
    os.utime(old, (0, 0))
    assert tiny.load(download=True) and not old.exists() and young.exists()


@both
def test_read_only_folder_without_the_data_is_told(tiny, web, monkeypatch):
    tiny.root.mkdir()
    tiny.offer(web)
    forbid_writing(monkeypatch)
    says = refused(tiny, download=True)
    assert f"expected to be allowed to write to {tiny.root}, got: [Errno 30] Read-only file system" in says
    assert "a folder that you may write to" in says and not web.asked


@both
def test_root_that_is_a_file_is_told(tiny):
    tiny.root.write_bytes(b"")
    says = refused(tiny, download=True)
    assert f"expected the folder that holds the data, got the file {tiny.root}. Name its folder." in says


@pytest.mark.parametrize("name", ["cifar100"])
def test_archive_that_the_reader_brought_is_unpacked_without_network(tiny, web):
    tiny.root.mkdir()
    path = tiny.root / "tiny.tar.gz"
    path.write_bytes(tiny.web["tiny.tar.gz"][:-1])
    assert f"{path} is cut short or altered: delete it" in refused(tiny)
    path.write_bytes(tiny.web["tiny.tar.gz"])
    assert len(tiny.load(download=False).train.labels) == 30 and path.exists() and not web.asked
    assert everything_in(tiny.folder) == dict(sorted(tiny.contents.items()))


@pytest.mark.parametrize("name", ["mnist"])
def test_files_in_the_wrong_folder_are_not_taken_for_an_archive(tiny, web):
    tiny.root.mkdir()
    for file, content in tiny.contents.items():
        (tiny.root / file).write_bytes(content)
    assert "expected " + ", ".join(tiny.contents) in refused(tiny)
    tiny.offer(web)
    assert len(tiny.load(download=True).train.labels) > 0


@both
def test_reading_needs_no_torchvision_and_fetching_says_what_is_wrong_with_it(tiny, monkeypatch):
    class Misfit:
        __spec__ = None

        def __getattr__(self, name):
            raise RuntimeError("operator torchvision::nms does not exist")

    tiny.root.mkdir()
    for found, says in ((None, "torchvision.datasets.utils"), (Misfit(), "torchvision::nms")):
        monkeypatch.setitem(sys.modules, "torchvision.datasets.utils", found)
        said = refused(tiny, download=True)
        assert says in said and "Install the one that fits your torch" in said
    tiny.lay_out()
    tiny.load()


def closed(folder, monkeypatch):
    """As if the folder could not be entered; the tests may run as root, whom rights do not stop."""
    for name in ("stat", "listdir", "open"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name), folder))
    monkeypatch.setattr(Path, "open", refusing(Path.open, folder))  # whatever pathlib itself opens with


def refusing(function, folder):
    def refuse(path, *words, **options):
        if str(path).startswith(str(folder)):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return function(path, *words, **options)

    return refuse


@both
def test_folder_that_may_not_be_entered_is_told_so(tiny, monkeypatch):
    tiny.lay_out()
    closed(tiny.folder, monkeypatch)
    with pytest.raises(DataError, match="got a folder that may not be read: check its rights"):
        tiny.load()
    assert {state for _, state in verify(tiny.name, tiny.root)} == {"unreadable"}


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_archive_that_may_not_be_read_is_told_so(tiny, monkeypatch):
    tiny.root.mkdir()
    for file, content in tiny.web.items():
        tiny.root.joinpath(file).write_bytes(content)
    monkeypatch.setattr(Path, "open", refusing(Path.open, tiny.root / "tiny.tar.gz"))
    with pytest.raises(DataError, match=r"tiny.tar.gz cannot be read \(Permission denied\): check its rights"):
        tiny.load()


@both
def test_description_says_what_matters(tiny):
    tiny.lay_out()
    data = tiny.load()
    told = describe(data)
    assert told.startswith(f"{tiny.name}: real pictures\n") and data.fingerprint() in told
    assert f"{len(data.train.labels)} to train" in told and len(told.splitlines()) == 7


REAL = {"mnist": ((60_000, 1, 28, 28), (10_000, 1, 28, 28)), "cifar10": ((50_000, 3, 32, 32), (10_000, 3, 32, 32))}


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_real_data_have_the_known_sizes_and_statistics(name, real):
    """Sizes, classes, and the mean and deviation of all training pixels, to four digits."""
    data = real(name)
    assert (tuple(data.train.images.shape), tuple(data.test.images.shape)) == REAL[name]
    measured = channel_statistics(data.train.images)
    for ours, theirs in zip(STATISTICS[name], measured, strict=True):
        assert [f"{number:.4f}" for number in ours] == [f"{number:.4f}" for number in theirs]
    assert (data.mean, data.std) == STATISTICS[name] and len(data.classes) == 10
    if name == "cifar10":
        assert torch.bincount(data.test.labels).tolist() == [1000] * 10
        assert data.classes == tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


@pytest.mark.realdata
def test_unpacked_checksums_are_those_of_what_the_real_gz_files_hold(real):
    real("mnist")
    folder = files.data_root() / SOURCES["mnist"].folder
    for file, md5 in files.UNPACKED.items():
        assert hashlib.md5(gzip.decompress(folder.joinpath(file + ".gz").read_bytes())).hexdigest() == md5
