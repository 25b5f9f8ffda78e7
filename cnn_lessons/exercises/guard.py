"""Run a learner's function with three limits: time, bounded prints, no forbidden calls."""

import contextlib
import ctypes
import io
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from torch.overrides import TorchFunctionMode

from cnn_lessons.exercises.exercise import Case, Outcome

OWN_WORK = ("cnn_lessons.arithmetic", "cnn_lessons.anatomy", "cnn_lessons.ops")  # what the exercises rebuild


class TimeIsUp(BaseException):
    """Raised inside an answer that takes too long; a BaseException, so that `except Exception` does not keep it."""


class ForbiddenCall(Exception):
    """Raised when an answer calls what it should rebuild."""


def seconds_allowed() -> float:
    """Return the time limit of one check, in seconds: CNN_LESSONS_TIME_LIMIT, or 10."""
    return float(os.environ.get("CNN_LESSONS_TIME_LIMIT", "10"))


def run(function: Callable, case: Case, forbidden: frozenset[str]) -> Outcome:
    """Call `function` on `case` and return what happened; only TimeIsUp passes through."""
    printed, ban = _Bounded(), _Ban(forbidden)
    try:
        with contextlib.redirect_stdout(printed), ban:
            got = case.call(function)
    except Exception as error:  # whatever a learner's code raises becomes a message
        return Outcome(case, error=ban.broken or error, printed=printed.text())
    except SystemExit as error:
        return Outcome(case, error=error, printed=printed.text())
    return Outcome(case, got, ban.broken, printed.text(), ban.calls)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeIsUp inside the block once `seconds` have passed, again and again until the block ends."""
    alarm = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    with _alarm(seconds) if alarm else _watchdog(seconds):
        yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    rings = itertools.count()

    def stop(frame, event, argument):
        raise TimeIsUp

    def ring(signum, frame):
        if next(rings) % 2 == 0:
            raise TimeIsUp
        while frame:  # an `except:` swallowed it: raise at the next line instead, which may be outside the `try`
            frame.f_trace, frame = stop, frame.f_back
        sys.settrace(stop)

    before, trace = signal.signal(signal.SIGALRM, ring), sys.gettrace()
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(trace)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    """Do the same where there is no alarm (Windows, other threads); it cannot cut a long sleep short."""
    watched, done = threading.get_ident(), threading.Event()

    def watch():
        wait = seconds
        while not done.wait(wait):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(watched), ctypes.py_object(TimeIsUp))
            wait = 0.05

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


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
    """Refuse torch functions by name, and the course's own versions of what an exercise rebuilds."""

    def __init__(self, forbidden: frozenset[str]):
        super().__init__()
        self.forbidden, self.broken, self.calls = forbidden, None, 0

    def __enter__(self):
        self._profile = sys.getprofile()
        sys.setprofile(self._watch)
        return super().__enter__()

    def __exit__(self, *error):
        sys.setprofile(self._profile)
        return super().__exit__(*error)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        if getattr(func, "__name__", "") in self.forbidden:
            self._refuse(f"torch's {func.__name__}")
        return func(*args, **(kwargs or {}))

    def _watch(self, frame, event, argument):
        own = event == "call" and frame.f_globals.get("__name__", "").startswith(OWN_WORK)
        if own and frame.f_code.co_name in self.forbidden:
            self._refuse(f"the course's own {frame.f_code.co_name}")

    def _refuse(self, what: str):
        self.broken = ForbiddenCall(f"You called {what}. This exercise rebuilds it: use simpler operations.")
        raise self.broken
