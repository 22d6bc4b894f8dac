"""Debian's PostgreSQL, of whichever version the release has."""


def cluster(guest):
    """The unit of the one cluster there is."""
    return guest.sh("systemctl list-units --plain --no-legend 'postgresql@*.service'").split()[0]


def psql(guest):
    """PostgreSQL's own client: Debian's `psql` is a wrapper that costs the emulator dearly."""
    return guest.sh("ls /usr/lib/postgresql/*/bin/psql").strip()
