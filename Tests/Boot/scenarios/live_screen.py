"""`oomguardctl watch` at a terminal: what is killed is on the screen by itself, and the terminal is given back."""

CONFIG = """
[guard]
reconcile_interval = "1s"

[[protect]]
name = "database"
unit = "database.service"
score = -500
"""

# What is typed comes from a pipe, and what the terminal gets is kept.
SESSION = """
stty rows 40 cols 140
stty -g >/run/before
oomguardctl watch --rate 2
echo $? >/run/ended
stty -g >/run/after
"""


def run(guest, check):
    guest.configure(CONFIG)
    database = guest.start("database", "sleep infinity")
    guest.wait_score(database, -500)
    guest.script("session", SESSION)
    guest.sh(
        "mkfifo /run/keys; export TERM=xterm LANG=C.UTF-8;"
        " script -q -f -c /usr/local/sbin/session /run/screen <>/run/keys >/dev/null 2>&1 &")

    def on_screen(text):
        guest.wait_for(f"'{text}' on the screen", f"grep -aqF -- '{text}' /run/screen")

    on_screen("oomguard is ")
    on_screen("PROTECTED")
    on_screen("database.service")
    guest.hog_over_limit("hog")
    # Only the limit has that name.
    on_screen("/system.slice/hog.service")
    guest.sh("printf q >/run/keys")
    guest.wait_for("its end", "test -s /run/after")
    check.equal("it ends well", guest.sh("cat /run/ended").strip(), "0")
    check.equal("with the terminal as it was", guest.sh("cat /run/after"), guest.sh("cat /run/before"))
    # The alternate screen of console_codes(4) is left last.
    # The session has ended, and what it wrote last is still on its way through `script`.
    guest.wait_for("and its screen as well", "tail -c 200 /run/screen | grep -aqF '[?1049l'")
