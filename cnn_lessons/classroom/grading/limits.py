"""How much one notebook may take, and how long a cell, a check and a whole notebook may run."""

from dataclasses import dataclass

GIGABYTE = 10**9


@dataclass(frozen=True)
class Limits:
    """What one notebook may use.

    Args:
        cell_seconds: for one cell; the rest of the notebook still runs.
        seconds: for the whole notebook; what was reached counts.
        check_seconds: for one check, of an answer on all its cases.
        grace: seconds beyond these two before the process is ended; it should have kept them itself.
        memory: bytes that its processes may hold together.
        disk: bytes that it may write, all files together.
        output: bytes that it may print.
        processes: that may run at once.
        threads: that these may have together.
    """

    cell_seconds: float = 120.0
    seconds: float = 600.0
    check_seconds: float = 30.0
    grace: float = 15.0
    memory: int = 8 * GIGABYTE
    disk: int = GIGABYTE // 2
    output: int = 10_000_000
    processes: int = 64
    threads: int = 2_000
