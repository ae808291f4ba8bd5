"""
published - the finder as its text published it, slow and obvious: the oracle
that both servers are held to.

Names come from Python's own tables and, where these are older, from the
UnicodeData.txt of the same Unicode version as the servers'. So does what can
be printed.
"""

import re
import unicodedata

UNICODE_DATA = "/usr/share/unicode/UnicodeData.txt"
PROMPT = b"?> "
WORD = re.compile(r"\w+")

# CJK characters are found by the words of their kind, not by their numbers.
KINDS = "CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"


def newer_printable():
    """The printable characters that Python's own tables do not know yet."""
    newer, first = set(), 0
    with open(UNICODE_DATA, encoding="ascii") as lines:
        for line in lines:
            code, name, category = line.split(";")[:3]
            code = int(code, 16)
            first = first if name.endswith(", Last>") else code
            if category[0] not in "CZ":
                newer.update(each for each in map(chr, range(first, code + 1))
                    if unicodedata.category(each) == "Cn")
    return newer


NEWER = newer_printable()


def show(text):
    """The text as repr shows it in a Python of the names' Unicode version."""
    quote = '"' if "'" in text and '"' not in text else "'"
    return quote + "".join(
        each if each in NEWER
        else "\\" * (each == quote) + each if each in "'\""
        else repr(each)[1:-1] for each in text) + quote


def all_names():
    """The name of every named character, by code point."""
    names, first = {}, None
    with open(UNICODE_DATA, encoding="ascii") as lines:
        for line in lines:
            code, name = line.split(";")[:2]
            code = int(code, 16)
            if name.endswith(", First>"):
                first = code
            elif name.endswith(", Last>"):
                for each in range(first, code + 1):
                    known = unicodedata.name(chr(each), None)
                    if name.startswith("<CJK Ideograph"):
                        known = f"CJK UNIFIED IDEOGRAPH-{each:X}"
                    elif name.startswith("<Tangut Ideograph"):
                        known = f"TANGUT IDEOGRAPH-{each:X}"
                    if known is not None:
                        names[each] = known
            elif not name.startswith("<"):
                names[code] = name
    return names


class Finder:
    """The index, the search, and the conversation."""

    def __init__(self):
        self.names = all_names()
        self.index = {}
        for code, name in self.names.items():
            for kind in KINDS:
                if name.startswith(kind):
                    name = kind
            for word in self.tokenize(name):
                self.index.setdefault(word, set()).add(code)

    @staticmethod
    def tokenize(text):
        """The words of a text."""
        return [match.group().upper() for match in WORD.finditer(text)]

    def find(self, query):
        """The code points that a query finds, in order."""
        sets = [self.index.get(word, set()) for word in self.tokenize(query)]
        found = set.intersection(*sets) if sets else set()
        if not found:
            label = re.fullmatch(r"[Uu]\+([0-9A-Fa-f]{4,6})", query, re.ASCII)
            code = int(label[1], 16) if label \
                else ord(query) if len(query) == 1 else -1
            found = {code} & self.names.keys()
        return sorted(found)

    def row(self, code):
        """A row as it is sent."""
        return f"U+{code:04X}".ljust(7) \
            + f"\t{chr(code)}\t{self.names[code]}\r\n"

    @staticmethod
    def status(query, count):
        """What is said after the rows."""
        if count == 0:
            return f"No match for {show(query)}"
        plural = "" if count == 1 else "es"
        return f"{count} match{plural} for {show(query)}"

    def answer(self, query):
        """All that is sent for a query, but for the next prompt."""
        found = self.find(query)
        return "".join(map(self.row, found)).encode() \
            + self.status(query, len(found)).encode() + b"\r\n"

    def converse(self, sent, longest=1024):
        """All that a client receives that sends these bytes and then no
        more; and whether the server ends it by itself."""
        received = PROMPT
        lines = sent.split(b"\n")
        for number, data in enumerate(lines):
            last = number == len(lines) - 1
            if last and not data:
                break
            if not last and data.endswith(b"\r"):
                data = data[:-1]
            if len(data) > longest:
                return received, True
            try:
                query = data.decode().strip()
            except UnicodeDecodeError:
                return received, True
            if query and ord(query[0]) < 32:
                return received, True
            if number == 0 and re.search(r".. HTTP/1\.[0-9]$", data.decode()):
                return received, True
            if query:
                received += self.answer(query)
            received += PROMPT
        return received, False
