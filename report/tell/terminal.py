"""
terminal - what is printed: running text as wide as the terminal, rows as they
are, colours where they are wanted.

Whatever a text of a report holds, nothing in it moves a cursor, colours, ends
a line or turns the direction of writing: that is seen to here, for all.
"""

import os
import sys
import unicodedata

# Running text is as wide as the terminal, within these columns.
COLUMNS_MIN, COLUMNS_MAX = 60, 100
INDENT = 4  # of what is the same sentence

BOLD, GREEN, RED, PLAIN = "\033[1m", "\033[32m", "\033[31m", "\033[0m"

HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp")
ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def harmless(text):
    """A text in which all that is not seen is written as an escape."""
    if text.isprintable():
        return text
    return "".join(ESCAPES.get(c, f"\\u{{{ord(c):x}}}")
        if unicodedata.category(c) in HARMFUL else c for c in text)


def width(c):
    """How many columns a character takes."""
    if unicodedata.category(c) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def fitting(text, columns):
    """How much of a text fits into so many columns: up to a space, if there
    is one, else to the last character that does."""
    space = None
    for i, c in enumerate(text):
        columns -= width(c)
        if columns < 0 and i > 0:
            return i if c == " " or space is None else space
        if c == " ":
            space = i
    return len(text)


def wrapped(text, columns, indent):
    """A text in lines, broken at spaces, all but the first indented."""
    lines, room = [], columns
    while len(text) > (fit := fitting(text, room)):
        lines.append(text[:fit])
        text = text[fit:].removeprefix(" ")
        room = columns - indent
    return ("\n" + " " * indent).join([*lines, text])


class Terminal:
    """Where the telling is printed."""

    def __init__(self, file):
        self.file = file
        self.columns = self._columns()
        self.colour = file.isatty() and not os.environ.get("NO_COLOR") \
            and os.environ.get("TERM") != "dumb"

    def _columns(self):
        """How wide running text is."""
        try:
            columns = os.get_terminal_size(self.file.fileno()).columns
        except OSError:
            return COLUMNS_MAX
        return max(min(columns or COLUMNS_MAX, COLUMNS_MAX), COLUMNS_MIN)

    def _paint(self, text, paint):
        """A text in a colour."""
        return paint + text + PLAIN if paint and self.colour else text

    def say(self, text, paint="", indent=INDENT):
        """Print running text."""
        text = wrapped(harmless(text), self.columns, indent)
        print(self._paint(text, paint), file=self.file)

    def row(self, text, last="", paint=""):
        """Print a row; its last column may be in a colour."""
        print(harmless(text) + self._paint(harmless(last), paint),
            file=self.file)

    def gap(self):
        """Print an empty line."""
        print(file=self.file)


def standard():
    """The standard output."""
    return Terminal(sys.stdout)
