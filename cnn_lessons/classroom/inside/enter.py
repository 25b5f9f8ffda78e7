"""Close the doors, then become the program that runs a student's code.

    python enter.py PLAN COMMAND …

PLAN is JSON. Inside fresh namespaces (`"namespaces": true`; the caller makes them with `unshare`) every file becomes
read-only, what the student must not read disappears, and a folder in memory is all there is to write to. Without them
the kernel refuses to open network sockets. Then limits on memory and files are set, and all privileges are given up.
Standard library only.
"""

import ctypes
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import struct
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_RDONLY = 2, 4, 4096, 16384, 1
MOUNT_SETATTR, AT_RECURSIVE = 442, 0x8000  # the same number on every processor since Linux 5.12
READ_ONLY, NO_DEVICES = 1, 4  # MOUNT_ATTR_RDONLY, MOUNT_ATTR_NODEV
DEVICES = ("null", "zero", "full", "random", "urandom")
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2  # prctl
SOCKET_CALL = {"x86_64": 41, "aarch64": 198}


def main() -> None:
    """Follow the plan, then run the command; where there are namespaces, as the child of their first process."""
    plan, command = json.loads(sys.argv[1]), sys.argv[2:]
    if plan["namespaces"]:
        close_files(plan)
        raise_loopback()
    else:
        refuse_network()
    furnish(Path(plan["room"]), plan["furniture"])
    os.chdir(Path(plan["room"]) / "home")
    for what, most in (("DATA", plan["memory"]), ("FSIZE", plan["file"]), ("CORE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    if not plan["namespaces"]:
        os.execv(command[0], command)
    child = os.fork()
    if not child:
        without = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]
        os.execvp(without[0], without + command)
    os._exit(wait_for(child))


def wait_for(child: int) -> int:
    """Collect ended processes until `child` has ended; return its exit code, as a shell would."""
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def furnish(room: Path, furniture: dict[str, str]) -> None:
    """Make an empty home and a folder for temporary files, and copy in what every student may have."""
    for name in ("home", "tmp"):
        (room / name).mkdir(exist_ok=True)
    for source, name in furniture.items():
        shutil.copytree(source, room / "home" / name, dirs_exist_ok=True)


# ---- files ---------------------------------------------------------------------------------------------------


def close_files(plan: dict) -> None:
    """Make all files read-only, hide some, and lay a writable folder in memory over the room."""
    room = Path(plan["room"])
    mount("tmpfs", room, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k")  # for a moment: the devices that stay
    for name in DEVICES:
        (room / name).touch()
        mount(f"/dev/{name}", room / name, None, MS_BIND)
    set_attributes(Path("/"), READ_ONLY | NO_DEVICES, 0, AT_RECURSIVE)
    for name in DEVICES:
        set_attributes(room / name, 0, NO_DEVICES, 0)
    new_devices(room)
    for path in map(Path, plan["hide"]):
        hide(path)
    mount("tmpfs", room, "tmpfs", MS_NOSUID | MS_NODEV, f"size={plan['disk']},mode=0700")


def new_devices(room: Path) -> None:
    """Lay a folder with five harmless devices and a small shared memory over /dev."""
    held = {name: os.open(room / name, os.O_PATH) for name in DEVICES}
    mount("tmpfs", Path("/dev"), "tmpfs", MS_NOSUID, "size=64k,mode=0755")
    for name, file in held.items():
        Path("/dev", name).touch()
        mount(f"/proc/self/fd/{file}", Path("/dev", name), None, MS_BIND)
        os.close(file)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path("/dev", name).symlink_to(target)
    Path("/dev/shm").mkdir()
    mount("tmpfs", Path("/dev/shm"), "tmpfs", MS_NOSUID | MS_NODEV, "size=256m,mode=1777")


def hide(path: Path) -> None:
    """Lay nothing over a file or a folder."""
    if path.is_dir():
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4k,mode=0755")
    elif path.exists():
        mount("/dev/null", path, None, MS_BIND)


def mount(source: str, target: Path, kind: str | None, flags: int, options: str | None = None) -> None:
    """Ask the kernel for a mount; OSError if it refuses."""
    texts = [text if text is None else os.fsencode(text) for text in (source, target, kind)]
    if LIBC.mount(*texts, ctypes.c_ulong(flags), options.encode() if options else None):
        number = ctypes.get_errno()
        raise OSError(number, f"mount {source}: {os.strerror(number)}", str(target))


def set_attributes(target: Path, wanted: int, unwanted: int, flags: int) -> None:
    """Change the attributes of a mount; OSError if the kernel refuses."""
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", wanted, unwanted, 0, 0))
    path = ctypes.c_char_p(os.fsencode(target))
    if LIBC.syscall(MOUNT_SETATTR, -1, path, flags, attributes, ctypes.c_size_t(32)):
        number = ctypes.get_errno()
        raise OSError(number, f"mount_setattr: {os.strerror(number)}", str(target))


# ---- network -------------------------------------------------------------------------------------------------


def raise_loopback() -> None:
    """Switch on the namespace's own loopback: a kernel and its client talk over it, and it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh", b"lo", 1)  # IFF_UP
        fcntl.ioctl(probe, 0x8914, request)  # SIOCSIFFLAGS


def refuse_network() -> None:
    """Let the kernel refuse every socket but local ones (AF_UNIX), to this process and all its children."""
    number = SOCKET_CALL.get(os.uname().machine)
    if number is None or LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        sys.exit("this system offers no way to close the network")
    load, equal, give = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ERRNO, EACCES
    steps = [
        (load, 0, 0, 0),  # the number of the system call
        (equal, 0, 3, number),
        (load, 0, 0, 16),  # its first argument: the family
        (equal, 1, 0, socket.AF_UNIX),
        (give, 0, 0, refuse),
        (give, 0, 0, allow),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    if LIBC.prctl(SET_SECCOMP, FILTER, ctypes.create_string_buffer(program, len(program)), 0, 0):
        sys.exit("this system offers no way to close the network")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's
    main()
