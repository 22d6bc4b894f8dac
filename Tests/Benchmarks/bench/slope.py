"""Whether a figure that was looked at again and again grows: a straight line through it, by least squares."""

import math
import statistics


class Series:
    """One figure, each time with the moment in seconds."""

    def __init__(self):
        self.samples = []

    def add(self, at, value):
        self.samples.append((at, value))

    def since(self, began):
        later = Series()
        later.samples = [(at, value) for at, value in self.samples if at >= began]
        return later

    def by_stretch(self, seconds, of):
        """One for each stretch of so many seconds in which there was anything: what `of` makes of all that were in it."""
        stretches = {}
        for at, value in self.samples:
            stretches.setdefault(at // seconds, []).append(value)
        result = Series()
        result.samples = [((which + 0.5) * seconds, of(values)) for which, values in stretches.items()]
        return result

    def at(self, percent):
        ordered = sorted(value for _, value in self.samples)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]

    def slope(self):
        """Growth an hour, and its standard error; `None` for fewer than three samples."""
        count = len(self.samples)
        if count < 3:
            return None
        middle = statistics.fmean(at for at, _ in self.samples)
        level = statistics.fmean(value for _, value in self.samples)
        spread = sum((at - middle) ** 2 for at, _ in self.samples)
        slope = sum((at - middle) * (value - level) for at, value in self.samples) / spread
        rest = sum((value - level - slope * (at - middle)) ** 2 for at, value in self.samples)
        return slope * 3600, math.sqrt(rest / (count - 2) / spread) * 3600


# A slope that is so many standard errors above its bound is no accident of one run.
CERTAINTY = 3


def verdict(slope, bound):
    """`ok`, or `GROWS` where the slope is clearly above the bound."""
    if slope is None:
        return "too few samples"
    growth, error = slope
    return "GROWS" if growth - CERTAINTY * error > bound else "ok"
