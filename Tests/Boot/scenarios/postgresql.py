"""Debian's postgresql as it stands: the main process ships -900, its workers reset themselves to 0."""

from bed.guest import processes
from bed.postgresql import cluster, quiet

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "database"
unit = "postgresql@*.service"
score = -900
scope = "all"
"""


MAIN_ONLY = CONFIG.replace('scope = "all"', 'scope = "main"')


def query(guest, sql):
    return guest.sh(f"su postgres -c \"psql -XAtqc \\\"{sql}\\\"\"").strip()


def run(guest, check):
    unit = cluster(guest)
    quiet(guest)
    main = guest.main_pid(unit)
    before = guest.scores(guest.pids(unit))
    check.equal("Debian's own scores are what this scenario expects", before, {pid: -900 if pid == main else 0 for pid in before})

    guest.configure(MAIN_ONLY)
    guest.wait_reconciled()
    check.equal("scope main leaves the workers what they chose", guest.scores(before), before)
    check.equal("and holds the main process", processes(guest.rule("database")), {main: (-900, -900, "held")})

    guest.configure(CONFIG)
    for pid in before:
        guest.wait_score(pid, -900)
    check.equal(
        "scope all protects every worker, and its own score remembered", processes(guest.rule("database")),
        {pid: (-900, score, "held") for pid, score in before.items()})

    guest.start("client", 'psql -XAtqc "select pg_sleep(3600)"', User="postgres")
    find = "select pid from pg_stat_activity where query like 'select pg_sleep%'"
    backend = int(guest.eventually("the client's backend runs", lambda: query(guest, find), str.isdigit))
    guest.wait_score(backend, -900)
    guest.wait_status("the new backend is listed", lambda status: backend in processes(status["rules"][0]))
    check.equal("a new connection's backend too", processes(guest.rule("database"))[backend], (-900, 0, "held"))
    check.equal("the database answers", query(guest, "select 6 * 7"), "42")

    guest.sh("systemctl stop oomguard.service")
    expected = before | {backend: 0}
    check.equal("stopping gives each its own score back", guest.scores(expected), expected)
