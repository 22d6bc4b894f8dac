"""One emulated machine: qemu, its monitor, and the agent that runs scripts inside."""

import contextlib
import json
import os
import socket
import struct
import subprocess
import time


class GuestError(Exception):
    """The guest did not do what it was told: a script failed, a wait ran out, the machine went away."""


class Machine:
    # Always the emulator: where KVM is offered inside a virtual machine it may hang instead of failing.
    # -erms: with it the kernel clears pages by `rep stosb`, a byte at a time under emulation, and the first
    # global OOM takes three times as long.
    PROCESSOR = ["-accel", "tcg,thread=multi", "-cpu", "max,-erms", "-smp", "2"]
    MEMORY_MIB = 512

    def __init__(self, image, directory, disk, packages, snapshot=None):
        """Starts it: from `snapshot` of `disk`, or by booting. `packages` is a tar, the guest's /dev/vdb."""
        self.commands = []  # what was run, how long it took, how it ended
        self.start = lambda snapshot, *options, kernel="": self._start(
            image, directory, disk, packages, snapshot, options, kernel)
        self.start(snapshot)

    def _start(self, image, directory, disk, packages, snapshot, options, kernel):
        self.console_path = os.path.join(directory, "console.log")
        agent, monitor = (os.path.join(directory, name) for name in ("agent.sock", "monitor.sock"))
        for path in (agent, monitor, self.console_path):
            if os.path.exists(path):
                os.unlink(path)
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        command += ["-machine", "q35", *self.PROCESSOR, "-m", str(self.MEMORY_MIB)]
        command += ["-kernel", os.path.join(image, "vmlinuz"), "-initrd", os.path.join(image, "initrd.img")]
        command += ["-append", f"console=ttyS0 panic=-1 quiet {kernel}"]
        command += ["-drive", f"file={disk},if=virtio,format=qcow2,cache=unsafe"]
        command += ["-drive", f"file={packages},if=virtio,format=raw,readonly=on"]
        command += ["-chardev", f"file,id=console,path={self.console_path}", "-serial", "chardev:console"]
        command += ["-device", "virtio-serial-pci", "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off"]
        command += ["-device", "virtserialport,chardev=agent,name=agent"]
        command += ["-chardev", "socket,id=monitor,path=monitor.sock,server=on,wait=off"]
        command += ["-mon", "chardev=monitor,mode=control"]
        command += options
        if snapshot:
            command += ["-loadvm", snapshot]
        self.errors_path = os.path.join(directory, "qemu.log")
        with open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                command, cwd=directory, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            self.monitor = self._connect(directory, "monitor.sock")
            self.replies = self.monitor.makefile("rb")
            self._reply()  # the greeting
            self._ask("qmp_capabilities")
            self.agent = self._connect(directory, "agent.sock")
        except Exception:
            self.stop()
            raise

    def _connect(self, directory, name):
        deadline = time.monotonic() + 30
        # Relative, here and on qemu's command line: a socket's path may have no more than 107 bytes.
        path = os.path.relpath(os.path.join(directory, name))
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                connection.settimeout(60)
                return connection
            except OSError as error:
                connection.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise GuestError(f"qemu does not answer: {error}\n{tail(self.errors_path)}") from error
                time.sleep(0.01)

    def _reply(self):
        while True:
            line = self.replies.readline()
            if not line:
                raise GuestError(f"qemu went away\n{tail(self.errors_path)}")
            message = json.loads(line)
            if "event" not in message:
                return message

    def _ask(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        reply = self._reply()
        if "return" not in reply:
            raise GuestError(f"qemu refused '{command}': {reply}")
        return reply["return"]

    def save(self, snapshot):
        """Keeps the whole machine, memory and disk, under a name in its disk's file."""
        said = self._ask("human-monitor-command", **{"command-line": f"savevm {snapshot}"})
        if said.strip():
            raise GuestError(f"savevm: {said}")

    def run(self, script, seconds):
        """Runs a shell script in the guest: its exit status and what it printed. 124: over its time."""
        started = time.monotonic()
        status = None
        try:
            self.agent.settimeout(seconds + 30)
            body = script.encode()
            self.agent.sendall(struct.pack("<II", seconds, len(body)) + body)
            status, length = struct.unpack("<II", self._receive(8))
            return status, self._receive(length).decode(errors="replace")
        except OSError as error:
            raise GuestError(f"the guest does not answer ({error}) while running: {script}") from error
        finally:
            self.commands.append(f"{time.monotonic() - started:6.2f} s, status {status}: {script}")

    def _receive(self, length):
        parts = []
        while length > 0:
            part = self.agent.recv(min(length, 1 << 16))
            if not part:
                raise GuestError("the guest went away")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def reboot(self, *options, kernel=""):
        """Shuts down in order and boots from the same disk, with these options of qemu's and words for the kernel."""
        with contextlib.suppress(GuestError):  # it may be gone before it can answer
            self.run("systemctl --no-block reboot", 60)
        try:
            self.process.wait(120)  # qemu was told -no-reboot
        except subprocess.TimeoutExpired as error:
            raise GuestError(f"the guest does not shut down\n{tail(self.console_path)}") from error
        self.start(None, *options, kernel=kernel)

    def stop(self):
        self.process.kill()
        self.process.wait()


def tail(path, lines=40):
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except FileNotFoundError:
        return ""
