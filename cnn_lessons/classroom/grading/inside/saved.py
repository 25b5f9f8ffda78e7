"""Let nbval run a notebook again and say, cell by cell, whether its saved outputs come out the same.

One order comes as a line of JSON on standard input, {"notebook": text, "rules": path, "seconds": a cell may take}; one
line of JSON goes to standard output.
"""

import json
import os
import sys
from pathlib import Path

import enter

DIFFER = "Cell outputs differ"


class Counter:
    """A pytest plugin that sorts nbval's cells."""

    def __init__(self):
        self.match, self.differ, self.fail = 0, 0, 0

    def pytest_runtest_makereport(self, item, call) -> None:
        """Count a cell once it has run; a set-up that fails counts as a cell that fails."""
        if call.when == "call" or call.excinfo:
            reason = str(call.excinfo.value) if call.excinfo else ""
            differs = DIFFER in reason
            late = getattr(item.parent, "timed_out", False)  # nbval calls the cells behind it passed
            self.match += not reason and not call.excinfo and not late
            self.differ += differs
            self.fail += not differs and (call.excinfo is not None or late)


def main() -> None:
    """Carry out the order."""
    enter.LIBC.prctl(enter.SET_DUMPABLE, 0, 0, 0, 0)  # so that the notebook's kernel cannot open the reply
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdin.readline()  # whether it is ready
    print(json.dumps({"bytes": 0}), file=reply, flush=True)
    order = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    notebook = Path("handed_in.ipynb")
    notebook.write_text(order["notebook"], encoding="utf-8")
    import pytest

    counter = Counter()
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", order["rules"], "-p", "no:cacheprovider"]
    options += ["--nbval-cell-timeout", str(order["seconds"]), "-p", "no:xdist", "-q", "--color=no", "--tb=no"]
    pytest.main([*options, "--rootdir=.", "-c", os.devnull, str(notebook)], plugins=[counter])
    reply.write(json.dumps({**vars(counter), "bytes": 0}) + "\n")
    reply.flush()
