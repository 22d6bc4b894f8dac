"""The README's pictures: each is drawn again on a terminal, and is the same but for figures, bars, and who else runs.

Where one is not, what was drawn is printed: to be looked at, and then put into the README.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "Documents"))
from examples import examples  # noqa: E402

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "database"
unit = "postgresql@*.service"
score = -900

[[protect]]
name = "ssh"
unit = "ssh.service"
score = -900

[[sacrifice]]
name = "batch"
unit = "nightly.service"
score = 300
"""

COLUMNS = 100

# What may be there at one moment and not at another.
MOMENTARY = ("files: dirty", "files: being written", "free, kept by processors")

# shmget(2) and shmat(2) on x86-64, each page touched, and nobody attached afterwards.
SEGMENT = r"""
my $size = 24 << 20;
my $id = syscall(29, 0, $size, 01600);
$id >= 0 or die "shmget: $!";
my $zero = "\0";
for (my $at = 0; $at < $size; $at += 4096) { shmwrite($id, $zero, $at, 1) or die "shmwrite: $!" }
"""


def shape(line):
    """A line without what is another each time, and each run of blanks as one."""
    line = re.sub(r"[▁▂▃▄▅▆▇█▓▒░·]+", " ", line)
    line = re.sub(r"/system\.slice/\S*", "/system.slice", line)
    line = re.sub(r"~?-?\b\d+([.,:-]\d+)*( ?(KiB|MiB|GiB|%|Hz|ms|s|min|h)(?!\w))?", "0", line)
    line = re.sub(r"\b(above high|below (high|low|min)\b.*)", "stands", line)
    line = re.sub(r"kswapd is (awake|asleep)", "kswapd", line)
    line = re.sub(r"(?<= )-(?= |$)", "0", line)
    return re.sub(r"\b0( 0)+\b", "0", " ".join(line.split()))


def is_kept(line):
    """Not the rows of processes that this scenario knows nothing of, nor what is left over at the end of a screen."""
    return line.strip() and not line.startswith(MOMENTARY) and (not re.match(r" *\d+ +\d+  +[^\d ]", line) or "  hog  " in line)


def compare(guest, check, name, drawn):
    pictures = [example for example in examples("README.md") if example.kind == "drawn" and example.words == [name]]
    check.equal(f"there is one picture of {name}", len(pictures), 1)
    for picture in pictures:
        wanted, got = ([shape(line) for line in text.splitlines() if is_kept(line)] for text in (picture.text, drawn))
        if not guest.holds("grep -q bookworm /etc/os-release"):
            # They are of Debian 12: another kernel has other kinds of memory.
            wanted, got = ([line for line in lines if line.isupper()] for lines in (wanted, got))
        only = "\n".join([f"- {line}" for line in wanted if line not in got] + [f"+ {line}" for line in got if line not in wanted])
        check(f"{picture.place} is what {name} draws", wanted == got, f"{only}\n\n{drawn}")


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def rows(text):
    """What is on a screen to which `oomguardctl watch` sent this: it goes to the start of each line that it writes."""
    screen = {}
    for row, written in re.findall(r"\x1b\[(\d+);1H([^\x1b]*)", plain(text.rsplit("\x1b[2J", 1)[-1])):
        screen[int(row)] = written.rstrip()
    return [screen.get(row, "") for row in range(1, max(screen, default=0) + 1)]


def memory(guest, check):
    guest.wait_resident(guest.hog("web", 40), 40)
    guest.write("/root/segment.pl", SEGMENT)
    guest.sh("perl /root/segment.pl; dd if=/dev/zero of=/dev/shm/queue bs=1M count=12 status=none")
    guest.script("draw", f"stty cols {COLUMNS}\noomguardctl memory\n")
    compare(guest, check, "memory", plain(guest.sh("TERM=xterm LANG=C.UTF-8 script -qec draw /dev/null </dev/null")).replace("\r", ""))


def watch(guest, check):
    # More than it may keep: it goes on, slowly, and never has all of it.
    guest.hog("nightly", 400, MemoryHigh="64M")
    guest.hog("report", 1000, MemoryMax="32M")
    guest.wait_kills(1)
    guest.script("draw", f"stty rows 33 cols {COLUMNS}\nexec oomguardctl watch --rate 2\n")
    guest.sh("mkfifo /run/keys; TERM=xterm LANG=C.UTF-8 script -qfc draw /run/screen <>/run/keys >/dev/null 2>&1 &")
    screen = guest.eventually(
        "all of it on the screen", lambda: rows(guest.sh("cat /run/screen 2>/dev/null || true")),
        lambda lines: len(lines) == 33 and all(
            any(word in line for line in lines) for word in ("nightly.service", "web.service", "report.service", "never")))
    guest.sh("printf q >/run/keys")
    compare(guest, check, "watch", "\n".join(screen) + "\n")


def run(guest, check):
    guest.configure(CONFIG)
    guest.wait_status("both are protected", lambda status: all(rule["matched"] == 1 for rule in status["rules"][:2]))
    memory(guest, check)
    watch(guest, check)
