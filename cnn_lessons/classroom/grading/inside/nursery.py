"""Load Python and PyTorch once, then give every notebook a fresh process that never ran anything of a student's.

Started by the grader with a socket as standard input. On it comes, each time, the length of a plan (8 bytes) with four
files, then the plan (JSON). The files are standard input, output and error of the new process, and one to which its
number is written at once and its exit code at the end.

A process that leaves here is three: one outside of the namespaces, which waits and tells the exit code; the first
inside of them, which closes the doors and collects orphans; and, without any privilege, the one that runs the code.
"""

import contextlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
from pathlib import Path

import cells
import enter
import saved

SCRIPTS = {"cells": cells.main, "saved": saved.main}
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Bring up processes until the grader hangs up."""
    for stop in STOPS:  # they are the grader's
        signal.signal(stop, signal.SIG_IGN)
    sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]  # leads to the clone
    cells.prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits
    grader = socket.socket(fileno=0)
    while True:
        length, files, *_ = socket.recv_fds(grader, 8, 4, socket.MSG_WAITALL)
        if not length:
            return
        plan = grader.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
        try:
            child = os.fork()
        except OSError:  # no room for a process: this one does not come up, the next may
            child = None
        if child == 0:
            os.dup2(files[0], 0)  # the socket's place
            grader.detach()
            leave(json.loads(plan), files)
        for file in files:
            os.close(file)


def leave(plan: dict, files: list[int]) -> None:
    """Become the process outside: start the others, wait, tell the exit code."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    stdin, stdout, stderr, status = files
    for place, file in enumerate((stdin, stdout, stderr)):
        os.dup2(file, place)
        os.close(file)
    os.set_inheritable(status, False)
    os.write(status, b"%d\n" % os.getpid())
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory ends, this ends before the grader does
    if plan["namespaces"]:
        enter.new_namespaces()
    enter.die_with_parent()  # new namespaces would make the kernel forget it
    child = os.fork()
    if not child:
        os.close(status)
        enter.die_with_parent()
        first(plan)
    for file in (0, 1, 2):  # the pipes end when the code ends
        os.close(file)
    code = enter.wait_for(child)
    os.write(status, b"%d\n" % code)
    os._exit(0)


def first(plan: dict) -> None:
    """Be the first process inside: close the doors, start the one that runs the code, collect orphans."""
    enter.close_doors(plan)
    child = os.fork()
    if not child:
        work(plan)
    for file in (0, 1, 2):
        os.close(file)
    os._exit(enter.wait_for(child))


def work(plan: dict) -> None:
    """Be the process that runs the code: an empty home, limits, no privileges."""
    os.environ.clear()
    os.environ.update(plan["environment"])
    os.chdir(Path(plan["room"]) / "home")
    tempfile.tempdir = None
    random.seed()
    for stop in STOPS:
        signal.signal(stop, signal.SIG_DFL)
    enter.set_limits(plan)
    enter.give_up_privileges()
    enter.refuse_uncounted_memory()
    code = 1
    try:
        SCRIPTS[plan["script"]]()
        code = 0
    finally:
        cells.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
