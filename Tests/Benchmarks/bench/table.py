"""The one table everything is printed in."""


class Table:
    HEAD = ("", "oomguard", "floor", "ratio", "others", "aim", "")

    def __init__(self):
        self.rows = []

    def section(self, title):
        self.rows.append((title,))

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
        self.rows.append((
            "  " + what, amount(value, unit), amount(floor, unit), f"{ratio:.2f}×" if ratio else "", others,
            " and ".join(aims), verdict if aims else ""))

    def note(self, text):
        self.rows.append((text,))

    def print(self):
        full = [row for row in self.rows if len(row) > 1] + [self.HEAD]
        widths = [max(len(row[column]) for row in full) for column in range(len(self.HEAD))]
        for row in [self.HEAD, *self.rows]:
            if len(row) == 1:
                print(f"\n{row[0]}" if not row[0].startswith(" ") else row[0])
                continue
            first, *rest = row
            print(first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:])), sep="  ")


def amount(value, unit):
    if value is None:
        return ""
    digits = 0 if isinstance(value, int) or value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
