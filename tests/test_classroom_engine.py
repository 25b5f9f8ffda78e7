"""What the made class does not show: evidence, nbval's word, the sandbox, a stop half-way, the shell."""

import contextlib
import errno
import importlib.metadata
import io
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import made_class
import pytest
import torch
from made_class import ASKED, START, blank, notebook
from torch import nn
from wrong_answers import BANK

from cnn_lessons import cli
from cnn_lessons.classroom.grading import whole_class
from cnn_lessons.classroom.grading.collect import HandedIn, collect
from cnn_lessons.classroom.grading.inside import cells
from cnn_lessons.classroom.grading.inside.cells import Snapshot
from cnn_lessons.classroom.grading.jail import Jail, NotReady, Stopped
from cnn_lessons.classroom.grading.judging import misconception, objection
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.one_file import grade_one
from cnn_lessons.classroom.grading.prison import PRIVATE, Prison, hidden_paths, veil
from cnn_lessons.classroom.grading.whole_class import Options, _alone, grade
from cnn_lessons.classroom.record import Cells
from cnn_lessons.cli import grade as command
from cnn_lessons.exercises import catalog, compare, evidence, names
from cnn_lessons.exercises.catalog import solution_function
from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.judge import examine

namespaces = pytest.mark.namespaces
PRISON = "cnn_lessons.classroom.grading.prison"
JAIL = "cnn_lessons.classroom.grading.jail"


@pytest.fixture(scope="module")
def prison():
    """One for all tests that do not ask how it is made, which takes longer than what most of them ask."""
    with Prison() as made:
        yield made


@pytest.fixture
def shared(prison, monkeypatch):
    """Let `grade` take the prison that is there."""
    monkeypatch.setattr(whole_class, "Prison", lambda *_: contextlib.nullcontext(prison))


def values_of(name, answer, seed):
    seen = []
    verdict = examine(name, answer, seed=seed, seen=seen)
    return verdict, evidence.dumps([outcome.got for outcome in seen])


@cache
def right_values(name):
    """Verdict and values of the reference answer, with seed 1: three tests ask for them."""
    return values_of(name, solution_function(name), seed=1)


# ---- evidence ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_the_values_of_the_reference_convince_and_those_of_a_wrong_answer_do_not(name):
    verdict, values = right_values(name)
    assert verdict.status == "correct"
    assert objection(name, 1, values) == ""
    wrong = next(wrong for wrong in BANK if wrong.exercise == name)
    assert objection(name, 1, values_of(name, wrong.function, seed=1)[1])


@pytest.mark.parametrize("name", [name for name in names() if catalog()[name].gradients])
@pytest.mark.parametrize("half", ["value", "gradient"])
def test_one_altered_value_or_gradient_is_objected_to(name, half):
    got = evidence.loads(right_values(name)[1])
    at = 0 if half == "value" else len(got) // 2
    got[at] = [got[at][0] + 1, *got[at][1:]] if isinstance(got[at], list) else got[at] + 1
    said = objection(name, 1, evidence.dumps(got))
    assert said and ("gradient" in said) == (half == "gradient"), said


def test_values_drawn_with_another_seed_do_not_convince():
    _, values = right_values(ASKED)
    assert objection(ASKED, 2, values)


@pytest.mark.parametrize("values", [b"", b"PK\x03\x04", evidence.dumps([]), evidence.dumps([None] * 300)])
def test_values_that_are_none_are_objected_to(values):
    assert objection(ASKED, 1, values)


def test_evidence_that_would_run_code_is_refused(tmp_path):
    class Bad:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save([Bad()], tmp_path / "bad.pt")
    with pytest.raises(ValueError, match="expected results written by `dumps`"):
        evidence.loads((tmp_path / "bad.pt").read_bytes())
    assert not (tmp_path / "ran").exists()


def test_evidence_keeps_what_is_compared():
    values = [
        torch.arange(6.0).reshape(2, 3).T,
        nn.Parameter(torch.ones(2)),
        Findings({"a": Told("none"), "b": [1, 2.5, True, None, "x"]}, {"a": "other"}),
        (1, {"k": torch.tensor(True)}),
    ]
    back = evidence.loads(evidence.dumps(values))
    assert torch.equal(back[0], values[0])
    assert type(back[1]) is nn.Parameter
    assert type(back[2]["a"]) is Told
    assert back[2].labels == {"a": "other"}
    assert back[2]["b"] == values[2]["b"]
    assert compare.same(values[3], back[3])


def test_a_tensor_that_pretends_to_be_large_is_refused():
    assert "expected a tensor with its own numbers" in objection(
        ASKED, 1, _saved([("tensor", torch.zeros(1).expand(10**6))])
    )


def test_shared_parts_that_unpack_to_any_size_are_refused():
    packed = ("plain", 1)
    for _ in range(30):
        packed = ("list", [packed, packed])
    with pytest.raises(ValueError, match="one value in two places"):
        evidence.loads(_saved([packed]))
    with pytest.raises(ValueError, match="expected fewer values"):
        evidence.unpack(packed)
    deep = ("plain", 1)
    for _ in range(60):
        deep = ("list", [deep])
    with pytest.raises(ValueError, match="less deeply nested"):
        evidence.loads(_saved([deep]))


def test_evidence_that_takes_for_ever_to_print_or_to_hash_is_refused():
    shared = ()
    for _ in range(60):
        shared = (shared, shared)
    inner = pickle.dumps(shared, protocol=2)[2:-1]
    for plan in (pickle.dumps([("plain", shared)], protocol=2), b"\x80\x02](}(" + inner + b"K\x01ue."):  # [{shared: 1}]
        file = io.BytesIO(_saved([("plain", 1)]))
        with zipfile.ZipFile(file) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
        (name,) = (member for member in members if member.endswith("data.pkl"))
        members[name] = plan
        with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        with pytest.raises(ValueError, match="one value in two places|the step"):
            evidence.loads(file.getvalue())


def test_evidence_that_takes_much_room_or_time_is_refused():
    letters = 100_000 * "x"
    with pytest.raises(ValueError, match="expected fewer values"):
        evidence.loads(_saved([("list", [("told", letters) for _ in range(200)])]))
    assert len(evidence.loads(_saved([("list", [("told", letters) for _ in range(50)])]))[0]) == 50
    keys = [[("plain", number), ("plain", -number)] for number in range(10_001)]
    with pytest.raises(ValueError, match="expected at most 10,000 keys"):
        evidence.loads(_saved([("dict", keys)]))


def test_evidence_of_which_torch_might_read_another_part_is_refused():
    file = io.BytesIO(_saved([("plain", 1)]))
    with zipfile.ZipFile(file, "a") as archive:
        (name,) = (member for member in archive.namelist() if member.endswith("data.pkl"))
        archive.writestr(name.replace("data.pkl", "DATA.PKL"), b"anything")
    with pytest.raises(ValueError, match="two members of one name"):
        evidence.loads(file.getvalue())


def test_evidence_that_takes_much_room_to_judge_is_objected_to():
    large = evidence.dumps([(torch.rand(2000, 2000), torch.rand(3, 3))])
    assert "expected a smaller image or kernel" in objection("flip_probe", 1, large)
    seen = evidence.loads(right_values("my_network")[1])
    seen[0]["again"] = seen[0]["again"].flatten()[:, None]
    assert "scores of another shape" in objection("my_network", 1, evidence.dumps(seen))


def test_empty_sentence_is_no_finding():
    right = Findings({"loss": 3.5})
    assert "nothing was found" in right.differs(Findings({"loss": Told("")}))


def test_evidence_with_something_in_front_of_it_is_read_as_it_was_screened():
    torch.save([("plain", 13)], file := io.BytesIO(), _use_new_zipfile_serialization=False)
    assert evidence.loads(file.getvalue() + _saved([("plain", 1)])) == [1]


@pytest.mark.parametrize("value", [[1], ("a",), {"a": 1}, 100_001 * "x", torch.zeros(1)])
def test_plain_evidence_is_a_number_or_a_short_text(value):
    with pytest.raises(ValueError, match="expected a number or a text|the step"):
        evidence.loads(_saved([("plain", value)]))
    assert evidence.loads(_saved([("plain", 10**60)])) == [10**60]


def test_evidence_that_is_compressed_is_refused(tmp_path):
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(evidence.dumps([1]))) as plain,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in plain.infolist():
            new.writestr(member.filename, plain.read(member))
    with pytest.raises(ValueError, match="may unpack to any size"):
        evidence.loads(packed.getvalue())


def test_verdict_does_not_depend_on_the_default_dtype():
    for dtype in (torch.float64, torch.float32):
        torch.set_default_dtype(dtype)
        try:
            verdict, values = values_of("training_step", solution_function("training_step"), seed=1)
            assert torch.get_default_dtype() is dtype
        finally:
            torch.set_default_dtype(torch.float32)
        assert verdict.status == "correct" and objection("training_step", 1, values) == ""


def _saved(packed):
    file = io.BytesIO()
    torch.save(packed, file)
    return file.getvalue()


def test_only_a_sentence_of_the_course_is_a_misconception():
    mistake = catalog()[ASKED].mistakes[0].message
    assert misconception(ASKED, f"on size = 3\nexpected 1\n{mistake}") == mistake
    assert misconception(ASKED, "<b>I made this up</b>") == ""


def test_snapshot_names_and_mends_what_was_replaced(monkeypatch):
    before = Snapshot()
    real, code = compare.difference, compare.same.__code__
    compare.difference = lambda *a, **k: None
    compare.same.__code__ = (lambda expected, got: True).__code__
    nn.Module.eval = None
    changed = before.restore()
    assert {"cnn_lessons.exercises.compare.difference", "cnn_lessons.exercises.compare.same", "Module.eval"} <= {
        *changed
    }
    assert compare.difference is real
    assert compare.same.__code__ is code
    assert callable(nn.Module.eval)
    assert before.restore() == []


# ---- runs ----------------------------------------------------------------------------------------------------


def saved(source, text):
    """Return a code cell that was run and printed `text`."""
    output = {"output_type": "stream", "name": "stdout", "text": text}
    return {
        "cell_type": "code",
        "id": "saved",
        "metadata": {},
        "execution_count": 1,
        "outputs": [output],
        "source": source,
    }


@namespaces
def test_nbval_tells_real_outputs_from_made_up_ones_and_from_errors(tmp_path, shared):
    whole = json.loads(notebook("pass", f"# exercise: {ASKED}\n..."))
    whole["cells"] += [{**saved(f"print({n})", text), "id": f"c{n}"} for n, text in enumerate(("0\n", "7\n"))]
    whole["cells"].append({**saved("print(nobody)", ""), "id": "error"})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_text(json.dumps(whole))
    (tmp_path / "in" / "03_b.ipynb").write_bytes(notebook(START, made_class.right()))
    whole["cells"][1] = {**saved(made_class.right(), ""), "id": "skipped", "execution_count": None, "outputs": []}
    (tmp_path / "in" / "03_d.ipynb").write_text(json.dumps(whole))
    whole["cells"][-1]["metadata"]["tags"] = [[]]  # nbval stumbles over it
    (tmp_path / "in" / "03_c.ipynb").write_text(json.dumps(whole))
    first, second, third, fourth = grade(tmp_path / "in", tmp_path / "out", Options(Limits(seconds=120)))
    assert first.cells == Cells(match=3, differ=1, fail=1)
    assert (second.cells, second.cells_note) == (None, "no saved outputs: nothing to compare")
    assert (third.cells, third.cells_note) == (None, "nbval compared none of its cells")
    assert fourth.cells and fourth.cells_note == f"the cell of {ASKED} was saved without having been run"


@namespaces
def test_commands_of_a_cell_run_and_the_cell_goes_on(prison):
    cell = "!false\n%pip --version\nlines = !echo hello\nassert lines == ['hello']\n"
    cell += "import subprocess\ntold = subprocess.Popen(['sleep', '600'])\ntold.terminate()\nreached = told.wait(20)"
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        said, _ = jail.ask({"cell": cell, "seconds": 60}, 90)
        seen, _ = jail.ask({"cell": "assert reached", "seconds": 30}, 60)
    assert not said["error"] and not seen["error"], (said, seen)


TEE = """import sys
class Tee:
    def __init__(self, *files):
        self.files = files
    def write(self, text):
        for file in self.files:
            file.write(text)
sys.stdout = Tee(sys.stdout, open("log.txt", "w"))
"""


def statuses(prison, *sources, limits=None):
    """Return how a notebook with these cells ends, its problem, and the statuses of the exercises that it answers."""
    result = graded(prison, *sources, limits=limits)
    tried = {mark.exercise: mark.status for mark in result.marks if mark.status != "missing"}
    return result.outcome, result.problem, tried


def graded(prison, *sources, limits=None):
    """Grade a notebook with these cells behind the set-up."""
    item = HandedIn("03_a.ipynb", notebook(START, *sources), None)
    return grade_one(item, prison, limits or Limits(), False, threading.Event())


@namespaces
@pytest.mark.parametrize("harm", [TEE, "import sys\nsys.stdout = None", "import sys\nsys.stdout.close()"])
def test_exercises_behind_an_output_that_cannot_be_flushed_are_graded(prison, harm):
    right = dict.fromkeys((ASKED, "same_padding"), "correct")
    assert statuses(prison, harm, *map(made_class.right, right)) == ("graded", "", right)


@namespaces
def test_answer_that_ends_in_any_way_costs_no_other(prison):
    own = "class Own(BaseException):\n    def __str__(self):\n        raise self"
    ends = ["raise KeyboardInterrupt", "raise Own", "import asyncio; raise asyncio.CancelledError", "while True: pass"]
    late = names("03")[: len(ends)]
    cells = [blank(name).replace("...", end) for name, end in zip(late, ends, strict=True)]
    right = names("03")[len(ends)]
    wanted = {**dict.fromkeys(late, "not yet"), right: "correct"}
    result = graded(prison, own, *cells, made_class.right(right), limits=Limits(check_seconds=3))
    marks = {mark.exercise: mark for mark in result.marks if mark.status != "missing"}
    assert (result.outcome, {name: mark.status for name, mark in marks.items()}) == ("graded", wanted)
    for name, raised in zip(late[:3], ("KeyboardInterrupt", "Own", "CancelledError"), strict=True):
        assert f"your code raised {raised}" in marks[name].message


@namespaces
def test_notebook_imports_the_files_that_it_writes_and_a_check_does_not(prison):
    honest = "%%writefile blocks.py\nx = 3", "from blocks import x\nassert x == 3"
    hostile = "%%writefile colorsys.py\nown = True", "import sys\nsys.path = ['', '/mine', *sys.path]"
    probe = f"def {ASKED}(*_, **__):\n    import colorsys\n    seen.append((hasattr(colorsys, 'own'), list(sys.path)))"
    after = "assert seen and not any(own or '' in path or '/mine' in path for own, path in seen), seen"
    kept = "assert sys.path[:2] == ['', '/mine'], sys.path\nsys.path[:] = sys.path[2:]\nassert '' in sys.path"
    asked = {"exercise": ASKED, "function": ASKED, "seed": 1, "limit": "30"}
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        for cell in (*honest, *hostile, f"seen = []\n{probe}"):
            assert jail.ask({"cell": cell, "seconds": 30}, 60)[0]["error"] == "", cell
        assert jail.ask(asked, 60)[0]["status"] == "not yet"
        for cell in (after, kept):
            assert jail.ask({"cell": cell, "seconds": 30}, 60)[0]["error"] == "", cell


@namespaces
def test_a_stopped_grading_goes_on_where_it_was(tmp_path, shared):
    (tmp_path / "in").mkdir()
    for number, wait in enumerate((0, 600)):
        content = notebook(START, f"import time\ntime.sleep({wait})", made_class.right())
        (tmp_path / "in" / f"03_{number}.ipynb").write_bytes(content)
    out = tmp_path / "out"
    options = "--no-nbval --quiet --jobs 1 --cell-seconds 900".split()
    command = [sys.executable, "-m", "cnn_lessons", "grade", tmp_path / "in", "--out", out, *options]
    # A shell lets what it starts in the background ignore Ctrl-C, and so would what that starts.
    heed = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **heed)
    end = time.monotonic() + 400
    while not list(out.glob("graded/*.json")) and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stderr.read().count("\n") == 1
    (tmp_path / "in" / "03_1.ipynb").write_bytes(notebook(START, made_class.right()))
    told = []
    options = Options(Limits(cell_seconds=900.0), saved=False, jobs=1)
    results = grade(tmp_path / "in", out, options, lambda *step: told.append(step))
    assert told[0] == (1, 2, "")
    assert [result.outcome for result in results] == ["graded", "graded"]


@namespaces
def test_sandbox_that_does_not_come_up_is_no_fault_of_a_student(tmp_path, monkeypatch, shared):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, made_class.right()))
    with monkeypatch.context() as hurried:
        hurried.setattr("cnn_lessons.classroom.grading.jail.START", 0.0)
        (result,) = grade(tmp_path / "in", tmp_path / "out", Options(saved=False))
    assert "the sandbox did not get ready" in result.problem
    (result,) = grade(tmp_path / "in", tmp_path / "out", Options(saved=False))  # it was not kept
    assert {mark.exercise: mark.status for mark in result.marks}[ASKED] == "correct"


@namespaces
def test_end_of_the_sandbox_is_no_fault_of_a_student():
    with Prison() as own, Jail(own, "cells", Limits(), threading.Event()) as jail:
        own._nursery.kill()
        own._nursery.wait()
        with pytest.raises(NotReady, match="the sandbox has ended"):
            for _ in range(100):
                jail.ask({"cell": "import time; time.sleep(0.1)", "seconds": 30}, 60)


@namespaces
def test_marks_stand_where_nbvals_sandbox_does_not_come_up(tmp_path, monkeypatch, shared):
    whole = json.loads(notebook(START, made_class.right()))
    whole["cells"].append({**saved("print(1)", "1\n"), "id": "one"})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_text(json.dumps(whole))

    def slow(prison, script, *others):
        if script == "saved":
            raise NotReady("the sandbox did not get ready: no answer")
        return Jail(prison, script, *others)

    with monkeypatch.context() as patched:
        patched.setattr("cnn_lessons.classroom.grading.one_file.Jail", slow)
        (result,) = grade(tmp_path / "in", tmp_path / "out", Options())
    assert result.outcome == "graded" and "did not get ready" in result.cells_note
    assert {mark.exercise: mark.status for mark in result.marks}[ASKED] == "correct"
    (result,) = grade(tmp_path / "in", tmp_path / "out", Options())  # it was not kept
    assert result.cells and result.cells.match


def test_missing_nbval_stops_the_grading_before_anything_is_run(tmp_path, monkeypatch):
    def absent(name):
        if name == "nbval":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1"

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, made_class.right()))
    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(ValueError, match=r"expected the package nbval, found none. pip install"):
        grade(tmp_path / "in", tmp_path / "out", Options())
    assert not (tmp_path / "out").exists()


def test_two_gradings_do_not_write_into_one_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, made_class.right()))
    (tmp_path / "out" / "graded").mkdir(parents=True)
    with _alone(tmp_path / "out" / "graded"), pytest.raises(ValueError, match="another grading is at work in"):
        grade(tmp_path / "in", tmp_path / "out", Options(saved=False))


def test_report_and_submissions_are_kept_apart(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(b"")
    with pytest.raises(ValueError, match="expected a folder outside"):
        grade(tmp_path / "in", tmp_path / "in" / "report", Options())


def test_check_that_fails_itself_is_told_and_keeps_its_own_time_limit(monkeypatch):
    limits = []

    def broken(*_, **__):
        limits.append(os.environ["CNN_LESSONS_TIME_LIMIT"])
        raise AttributeError("no attribute 'refusal'")

    monkeypatch.setattr("cnn_lessons.exercises.judge.examine", broken)
    monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", "a notebook's own")
    shell, before = SimpleNamespace(user_ns={"f": len}), SimpleNamespace(restore=lambda: [])
    order = {"exercise": "same_padding", "function": "f", "seed": 1, "limit": "30"}
    reply, content = cells.examine(shell, before, order)
    assert (reply["status"], content, limits) == ("not yet", b"", ["30"])
    assert "the check itself failed on this answer: AttributeError: no attribute 'refusal'" in reply["message"]


def test_the_event_of_a_stop_ends_a_run(tmp_path, prison):
    stop = threading.Event()
    stop.set()
    (tmp_path / "03_a.ipynb").write_bytes(notebook(START, made_class.right()))
    (item,) = collect(tmp_path)
    result = grade_one(item, prison, Limits(), False, stop)
    assert "called off" in result.problem


# ---- the sandbox ---------------------------------------------------------------------------------------------


def commands() -> list[str]:
    """The words of the commands of all processes."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found += file.read_text(errors="replace").split("\0")
    return found


def test_homes_sockets_and_the_class_are_hidden_and_the_rooms_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("home/papers", "home/tmp/rooms", "class"):
        (tmp_path / name).mkdir(parents=True)
    hidden = set(hidden_paths((tmp_path / "class",), tmp_path / "home" / "tmp" / "rooms"))
    assert {str(tmp_path / "home" / "papers"), str(tmp_path / "class")} <= hidden
    assert not [path for path in hidden if (tmp_path / "home" / "tmp" / "rooms").is_relative_to(path)]
    for root in (Path(private).resolve() for private in PRIVATE if Path(private).exists()):
        assert any(Path(path).is_relative_to(root) or root.is_relative_to(path) for path in hidden), root


CHILDREN = """import os, time
for _ in range(2):
    if not os.fork():
        held = b"x" * 1_300_000_000  # less than the limit of each process
        time.sleep(600)
        os._exit(0)
time.sleep(600)
"""


@namespaces
def test_processes_of_a_notebook_share_its_memory(tmp_path, shared):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, CHILDREN, made_class.right()))
    options = Options(Limits(memory=2_500_000_000), saved=False)
    (result,) = grade(tmp_path / "in", tmp_path / "out", options)
    assert result.outcome == "stopped"
    assert "code cell 2 of 3: it held more than 2.5 GB of memory" in result.problem, result.problem


@namespaces
def test_memory_that_no_limit_counts_is_refused(prison):
    segment = "import ctypes; assert ctypes.CDLL(None).shmget(0, 4096, 0o1600) < 0"
    mount = "libc = ctypes.CDLL(None); assert libc.unshare(0x10020000) < 0; assert libc.semget(0, 9, 0o1600) < 0"
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        cells = ("import os; os.memfd_create('x')", segment, mount)
        errors = [jail.ask({"cell": cell, "seconds": 30}, 60)[0]["error"] for cell in cells]
    assert errors[0].startswith("PermissionError") and errors[1:] == ["", ""], errors


@namespaces
def test_kernel_cannot_write_nbvals_word(prison):
    reach = "import os\nfor number in range(64):\n    try:\n"
    reach += "        with open(f'/proc/{os.getppid()}/fd/{number}', 'w') as file:\n"
    reach += '            file.write(\'{"match": 30, "differ": 0, "fail": 0, "bytes": 0}\\n\')\n'
    reach += "    except OSError:\n        pass"
    whole = json.loads(notebook(START))
    whole["cells"].append({**saved(reach, "no\n"), "id": "one"})
    order = {"notebook": json.dumps(whole), "rules": str(prison.rules), "seconds": 60}
    with Jail(prison, "saved", Limits(), threading.Event()) as jail:
        reply, _ = jail.ask(order, 120)
    assert reply["match"] < 30 and reply["differ"] == 1, reply


@namespaces
@pytest.mark.parametrize(
    "written",
    ["b'x' * 2_000_000", """b'{"error": "", "bytes": 0}\\n[' + b'{},' * 10 ** 6 + b'{}]\\n'"""],
    ids=["no end", "behind another"],
)
def test_long_line_is_no_reply(prison, written, monkeypatch):
    read = []

    def loads(line):
        read.append(len(line))
        return json.loads(line)

    monkeypatch.setattr(f"{JAIL}.json", SimpleNamespace(loads=loads, dumps=json.dumps))
    cell = "import os, time\nfor number in range(3, 64):\n    try:\n        "
    cell += f"os.write(number, {written})\n    except OSError:\n        pass\ntime.sleep(100)"
    with Jail(prison, "cells", Limits(), threading.Event()) as jail, pytest.raises(Stopped, match="own channel"):
        for _ in range(2):
            jail.ask({"cell": cell, "seconds": 30}, 60)
    assert max(read) < 1000, read


@namespaces
def test_threads_and_files_without_content_are_counted(prison):
    room = "import os, threading, time; assert all(os.statvfs(path).f_files <= 102_400 for path in ('.', '/dev/shm'))"
    many = (
        "for _ in range(60):\n    threading.Thread(target=time.sleep, args=(50,), daemon=True).start()\ntime.sleep(50)"
    )
    with Jail(prison, "cells", Limits(threads=50), threading.Event()) as jail:
        assert jail.ask({"cell": room, "seconds": 30}, 60)[0]["error"] == ""
        with pytest.raises(Stopped, match="more than 50 threads"):
            jail.ask({"cell": many, "seconds": 60}, 90)


@namespaces
def test_local_socket_is_no_network(prison):
    local = "import socket\nwith socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:\n    "
    local += "one.bind('x'); one.listen(); other.connect('x')"
    far = "with socket.socket() as one:\n    one.connect_ex(('127.0.0.1', 9))"
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        for cell, network in ((local, False), (far, True)):
            assert jail.ask({"cell": cell, "seconds": 30}, 60)[0]["error"] == ""
            assert jail.ask({"end": True}, 60)[0]["network"] is network


@namespaces
def test_fonts_are_where_matplotlib_looks_for_them(prison):
    look = (
        "import matplotlib, os\nassert [name for name in os.listdir(matplotlib.get_cachedir()) if 'fontlist' in name]"
    )
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        assert jail.ask({"cell": look, "seconds": 60}, 90)[0]["error"] == ""


@namespaces
def test_home_with_thousands_of_files_is_hidden(prison, monkeypatch):
    files = [f"/srv/강의 노트 {number}.pdf" for number in range(3000)]
    monkeypatch.setattr(prison, "hidden", [*prison.hidden, *files])
    with Jail(prison, "cells", Limits(), threading.Event()) as jail:
        said, _ = jail.ask({"cell": "1 + 1", "seconds": 30}, 60)
    assert not said["error"]


@namespaces
def test_temporary_folder_may_lie_in_the_home(tmp_path, monkeypatch):
    (tmp_path / "home" / "tmp").mkdir(parents=True)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, made_class.right()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "home" / "tmp"))
    (result,) = grade(tmp_path / "in", tmp_path / "out", Options(saved=False))
    assert result.outcome == "graded", result


def test_without_namespaces_sockets_are_refused_and_nothing_is_left_running(tmp_path):
    asleep = f"{1000 + os.getpid()}"  # seconds, and a number that no other process has in its command
    stray = f"import subprocess\nsubprocess.Popen(['sleep', '{asleep}'], start_new_session=True)"
    connect = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=3)"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "03_a.ipynb").write_bytes(notebook(START, stray, connect, made_class.right()))
    (result,) = grade(tmp_path / "in", tmp_path / "out", Options(saved=False, namespaces=False))
    assert result.outcome == "graded"
    assert "sockets refused by the kernel" in result.isolation
    assert any("PermissionError" in remark for remark in result.notes), result.notes
    assert {mark.exercise: mark.status for mark in result.marks}[ASKED] == "correct"
    end = time.monotonic() + 5
    while asleep in (words := commands()) and time.monotonic() < end:
        time.sleep(0.1)
    assert asleep not in words


@namespaces
def test_socket_of_another_program_cannot_be_reached(prison):
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as other:
        other.bind(f"{folder}/socket")
        other.listen()
        reach = f"import socket; socket.socket(socket.AF_UNIX).connect({folder + '/socket'!r})"
        with Jail(prison, "cells", Limits(), threading.Event()) as jail:
            said, _ = jail.ask({"cell": reach, "seconds": 30}, 60)
            look = f"import os; assert {os.path.basename(folder)!r} not in os.listdir({tempfile.gettempdir()!r})"
            seen, _ = jail.ask({"cell": look, "seconds": 30}, 60)
    assert said["error"].startswith("FileNotFoundError") and not seen["error"], seen


def test_veil_covers_all_but_what_is_kept(tmp_path):
    for name in ("a/python/bin", "a/secret", "b"):
        (tmp_path / name).mkdir(parents=True)
    assert veil(tmp_path, {tmp_path / "a" / "python"}) == [tmp_path / "a" / "secret", tmp_path / "b"]
    assert veil(tmp_path / "a" / "python" / "bin", {tmp_path / "a" / "python"}) == []
    assert veil(tmp_path / "b", {tmp_path / "a" / "python"}) == [tmp_path / "b"]


def test_file_that_may_not_even_be_looked_at_is_covered(tmp_path, monkeypatch):
    """As pagefile.sys on the drives that WSL mounts."""
    (tmp_path / "pagefile.sys").touch()
    (tmp_path / "python").mkdir()

    def refusing(look):
        def refused(path, **options):
            if str(path).endswith("pagefile.sys"):
                raise PermissionError(errno.EACCES, "Permission denied")
            return look(path, **options)

        return refused

    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    assert veil(tmp_path, {tmp_path / "python"}) == [tmp_path / "pagefile.sys"]


def test_nothing_is_left_of_a_sandbox_that_was_stopped_before_it_was_ready(tmp_path, monkeypatch):
    def stopped(folder):
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(f"{PRISON}.student_package", stopped)
    with pytest.raises(KeyboardInterrupt):
        Prison(namespaces=False)
    assert not list(tmp_path.iterdir())


# ---- the shell -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere", "--out", "x"], "expected a folder of notebooks"),
        (["."], "expected a folder of submissions and --out REPORT"),
        ([".", "--out", "x", "--jobs", "0"], "--jobs: expected a number above 0"),
        ([".", "--out", "x", "--policy", "no.toml"], "no.toml"),
    ],
)
def test_bad_use_is_told_in_one_line(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"{PRISON}.namespaces_work", lambda: True)  # else that is told first
    assert cli.main(["grade", *words]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_way_to_namespaces_is_told_where_there_are_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(f"{PRISON}.namespaces_work", lambda: False)
    monkeypatch.setattr(command, "_way_out", lambda: " A way out.")
    cli.main(["grade", str(tmp_path / "nowhere"), "--out", str(tmp_path / "x")])
    said = "grade: no namespaces: students' code can read and change your files. Ctrl-C stops. A way out."
    assert capsys.readouterr().err.splitlines()[0] == said


def test_what_is_told_needs_no_letter_that_the_terminal_has_not(tmp_path, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    monkeypatch.setattr(f"{PRISON}.namespaces_work", lambda: True)
    monkeypatch.setattr(whole_class, "grade", lambda *_: [])
    monkeypatch.setattr("cnn_lessons.classroom.reporting.report.write_report", lambda *found: found[-1] / "index.html")
    assert cli.main(["grade", str(tmp_path), "--out", "보고서", "--quiet"]) == 0
    assert rb"The report is in \ubcf4\uace0\uc11c/index.html" in written.getvalue()


def test_name_that_a_student_chose_gives_the_terminal_no_orders(capsys):
    with command._progress(quiet=False) as tell:
        tell(1, 2, "kim/a\x1b[2J\r\nb.ipynb")
    told = capsys.readouterr().err
    assert r"kim/a\u001b[2J b.ipynb" in told and "\x1b[2J" not in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_grading_is_stopped_once_by_any_signal(number):
    cleared, before = [], signal.signal(number, signal.default_int_handler)  # nohup would have it ignored
    try:
        with pytest.raises(KeyboardInterrupt), command._stopped_once():
            try:
                signal.raise_signal(number)
            finally:
                for another in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.raise_signal(another)
                cleared.append(True)
        assert cleared and signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_grading_that_does_not_end_can_be_stopped_again(monkeypatch):
    monkeypatch.setattr(command, "CLEARING_SECONDS", 0)
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with command._stopped_once():
            for _ in range(2):
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_signal_that_is_ignored_stops_no_grading():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with command._stopped_once():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
