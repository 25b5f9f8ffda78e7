"""A made class: what students hand in, right, wrong, unlucky and hostile, and what the table must say of each."""

import inspect
import io
import json
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from wrong_answers import BANK

from cnn_lessons.exercises import names, solution_source
from cnn_lessons.exercises.catalog import find

CHAPTER = "03"
ASKED = "conv_output_size"  # the exercise of a hostile notebook; it is answered rightly after the harm
START = """import math
import torch
from torch import nn
from cnn_lessons import arithmetic
from cnn_lessons.exercises import check, solution
"""


@dataclass(frozen=True)
class Expected:
    """What the table must say of one file.

    Args:
        outcome: "graded", "stopped" or "refused".
        says: words of its problem or its remarks, one after the other; "" if there must be none.
        status: of `ASKED`, or of every exercise where it holds several; None if nothing was run.
    """

    outcome: str
    says: str
    status: str | dict | None


def notebook(*sources: str, **changes) -> bytes:
    """Return a notebook with these code cells; `changes` override its top."""
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    cells = [{**cell, "id": f"cell-{number}", "source": source} for number, source in enumerate(sources)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": spec, "cells": cells, **changes}
    return json.dumps(whole).encode()


def answer(name: str, source: str | None = None, marker: bool = True) -> str:
    """Return an exercise cell with this answer, or the right one."""
    head = f"# exercise: {name}\n" if marker else ""
    return f'{head}{source or solution_source(name)}\n\ncheck("{name}", {name})'


def right(name: str = ASKED) -> str:
    """Return an exercise cell with the right answer."""
    return answer(name)


def blank(name: str) -> str:
    """Return an exercise cell as it was handed out."""
    return answer(name, find(name).blank())


def harmed(harm: str) -> bytes:
    """Return a notebook that first does harm, then answers rightly."""
    return notebook(START, harm, right())


ZERO = f"def {ASKED}(size, kernel_size, stride=1, padding=0, dilation=1):\n    return 0"
SPOIL = "\n    ".join(
    (
        f"def {ASKED}(size, kernel_size, stride=1, padding=0, dilation=1):",
        "import cnn_lessons.exercises.compare as compare",
        "compare.difference = lambda *a, **k: None",
        "return 0",
    )
)
ORACLE = f"""from cnn_lessons.exercises.catalog import find
# exercise: {ASKED}
def {ASKED}(size, kernel_size, stride=1, padding=0, dilation=1):
    return find("{ASKED}").expected(size, kernel_size, stride, padding, dilation)
"""
REACHES = "reaches into the checks: from cnn_lessons.exercises.catalog import find in code cell 2"
REPLACE = """import cnn_lessons.exercises
import cnn_lessons.exercises.judge as judge, cnn_lessons.exercises.verdict as verdict
judge.examine = judge.check = check = lambda *a, **k: verdict.Verdict("conv_output_size", "correct", "")
cnn_lessons.exercises.check = check
torch.equal = torch.allclose = lambda *a, **k: True
verdict.Verdict.__repr__ = lambda self: "correct"
"""
FORGE = """import os
for file in range(3, 30):
    try:
        os.write(file, b'{"status": "correct", "message": "", "changed": [], "error": "", "bytes": 0}\\n')
    except OSError:
        pass
"""
FALSE = """import json, os
os.environ["CNN_LESSONS_VERDICTS"] = "verdicts.jsonl"
with open("verdicts.jsonl", "w") as file:
    file.write(json.dumps({"exercise": "conv_output_size", "status": "correct", "message": ""}))
print("● conv_output_size: correct")
"""
THREAD = """import threading
def forever():
    while True:
        pass
threading.Thread(target=forever).start()
"""
BOMB = """import os, time
while True:
    if not os.fork():
        time.sleep(60)
        os._exit(0)
"""
REMOUNT = """import ctypes
MS_BIND, MS_REMOUNT = 4096, 32
if ctypes.CDLL(None).mount(None, b"/", None, MS_BIND | MS_REMOUNT, None):
    raise PermissionError("it stays read-only")
"""
FILES = """for name in "abc":
    with open(name, "wb") as file:
        file.write(bytes(60_000_000))
"""
PROCESSES = """import os
raise ValueError(f"sees others: {sum(name.isdigit() for name in os.listdir('/proc')) > 5}")
"""
DEAF = """import signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    pass
"""


def harms(teacher: Path) -> dict[str, tuple[str, Expected]]:
    """Return what the harmful cells are and what must be said of them.

    Args:
        teacher: a file of the teacher's that must survive and stay unread.
    """
    solutions = Path(inspect.getfile(find)).parent / "solutions" / "chapter_03.py"
    graded, stopped = ("graded", "correct"), ("stopped", "not reached")

    def expected(kind, says):
        return Expected(kind[0], says, kind[1])

    return {
        "loop": ("while True:\n    pass", expected(graded, "code cell 2: OutOfTime: expected an end within")),
        "deaf loop": (DEAF, expected(stopped, "stopped in code cell 2 of 3: no end within")),
        "thread": (THREAD, expected(graded, "a thread of it was still running at the end")),
        "fork bomb": (BOMB, expected(stopped, "stopped in code cell 2 of 3: it started more than")),
        "memory": ("x = bytearray(20_000_000_000)", expected(graded, "code cell 2: MemoryError")),
        "tensor": ("x = torch.ones(5_000_000_000)", expected(graded, "code cell 2: RuntimeError")),
        "output": ("while True:\n    print('x' * 1000)", expected(stopped, "it printed more than")),
        "disk": ("open('x', 'wb').write(bytes(10**9))", expected(graded, "code cell 2: OSError")),
        "many files": (FILES, expected(graded, "code cell 2: OSError: [Errno 28] No space left")),
        "remount": (REMOUNT, expected(graded, "code cell 2: PermissionError: it stays read-only")),
        "processes": (PROCESSES, expected(graded, "code cell 2: ValueError: sees others: False")),
        "exit": ("import os\nos._exit(0)", expected(stopped, "its process ended itself with exit code 0")),
        "sys exit": ("import sys\nsys.exit(0)", expected(graded, "code cell 2: SystemExit: 0")),
        "kill": ("import os\nos.kill(os.getpid(), 9)", expected(stopped, "its process was ended by SIGKILL")),
        "delete": (
            f"import shutil\nshutil.rmtree({str(teacher.parent)!r})",
            expected(graded, "code cell 2: FileNotFoundError: [Errno 2]"),  # it does not even see the folder
        ),
        "delete the system": (
            "import os\nos.remove('/etc/hostname')",
            expected(graded, "code cell 2: OSError: [Errno 30] Read-only file system"),
        ),
        "write": (f"open({str(teacher)!r}, 'w')", expected(graded, "code cell 2:")),
        "read": (f"open({str(solutions)!r}).read()", expected(graded, "code cell 2: FileNotFoundError")),
        "import solutions": (
            "import cnn_lessons.exercises.solutions.chapter_03",
            expected(graded, "code cell 2: ModuleNotFoundError"),
        ),
        "socket": (
            "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=3)",
            expected(graded, "code cell 2: OSError: [Errno 101] Network is unreachable | it asked for the network"),
        ),
    }


def cheats() -> dict[str, tuple[bytes, Expected]]:
    """Return notebooks that want a wrong answer to be taken for a right one."""
    wrong = answer(ASKED, ZERO)

    def refused(says: str) -> Expected:
        return Expected("graded", says, "not yet")

    return {
        "replaces the check": (notebook(START, REPLACE, wrong), refused("judge.examine was replaced")),
        "spoils the check when it is called": (notebook(START, answer(ASKED, SPOIL)), refused("its values are not")),
        "asks the check what it expects": (notebook(START, ORACLE), refused(REACHES)),
        "writes into the channel": (
            notebook(START, FORGE, wrong),
            Expected("stopped", "wrote into the grader's own channel", "not reached"),
        ),
        "writes a false verdict": (notebook(START, FALSE, wrong), refused("")),
        "prints the success": (
            notebook(START, f"{ZERO}\nprint('● {ASKED}: correct')\n# exercise: {ASKED}"),
            refused(""),
        ),
    }


def unlucky() -> dict[str, tuple[bytes, Expected]]:
    """Return files that cannot be run, or not as they stand, by the ending of their names."""
    whole = notebook(START, right())
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}}
    codes = [{"cell_type": "code", "language": "python", "input": source, "outputs": []} for source in (START, right())]
    julia = {"kernelspec": {"name": "julia", "display_name": "Julia", "language": "julia"}}

    def refused(says: str) -> Expected:
        return Expected("refused", says, None)

    return {
        "empty.ipynb": (b"", refused("is empty")),
        "truncated.ipynb": (whole[: len(whole) // 2], refused("its JSON cannot be read")),
        "brackets.ipynb": (b"[" * 100_000, refused("its JSON cannot be read")),
        "list.ipynb": (b"[1, 2]", refused("expected JSON with nbformat and cells")),
        "latin.ipynb": ("é".encode("latin-1") + whole, refused("is not UTF-8")),
        "huge.ipynb": (b" " * 50_000_000, refused("has 50 MB")),
        "julia.ipynb": (notebook(START, metadata=julia), refused("is a notebook in 'julia'")),
        "other.ipynb": (notebook("1 + 1"), refused("holds no exercise of the course")),
        "answers.py": (b"print(1)", refused("ends in .py")),
        "broken.zip": (b"PK not really", refused("is no archive that can be read")),
        "old.ipynb": (
            json.dumps({**old, "worksheets": [{"cells": codes, "metadata": {}}]}).encode(),
            Expected("graded", "was saved in an old format", "correct"),
        ),
    }


def handled() -> dict[str, tuple[bytes, Expected]]:
    """Return notebooks whose exercise cells are not where or what they were."""
    renamed = solution_source(ASKED).replace(f"def {ASKED}", "def my_size")

    def graded(says: str, status: str = "correct") -> Expected:
        return Expected("graded", says, status)

    call = f'check("{ASKED}", {ASKED})'
    zero = ZERO.replace(f"def {ASKED}", "def first_attempt")
    first = f'# exercise: {ASKED}\n{zero}\ncheck("{ASKED}", first_attempt)'
    return {
        "renamed": (notebook(START, f"# exercise: {ASKED}\n{renamed}"), graded("the function is called my_size")),
        "no marker": (notebook(START, answer(ASKED, marker=False)), graded("found by its check: no marker")),
        "no marker, no check": (notebook(START, solution_source(ASKED)), graded("found by its name: no marker")),
        "missing": (notebook(START, right("same_padding")), graded("", "missing")),
        "twice": (notebook(START, answer(ASKED, ZERO), right()), graded("2 cells answer it")),
        "redefined without the marker": (
            notebook(START, right(), ZERO),
            graded("2 cells answer it: the last answer with the marker counts"),
        ),
        "blank, answered without the marker": (
            notebook(START, blank(ASKED), answer(ASKED, marker=False)),
            graded("found by its check: no marker; 2 cells answer it: the last answer counts"),
        ),
        "tried again without the marker": (
            notebook(START, answer(ASKED, ZERO), answer(ASKED, marker=False)),
            graded("found by its check: no marker; 2 cells answer it: the last answer counts"),
        ),
        "twice, blank last": (notebook(START, right(), blank(ASKED)), graded("2 cells answer it")),
        "split": (notebook(START, solution_source(ASKED), f"# exercise: {ASKED}\n{call}"), graded("2 cells answer it")),
        "no python": (
            notebook(START, f"# exercise: {ASKED}\ndef {ASKED}(size:\n    return 0"),
            graded("code cell 2: SyntaxError", "not yet"),
        ),
        "unknown marker": (
            notebook(START, "# exercise: conv_output_sice", right()),
            graded("did it mean conv_output_size"),
        ),
        "magic before the imports": (notebook(f"%matplotlib inline\n{START}", right()), graded("")),
        "magic in the cell": (notebook(START, f"# exercise: {ASKED}\n%matplotlib inline\n{right()}"), graded("")),
        "first attempt kept": (
            notebook(START, f"{first}\n{renamed.replace('my_size', ASKED)}\n{call}"),
            graded(""),
        ),
        "copied from another chapter": (
            notebook(START, right(), answer("correlate2d")),
            graded("holds correlate2d of chapter 02: not counted there"),
        ),
        "another dtype": (notebook(START, "torch.set_default_dtype(torch.float64)", right()), graded("")),
    }


LOAD = """def load(source, **names):
    space = {"wrong": lambda exercise, says: lambda function: function, **names}
    exec(source, space)
    return space
"""


def of_the_bank() -> dict[str, tuple[bytes, dict]]:
    """Return notebooks that answer all exercises of the chapter wrongly, until each wrong answer was handed in once."""
    banks = [[wrong for wrong in BANK if wrong.exercise == name] for name in names(CHAPTER)]
    made = {}
    for number in range(max(map(len, banks))):
        given = {bank[number].exercise: bank[number] for bank in banks if number < len(bank)}
        cells = [LOAD, *(_module(place) for place in dict.fromkeys(w.function.__module__ for w in given.values()))]
        for name, wrong in given.items():
            space = wrong.function.__module__.replace(".", "_")
            cells.append(f'# exercise: {name}\n{name} = {space}["{wrong.function.__name__}"]\ncheck("{name}", {name})')
        made[f"wrong {number + 1}"] = notebook(START, *cells), given
    return made


def _module(place: str) -> str:
    """Return a cell that runs a module of the bank, with what it imports from its neighbours."""
    module = sys.modules[place]
    source = inspect.getsource(module)
    names = re.findall(r"^from \.\w+ import (\w+)$", source, flags=re.M)
    needed = "\n\n".join(inspect.getsource(getattr(module, name)) for name in names)
    given = "".join(f", {name}={name}" for name in names)
    plain = re.sub(r"^from \..*$", "", source, flags=re.M)
    return f"{needed}\n{place.replace('.', '_')} = load({plain!r}{given})"


def archive(members: dict[str, bytes]) -> bytes:
    """Return a zip with these files; a name may lead anywhere."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    return file.getvalue()
