"""The tables everything is printed in, as Markdown that reads well as it stands."""

import statistics


class Table:
    HEAD = ("", "oomguard", "floor", "ratio", "others", "aim", "")

    def __init__(self):
        self.parts = []

    def section(self, title, head=HEAD):
        self.parts.append((title, [head], []))

    def row(self, what, value, floor=None, unit="", others="", within=None, below=None):
        """`within`: how many times the floor is still good; `below`: how much in all."""
        ratio = value / floor if floor else None
        aims, good = [], True
        if within is not None and ratio is not None:
            aims.append(f"≤ {within:g}×")
            good = ratio <= within
        if below is not None:
            aims.append(f"< {below:g} {unit}".rstrip())
            good = good and value < below
        # Where the floor itself is over it, the machine was too busy to tell.
        is_told = below is None or floor is None or floor < below
        verdict = "ok" if good else "SHORT" if is_told else "busy machine"
        self.line(
            what, amount(value, unit), amount(floor, unit), f"{ratio:.2f}×" if ratio else "", others,
            " and ".join(aims), verdict if aims else "")

    def line(self, *cells):
        """A row of a section with a head of its own."""
        self.parts[-1][1].append(cells)

    def note(self, text):
        self.parts[-1][2].append(text)

    def print(self):
        for title, rows, notes in self.parts:
            print(f"\n### {title}\n")
            widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
            rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
            for first, *rest in ([rows[0], rule, *rows[1:]] if len(rows) > 1 else []):
                cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:])]
                print("|", " | ".join([first.ljust(widths[0]), *cells]), "|")
            if notes:
                print("\n" * (len(rows) > 1) + "\n".join(notes))


def amount(value, unit):
    if value is None:
        return ""
    digits = 0 if isinstance(value, int) or value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def spread(values, unit=""):
    """The middle of several, and in brackets the least and the most of them."""
    least, middle, most = (amount(value, "") for value in (min(values), statistics.median(values), max(values)))
    return f"{middle} {unit}".rstrip() + (f" ({least}–{most})" if len(values) > 1 else "")
