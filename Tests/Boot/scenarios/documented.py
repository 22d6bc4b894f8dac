"""Every example of the manuals and the README that is for a shell, run as it stands there."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "Documents"))
from examples import all_examples  # noqa: E402

# Longer than a unit's stop may take here.
SECONDS = 120


def run(guest, check):
    for example in (example for example in all_examples() if example.kind == "guest"):
        wanted = int(example.words[0]) if example.words else 0
        # Each in a shell of its own, whose own standard input is empty, and which ends at the first command that fails.
        guest.write("/root/example", example.text)
        status, output = guest.machine.run("bash -eu -o pipefail /root/example </dev/null", SECONDS)
        check.equal(f"{example.place}", (status, output if status != wanted else ""), (wanted, ""))
    check("and afterwards it runs", guest.holds("systemctl is-active --quiet oomguard.service"))
