"""Calls every method of a running oomguard-varlink with the `varlink` package of PyPI, a client nobody here wrote.

  client.py SOCKET STATUS_FILE

Prints `all well` at its end; whatever does not hold is an exception. STATUS_FILE is replaced, so that there is an event.
"""

import json
import os
import sys
import threading

import varlink

socket, status_file = sys.argv[1:]
GUARD = "io.oomguard.Guard"


def check(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, and not {wanted!r}")


def known(value):
    """Without what is null: that package leaves it out."""
    if isinstance(value, dict):
        return {name: known(inner) for name, inner in value.items() if inner is not None}
    return [known(inner) for inner in value] if isinstance(value, list) else value


def fails(what, error, call):
    try:
        call()
    except varlink.VarlinkError as caught:
        check(what, caught.error(), error)
    else:
        raise AssertionError(f"{what}: no error")


def change():
    """Has the status tell of one more kill, again and again until that was heard."""
    last = status["kills"]["last"]
    for number in range(600):
        kill = {**last[-1], "id": f"01234567-77{number}"}
        new = {**status, "kills": {**status["kills"], "last": [*last, kill]}}
        with open(status_file + ".new", "w", encoding="utf-8") as file:
            json.dump(new, file)
        os.rename(status_file + ".new", status_file)
        if heard.wait(0.1):
            return


with open(status_file, encoding="utf-8") as file:
    status = json.load(file)
heard = threading.Event()

with varlink.Client(f"unix:{socket}") as client:
    check("it lists its interfaces", sorted(client.get_interfaces()), [GUARD, "org.varlink.service"])
    described = client.get_interface(GUARD).get_description()
    with open(os.path.join(os.path.dirname(__file__), "../../packaging/io.oomguard.Guard.varlink"), encoding="utf-8") as file:
        check("and describes them", described, file.read())

    with client.open(GUARD) as guard, client.open("org.varlink.service") as service:
        check("GetInfo", (service.GetInfo()["product"], service.GetInfo()["interfaces"]), ("oomguard", ["org.varlink.service", GUARD]))
        told = guard.GetStatus()
        for name in ("version", "pid", "rules", "kills"):
            check(f"GetStatus is the status file's: {name}", known(told[name]), known(status[name]))
        kills = guard.GetKills()
        check("GetKills too", (known(kills["kills"]), kills["source"]), (known(status["kills"]["last"]), "daemon"))
        check("--since", guard.GetKills(since="tomorrow")["kills"], [])
        check("--unit", guard.GetKills(unit="no-such.service")["kills"], [])
        victims = guard.GetVictims()
        check("GetVictims", victims["scope"], "machine")
        fails("a wrong parameter", "org.varlink.service.InvalidParameter", lambda: guard.GetKills(since="soon"))
        fails("a stream needs more", "org.varlink.service.ExpectedMore", guard.Subscribe)
        guard.GetStatus(_oneway=True)
        check("after a oneway call the next is answered", guard.GetKills()["source"], "daemon")

    with client.open(GUARD) as guard:
        events = guard.Subscribe(_more=True)
        # The generator sends its call at the first next(), and then waits: the change comes from elsewhere.
        changer = threading.Thread(target=change, daemon=True)
        changer.start()
        event = next(events)
        check("Subscribe tells of a kill", (event["event"], event["id"][:11]), ("kill", "01234567-77"))
        check("and of the next", next(events)["event"], "kill")
        heard.set()
        changer.join()
print("all well")
