"""Run a student's cells one by one and put answers to the test, as the grader orders.

Orders come as lines of JSON on standard input, replies go as lines of JSON to standard output; a reply with "bytes" is
followed by that many bytes. What the student's code prints goes elsewhere. Nothing that this process says is believed
as it stands: the grader compares the values of an answer itself.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
import types

BUILTIN = ("builtins", "torch", "torch.nn", "torch.nn.functional", "torch.autograd", "torch.testing", "math", "json")


class OutOfTime(BaseException):
    """Raised in a cell that takes too long; a BaseException, so that `except Exception` does not keep it."""


def main() -> None:
    """Answer orders until there are none; `prepare` was called before, once for all."""
    orders, replies = private_streams()
    asked = []
    sys.addaudithook(lambda event, given: asked.append(event) if is_network(event, given) else None)
    shell = new_shell()
    before = Snapshot()
    own_folder()  # after the snapshot: a check imports nothing from there
    for line in orders:
        order, content = json.loads(line), b""
        if "cell" in order:
            reply = run_cell(shell, order["cell"], order["seconds"])
        elif "exercise" in order:
            path = sys.path  # with what the notebook has added
            reply, content = examine(shell, before, order)
            sys.path = path
        elif "ready" in order:
            reply = {}
        else:
            reply = {"network": bool(asked), "threads": sum(not thread.daemon for thread in threading.enumerate()) - 1}
        replies.write(json.dumps({**reply, "bytes": len(content)}).encode() + b"\n" + content)
        replies.flush()


def is_network(event: str, given: tuple) -> bool:
    """Return whether an audit event asks for the network: a local socket (AF_UNIX) has a plain path as its address."""
    return event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(given[1], tuple))


def private_streams():
    """Keep the two ends of the talk to ourselves; the student's code gets an empty input and the other output."""
    orders, replies = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    return orders, replies


def prepare() -> None:
    """Load, before any code of a student's, all that a run needs, and torch._dynamo, which wraps functions of torch."""
    for name in ("IPython.core.interactiveshell", "cnn_lessons.exercises.evidence", "torch._dynamo"):
        importlib.import_module(name)
    sys.modules["cnn_lessons.exercises"].catalog()


def new_shell():
    """Return an IPython shell as a notebook has it: magics, display, top-level await; no history, no colours."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """Take `%matplotlib inline` as a notebook does; IPython's bare shell has an error here."""

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config, colors="NoColor")
    shell.user_ns["__name__"] = "__main__"
    return shell


def own_folder() -> None:
    """Let cells import the files that they write, as Jupyter does: after Python's own modules."""
    from IPython.core.shellapp import InteractiveShellApp

    InteractiveShellApp().init_path()


def run_cell(shell, source: str, seconds: float) -> dict:
    """Run one cell for at most `seconds`; tell the error that ended it, if one did."""

    def ring(signum, frame):
        raise OutOfTime(f"expected an end within {seconds:g} s, got none")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)  # again and again, should the cell swallow the first
    try:
        result = shell.run_cell(source, store_history=False, silent=False)
        error = result.error_before_exec or result.error_in_exec
    except BaseException as ended:  # OutOfTime; and IPython itself fails where a cell has closed the output
        error = ended
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    flush()
    return {"error": told(error) if error else ""}


def flush() -> None:
    """Let out what was printed; a cell may have put anything in the place of the output, or closed it.

    Without any, IPython runs no further cell: it gets one that leads nowhere.
    """
    with contextlib.suppress(BaseException):
        if sys.stdout is None or getattr(sys.stdout, "closed", False):
            sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        sys.stdout.flush()


def told(error: BaseException) -> str:
    """Return an error as one line."""
    try:
        place = f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else str(error)
        text = " ".join(place.split())
    except BaseException:  # a student's own class may fail at this too, and in any way
        text = ""
    return f"{type(error).__name__}: {text}"[:300].removesuffix(": ")


def examine(shell, before: "Snapshot", order: dict) -> tuple[dict, bytes]:
    """Put the answer to an exercise to the test with a fresh seed; return the verdict and the values as evidence."""
    changed = before.restore()
    from cnn_lessons.exercises import evidence
    from cnn_lessons.exercises.judge import examine as judged

    missing = object()
    answer = shell.user_ns.get(order["function"], missing)
    if answer is missing:
        return {"status": "missing", "message": "", "changed": changed}, b""
    seen, content = [], b""
    os.environ["CNN_LESSONS_TIME_LIMIT"] = order["limit"]  # whatever the notebook has set
    try:
        verdict = judged(order["exercise"], answer, seed=order["seed"], seen=seen)
        status, message = verdict.status, str(verdict.message)[:20_000]
        if status == "correct":
            content = evidence.dumps([outcome.got for outcome in seen])
    except BaseException as error:  # whatever comes of this answer: the others are checked all the same
        what = "the check itself failed on this answer:" if isinstance(error, Exception) else "your code raised"
        status, message = "not yet", f"{what} {told(error)}"
    return {"status": status, "message": message, "changed": sorted({*changed, *before.restore()})}, content


class Snapshot:
    """The functions and classes that a check relies on, as they were before the student's code ran."""

    def __init__(self):
        owners = [sys.modules[name] for name in BUILTIN if name in sys.modules]
        own = [module for name, module in list(sys.modules.items()) if name.startswith("cnn_lessons.")]
        owners += own + [thing for module in own for thing in vars(module).values() if self._class_of(thing, module)]
        import torch

        self.kept = [(owner, self._parts(owner)) for owner in [*owners, torch.Tensor, torch.nn.Module]]
        self.paths = {name: list(getattr(sys, name)) for name in ("path", "meta_path", "path_hooks")}

    @staticmethod
    def _class_of(thing, module) -> bool:
        return isinstance(thing, type) and thing.__module__ == module.__name__

    @staticmethod
    def _parts(owner) -> dict:
        """Return the callables of a module or a class by name, each with its code."""
        return {
            name: (value, getattr(value, "__code__", None), getattr(value, "__defaults__", None))
            for name, value in list(vars(owner).items())
            if (callable(value) or isinstance(value, (property, staticmethod, classmethod)))
            and name != "Storage"  # torch.set_default_dtype puts another one there
        }

    def restore(self) -> list[str]:
        """Put everything back; return the names of what had been replaced."""
        changed = []
        for owner, parts in self.kept:
            now = vars(owner)
            for name, (value, code, defaults) in parts.items():
                if now.get(name) is not value:
                    type.__setattr__(owner, name, value) if isinstance(owner, type) else setattr(owner, name, value)
                elif not isinstance(value, types.FunctionType) or (
                    value.__code__ is code and value.__defaults__ is defaults
                ):
                    continue
                if isinstance(value, types.FunctionType):
                    value.__code__, value.__defaults__ = code, defaults
                changed.append(f"{getattr(owner, '__qualname__', owner.__name__)}.{name}")
        for name, held in self.paths.items():
            setattr(sys, name, list(held))
        return changed
