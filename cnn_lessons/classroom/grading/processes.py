"""What the system knows of a process: its memory, its threads, and whose it is."""

from pathlib import Path

import psutil


def resident(process: psutil.Process) -> int:
    """Return the bytes that a process holds, shared ones included; 0 if it has ended."""
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def proportional(process: psutil.Process) -> int:
    """Return the bytes that a process holds, what it shares with others divided among them."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return resident(process)


def strays(room: Path) -> list[psutil.Process]:
    """Return processes that left the tree, where no namespace holds them: their home gives them away."""
    home, found = f"HOME={room / 'home'}".encode(), []
    for process in psutil.process_iter():
        try:
            if home in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                found.append(process)
        except OSError:
            continue
    return found


def threads(process: psutil.Process) -> int:
    """Return how many threads a process has; 0 if it has ended."""
    try:
        return process.num_threads()
    except psutil.Error:
        return 0
