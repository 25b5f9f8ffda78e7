"""What is behind, and what breaks: with pip itself, on an index that is a folder of tiny wheels."""

import subprocess
import zipfile

import machine
import outdated
import pytest
import trial

PINS = 'alpha==1.0; python_version >= "3.0"\nalpha==0.5; python_version < "3.0"\n# why\nbeta==1.0\n'
SETUP = """
import subprocess, sys
from pathlib import Path
Path(".venv/bin").mkdir(parents=True, exist_ok=True)
Path(".venv/bin/python").write_text(f'#!/bin/sh\\nPYTHONPATH=$(dirname $0)/../lib exec {sys.executable} "$@"')
Path(".venv/bin/python").chmod(0o755)
pip = [sys.executable, "-m", "pip", "install", "--upgrade", "--target", ".venv/lib", "-r", "requirements.txt"]
sys.exit(subprocess.run(pip).returncode)
"""
SUITE = """
import importlib.metadata, sys
print("asked for", *sys.argv[1:])
if importlib.metadata.version("alpha") == "2.0":
    sys.exit("FAILED tests/test_first.py::test_it - AssertionError")
"""


def wheel(folder, name, version, *needs):
    info = f"{name}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is pip's only index: alpha has 1.0 and 2.0, beta 1.0 and 1.1."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, version in (("alpha", "1.0"), ("alpha", "2.0"), ("beta", "1.0"), ("beta", "1.1")):
        wheel(folder, name, version)
    settings = {
        "NO_INDEX": "1",
        "FIND_LINKS": str(folder),
        "CONFIG_FILE": "/dev/null",
        "DISABLE_PIP_VERSION_CHECK": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A tree with pins, a set-up that installs them, and a suite that alpha 2.0 breaks."""
    root = tmp_path / "clone"
    (root / "tools").mkdir(parents=True)
    makefile = "test:\n\t@.venv/bin/python suite.py $(TESTS)\n\t@echo the next line runs too\n"
    files = {"requirements.txt": PINS, "tools/setup.py": SETUP, "suite.py": SUITE, "Makefile": makefile}
    for name, text in files.items():
        (root / name).write_text(text)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.setattr(outdated, "ROOT", root)
    return root


def test_pins_are_compared_with_the_newest_releases(index, clone, capsys):
    assert outdated.main([]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "alpha  1.0  2.0  major",
        "beta   1.0  1.1  minor",
        "2 pins, 2 behind: 1 major, 1 minor",
    ]


def test_trial_names_the_package_that_breaks_the_suite_and_leaves_nothing(clone, monkeypatch, capsys, index):
    behind = [outdated.Pin("alpha", "1.0", "2.0"), outdated.Pin("beta", "1.0", "1.1")]
    assert outdated.try_out(behind, clone) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if "trying" not in line] == [
        "· alpha 2.0, beta 1.1: breaks tests/test_first.py",
        "· alpha 2.0: breaks tests/test_first.py",
        "· beta 1.1: nothing breaks",
    ]
    assert not list((clone / "_build").iterdir()) and not (clone / ".venv").exists()
    assert (clone / "requirements.txt").read_text() == PINS


def test_package_that_the_others_do_not_admit_breaks_the_set_up(clone, index, capsys):
    wheel(index, "beta", "1.2", "alpha<2")
    (clone / "requirements.txt").write_text(PINS.replace("beta==1.0", "beta==1.2"))
    assert outdated.try_out([outdated.Pin("alpha", "1.0", "2.0")], clone) == 1
    said = capsys.readouterr().out
    assert "alpha ==2.0: breaks the set-up" in said and "conflict" in said


def test_package_that_breaks_the_set_up_is_told_from_one_that_does_not(clone, index, capsys):
    wheel(index, "alpha", "3.0", "gamma")  # there is no gamma
    behind = [outdated.Pin("alpha", "1.0", "3.0"), outdated.Pin("beta", "1.0", "1.1")]
    assert outdated.try_out(behind, clone) == 1
    said = capsys.readouterr().out
    assert "alpha ==3.0: breaks the set-up" in said and "beta 1.1: nothing breaks" in said


def test_without_an_index_one_line_says_so(clone, monkeypatch, capsys):
    pip = "WARNING: Retrying … after connection broken by 'NewConnectionError(…)'\nERROR: No matching distribution"
    monkeypatch.setattr(outdated, "run", lambda *_, **__: machine.Result(1, pip))
    assert outdated.main([]) == 2
    assert capsys.readouterr().err == (
        "outdated: pip reaches no index. Connect, or set HTTPS_PROXY if you are behind a proxy; then try again.\n"
    )


def test_unknown_package_and_unknown_name_are_told_apart(clone, index, capsys):
    (clone / "requirements.txt").write_text("gamma==1.0\n")
    assert outdated.main([]) == 2
    assert "expected releases of gamma, got: ERROR: No matching distribution" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        outdated.main(["--try", "torch"])
    assert "expected names from requirements.txt, got torch" in capsys.readouterr().err


def test_nothing_behind_ends_with_exit_code_0(clone, index, capsys):
    (clone / "requirements.txt").write_text("beta==1.1\n")
    assert outdated.main(["--try"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["1 pins, 0 behind", "· nothing to try: no pin is behind"]


@pytest.mark.parametrize(
    ("pinned", "newest", "jump"),
    [
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.3", "minor"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2", "1.2.1", "patch"),
        ("1.0.4", "1.0.4.post1", "patch"),
        ("1.2.3", "1.2.3", ""),
        ("0.21.2", "0.22", "minor"),
        ("2", "1.9", ""),
    ],
)
def test_kind_of_a_jump(pinned, newest, jump):
    assert outdated.Pin("x", pinned, newest).jump() == jump


def test_torch_and_torchvision_are_tried_as_a_pair():
    behind = [outdated.Pin(name, "1", "2") for name in ("numpy", "torchvision", "sphinx", "torch")]
    assert [[pin.name for pin in group] for group in outdated.groups(behind)] == [
        ["torchvision", "torch"],
        ["numpy"],
        ["sphinx"],
    ]
    assert outdated.with_partners(["torch"]) == {"torch", "torchvision"}


def test_release_that_the_course_does_not_want_is_no_wish():
    assert outdated.wish(outdated.Pin("jupyter-book", "1.0", "1.1"), loose=True) == ">=1.0,<2"
    assert outdated.wish(outdated.Pin("jupyter-book", "1.0", "1.1"), loose=False) == "==1.1"


@pytest.mark.parametrize(
    ("text", "code", "failed"),
    [
        ("3 passed", 0, ()),
        ("FAILED tests/a.py::b[1]\nFAILED tests/a.py::c\nERROR 01.ipynb::Cell 3\n", 0, ("tests/a.py", "01.ipynb")),
        ("the book was not built: see above\nmake: [Makefile:31: test] Error 1 (ignored)", 0, ("the book",)),
        ("Segmentation fault\nmake: [Makefile:31: test] Error 139 (ignored)", 0, ("the whole run",)),
        ("make: command not found", 127, ("the whole run",)),
    ],
)
def test_what_failed_is_read_off_the_output(text, code, failed):
    assert trial.failures(text, code)[0] == failed
