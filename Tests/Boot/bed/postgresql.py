"""Debian's PostgreSQL, of whichever version the release has."""


def cluster(guest):
    """The unit of the one cluster there is."""
    return guest.sh("systemctl list-units --plain --no-legend 'postgresql@*.service'").split()[0]


def psql(guest):
    """PostgreSQL's own client: Debian's `psql` is a wrapper that costs the emulator dearly."""
    return guest.sh("ls /usr/lib/postgresql/*/bin/psql").strip()


def quiet(guest):
    """Lets no worker come and go by itself, as those do that look each minute for what is to be vacuumed; returns when
    none is left, and no backend of a client that has gone."""
    guest.sh("su postgres -c \"psql -XAtq -c 'alter system set autovacuum = off' -c 'select pg_reload_conf()'\"")
    guest.wait_for("nobody comes or goes", "! pgrep -f 'postgre[s]: .*(autovacuum|[[]local])'")
