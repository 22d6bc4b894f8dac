"""The programs' interface: started by its socket, for anybody, without rights; it ends when nobody is there."""

import json

CONFIG = """
[guard]
reconcile_interval = "1s"
"""

SOCKET = "/run/oomguard/io.oomguard.Guard"
SERVICE = "oomguard-varlink.service"

# Sends what comes on standard input and a NUL, and prints the first message that comes back.
ASK = """
exec perl -MIO::Socket::UNIX -e '
  $/ = undef; my $request = <STDIN>; $/ = "\\0";
  my $service = IO::Socket::UNIX->new("/run/oomguard/io.oomguard.Guard") or die "cannot connect: $!\\n";
  $service->print("$request\\0"); $service->flush;
  my $reply = <$service>; defined $reply or die "no reply\\n";
  chop $reply; print $reply'
"""


def call(guest, method, user="alice", **parameters):
    """What a method answers a user."""
    request = json.dumps({"method": method, "parameters": parameters})
    guest.write("/tmp/request", request)
    text = guest.sh(f"runuser -u {user} -- /usr/local/sbin/ask </tmp/request")
    return json.loads(text)


def run(guest, check):
    guest.script("ask", ASK)
    guest.configure(CONFIG)
    check.equal("the socket is anybody's", guest.sh(f"stat -c '%a' {SOCKET}").strip(), "666")
    check("nobody runs yet", not guest.holds(f"systemctl is-active --quiet {SERVICE}"))
    # With this one connected it is never idle.
    holder = guest.spawn(f"perl -MIO::Socket::UNIX -e '$there = IO::Socket::UNIX->new(\"{SOCKET}\") or die; sleep'")
    guest.wait_for("a client starts it", f"systemctl is-active --quiet {SERVICE}")
    info = call(guest, "org.varlink.service.GetInfo")["parameters"]
    check.equal("it says what it speaks", info["interfaces"], ["org.varlink.service", "io.oomguard.Guard"])
    pid = guest.main_pid(SERVICE)
    owner = int(guest.sh(f"stat -c %u /proc/{pid}"))
    check("as a user of its own", 61184 <= owner <= 65519, owner)
    check.equal("without capabilities", guest.sh(f"awk '/^Cap(Prm|Eff|Bnd|Amb)/ {{ print $2 }}' /proc/{pid}/status | sort -u").strip(), "0" * 16)

    victim = guest.hog_over_limit("hog")
    status = guest.wait_kills(1)
    told = guest.eventually(
        "the journal has the kill",
        lambda: call(guest, "io.oomguard.Guard.GetKills")["parameters"], lambda told: told["why"] is None)
    check.equal("the kills are the journal's", told["source"], "journal")
    check.equal("as the daemon told them", told["kills"], status["kills"]["last"])
    check.equal("of a unit", [kill["victim"]["pid"] for kill in call(guest, "io.oomguard.Guard.GetKills", unit="hog")["parameters"]["kills"]], [victim])
    answer = call(guest, "io.oomguard.Guard.GetStatus")["parameters"]
    check.equal("the daemon's status", (answer["daemon"], answer["kills"]), ("running", status["kills"]))
    victims = call(guest, "io.oomguard.Guard.GetVictims")["parameters"]
    check("who would be next", victims["scope"] == "machine" and len(victims["victims"]) > 3, victims)

    # An event, and with the daemon stopped nothing is missing.
    guest.write("/tmp/subscribe", '{"method": "io.oomguard.Guard.Subscribe", "more": true}')
    guest.sh("{ runuser -u alice -- /usr/local/sbin/ask </tmp/subscribe >/tmp/event.new; mv /tmp/event.new /tmp/event; } &")
    # The service looks out for entries that come for as long as somebody listens.
    guest.wait_for("somebody listens", f"ls -l /proc/$(systemctl show --value -p MainPID {SERVICE})/fd | grep -q inotify")
    second = guest.hog_over_limit("second")
    guest.wait_for("the subscriber hears", "test -s /tmp/event")
    event = json.loads(guest.sh("cat /tmp/event"))
    check.equal("of the kill", (event["parameters"]["event"], event["parameters"]["victim_pid"], event["continues"]), ("kill", second, True))
    guest.sh("systemctl stop oomguard.service")
    check.equal("a stopped daemon is told of", call(guest, "io.oomguard.Guard.GetStatus")["parameters"]["daemon"], "stopped")
    check.equal("and what it told stays", len(call(guest, "io.oomguard.Guard.GetKills")["parameters"]["kills"]), 2)

    guest.sh(f"kill {holder}")
    guest.wait_for("idle, it ends", f"! systemctl is-active --quiet {SERVICE}", seconds=120)
    check.equal("well", guest.property(SERVICE, "Result"), "success")
    check("and comes back", "parameters" in call(guest, "org.varlink.service.GetInfo"))
