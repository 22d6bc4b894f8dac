"""Debian's postgresql with its postmaster alone protected: workers and backends keep the score they choose."""

from bed.guest import processes
from bed.postgresql import cluster, psql, quiet

# Debian's own: the postmaster starts with it, and tells its children to go to 0.
BASE = -900
PROMISED = -950

CONFIG = f"""
[guard]
reconcile_interval = "1h"

[[protect]]
name = "database"
unit = "postgresql@*.service"
score = {PROMISED}
"""

# As a client that opens a connection for each question; in the end some stay.
STORM = """
for round in $(seq 5); do
  for one in $(seq 5); do $1 -XAtqc 'select 1' & done
  wait
done
for one in $(seq 5); do $1 -XAtqc 'select pg_sleep(3600)' & done
wait
"""


def run(guest, check):
    unit, client = cluster(guest), psql(guest)
    quiet(guest)
    main = guest.main_pid(unit)
    group = guest.property(unit, "ControlGroup")

    def scores():
        """Of those that live: the backend of a client that has gone may still be about to end."""
        return {pid: score for pid, (_, score) in guest.living(group).items()}

    before = scores()
    pids = before.keys()
    check.equal(
        "Debian's own scores are what this scenario expects", before, {pid: BASE if pid == main else 0 for pid in pids})
    guest.configure(CONFIG)
    surveys = guest.surveys()
    check.equal("the postmaster is protected, its workers are left alone", guest.scores(pids), before | {main: PROMISED})
    check.equal("and it alone is listed", processes(guest.rule("database")), {main: (PROMISED, BASE, "held")})

    guest.script("storm", STORM)
    guest.start("storm", f"/usr/local/sbin/storm {client}", User="postgres")
    count = f"su postgres -c \"{client} -XAtqc \\\"select count(*) from pg_stat_activity where query like 'select pg_sleep%'\\\"\""
    guest.wait_for("five backends stay", f'test "$({count})" = 5', 120)
    stormed = scores()
    check.equal(
        "after a storm of connections each keeps its own 0", stormed,
        {pid: PROMISED if pid == main else 0 for pid in stormed})

    guest.sh(f"systemctl restart {unit}", 120)
    again = guest.main_pid(unit)
    guest.wait_score(again, PROMISED)
    guest.wait_status("the new postmaster is listed", lambda status: again in processes(status["rules"][0]))
    check.equal("after a restart the new one is", processes(guest.rule("database"))[again], (PROMISED, BASE, "held"))
    anew = scores()
    check.equal("and its workers have 0", anew, {pid: PROMISED if pid == again else 0 for pid in anew})
    check.equal("no survey was needed", guest.surveys(), surveys)
    check.equal("the database answers", guest.sh(f"su postgres -c \"{client} -XAtqc 'select 6 * 7'\"").strip(), "42")
    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping gives the base back", guest.score(again), BASE)
