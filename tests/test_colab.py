"""On Colab the set-up cell installs the course beside the versions that are there, and lets Colab show the widgets."""

import re
import resource
import subprocess
import sys
import time
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from address import published
from anywidget import _util as anywidget_util
from colab_stand_in import (
    COLAB,
    OLDEST,
    PINS,
    changes,
    environment,
    installed,
    make_index,
    make_stand_in,
    make_wheel,
    publish,
    run_cells,
)
from notebook_rules import SET_UP, code_cells
from project_copy import ROOT, copy_project

from cnn_lessons.budget import start
from cnn_lessons.widgets import ConvolutionStepper

HERE = published()
SECONDS_ALLOWED = 20
VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELLS = {path.stem: code_cells(nbformat.read(path, as_version=4))[0].source for path in NOTEBOOKS}


def test_set_up_cells_differ_in_their_numbers_only():
    """So that to install from one of them is to install from each."""
    wanted = re.escape(SET_UP.format(address=HERE.url)) + r"cpu_seconds=\d+(, gpu_helps=False)?\)"
    assert len(CELLS) == len(NOTEBOOKS) >= 13
    assert [name for name, cell in CELLS.items() if not re.fullmatch(wanted, cell)] == []


def test_stand_in_holds_other_versions_than_ours():
    for versions in (COLAB, OLDEST):
        assert not {name for name in ("torch", "numpy", "ipython", "matplotlib") if versions[name] == PINS[name]}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """What both environments share: the variables, and the repository as it would be published from this tree."""
    folder = tmp_path_factory.mktemp("colab")
    repository = copy_project(folder / "repository")
    publish(repository)
    home = folder / "home"
    home.mkdir()
    return SimpleNamespace(
        folder=folder, repository=repository, variables=environment(home, make_index(folder / "index"))
    )


def from_here(cell: str, machine) -> str:
    """The cell, with the published address replaced by that of the repository on this disk."""
    assert cell.count(HERE.url) == 1
    return cell.replace(HERE.url, machine.repository.as_uri())


def budget_line(cell: str) -> str:
    seconds = re.search(r"cpu_seconds=(\d+)", cell)[1]
    return f"Running on the CPU, budget cpu. The whole notebook takes about {seconds} s on two CPU cores."


def first_session(machine, name: str, versions: dict[str, str]) -> SimpleNamespace:
    """A new machine, on which the set-up cell is run, run again, and followed by those of all other chapters."""
    python = make_stand_in(machine.folder / name, versions)
    before, cells = installed(python), list(CELLS.values())
    spent, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    answers = run_cells(python, [from_here(cell, machine) for cell in [cells[0], *cells]], machine.variables)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = now.ru_utime + now.ru_stime - spent.ru_utime - spent.ru_stime
    print(f"{name}: {seconds:.1f} s of CPU, {time.monotonic() - began:.1f} s in all")
    return SimpleNamespace(
        python=python, before=before, changes=changes(before, installed(python)), answers=answers, seconds=seconds
    )


@pytest.fixture(scope="module")
def colab(machine):
    return first_session(machine, "colab", COLAB)


@pytest.fixture(scope="module")
def oldest(machine):
    return first_session(machine, "oldest", OLDEST)


def test_set_up_on_colab_adds_the_course_and_changes_nothing(colab):
    assert set(colab.changes) == {"cnn-lessons"}
    assert colab.before.items() >= {name.lower(): version for name, version in COLAB.items()}.items()


def test_set_up_on_the_oldest_machine_adds_the_course_and_anywidget_only(oldest):
    assert set(oldest.changes) == {"cnn-lessons", "anywidget", "psygnal"}
    assert all(before is None for before, _ in oldest.changes.values())


@pytest.mark.parametrize("session", ["colab", "oldest"])
def test_set_up_prints_the_budget_at_the_first_run_and_the_second(session, request):
    cells = list(CELLS.values())
    answers = request.getfixturevalue(session).answers
    for cell, answer in zip([cells[0], *cells], answers, strict=True):
        assert answer["error"] is None, answer
        assert budget_line(cell) in answer["printed"]
        assert "ERROR" not in answer["printed"]


@pytest.mark.parametrize("session", ["colab", "oldest"])
def test_set_up_takes_less_than_twenty_seconds(session, request):
    """Counted in CPU seconds, which other work on the machine does not stretch; all 14 runs together."""
    assert request.getfixturevalue(session).seconds < SECONDS_ALLOWED


def test_set_up_works_without_a_network_once_the_course_is_there(machine, colab):
    """With the published address, in a new kernel that may neither connect nor run a command."""
    answers = run_cells(colab.python, list(CELLS.values()), machine.variables, network=False)
    for cell, answer in zip(CELLS.values(), answers, strict=True):
        assert answer["error"] is None, answer
        assert answer["printed"].startswith(budget_line(cell))


def test_stand_in_shows_it_when_a_package_replaces_torch(machine):
    """The control: pip takes the bait that the index holds, and the comparison tells."""
    python = make_stand_in(machine.folder / "control", COLAB)
    make_wheel(machine.folder / "index", "greedy", "1.0", needs="torch>=2.10")
    before = installed(python)
    command = [python, "-m", "pip", "install", "--quiet", "greedy"]
    subprocess.run(command, check=True, timeout=120, env=machine.variables, cwd=machine.folder)
    assert changes(before, installed(python)) == {"torch": (COLAB["torch"], PINS["torch"]), "greedy": (None, "1.0")}


@pytest.fixture
def on_colab(monkeypatch):
    """Google's modules as Colab's kernel loads them: `calls` counts, `fails` makes the call raise."""
    fake = SimpleNamespace(calls=0, fails=None)
    google, package, output = (ModuleType(name) for name in ("google", "google.colab", "google.colab.output"))

    def enable_custom_widget_manager():
        fake.calls += 1
        if fake.fails:
            raise fake.fails
        output._widgets._installed_url = "https://manager.example/manager.js"

    output._widgets = SimpleNamespace(_installed_url=None)
    output.enable_custom_widget_manager = enable_custom_widget_manager
    google.colab, package.output = package, output
    for module in (google, package, output):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    anywidget_util.enable_custom_widget_manager_once.cache_clear()
    yield fake
    anywidget_util.enable_custom_widget_manager_once.cache_clear()


def test_start_switches_on_colabs_widget_manager(on_colab):
    start(cpu_seconds=10)
    assert on_colab.calls == 1


def test_widget_on_colab_names_the_manager_that_shows_it(on_colab):
    """Without this entry Colab shows only the sentence for a page without a kernel.

    So it is from ipywidgets 8 on. With 7 the entry comes from a hook that Google's function sets.
    """
    start(cpu_seconds=10)
    data, extra = ConvolutionStepper()._repr_mimebundle_()
    assert VIEW in data
    assert extra[VIEW]["colab"]["custom_widget_manager"]["url"] == "https://manager.example/manager.js"


def test_start_goes_on_when_colabs_widget_manager_fails(on_colab, capsys):
    on_colab.fails = RuntimeError("no such version")
    assert start(cpu_seconds=10) in ("cpu", "gpu")
    printed = capsys.readouterr().out
    assert printed.startswith("Colab did not switch on its widget manager (RuntimeError: no such version).\n")
    assert "The whole notebook takes about 10 s" in printed


def test_start_goes_on_when_colab_has_no_widget_manager(on_colab, capsys, monkeypatch):
    monkeypatch.delattr(sys.modules["google.colab"].output, "enable_custom_widget_manager")
    start(cpu_seconds=10)
    assert "(AttributeError: " in capsys.readouterr().out


def test_start_asks_for_nothing_elsewhere(tmp_path, monkeypatch, capsys):
    """Also where Google's package is installed: only Colab's kernel has loaded it."""
    (tmp_path / "google" / "colab").mkdir(parents=True)
    (tmp_path / "google" / "colab" / "output.py").write_text("raise RuntimeError('loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    start(cpu_seconds=10, gpu_helps=False)
    assert capsys.readouterr().out.startswith("Running on ")
    assert "google.colab" not in sys.modules
    assert ConvolutionStepper()._repr_mimebundle_()[1] == {}


def test_start_does_not_send_whoever_has_a_gpu_to_get_one(monkeypatch, capsys):
    monkeypatch.setenv("CNN_LESSONS_BUDGET", "cpu")
    monkeypatch.setattr("cnn_lessons.budget.gpu_works", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Tesla T4")
    assert start(cpu_seconds=10) == "cpu"
    assert "Runtime" not in capsys.readouterr().out


@pytest.mark.parametrize(("gpu", "said"), [(False, "Runtime, Change runtime type"), (True, None)])
def test_start_says_how_to_get_a_gpu_only_where_there_is_none(monkeypatch, capsys, gpu, said):
    monkeypatch.delenv("CNN_LESSONS_BUDGET", raising=False)
    monkeypatch.setattr("cnn_lessons.budget.gpu_works", lambda: gpu)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Tesla T4")
    assert start(cpu_seconds=10) == ("gpu" if gpu else "cpu")
    printed = capsys.readouterr().out
    assert printed.startswith(f"Running on {'Tesla T4' if gpu else 'the CPU'}, budget {'gpu' if gpu else 'cpu'}.")
    assert (said in printed) if said else ("Runtime" not in printed)
    assert ("trains longer" in printed) == gpu
    assert ("The whole notebook takes about 10 s" in printed) != gpu
    assert ("The short way, about 10 s on two CPU cores" in printed) == gpu
