"""Which calls are made to fail, and with what."""

import dataclasses
import re

# What each call may fail with where oomguardd makes it, the likeliest first. Calls that cannot fail there (getpid,
# close on a descriptor of one's own) and the allocator's (mmap, brk, munmap, madvise, mprotect), where Swift ends the
# program, are left out; `EOF` is a file that is suddenly empty.
ERRORS = {
    "openat": ("EMFILE", "ENOMEM", "EIO", "EACCES"),
    "read": ("EIO", "ENOMEM", "EOF", "EINTR"),
    "pread64": ("EIO", "ENOMEM", "EOF"),
    "write": ("EIO", "ENOSPC", "ENOMEM", "EACCES", "EINTR"),
    "newfstatat": ("ENOMEM", "EACCES", "EIO"),
    "fstat": ("ENOMEM", "EIO"),
    "readlinkat": ("ENOMEM", "EACCES", "EIO"),
    "readlink": ("ENOMEM", "EACCES"),
    "getdents64": ("ENOMEM", "EIO"),
    "fcntl": ("EMFILE",),
    "access": ("ENOMEM", "EACCES"),
    "faccessat2": ("ENOMEM", "EACCES"),
    "mkdir": ("ENOSPC", "EROFS"),
    "chmod": ("EROFS",),
    "fchmod": ("EIO",),
    "ftruncate": ("EIO",),
    "flock": ("ENOLCK", "EINTR"),
    "renameat": ("ENOSPC", "EIO"),
    "unlinkat": ("EIO",),
    "socket": ("EMFILE", "ENOBUFS"),
    "bind": ("EPERM", "ENOMEM"),
    "connect": ("ECONNREFUSED", "EAGAIN"),
    "sendto": ("ENOBUFS", "ECONNREFUSED", "EAGAIN"),
    "recvfrom": ("ENOBUFS", "ENOMEM"),
    "setsockopt": ("ENOMEM",),
    "poll": ("ENOMEM", "EINTR"),
    "epoll_create1": ("EMFILE",),
    "epoll_ctl": ("ENOSPC", "ENOMEM"),
    "epoll_wait": ("EINTR", "ENOMEM"),
    "signalfd4": ("EMFILE",),
    "timerfd_create": ("EMFILE",),
    "timerfd_settime": ("ENOMEM",),
    "inotify_init1": ("EMFILE",),
    "inotify_add_watch": ("ENOSPC", "ENOMEM"),
    "inotify_rm_watch": ("EINVAL",),
    "mlockall": ("ENOMEM", "EPERM"),
    "prlimit64": ("EPERM",),
    "capget": ("EPERM",),
    "kcmp": ("EPERM",),
    "close": ("EIO", "EINTR"),
}
# Once is enough to see whether it is asked again; for ever, and nothing else could ever happen.
ONCE = ("EINTR",)


@dataclasses.dataclass(frozen=True)
class Fault:
    call: str
    path: str = ""
    error: str = ""
    when: str = ""
    signal: str = ""

    @property
    def effect(self):
        if self.signal:
            return f"signal={self.signal}"
        return "retval=0" if self.error == "EOF" else f"error={self.error}"

    def __str__(self):
        return f"{self.call}({self.path or '…'})"


# What is not this machine's other work: its programs, its cgroups.
FILES = re.compile(r"/proc(/(pressure|sys|meminfo|vmstat|self|loadavg|zoneinfo|mounts)\b.*)?$"
                   r"|/dev/kmsg$|/run\b|/etc/passwd$"
                   r"|/sys/fs/cgroup(/[a-z0-9_.,]*){0,2}$")
NAMES = re.compile(r"[.]?[a-z_]+([.][a-z]+)*$|[.]/?$")


def is_ours(path, own):
    """Whether it is about oomguard, the kernel, or somebody in `own`: pids, and parts of paths."""
    if other := re.match(r"(?:/proc/)?(\d+)\b", path):
        return other[1] in own
    if any(part in path for part in own):
        return True
    if path.startswith("./") or ".service" in path or ".slice" in path or ".scope" in path:
        return path == "./"
    return path == "" or bool(FILES.match(path)) or bool(NAMES.match(path))


def faults(calls, own, is_quick):
    """Of every call, on each file it was made on, one with each error; quickly, one of all calls of that name."""
    seen = []
    for call, path in calls:
        # Sockets and pipes have a number for a name, and the next run has other numbers.
        path = "" if re.match(r"(socket|pipe|anon_inode):", path) else path
        if call in ERRORS and is_ours(path, own) and (call, path) not in seen:
            seen.append((call, path))
    if is_quick:
        return [Fault(call, "", ERRORS[call][0], "1" if ERRORS[call][0] in ONCE else "")
                for call in dict.fromkeys(call for call, _ in seen)]
    return [Fault(call, path, error, "1" if error in ONCE else "") for call, path in seen for error in ERRORS[call]
            # The kernel's log has no end.
            if not (error == "EOF" and path.startswith("/dev/"))]
