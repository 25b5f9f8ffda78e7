"""What is collected of a folder of submissions: archives of any kind, names in any letters, and what is passed over."""

import struct
import time
import zipfile
from datetime import datetime, timezone

import made_class
import pytest

from cnn_lessons.classroom.grading import collect as collecting
from cnn_lessons.classroom.grading.collect import collect


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    (tmp_path / "bomb.zip").write_bytes(made_class.archive({"03.ipynb": bytes(60_000_000)}))
    (item,) = collect(tmp_path)
    assert "has 60 MB" in item.refused


def test_large_archive_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_UNPACKED", 25_000_000)
    notebooks = {f"{number}.ipynb": bytes(10_000_000) for number in range(4)}
    for name in "ab":
        (tmp_path / f"{name}.zip").write_bytes(made_class.archive(notebooks))
    items = collect(tmp_path)
    assert [(item.file, len(item.content)) for item in items if item.content] == [
        (f"{archive}.zip/{number}.ipynb", 10_000_000) for archive in "ab" for number in range(2)
    ]
    assert {item.refused for item in items if not item.content} == {
        "comes after 0.025 GB of the same archive: pack it into one of its own"
    }


def test_what_was_handed_out_beside_the_notebooks_is_passed_over(tmp_path):
    names = ["02.ipynb", "README.md", "release.json", "cnn_lessons-0.1.0+students-py3-none-any.whl"]
    names += ["02.ipynb:Zone.Identifier"]  # from Windows' Explorer
    (tmp_path / "a.zip").write_bytes(made_class.archive({f"kim/{name}": b"1" for name in names}))
    for name in names:
        (tmp_path / name).write_bytes(b"1")
    assert sorted(item.file for item in collect(tmp_path)) == ["02.ipynb", "a.zip/kim/02.ipynb"]


def test_colon_in_a_name_of_an_archive_leads_nowhere(tmp_path):
    names = ("HW 3: shapes/03_a.ipynb", "12:30 02_b.ipynb")
    with zipfile.ZipFile(tmp_path / "kim.zip", "w") as archive:
        for name in (*names, "C:/Users/kim/03_c.ipynb"):
            archive.writestr(name, b"1")
    found = {item.file: item.refused for item in collect(tmp_path)}
    assert [found.pop(f"kim.zip/{name}") for name in names] == ["", ""]
    (refused,) = found.values()
    assert "leads out of the archive" in refused


def test_python_that_students_install_beside_the_notebooks_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_MEMBERS", 2)
    names = ["02.ipynb", "env/03.ipynb"]  # where somebody has saved it
    made = ["pyvenv.cfg", "bin/python", "Lib/site-packages/a/b.ipynb", "share/c.ipynb", "LICENSE"]
    names += [f"{folder}/{name}" for folder in ("env", "my python") for name in made]
    names += ["env/.gitignore", "venv/pyvenv.cfg", "node_modules/x.ipynb", "__pycache__/x.pyc"]
    for top in ("kim", "lee"):
        for name in names:
            path = tmp_path / "in" / top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"1")
    for name in ("pyvenv.cfg", "answers.py"):  # python -m venv .
        (tmp_path / "in" / "lee" / name).write_bytes(b"1")
    (tmp_path / "in" / "a.zip").write_bytes(made_class.archive(dict.fromkeys(names, b"1")))
    found = [f"{top}/{name}" for top in ("a.zip", "kim", "lee") for name in names[:2]]
    items = {item.file: item.refused for item in collect(tmp_path / "in")}
    assert "expected .ipynb" in items.pop("lee/answers.py")
    assert items == dict.fromkeys(found, "")


def test_notebook_in_very_deep_folders_of_an_archive_is_found(tmp_path):
    folder = "a/" * 30_000
    files = dict.fromkeys((f"{folder}x.ipynb", f"{folder}pyvenv.cfg", f"{folder}bin/x.ipynb"), b"1")
    (tmp_path / "a.zip").write_bytes(made_class.archive(files))
    assert [(item.file, item.refused) for item in collect(tmp_path)] == [(f"a.zip/{folder}x.ipynb", "")]


def test_two_files_of_one_name_in_an_archive_are_both_there(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("03.ipynb", b"1")
        archive.writestr("03.ipynb", b"2")
    assert [(item.file, item.content) for item in collect(tmp_path)] == [
        ("a.zip/03.ipynb", b"1"),
        ("a.zip/03.ipynb (2)", b"2"),
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archive_whose_method_unpacks_to_any_size_at_once_is_refused(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("02.ipynb", b"{}")
    (item,) = collect(tmp_path)
    assert item.refused == "cannot be unpacked: expected the usual method, deflate"


def test_damaged_archive_does_not_stop_the_others(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("03.ipynb", bytes(range(256)) * 40)
        archive.writestr(".", b"")
    whole = bytearray((tmp_path / "a.zip").read_bytes())
    whole[45:75] = bytes(byte ^ 255 for byte in whole[45:75])
    (tmp_path / "a.zip").write_bytes(whole)
    (tmp_path / "b.ipynb").write_bytes(b"{}")
    found = {item.file: item.refused for item in collect(tmp_path)}
    assert "cannot be unpacked" in found["a.zip/03.ipynb"] and found["b.ipynb"] == ""


def test_time_in_an_archive_is_universal_time_where_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    told, plain = zipfile.ZipInfo("a.ipynb", (2026, 4, 1, 20, 0, 0)), zipfile.ZipInfo("b.ipynb", (2026, 4, 1, 20, 0, 0))
    told.extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_775_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(told, b"1")
        archive.writestr(plain, b"2")
    first, second = collect(tmp_path)
    monkeypatch.undo()
    time.tzset()
    assert first.handed_in == 1_775_000_000
    assert second.handed_in == datetime(2026, 4, 1, 11, tzinfo=timezone.utc).timestamp()  # 20:00 in Seoul


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_korean_names_in_an_archive_that_does_not_say_its_encoding(tmp_path, encoding):
    name = "김철수".encode(encoding)
    content = made_class.archive({"k" * len(name) + "_02.ipynb": b"1"})
    (tmp_path / "a.zip").write_bytes(content.replace(b"k" * len(name), name))
    assert [item.file for item in collect(tmp_path)] == ["a.zip/김철수_02.ipynb"]


@pytest.mark.parametrize("name", ["Müller", "François", "Jörg", "Peña", "Åsa", "Gärtner"])
def test_european_names_in_an_archive_that_does_not_say_its_encoding(tmp_path, name):
    raw = name.encode("cp437")
    content = made_class.archive({"k" * len(raw) + "_02.ipynb": b"1"})
    (tmp_path / "a.zip").write_bytes(content.replace(b"k" * len(raw), raw))
    assert [item.file for item in collect(tmp_path)] == [f"a.zip/{name}_02.ipynb"]


def test_time_that_nobody_has_set_is_not_known(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.ipynb"), b"1")  # 1 January 1980
    assert collect(tmp_path)[0].handed_in is None
