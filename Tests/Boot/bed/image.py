"""The guest's kernel, initrd and disk: built once, kept until what they are built from changes."""

import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def recipe_files():
    """machine.py too: the snapshot kept with the image only loads into the very machine that made it."""
    guest = os.path.join(HERE, "guest")
    helpers = sorted(os.path.join(guest, name) for name in os.listdir(guest))
    return [os.path.join(HERE, "build-image"), os.path.join(HERE, "bed", "machine.py"), *helpers]


def recipe():
    """A name for everything an image is made from, except Debian itself."""
    digest = hashlib.sha256(subprocess.run(["qemu-img", "--version"], stdout=subprocess.PIPE, check=True).stdout)
    for path in recipe_files():
        with open(path, "rb") as file:
            digest.update(path[len(HERE):].encode() + b"\0" + file.read() + b"\0")
    return digest.hexdigest()[:16]


def prepared(cache, suite):
    """The directory of an image of a Debian release with today's recipe below `cache`, built if need be, and whether
    it was."""
    image = os.path.join(cache, f"image-{suite}-{recipe()}")
    if os.path.exists(os.path.join(image, "base.img")):
        return image, False
    for name in os.listdir(cache):
        if name.startswith(f"image-{suite}-"):
            shutil.rmtree(os.path.join(cache, name))
    os.makedirs(image)
    log = os.path.join(cache, f"image-{suite}.log")
    with open(log, "wb") as output:
        built = subprocess.run(
            [os.path.join(HERE, "build-image"), image, suite], stdout=output, stderr=subprocess.STDOUT)
    if built.returncode != 0:
        with open(log, errors="replace") as file:
            raise SystemExit(f"boot test: the image could not be built; end of {log}:\n{file.read()[-3000:]}")
    return image, True
