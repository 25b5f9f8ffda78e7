"""Run a learner's function with three limits: time, bounded prints, no forbidden calls."""

import contextlib
import ctypes
import io
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import torch
from torch.overrides import TorchFunctionMode

from cnn_lessons.exercises.exercise import Case, Outcome

OWN_WORK = tuple(f"cnn_lessons.{room}" for room in ("arithmetic", "anatomy", "ops", "models", "training")) + (
    "cnn_lessons.exercises.catalog",
)
IMPORTS = "<frozen importlib"  # the file name that Python gives to the frames of its import system


class TimeIsUp(BaseException):
    """Raised inside an answer that takes too long; a BaseException, so that `except Exception` does not keep it."""


class ForbiddenCall(Exception):
    """Raised when an answer calls what it should rebuild."""


def seconds_allowed() -> float:
    """Return the time limit of one check, in seconds: CNN_LESSONS_TIME_LIMIT, or 10."""
    text = os.environ.get("CNN_LESSONS_TIME_LIMIT", "10")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"CNN_LESSONS_TIME_LIMIT: expected a number of seconds above 0, got {text!r}")
    return seconds


def run(function: Callable, case: Case, forbidden: frozenset[str]) -> Outcome:
    """Call `function` on a copy of `case`, refuse torch functions in `forbidden`, and return what happened.

    Only TimeIsUp passes through.
    """
    printed, ban, given = _Bounded(), _Ban(forbidden), case.copy()
    got, failed = None, None
    try:
        with contextlib.redirect_stdout(printed), given.around(), torch.enable_grad(), ban:
            got = _let_run(function, given)
    except (Exception, SystemExit) as error:  # whatever a learner's code raises becomes a message
        failed = error
    return Outcome(case, got, ban.broken or failed, printed.text(), ban.calls, given)


def _let_run(function: Callable, case: Case):
    """Call the answer. The time limit strikes only below this frame, so that what stands around it is put in order."""
    try:
        return case.call(function)
    finally:
        threading.get_ident()  # a TimeIsUp that is still on its way arrives at the end of this call, not later


def _frames_of_answer(frame) -> list:
    """Return the frames of the running answer, innermost first; none if `frame` is not below `_let_run`.

    None during an import either: a module that is cut off half-way would stay broken for every later check.
    """
    frames = []
    while frame and frame.f_code is not _let_run.__code__:
        if frame.f_code.co_filename.startswith(IMPORTS):
            return []
        frames.append(frame)
        frame = frame.f_back
    return frames if frame else []


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Once `seconds` have passed, raise TimeIsUp in any answer that `run` calls, until the block ends.

    Not while a debugger is attached: it may stop an answer for as long as its user looks at it. Colab keeps one
    attached that stops nothing: it shows which line runs.
    """
    debugger = sys.modules.get("debugpy")
    if debugger and "google.colab" not in sys.modules and debugger.is_client_connected():
        yield
        return
    alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with _alarm(seconds) if alarm else _watchdog(seconds):
        yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    live, rings, lines = True, itertools.count(), 0

    def ring(signum, frame):
        nonlocal lines
        frames = _frames_of_answer(frame) if live else []
        for own in frames:
            own.f_trace = again
        if frames:
            lines = next(rings) % 5
            sys.settrace(again)
            raise TimeIsUp

    def again(frame, event, argument):
        # The answer goes on, so an `except:` has swallowed TimeIsUp. Raise it anew, here or up to four lines on: one of
        # these places is outside every `try`.
        nonlocal lines
        if event == "line":
            lines -= 1
            if lines < 0:
                raise TimeIsUp
        return None if event == "call" else again

    trace, before = sys.gettrace(), signal.signal(signal.SIGALRM, ring)
    begun, (left, again_after) = time.monotonic(), (0.0, 0.0)
    try:
        left, again_after = signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
        yield
    finally:
        live = False  # a ring that comes while the clock is put away does nothing
        signal.setitimer(signal.ITIMER_REAL, 0)
        if sys.gettrace() is not trace:  # a debugger warns whoever sets it, even to what it is
            sys.settrace(trace)
        signal.signal(signal.SIGALRM, before)
        if left:  # a clock of somebody else's was running: it goes on
            left = max(left - (time.monotonic() - begun), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, again_after)


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    """Do the same where there is no alarm (Windows, other threads).

    It cannot cut a long sleep short, nor end every loop that swallows all exceptions.
    """
    watched, ended, striking, live = threading.get_ident(), threading.Event(), threading.Lock(), True

    def watch():
        wait = seconds
        while not ended.wait(wait):
            with striking:
                if live and _frames_of_answer(sys._current_frames().get(watched)):
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(watched), ctypes.py_object(TimeIsUp))
            wait = 0.05

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with striking:  # never between a look at the frames and the strike
            live = False
        ended.set()


class _Bounded(io.TextIOBase):
    """A standard output that keeps the first 2,000 characters, so that an endless print does not fill the memory."""

    def __init__(self):
        self._kept = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._kept = (self._kept + text)[:2000]
        return len(text)

    def text(self) -> str:
        return self._kept.strip()


class _Ban(TorchFunctionMode):
    """Refuse torch functions by name, and the course's own versions of what an exercise rebuilds.

    The mode sees calls of torch. The profiler sees what goes past it: methods of torch's engine, layers that are made
    and not called, the course's own functions, and all of it in the threads that an answer starts.
    """

    def __init__(self, forbidden: frozenset[str]):
        super().__init__()
        self.forbidden, self.broken, self.calls = forbidden | {"solution_function"}, None, 0

    def __enter__(self):
        self._profile = sys.getprofile(), threading.getprofile()
        threading.setprofile(self._watch)
        sys.setprofile(self._watch)
        return super().__enter__()

    def __exit__(self, *error):
        sys.setprofile(self._profile[0])
        threading.setprofile(self._profile[1])
        return super().__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        name = getattr(func, "__name__", "").partition(".")[0]  # an overload is called "conv2d.default"
        if name in self.forbidden:
            self._refuse(f"torch's {name}")
        return func(*args, **(kwargs or {}))

    def _watch(self, frame, event, argument):
        if event == "call":
            name = frame.f_code.co_name
            if name == "__init__" or name in self.forbidden:  # most calls end here: an answer makes very many
                owner = _owner(frame.f_globals.get("__name__", ""), frame.f_back)
                names = _classes_made(frame) if name == "__init__" and owner else [name]
                for known in self.forbidden.intersection(names) if owner else ():
                    self._refuse(f"{owner} {known}")
        elif event == "c_call":
            name = getattr(argument, "__name__", "")
            if name not in self.forbidden and argument is not sys.setprofile:
                return
            if frame.f_globals.get("__name__", "") != __name__:
                if name in self.forbidden:
                    self._refuse(f"torch's {name}")
                self._refuse("sys.setprofile, with which the check watches", "Leave it as it is.")

    def _refuse(self, what: str, advice: str = "This exercise is done without it: use simpler operations."):
        self.broken = ForbiddenCall(f"You called {what}. {advice}")
        raise self.broken


def _classes_made(frame) -> list[str]:
    """Return the names of torch's and the course's classes of which this `__init__` makes an object.

    A learner's own class may bear the name of one of the course's.
    """
    made = type(frame.f_locals.get("self"))
    classes = [c for c in made.__mro__ if getattr(vars(c).get("__init__"), "__code__", None) is frame.f_code]
    return [known.__name__ for known in {made, *classes} if known.__module__.startswith(("torch.", *OWN_WORK))]


def _owner(module: str, caller) -> str:
    """Return whose work a function of this module is, if an exercise may forbid it. What torch calls itself is free."""
    if module.startswith(OWN_WORK):
        return "the course's own"
    inside = caller and caller.f_globals.get("__name__", "").startswith("torch.")
    return "torch's" if module.startswith("torch.") and not inside else ""
