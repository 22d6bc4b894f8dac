"""`oomguardctl kills` and `watch`: the journal is the history; only the daemon's own entries are believed, each once."""

import json

CONFIG = """
[guard]
reconcile_interval = "1s"
"""

KILL = "8703eb901731406e87afcffdb13842d4"


def kills(guest, *words, user="root"):
    """What `oomguardctl kills --json` answers."""
    return json.loads(guest.sh(f"runuser -u {user} -- oomguardctl kills --json {' '.join(words)}"))


def send(guest, entry, where):
    """Sends an entry's own fields to the journal once more, by a shell command that runs `logger`."""
    fields = {name: value for name, value in entry.items() if name.startswith(("OOMGUARD_", "OBJECT_"))}
    # One line each, so without the report; what journald adds itself nobody can send.
    lines = [f"{name}={value}" for name, value in fields.items() if isinstance(value, str) and "\n" not in value]
    text = "\n".join([f"MESSAGE_ID={KILL}", "MESSAGE=forged", "PRIORITY=2", "_UID=0", *lines])
    guest.write("/tmp/entry", text.replace("_UID=0\n", "") + "\n")
    guest.sh(f"chmod 644 /tmp/entry && {where} </tmp/entry && journalctl --sync")


def run(guest, check):
    guest.configure(CONFIG)
    guest.sh("oomguardctl watch --json >/run/watched 2>/run/watched.errors & echo $! >/run/watch.pid")
    guest.wait_for("watch sleeps", 'grep -q poll /proc/$(cat /run/watch.pid)/wchan')
    first = guest.hog_over_limit("first")
    guest.wait_kills(1)
    # Whose an entry is journald asks the sender's /proc: it has done so before that is gone.
    guest.sh("journalctl --sync && systemctl restart oomguard.service")
    second = guest.hog_over_limit("second")
    status = guest.wait_kills(2)
    guest.sh("journalctl --sync")

    told = status["kills"]["last"]
    check.equal("the daemon knows both", [kill["victim"]["pid"] for kill in told], [first, second])
    check.equal("and what was hit", status["kills"]["constraints"], [{"constraint": "memcg", "total": 2, "protected": 0}])
    history = kills(guest)
    check.equal("the history is the journal's", (history["source"], history["why"]), ("journal", None))
    check.equal("and has each kill as it was told", [kill["id"] for kill in history["kills"]], [kill["id"] for kill in told])
    check.equal("field by field", history["kills"][1], told[1])
    check.equal(
        "--unit chooses", [kill["victim"]["pid"] for kill in kills(guest, "--unit", "'fir*'")["kills"]], [first])
    check.equal("--since too", kills(guest, "--since", "tomorrow")["kills"], [])
    full = guest.sh(f"oomguardctl kills {told[0]['id']}")
    check("one in full says why", f"Why this one: there was no other to choose" in full and f"{first}  hog" in full, full)
    check("and has the kernel's report", f"Killed process {first} (hog)" in full, full)
    check(
        "journalctl -u of the victim's unit shows it",
        "the kernel killed hog" in guest.sh("journalctl -b -o cat -u first.service"))
    check(
        "and -x what to do next",
        f"oomguardctl kills {told[0]['id']}" in guest.sh(f"journalctl -b -x -u first.service MESSAGE_ID={KILL}"))

    entry = guest.journal("kill")[0]
    forged = {**entry, "OOMGUARD_ID": "01234567-1", "OOMGUARD_VICTIM_PID": "1", "OOMGUARD_KERNEL_SEQ": "1"}

    def forge():
        send(guest, forged, "runuser -u alice -- logger --journald")
        return int(guest.sh(f"journalctl -b -o cat MESSAGE_ID={KILL} OOMGUARD_VICTIM_PID=1 | wc -l"))

    guest.eventually("the journal takes a user's forged entry", forge, lambda count: count > 0)
    check.equal("kills does not", kills(guest), history)
    # As if the daemon had been killed between telling and writing down that it told.
    group = f"/sys/fs/cgroup{guest.property('oomguard.service', 'ControlGroup')}/cgroup.procs"

    def sent_again():
        # Whose it is journald asks /proc, and may come too late for one that has ended.
        send(guest, entry, f"sh -c 'echo $$ >{group}; exec logger --journald'")
        return len(guest.journal("kill"))

    guest.eventually("the daemon's own entry is there twice", sent_again, lambda count: count > 2)
    check.equal("and shown once", kills(guest), history)

    third = guest.hog_over_limit("third")
    guest.wait_kills(3)
    guest.wait_for("watch tells the third", "test $(grep -c '\"event\":\"kill\"' /run/watched) -ge 3")
    events = [json.loads(line) for line in guest.sh("cat /run/watched").splitlines()]
    watched = [event for event in events if event["event"] == "kill"]
    check.equal("watch told each, and nothing forged", [kill["victim_pid"] for kill in watched], [first, second, third])
    check.equal("with what the entry has", watched[0]["victim_cgroup"], entry["OOMGUARD_VICTIM_CGROUP"])
    check.equal("and nothing to complain of", guest.sh("cat /run/watched.errors"), "")
    guest.sh("kill $(cat /run/watch.pid)")

    answer = kills(guest, user="alice")
    check.equal("who may not read the journal gets the daemon's", answer["source"], "daemon")
    check("and is told why", "systemd-journal" in (answer["why"] or ""), answer["why"])
    check.equal("the same kills", answer["kills"], guest.status()["kills"]["last"])
    guest.sh("usermod -a -G systemd-journal alice")
    check.equal("in the group, the journal's", kills(guest, user="alice")["source"], "journal")
