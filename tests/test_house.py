"""The rules of the house, read off its files: who imports what, how long things are, what they must not hold."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import LONGEST, pytest_terminal_summary
from project_copy import OWN

from cnn_lessons import anatomy, arithmetic, budget, data, diagrams, exercises, models, ops, plots, runs, training

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnn_lessons"
MODULES = sorted(PACKAGE.rglob("*.py"))
TOOLS = sorted((ROOT / "tools").glob("*.py"))
SCRIPTS = sorted(PACKAGE.glob("*/static/*.js"))
# What each room may import besides the standard library and itself. A new room needs a row here.
MAY_IMPORT = {
    "__init__": set(),
    "arithmetic": set(),
    "follower": {"torch", "cnn_lessons.arithmetic"},
    "anatomy": {"torch", "cnn_lessons.arithmetic", "cnn_lessons.follower"},
    "ops": {"torch", "cnn_lessons.arithmetic"},
    # matplotlib ships the photograph; torchvision downloads
    "data": {"torch", "torchvision", "numpy", "matplotlib", "PIL", "cnn_lessons.arithmetic"},
    "models": {"torch", "cnn_lessons.arithmetic"},
    "training": {"torch", "tqdm", "cnn_lessons.arithmetic", "cnn_lessons.budget", "cnn_lessons.data"},
    "runs": {"torch", "cnn_lessons.models", "cnn_lessons.training"},  # for plan.py; the reader needs none of them
    "budget": {"torch", "google"},  # Google Colab's own module, where there is one
    "plots": {"numpy", "matplotlib", "cnn_lessons.arithmetic"},
    "diagrams": {"matplotlib", "cnn_lessons.plots"},
    "widgets": {"anywidget", "traitlets"},
    "cli": {"torch", "tqdm"}
    | {f"cnn_lessons.{room}" for room in ("__version__", "budget", "classroom", "data", "models", "runs", "training")},
    "__main__": {"cnn_lessons.cli"},
    "exercises": {"torch", "numpy", "cnn_lessons.arithmetic", "annotationlib"},  # the last is Python's own, since 3.14
    "classroom": {"torch", "nbformat", "psutil", "pytest", "IPython", "traitlets", "tomllib", "tomli"}
    | {"cnn_lessons.exercises", "cnn_lessons.__version__"}
    | {"cells", "enter", "saved"},  # scripts of the sandbox that stand beside each other there
}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Yield what a module imports, inside its functions too: "torch", "cnn_lessons.ops"."""
    for node in ast.walk(tree(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: expected absolute imports, got a relative one in line {node.lineno}"
            deeper = [f"cnn_lessons.{alias.name}" for alias in node.names]  # from cnn_lessons import ops
            names = deeper if node.module == "cnn_lessons" else [node.module]
        for name in names:
            parts = name.split(".")
            yield ".".join(parts[:2]) if parts[0] == "cnn_lessons" else parts[0]


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("room", sorted({room_of(path) for path in MODULES}))
def test_room_imports_what_its_row_allows_and_nothing_else(room):
    assert room in MAY_IMPORT, f"cnn_lessons/{room} is new: say in MAY_IMPORT what it may import"
    allowed = MAY_IMPORT[room] | sys.stdlib_module_names | {f"cnn_lessons.{room}"}
    found = {(relative(path), name) for path in MODULES if room_of(path) == room for name in imports(path)}
    assert not {(path, name) for path, name in found if name not in allowed}
    assert not MAY_IMPORT[room] - {name for _, name in found}, "allowed, but nobody imports it: take it out of the row"


def test_no_architecture_takes_from_another():
    """What gathers them all may: the front of the room and its catalogue."""
    taking = {path.name for path in MODULES if room_of(path) == "models" and "cnn_lessons.models" in imports(path)}
    assert taking == {"__init__.py", "catalog.py"}


def test_import_table_has_no_row_without_a_room():
    assert set(MAY_IMPORT) == {room_of(path) for path in MODULES}


def test_only_the_classroom_imports_exercises_and_nobody_widgets():
    reserved = {"cnn_lessons.exercises", "cnn_lessons.widgets"}
    found = {(room, name) for room, allowed in MAY_IMPORT.items() for name in allowed & reserved}
    assert found == {("classroom", "cnn_lessons.exercises")}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("cnn_lessons", ("torch", "numpy", "torchvision", "matplotlib", "anywidget", "IPython")),
        ("cnn_lessons.arithmetic", ("torch", "numpy", "torchvision", "matplotlib", "anywidget", "IPython")),
        ("cnn_lessons.ops", ("torchvision", "matplotlib", "anywidget", "IPython")),
        ("cnn_lessons.runs", ("torch", "numpy", "torchvision", "matplotlib", "anywidget", "IPython")),
        ("cnn_lessons.plots", ("torch", "torchvision", "matplotlib.pyplot", "anywidget")),
        ("cnn_lessons.widgets", ("torch", "torchvision", "matplotlib")),
    ],
)
def test_import_stays_light(module, absent):
    loaded = f"import sys, {module}; print(*sorted(set({absent!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", [*MODULES, *TOOLS], ids=relative)
def test_module_is_short_and_so_are_its_functions(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
    for function in functions(path):
        docstring = function.body[0] if ast.get_docstring(function) else None
        described = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
        length = function.end_lineno - function.lineno + 1 - described
        assert length <= 40, f"{function.name} has {length} lines without its docstring, at most 40 are allowed"


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_script_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("path", [*MODULES, *TOOLS], ids=relative)
def test_module_has_no_assert_and_loads_weights_only(path):
    torchs = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) and node.module == "torch"]
    loaders = ["torch.load", *(a.asname or a.name for node in torchs for a in node.names if a.name == "load")]
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: raise an error that says expected, got, do"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in loaders:
            safe = any(word.arg == "weights_only" and ast.unparse(word.value) == "True" for word in node.keywords)
            assert safe, f"line {node.lineno}: a file from elsewhere may run code; load it with weights_only=True"


@pytest.mark.parametrize("path", [p for p in (*MODULES, *TOOLS) if "solutions" not in p.parts], ids=relative)
def test_public_function_has_a_docstring(path):
    """The solutions are left out: they are shown as a learner would write them."""
    assert ast.get_docstring(tree(path)), "the module says nothing about itself"
    top = tree(path).body
    classes = [node for node in top if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    for node in [*top, *(member for known in classes for member in known.body)]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} says nothing about itself"


FRONT = [
    pytest.param(function, id=f"{room.__name__}.{name}")
    for room in (arithmetic, anatomy, ops, data, models, training, budget, plots, diagrams, runs, exercises)
    for name, function in inspect.getmembers(room, inspect.isfunction)
    if not name.startswith("_") and function.__module__.startswith(room.__name__)
]


@pytest.mark.parametrize("function", FRONT)
def test_docstring_names_every_argument_and_says_what_is_returned(function):
    described = inspect.getdoc(function)
    borrowed = re.search(r"Arguments, result and errors as `(\w+)`", described)
    if borrowed:
        other = inspect.getmodule(function).__dict__[borrowed[1]]
        assert inspect.signature(function) == inspect.signature(other)
        return
    missing = [name for name in inspect.signature(function).parameters if not re.search(rf"\b{name}\b", described)]
    assert not missing
    returns = inspect.signature(function).return_annotation
    shows = getattr(returns, "__name__", "") == "Picture"  # the first line says what the picture shows
    assert shows or re.search(r"\b(Returns?|Give|Check|Show|Find)\b", described)


def project_files():
    """Return the files that belong to the project; what was built or installed is left out."""
    left_out, kept = (".", "_build", *OWN), (".ci", ".github")
    tops = [path for path in ROOT.iterdir() if not path.name.startswith(left_out) or path.name in kept]
    files = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def test_no_file_names_a_path_of_one_machine():
    personal = re.compile(r"(?<![\w.:/-])/(?:work|home|root|Users|mnt|workspace)/[\w.-]|[A-Z]:\\\\?Users")
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or a font
            continue
        found += [f"{relative(path)}: {hit[0]}" for hit in personal.finditer(text)]
        found += [
            f"{relative(path)}: {place}" for place in (str(ROOT), str(Path.home())) if len(place) > 5 and place in text
        ]
    assert not found


def test_longest_files_that_begin_first_are_there():
    assert not [name for name in LONGEST if not ROOT.joinpath(name).is_file()]


def test_skipped_test_is_counted_for_the_mark_in_its_reason():
    said, reasons = [], ("slow: add --run slow", "realdata: mnist is not in the folder", "no Node on this machine: …")
    skipped = [SimpleNamespace(longrepr=("test_any.py", 1, f"Skipped: {reason}")) for reason in reasons]
    pytest_terminal_summary(SimpleNamespace(stats={"skipped": skipped}, section=said.append, write_line=said.append))
    counted = [line for line in said[1:] if not line.endswith(": none skipped")]
    assert [line.partition(" skipped;")[0] for line in counted] == ["slow: 1", "realdata: 1", "without a mark: 1"]
