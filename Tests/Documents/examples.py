"""The examples of the manuals, the README and the pages beside it, each with the word that says what tries it.

In a manual an example stands between .EX and .EE, after the comment `.\\" example: KIND …`; in Markdown it is a
fenced block whose first line is "```LANGUAGE KIND …". An example without a kind, or of a kind unknown, is a mistake.

  config       a configuration: `oomguardctl check-config` must have nothing against it
  guest [N]    a shell script, run as root in the emulated Debian (Tests/Boot/scenarios/documented.py), which must end
               with status 0, or N
  make         `make TARGET` lines: .ci/run must run each of the targets; and the installation of the package, which
               `make boot-test` does
  drawn NAME   what a program drew on a terminal of the emulated Debian, where Tests/Boot/scenarios/pictures.py has it
               drawn again and compares it, but for figures
  printed      what a program printed once, with the pids and times of that day: nothing compares it
  output FILE  what a program printed: the same as FILE below Tests/Fixtures, which a test compares with the program
"""

import os
import re
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANUALS = "packaging/man"
PAGES = "packaging/doc"
KINDS = {"config": 0, "drawn": 1, "guest": (0, 1), "make": 0, "printed": 0, "output": 1}  # and how many words follow

# What roff makes of the escapes that an example may have in it.
ESCAPES = {r"\-": "-", r"\e": "\\", r"\(dq": '"', r"\(aq": "'", r"\(ga": "`", r"\(ha": "^", r"\(ti": "~", r"\&": ""}


@dataclass
class Example:
    path: str  # below the top of the repository
    line: int  # of its first line
    kind: str
    words: list  # what follows the kind
    text: str

    @property
    def place(self):
        return f"{self.path}:{self.line}"


class Mistake(Exception):
    pass


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def documents():
    """Every document with examples, by its path."""
    found = ["README.md"]
    for directory in (MANUALS, PAGES):
        full = os.path.join(TOP, directory)
        found += sorted(os.path.join(directory, name) for name in os.listdir(full)) if os.path.isdir(full) else []
    return found


def examples(path):
    """The examples of one document, in order."""
    lines = read(path).splitlines()
    return list((markdown if path.endswith(".md") else manual)(path, lines))


def all_examples():
    return [example for path in documents() for example in examples(path)]


def markdown(path, lines):
    fence = None
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if fence is None:
            fence = number
            words = line[3:].split()[1:]
        else:
            yield checked(path, fence + 1, words, lines[fence:number - 1])
            fence = None
    if fence is not None:
        raise Mistake(f"{path}:{fence}: this fence is not closed")


def manual(path, lines):
    words, start = [], None
    for number, line in enumerate(lines, 1):
        marker = re.match(r'\.\\" example: (.*)', line)
        if marker:
            words = marker[1].split()
        elif line == ".EX":
            start = number
        elif line == ".EE":
            yield checked(path, start + 1, words, [unescaped(text) for text in lines[start:number - 1]])
            words, start = [], None


def unescaped(line):
    for escape, text in ESCAPES.items():
        if escape != r"\e":
            line = line.replace(escape, text)
    rest = line.replace(r"\e", "")
    if "\\" in rest or rest.startswith("."):
        raise Mistake(f"an example has a roff request or escape in it that Tests/Documents does not know: {line}")
    return line.replace(r"\e", ESCAPES[r"\e"])


def checked(path, line, words, lines):
    kind, rest = (words[0], words[1:]) if words else (None, [])
    counts = KINDS.get(kind)
    if counts is None:
        raise Mistake(f"{path}:{line}: an example of kind {kind!r}; say what tries it: {', '.join(KINDS)}")
    if len(rest) not in (counts if isinstance(counts, tuple) else (counts,)):
        raise Mistake(f"{path}:{line}: '{' '.join(words)}' has too many words or too few")
    return Example(path, line, kind, rest, "\n".join(lines) + "\n")
