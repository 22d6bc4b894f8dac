"""System calls that fail because strace(1) says so."""

import os
import re
import signal
import subprocess


class Tracer:
    """From here to `end()` the calls that `fault` means fail; without one all calls are noted."""

    def __init__(self, pid, log, fault=None):
        self.log = log
        command = ["strace", "-y", "-s", "24", "-o", log, "-p", str(pid)]
        if fault:
            command += ["-e", f"trace={fault.call}", "-e", f"inject={fault.call}:{fault.effect}"]
            if fault.when:
                command[-1] += f":when={fault.when}"
            if fault.path:
                command += ["-P", fault.path]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "attached" in line:
                return
            if "resolved into" not in line:
                raise RuntimeError(f"strace: {line.strip()}")

    @property
    def hits(self):
        """The calls that failed for us."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [line for line in file if "(INJECTED)" in line or "+++ killed" in line]

    def end(self):
        """Every call works again; whoever was traced goes on."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.process.stderr.close()


def calls(log):
    """The calls in a log, each with what tells it from others: the file it is about, as `-P` wants it."""
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            if match := re.match(r"(?:\d+ +)?([a-z_0-9]+)\((.*)", line):
                yield match[1], subject(match[1], match[2])


# Those whose second argument is a name, below the directory that is the first.
NAMED = ("openat", "newfstatat", "readlinkat", "renameat", "unlinkat", "faccessat2", "inotify_add_watch")


def subject(call, arguments):
    named = re.match(r'(?:AT_FDCWD(?:<[^>]*>)?|-?\d+<[^>]*>), "([^"]+)"', arguments)
    if named and call in NAMED:
        return named[1]
    if text := re.match(r'"([^"]*)"', arguments):
        return text[1]
    if descriptor := re.match(r"-?\d+<([^>]*)>", arguments):
        return descriptor[1] if descriptor[1].startswith("/") else ""
    return ""
