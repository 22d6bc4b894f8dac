"""[notify] under systemd: PID 1 runs the command, outside of oomguard's cgroup, sandbox and score."""

import json

CONFIG = """
[guard]
reconcile_interval = "1h"

[notify]
command = {command}
events = ["{event}"]
timeout = "{timeout}"

[[protect]]
name = "ssh"
unit = "ssh.service"
score = -900
"""

HOOK = """
cat >/root/input
env | grep ^OOMGUARD_ | sort >/root/environment
printf '%s|' "$@" >/root/arguments
{ cat /proc/self/oom_score_adj; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/cgroup; } >/root/state
touch /usr/oomguard-was-here
echo spoken
touch /root/done
"""


def configure(guest, command, event="config", timeout="10s"):
    """The list of words is TOML as it is JSON."""
    guest.configure(CONFIG.format(command=json.dumps(command), event=event, timeout=timeout))


def warnings(guest):
    return [entry["MESSAGE"] for entry in guest.journal("config") if "run for" in entry["MESSAGE"]]


def run_of(guest, what, warning):
    """Raises an event; what the daemon comes to tell of the run."""
    before = len(warnings(guest))
    guest.sh("systemctl kill --signal=USR1 --kill-whom=main oomguard.service")
    told = guest.eventually(what, lambda: warnings(guest)[before:], lambda told: told)
    guest.wait_for("PID 1 has forgotten the unit", "! systemctl list-units --all --no-legend | grep -q oomguard-notify")
    # A connection that is left open, with signals of PID 1 that nobody reads, would keep it busy.
    busy = guest.sh(f"t() {{ cut -d' ' -f14,15 /proc/{guest.main_pid('oomguard.service')}/stat | tr ' ' +; }};"
                    " a=$(($(t))); sleep 2; echo $(($(t) - a))")
    return told == [warning] and int(busy) < 50, (told, f"{busy.strip()} ticks in 2 s")


def held(guest):
    """How many descriptors oomguard has open."""
    return int(guest.sh(f"ls /proc/{guest.main_pid('oomguard.service')}/fd | wc -l"))


def run(guest, check):
    guest.script("hook", HOOK)
    configure(guest, ["/usr/local/sbin/hook", "a b", "$HOME", "100%"], "kill", timeout="1min")
    # Its connection to the journal is made with the first entry.
    before = len(guest.journal("config"))
    guest.sh("systemctl kill --signal=USR1 --kill-whom=main oomguard.service")
    guest.eventually(
        "an event that the hook was not asked for", lambda: guest.journal("config")[before:], lambda told: told)
    descriptors = held(guest)
    pid = guest.hog_over_limit("hog")
    guest.wait_for("the hook has run", "test -e /root/done")
    event = json.loads(guest.sh("cat /root/input"))
    wanted = {
        "event": "kill", "victim_pid": pid, "victim_comm": "hog", "victim_unit": "hog.service", "constraint": "memcg",
        "limit_cgroup": "/system.slice/hog.service", "protected": False, "priority": 4, "held_back": 0,
    }
    check.equal("its input is the event as JSON", {name: event.get(name) for name in wanted}, wanted)
    entry = guest.journal("kill")[0]
    check.equal("with the message and the time of the journal", (event["message"], event["at"]), (entry["MESSAGE"], entry["OOMGUARD_AT"]))
    environment = dict(line.split("=", 1) for line in guest.sh("cat /root/environment").splitlines())
    told = {name: text for name, text in entry.items() if name.startswith("OOMGUARD_") and name != "OOMGUARD_REPORT"}
    told.update({"OOMGUARD_MESSAGE": entry["MESSAGE"], "OOMGUARD_PRIORITY": "4", "OOMGUARD_HELD_BACK": "0"})
    check.equal("its environment has the fields of the entry", environment, told)
    check.equal("its arguments are as written", guest.sh("cat /root/arguments"), "a b|$HOME|100%|")
    check.equal(
        "score 0, the capabilities of PID 1, no sandbox, a cgroup of its own", guest.sh("cat /root/state"),
        "0\n" + guest.sh("grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status")
        + "0::/system.slice/oomguard-notify-kill.service\n")
    check("it may write where oomguard may not", guest.holds("test -e /usr/oomguard-was-here"))
    guest.wait_for(
        "what it says is in the journal", "journalctl --sync; journalctl -b -o cat -u oomguard-notify-kill.service | grep -qx spoken")
    guest.wait_for("nothing is left of it", "! systemctl list-units --all --no-legend | grep -q oomguard-notify")
    check.equal("no warning", warnings(guest), [])
    guest.eventually("oomguard has closed its connection", lambda: held(guest), lambda now: now == descriptors)

    where = "/etc/oomguard.conf:6:11: "
    see = "; see: journalctl -u oomguard-notify-config.service"
    configure(guest, ["/bin/sh", "-c", "trap '' TERM; sleep 600 & sleep 601; sleep 602"], timeout="1s")
    words = f"{where}'/bin/sh', run for 'config', failed: it took too long and was ended{see}"
    check("one that hangs is ended in time, and told once", *run_of(guest, "the hook is ended", words))
    check("with all that it started", not guest.holds("pgrep -f 'sleep 60[012]'"))

    configure(guest, ["/no/such/program"])
    words = f"{where}'/no/such/program', run for 'config', failed: it could not be run, or ended with a status other than 0{see}"
    check("one that is not there is told once", *run_of(guest, "it is told", words))

    unit = "/sys/fs/cgroup/system.slice/oomguard-notify-config.service"
    configure(guest, ["/bin/sh", "-c", f"echo 32M >{unit}/memory.max; exec /usr/local/sbin/hog 1000"])
    daemon = guest.main_pid("oomguard.service")
    words = f"{where}'/bin/sh', run for 'config', failed: it ran out of memory{see}"
    check("one that the kernel kills is told once", *run_of(guest, "it is killed", words))
    check.equal("oomguard is still the same", guest.main_pid("oomguard.service"), daemon)
    check.equal("and has no child", guest.sh(f"cat /proc/{daemon}/task/{daemon}/children").strip(), "")
