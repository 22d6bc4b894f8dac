"""The packages under test, on a disk of the guest's."""

import os
import shutil
import subprocess

DISK_MIB = 512  # sparse; of one size, because a snapshot remembers the disk's
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
COMMENT = "# As it was in the version before."


def disk(path, shipped):
    """Makes a tar, which the guest reads straight from the disk, with these packages:

    `shipped.deb`, the one that users get; `oomguard.deb`, the same but quick to unpack under emulation;
    `previous.deb`, an older version of it whose configuration file had one comment more;
    `oomguard.rpm` and `previous.rpm`, the same for rpm, of what was built for the deb.
    """
    stage = path + ".d"
    shutil.rmtree(stage, ignore_errors=True)
    os.makedirs(stage)
    shutil.copyfile(shipped, os.path.join(stage, "shipped.deb"))
    root = os.path.join(stage, "root")
    subprocess.run(["dpkg-deb", "--raw-extract", shipped, root], check=True)
    pack(root, os.path.join(stage, "oomguard.deb"))
    with open(os.path.join(root, "etc/oomguard.conf"), "a") as file:
        file.write(COMMENT + "\n")
    control = os.path.join(root, "DEBIAN/control")
    with open(control) as file:
        fields = file.readlines()
    version = next(line.split()[1] for line in fields if line.startswith("Version:"))
    with open(control, "w") as file:
        file.writelines(f"Version: {version}~previous\n" if line.startswith("Version:") else line for line in fields)
    pack(root, os.path.join(stage, "previous.deb"))
    shutil.rmtree(root)
    pack_rpm(version, os.path.join(stage, "oomguard.rpm"))
    # Instead of what rpm does to files once they are laid out: with what `make install` put there it has nothing to do.
    pack_rpm(
        f"{version}~previous", os.path.join(stage, "previous.rpm"),
        "--define", f"__spec_install_post echo '{COMMENT}' >>%{{buildroot}}/etc/oomguard.conf")
    # In the order of their use: whoever wants one reads no further.
    names = ["oomguard.deb", "shipped.deb", "previous.deb", "oomguard.rpm", "previous.rpm"]
    subprocess.run(["tar", "cf", path, "-C", stage, *names], check=True)
    shutil.rmtree(stage)
    os.truncate(path, DISK_MIB << 20)


def pack(root, deb):
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", root, deb], check=True, stdout=subprocess.DEVNULL)


def pack_rpm(version, rpm, *options):
    work = rpm + ".d"
    done = subprocess.run(
        [os.path.join(TOP, "packaging/build-rpm"), version, work, "--define", "_binary_payload w1.gzdio", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"boot test: {os.path.basename(rpm)} could not be built\n{done.stdout}")
    os.rename(done.stdout.strip(), rpm)
    shutil.rmtree(work)
