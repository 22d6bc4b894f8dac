"""Debian's postgresql with its postmaster alone protected: workers and backends keep the score they choose."""

from bed.guest import processes

UNIT = "postgresql@15-main.service"
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

# As a client that opens a connection for each question; in the end some stay. Not Debian's psql, which is a wrapper.
PSQL = "/usr/lib/postgresql/15/bin/psql -XAtqc"
STORM = f"""
for round in $(seq 5); do
  for one in $(seq 5); do {PSQL} 'select 1' & done
  wait
done
for one in $(seq 5); do {PSQL} 'select pg_sleep(3600)' & done
wait
"""


def run(guest, check):
    main = guest.main_pid(UNIT)
    pids = guest.pids(UNIT)
    before = {pid: BASE if pid == main else 0 for pid in pids}
    check.equal("Debian's own scores are what this scenario expects", guest.scores(pids), before)
    guest.configure(CONFIG)
    surveys = guest.surveys()
    check.equal("the postmaster is protected, its workers are left alone", guest.scores(pids), before | {main: PROMISED})
    check.equal("and it alone is listed", processes(guest.rule("database")), {main: (PROMISED, BASE, "held")})

    guest.script("storm", STORM)
    guest.start("storm", "/usr/local/sbin/storm", User="postgres")
    count = f"su postgres -c \"{PSQL} \\\"select count(*) from pg_stat_activity where query like 'select pg_sleep%'\\\"\""
    guest.wait_for("five backends stay", f'test "$({count})" = 5', 120)
    pids = guest.pids(UNIT)
    check.equal(
        "after a storm of connections each keeps its own 0", guest.scores(pids),
        {pid: PROMISED if pid == main else 0 for pid in pids})

    guest.sh("systemctl restart postgresql@15-main.service", 120)
    again = guest.main_pid(UNIT)
    guest.wait_score(again, PROMISED)
    guest.wait_status("the new postmaster is listed", lambda status: again in processes(status["rules"][0]))
    check.equal("after a restart the new one is", processes(guest.rule("database"))[again], (PROMISED, BASE, "held"))
    pids = guest.pids(UNIT)
    check.equal(
        "and its workers have 0", guest.scores(pids), {pid: PROMISED if pid == again else 0 for pid in pids})
    check.equal("no survey was needed", guest.surveys(), surveys)
    check.equal("the database answers", guest.sh(f"su postgres -c \"{PSQL} 'select 6 * 7'\"").strip(), "42")
    guest.sh("systemctl stop oomguard.service")
    check.equal("stopping gives the base back", guest.score(again), BASE)
