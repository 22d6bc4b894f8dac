"""The programs the test bed needs on the host, installed from apt when they are missing."""

import os
import shutil
import subprocess

# Debian package: a program it brings.
NEEDED = {
    "qemu-system-x86": "qemu-system-x86_64",
    "qemu-utils": "qemu-img",
    "mmdebstrap": "mmdebstrap",
    "busybox-static": "busybox",
    "kmod": "depmod",
    "zstd": "zstd",
    "xz-utils": "unxz",
    "cpio": "cpio",
    "e2fsprogs": "mkfs.ext4",
    "gcc": "gcc",
    "rpm": "rpmbuild",
    "libc6-dev": "/usr/include/stdio.h",
}


def is_there(program):
    return os.path.exists(program) if program.startswith("/") else shutil.which(program) is not None


def install_missing():
    """Returns the names of the packages that were installed."""
    missing = [package for package, program in NEEDED.items() if not is_there(program)]
    if missing:
        # Another apt may hold the lock, as on a machine that has just booted.
        apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
        for command in (["update"], ["install", "--no-install-recommends", *missing]):
            done = subprocess.run(
                apt + command,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done.returncode != 0:
                raise SystemExit(f"boot test: {' '.join(done.args)} failed\n{done.stdout}")
    return missing
