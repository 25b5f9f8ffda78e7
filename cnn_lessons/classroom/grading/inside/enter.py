"""Close the doors around a student's code: files, network, privileges, limits.

Inside fresh namespaces every file becomes read-only, what a student must not read disappears, and a folder in memory is
all there is to write to. Where the system gives no namespaces, the kernel refuses network sockets, and files stay as
they are. Standard library only.
"""

import ctypes
import fcntl
import os
import resource
import shutil
import signal
import socket
import struct
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000  # user, mount, process, network, IPC
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MOUNT_SETATTR, AT_RECURSIVE = 442, 0x8000  # the same number on every processor since Linux 5.12
READ_ONLY, NO_DEVICES = 1, 4  # MOUNT_ATTR_RDONLY, MOUNT_ATTR_NODEV
DEVICES = ("null", "zero", "full", "random", "urandom")
DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, FILTER, DROP, NO_NEW_PRIVILEGES = 1, 4, 22, 2, 24, 38  # prctl
CAPABILITIES = 64  # more than there are
CALLS = ("socket", "io_uring_setup", "memfd_create", "memfd_secret", "shmget", "semget", "msgget")  # of the kernel
# By processor, the kernel's name of it, and the numbers of these calls there.
PROCESSORS = {
    "x86_64": (0xC000003E, (41, 425, 319, 447, 29, 64, 68)),
    "aarch64": (0xC00000B7, (198, 425, 279, 447, 194, 190, 186)),
}
OTHER_NUMBERS = 0x40000000  # x86's second set of numbers begins there


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends."""
    LIBC.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def new_namespaces() -> None:
    """Leave the system's namespaces for fresh ones, the next child is the first process in them; or OSError."""
    user, group = os.getuid(), os.getgid()
    if LIBC.unshare(NAMESPACES):
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def wait_for(child: int) -> int:
    """Collect ended processes until `child` has ended; return its exit code, as a shell would."""
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def close_doors(plan: dict) -> None:
    """Close files and network, and make an empty home.

    Args:
        plan: `namespaces`: whether there are; `room`: folder to write in; `hide`: paths; `empty`: folders that are to
            be empty but for the paths in `keep`; `disk`: bytes; `furniture`: folders that are copied into the home, by
            their paths.
    """
    room = Path(plan["room"])
    if plan["namespaces"]:
        close_files(plan, room)
        raise_loopback()
    else:
        refuse_network()
    for name in ("home", "tmp"):
        (room / name).mkdir(exist_ok=True)
    for source, name in plan["furniture"].items():
        shutil.copytree(source, room / "home" / name, dirs_exist_ok=True)


def set_limits(plan: dict) -> None:
    """Limit what each process may hold and map (`memory`, bytes), how large a file may be (`disk`), how many are open.

    A process maps far more than it holds; ten times as much keeps the kernel's own tables of it small.
    """
    memory = plan["memory"]
    for what, most in (("DATA", memory), ("AS", 10 * memory), ("FSIZE", plan["disk"]), ("CORE", 0), ("NOFILE", 1024)):
        number = getattr(resource, f"RLIMIT_{what}")
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an error, not the end


def give_up_privileges() -> None:
    """Drop every capability for good: those of the namespace too, with which the doors could be opened again."""
    for capability in range(CAPABILITIES):
        LIBC.prctl(DROP, capability, 0, 0, 0)
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
    if LIBC.capset(header, none):
        sys.exit("this system does not let go of privileges")


# ---- files ---------------------------------------------------------------------------------------------------


def close_files(plan: dict, room: Path) -> None:
    """Make all files read-only, hide some, and lay a writable folder in memory over the room."""
    mount("none", Path("/"), None, MS_REC | MS_PRIVATE)
    mount("proc", Path("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")  # in one of its own, the code could mount again
    mount("tmpfs", room, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k")  # for a moment: the devices that stay
    for name in DEVICES:
        (room / name).touch()
        mount(f"/dev/{name}", room / name, None, MS_BIND)
    set_attributes(Path("/"), READ_ONLY | NO_DEVICES, 0, AT_RECURSIVE)
    for name in DEVICES:
        set_attributes(room / name, 0, NO_DEVICES, 0)
    new_devices(room)
    for folder in map(Path, plan["empty"]):
        empty(folder, [Path(kept) for kept in plan["keep"] if Path(kept).is_relative_to(folder)])
    for path in map(Path, plan["hide"]):
        hide(path)
    mount("tmpfs", room, "tmpfs", MS_NOSUID | MS_NODEV, f"size={plan['disk']},nr_inodes=100k,mode=0700")


def new_devices(room: Path) -> None:
    """Lay a folder with five harmless devices, terminals of its own and a small shared memory over /dev."""
    held = {name: os.open(room / name, os.O_PATH) for name in DEVICES}
    mount("tmpfs", Path("/dev"), "tmpfs", MS_NOSUID, "size=64k,nr_inodes=1k,mode=0755")
    for name, file in held.items():
        Path("/dev", name).touch()
        mount(f"/proc/self/fd/{file}", Path("/dev", name), None, MS_BIND)
        os.close(file)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path("/dev", name).symlink_to(target)
    Path("/dev/shm").mkdir()
    Path("/dev/pts").mkdir()  # `!command` and `%pip` run in a terminal
    options = "newinstance,ptmxmode=0666,mode=0620"
    mount("devpts", Path("/dev/pts"), "devpts", MS_NOSUID | MS_NOEXEC, options)
    Path("/dev/ptmx").symlink_to("pts/ptmx")
    mount("tmpfs", Path("/dev/shm"), "tmpfs", MS_NOSUID | MS_NODEV, "size=256m,nr_inodes=10k,mode=1777")


def empty(folder: Path, keep: list[Path]) -> None:
    """Lay an empty folder over one that all users share, so that no socket in it can be reached; `keep` stays."""
    held = [(path, os.open(path, os.O_PATH)) for path in keep]
    mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=0755")
    for path, file in held:
        path.mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{file}", path, None, MS_BIND | MS_REC)
        os.close(file)
    set_attributes(folder, READ_ONLY, 0, 0)


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


# ---- network and memory --------------------------------------------------------------------------------------


def raise_loopback() -> None:
    """Switch on the namespace's own loopback: a kernel and its client talk over it, and it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh", b"lo", 1)  # IFF_UP
        fcntl.ioctl(probe, 0x8914, request)  # SIOCSIFFLAGS


def refuse_network() -> None:
    """Let the kernel refuse every socket but local ones (AF_UNIX), to this process and all its children."""
    if os.uname().machine not in PROCESSORS or not refuse("io_uring_setup", local=True):  # it leads to a socket, too
        sys.exit("this system offers no way to close the network")


def refuse_uncounted_memory() -> None:
    """Let the kernel refuse most of what holds memory that counts as no process's and no folder's."""
    if os.uname().machine in PROCESSORS and not refuse(*CALLS[2:]):
        sys.exit("this system offers no way to count all memory")


def refuse(*calls: str, local: bool = False) -> bool:
    """Refuse calls of the kernel to this process and all its children for good; return whether that worked.

    Args:
        calls: of CALLS.
        local: also refuse every socket but a local one.
    """
    processor, numbers = PROCESSORS[os.uname().machine]
    number = dict(zip(CALLS, numbers, strict=True))
    load, equal, least, give = 0x20, 0x15, 0x35, 0x06
    allowed, refused = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ERRNO, EACCES
    tests = [  # what to do, with what value, and where to go if it is so and if not; None goes on
        (load, 4, None, None),  # the processor as which this process calls: a 32-bit one has other numbers
        (equal, processor, None, "refused"),
        (load, 0, None, None),  # the number of the call
        (least, OTHER_NUMBERS, "refused", None),
        *((equal, number[call], "refused", None) for call in calls),
    ]
    if local:
        tests += [(equal, number["socket"], None, "allowed"), (load, 16, None, None)]  # its first argument: the family
        tests += [(equal, socket.AF_UNIX, None, "refused")]
    places = {"allowed": len(tests), "refused": len(tests) + 1}
    steps = [
        (what, *(places.get(way, at + 1) - at - 1 for way in ways), value)
        for at, (what, value, *ways) in enumerate(tests)
    ]
    steps += [(give, 0, 0, allowed), (give, 0, 0, refused)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    if LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not LIBC.prctl(SET_SECCOMP, FILTER, ctypes.create_string_buffer(program, len(program)), 0, 0)
