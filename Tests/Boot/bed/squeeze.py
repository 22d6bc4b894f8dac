"""Machine-wide memory exhaustion with one victim that the kernel prefers, unless it is protected."""


def squeeze(guest, configuration):
    """Two services share a machine too small for both: `vault`, the larger, and `hog`, which grows until memory ends.
    Returns their main pids once one of them was killed.

    Of what is available vault holds 60 %; hog wants 65 %. Memory ends when hog has about 40 %, so by size vault is
    the victim and by right of a rule it is not. Whichever dies, the other then fits: one kill, never two.
    """
    available = guest.available_mib()
    vault = guest.hog("vault", available * 60 // 100)
    guest.wait_resident(vault, available * 60 // 100)
    guest.configure(configuration)
    hog = guest.hog("hog", available * 65 // 100)
    # systemd's own word, so that nothing here depends on oomguard having noticed.
    guest.wait_for(
        "one of the two is killed", "systemctl is-failed --quiet vault.service hog.service", seconds=180)
    return vault, hog
