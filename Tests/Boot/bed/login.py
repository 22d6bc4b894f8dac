"""Logins over Debian's own sshd."""


def prepare(guest):
    """Gives alice a key with which she may log in to this machine."""
    guest.sh(
        "su alice -c 'ssh-keygen -q -t ed25519 -N \"\" -f ~/.ssh/id_ed25519"
        " && cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys'")


def log_in(guest, unit):
    """Logs alice in over ssh and stays; the pid of what runs in her session."""
    mark = f"/tmp/{unit}"
    # $$, the pid of the session's shell, with each $ doubled for systemd.
    inside = f"echo $$$$ >{mark}.new; mv {mark}.new {mark}; exec sleep infinity"
    guest.start(
        # The key exchange is the one that costs the emulator least.
        unit, f"ssh -o StrictHostKeyChecking=accept-new -o KexAlgorithms=curve25519-sha256 localhost '{inside}'",
        User="alice",
        # A reload of sshd is over for PID 1 before it listens again.
        Restart="on-failure", RestartSec="200ms", StartLimitBurst="100")
    guest.wait_for("the login succeeds", f"test -s {mark}")
    return int(guest.sh(f"cat {mark}"))


def session_of(guest, pid):
    """The session's process and every sshd but the one that listens: what must not keep the listener's score."""
    listener = guest.main_pid("ssh.service")
    return [int(found) for found in guest.sh("pgrep -x sshd").split() if int(found) != listener] + [pid]
