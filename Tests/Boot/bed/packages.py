"""The packages under test, on a disk of the guest's."""

import os
import shutil
import subprocess

DISK_MIB = 512  # sparse; of one size, because a snapshot remembers the disk's


def disk(path, shipped):
    """Makes a tar, which the guest reads straight from the disk, with three packages:

    `shipped.deb`, the one that users get; `oomguard.deb`, the same but quick to unpack under emulation;
    `previous.deb`, an older version of it whose configuration file had one comment more.
    """
    stage = path + ".d"
    shutil.rmtree(stage, ignore_errors=True)
    os.makedirs(stage)
    shutil.copyfile(shipped, os.path.join(stage, "shipped.deb"))
    root = os.path.join(stage, "root")
    subprocess.run(["dpkg-deb", "--raw-extract", shipped, root], check=True)
    pack(root, os.path.join(stage, "oomguard.deb"))
    with open(os.path.join(root, "etc/oomguard.conf"), "a") as file:
        file.write("# As it was in the version before.\n")
    control = os.path.join(root, "DEBIAN/control")
    with open(control) as file:
        fields = file.readlines()
    with open(control, "w") as file:
        file.writelines(line.rstrip() + "~previous\n" if line.startswith("Version:") else line for line in fields)
    pack(root, os.path.join(stage, "previous.deb"))
    shutil.rmtree(root)
    subprocess.run(["tar", "cf", path, "-C", stage, "."], check=True)
    shutil.rmtree(stage)
    os.truncate(path, DISK_MIB << 20)


def pack(root, deb):
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", root, deb], check=True, stdout=subprocess.DEVNULL)
