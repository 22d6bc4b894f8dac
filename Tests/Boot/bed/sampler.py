"""Whoever looks at scores as often as it can: a gap in protection is seen by it."""

# Writes down whatever is not as promised.
SCRIPT = """
echo $$ >/run/sampler.pid
count=0
trap 'echo $count >/run/samples; exit' TERM
while true; do
  for one in "$@"; do
    read score </proc/${one%:*}/oom_score_adj
    [ $score = ${one#*:} ] || echo $one $score >>/run/gaps
  done
  count=$((count + 1))
done
"""


class Sampler:
    def __init__(self, guest, wanted):
        """Starts it: `wanted` is the score each pid has to have from now on."""
        self.guest = guest
        guest.script("sampler", SCRIPT)
        guest.sh(": >/run/gaps")
        guest.start("sampler", "/usr/local/sbin/sampler " + " ".join(f"{pid}:{score}" for pid, score in wanted.items()))
        guest.wait_for("the sampler runs", "test -s /run/sampler.pid")

    def gaps(self):
        """What was not as promised since this was asked last: empty if all was."""
        return self.guest.sh("sort /run/gaps | uniq -c; : >/run/gaps")

    def stop(self):
        """Ends it; how often it looked."""
        self.guest.sh("kill $(cat /run/sampler.pid)")
        self.guest.wait_for("the sampler ends", "test -s /run/samples")
        return int(self.guest.sh("cat /run/samples"))
