"""The message catalogue as journalctl shows it: every kind of event is explained, with what to do next."""

import re


def run(guest, check):
    text = guest.sh("cat /usr/lib/systemd/catalog/oomguard.catalog")
    for found in re.finditer(r"^-- ([0-9a-f]{32})\nSubject: (.*)$", text, re.MULTILINE):
        shown = guest.sh(f"journalctl --dump-catalog {found[1]}")
        check(f"{found[2]}: explained", f"Subject: {found[2]}" in shown and "What to do next: " in shown, shown)
    shown = guest.sh("journalctl --sync && journalctl -b -x --no-pager -t oomguardd")
    check("what oomguard said at its start is explained beside it", "░░ Defined-By: oomguard" in shown, shown[-2000:])
