#!/usr/bin/python3
"""
twins - keep threaded/ and evented/ comparable, and show them side by side.

    twins.py           say what breaks the rules below; exit code 1 if any does
    twins.py --count   how many functions have a counterpart in the other twin
    twins.py --diff    each pair of files, function by function

The rules:
  * Both folders hold the same file names.
  * A function that both twins of a file have stands in the same order among
    the others of its kind, and its comment names the same purpose: the first
    sentence, up to a colon or semicolon, behind which results may differ.
  * A function whose counterpart bears another name says so at the end of its
    comment, "Twin: on_sweep.", or "Twin: server.c:on_sweep." when that stands
    in a file of another name; and its counterpart names it in turn.
  * common/ knows no socket (but net), no thread and no libevent; threaded/
    knows no libevent; neither twin knows the other.

The sources are read by their layout: a function's name begins a line, its
return type stands above it, its comment directly above that; its braces stand
alone at the beginning of their lines.
"""

import difflib
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TWINS = ("threaded", "evented")
DEFAULT_WIDTH = 170

NAME = re.compile(r"([A-Za-z_]\w*)\(")
DECLARATION = re.compile(r"^[a-z].*?\b([a-z_]\w*)\((?!\*)", re.MULTILINE)
TAG = re.compile(r"\. Twin: (?:(\w+\.[ch]):)?(\w+)\.$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.MULTILINE)

# Per folder what its files may not include, and which file may all the same.
FORBIDDEN = {
    "common": [
        (r"<sys/socket\.h>", ("net.c",)),
        (r"<(netdb|netinet/.*|arpa/inet)\.h>", ("net.c", "net.h")),
        (r"<event2?/.*>|<event\.h>", ()),
        (r"<pthread\.h>", ()),
        (r'"(threaded|evented)/.*"', ()),
    ],
    "threaded": [(r"<event2?/.*>|<event\.h>", ()), (r'"evented/.*"', ())],
    "evented": [(r'"threaded/.*"', ())],
}


class Function:
    """A function's definition with its comment and what stands before it."""

    def __init__(self, name, comment, before, lines):
        self.name = name
        self.comment = comment
        self.before = before  # declarations since the function before
        self.lines = lines  # comment and definition

    def words(self):
        """The comment as one line of text."""
        words = re.sub(r"\s*\n\s*\*?\s*", " ", self.comment)
        words = words.strip().removeprefix("/*").removesuffix("*/")
        return words.strip(" *")

    def purpose(self):
        """What the comment says first."""
        return re.split(r"[.;:](\s|$)", self.words(), maxsplit=1)[0]

    def tag(self):
        """The counterpart that the comment names: (file, function), the file
        None when it is the one of the same name; None: it names none. A tag
        is not broken across lines, so that it can be searched for."""
        match = TAG.search(self.words())
        if not match or match[0].removeprefix(". ") not in self.comment:
            return None
        return match[1], match[2]


class Source:
    """A source file, cut into its functions and what follows the last."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.functions = []
        self.rest = self._parse()

    def _parse(self):
        start = 0
        for at, line in enumerate(self.lines):
            match = NAME.match(line)
            brace = self._body(at) if match else None
            if brace is None:
                continue
            top = at
            while top > start and self.lines[top - 1].strip() \
                    and not self.lines[top - 1].endswith(("*/", "}", ";")) \
                    and not self.lines[top - 1].startswith("#"):
                top -= 1  # the return type
            comment = top
            if top > start and self.lines[top - 1].endswith("*/"):
                comment = top - 1
                while "/*" not in self.lines[comment]:
                    comment -= 1
            end = brace
            while self.lines[end] != "}":
                end += 1
            self.functions.append(Function(match[1],
                "\n".join(self.lines[comment:top]),
                _trim(self.lines[start:comment]),
                self.lines[comment:end + 1]))
            start = end + 1
        return _trim(self.lines[start:])

    def _body(self, at):
        """The line of the brace that opens the body, if there is one."""
        for index in range(at, len(self.lines)):
            line = self.lines[index]
            if line == "{":
                return index
            if line.endswith((";", "}")) or not line.strip():
                return None
        return None

    def names(self):
        """The functions' names, in order."""
        return [function.name for function in self.functions]

    def find(self, name):
        """The function of this name, or None."""
        return next((f for f in self.functions if f.name == name), None)

    def unread_tags(self):
        """How many tags are misspelt, or stand above no function."""
        read = sum(f.tag() is not None for f in self.functions)
        return "\n".join(self.lines).count("Twin:") - read


class Twins:
    """Both twins' files, {name: Source} for each of the two, and which
    function is the counterpart of which."""

    def __init__(self, threaded, evented):
        self.sides = (threaded, evented)

    def counterpart(self, side, file, function):
        """The file and function that this one of threaded/ (side 0) or
        evented/ (side 1) became, or (None, None)."""
        other = self.sides[1 - side]
        if file in other and other[file].find(function.name):
            return file, other[file].find(function.name)
        there, name = function.tag() or (None, None)
        there = there or file
        target = other[there].find(name) if there in other else None
        back = target.tag() if target else None
        if back and (back[0] or there, back[1]) == (file, function.name):
            return there, target
        return None, None

    def check_tags(self):
        """What is wrong with the tags, as sentences."""
        faults = []
        for side, twin in enumerate(TWINS):
            for file, source in self.sides[side].items():
                if source.unread_tags():
                    faults.append(f"{twin}/{file} has a tag that is misspelt "
                        "or does not end the comment of a function")
                for function in source.functions:
                    fault = self._tag_fault(side, file, function)
                    if fault:
                        faults.append(f"{twin}/{file}: the tag of "
                            f"{function.name} {fault}")
        return faults

    def _tag_fault(self, side, file, function):
        """What is wrong with a function's tag, if anything."""
        if not function.tag():
            return None
        there, name = function.tag()
        there = there or file
        other = self.sides[1 - side]
        if file in other and other[file].find(function.name):
            return "is not needed: the other twin has the same name"
        if there not in other or not other[there].find(name):
            return f"names {there}:{name}, which {TWINS[1 - side]}/ has not"
        if self.counterpart(side, file, function) == (None, None):
            return f"names {there}:{name}, whose tag does not name it in turn"
        return None

    def count(self, file):
        """How many functions of a file are shared (of the same name, counted
        once), paired by tags, and alone in either twin."""
        shared = paired = 0
        alone = [0, 0]
        for side in range(2):
            for function in self.sides[side][file].functions:
                _, target = self.counterpart(side, file, function)
                if target is None:
                    alone[side] += 1
                elif target.name != function.name:
                    paired += 1
                else:
                    shared += 1 - side
        return shared, paired, *alone


def _trim(lines):
    """Without the empty lines at both ends."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def read(*path):
    """The text of a file below the root."""
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def files(folder):
    """The C files of a folder."""
    return sorted(name for name in os.listdir(os.path.join(ROOT, folder))
        if name.endswith((".c", ".h")))


def pairs():
    """The names of the files that both twins have; in reading order."""
    both = set(files(TWINS[0])) & set(files(TWINS[1]))
    return sorted(both, key=lambda name: (name.split(".")[0] in (
        "stream", "server"), name))


def compare_order(name, left, right):
    """What is wrong with the order of two lists of names."""
    shared = [n for n in left if n in right]
    other = [n for n in right if n in left]
    return [f"{name}: {b} stands where the threaded twin has {a}"
        for a, b in zip(shared, other) if a != b][:1]


def compare_pair(name, threaded, evented):
    """What breaks the rules in a pair of texts of the same name."""
    twins = [Source(threaded), Source(evented)]
    faults = compare_order(name, *(twin.names() for twin in twins))
    if name.endswith(".h"):
        faults += compare_order(name, *(
            DECLARATION.findall(text) for text in (threaded, evented)))
    for folder, twin in zip(TWINS, twins):
        for function in twin.functions:
            if not function.comment:
                faults.append(f"{folder}/{name}: {function.name} has no "
                    "comment above it")
    for function in twins[0].functions:
        if function.name in twins[1].names():
            purposes = [twin.find(function.name).purpose() for twin in twins]
            if purposes[0] != purposes[1]:
                faults.append(f"{name}: {function.name} is said to do "
                    f"{purposes[0]!r} in one twin, {purposes[1]!r} in the "
                    "other")
    return faults


def read_all():
    """The files that both twins have, in reading order."""
    return Twins(*({name: Source(read(twin, name)) for name in pairs()}
        for twin in TWINS))


def check_includes(folder, name, text):
    """What a file includes against the rules."""
    return [f"{folder}/{name} includes {included}"
        for included in INCLUDE.findall(text)
        for pattern, excepted in FORBIDDEN[folder]
        if re.fullmatch(pattern, included) and name not in excepted]


def faults():
    """All that breaks the rules, as sentences."""
    found = []
    for twin, other in (TWINS, TWINS[::-1]):
        for name in sorted(set(files(twin)) - set(files(other))):
            found.append(f"{twin}/{name} has no twin in {other}/")
    for name in pairs():
        found += compare_pair(name, *(read(twin, name) for twin in TWINS))
    found += read_all().check_tags()
    for folder in FORBIDDEN:
        for name in files(folder):
            found += check_includes(folder, name, read(folder, name))
    return found


def count_table(twins):
    """The lines of a table: how many functions have a counterpart."""
    rows = [(name, *twins.count(name)) for name in twins.sides[0]]
    rows = [row for row in rows if any(row[1:])]
    rows.append(("together", *map(sum, list(zip(*rows))[1:])))
    lines = ["Functions: of the same name in both twins (counted once), paired "
        "by a tag,", "and alone in one of them.", "",
        f"{'file':16}{'shared':>8}{'paired':>8}{'alone':>18}{'of':>6}",
        f"{'':32}{TWINS[0]:>10}{TWINS[1]:>8}"]
    return lines + [f"{name:16}{shared:8}{paired:8}{left:10}{right:8}"
        f"{shared + paired + left + right:6}"
        for name, shared, paired, left, right in rows]


def side_by_side(left, right, width):
    """
    Two lists of lines next to each other, marked as diff -y does: ` ` the
    same, `|` changed, `<` only left, `>` only right. Yields (line, same).
    """
    column = (width - 3) // 2

    def row(a, mark, b):
        return f"{a[:column]:{column}} {mark} {b[:column]}".rstrip()

    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            for line in left[a:b]:
                yield row(line, " ", line), True
            continue
        for i in range(max(b - a, d - c)):
            here = left[a + i] if a + i < b else None
            there = right[c + i] if c + i < d else None
            mark = "<" if there is None else ">" if here is None else "|"
            yield row(here or "", mark, there or ""), False


def merged(left, right):
    """The names of two lists in one order, which both keep."""
    order = []
    rest = list(right)
    for name in left:
        if name in rest:
            while rest[0] != name and rest[0] not in left:
                order.append(rest.pop(0))
            rest.remove(name)
        order.append(name)
    return order + rest


class Comparison:
    """A pair of files, printed side by side and counted."""

    def __init__(self, name, width):
        self.name = name
        self.width = width
        self.texts = [read(twin, name) for twin in TWINS]
        self.twins = [Source(text) for text in self.texts]
        self.unchanged = 0

    def show(self, title, left, right):
        """Print one piece."""
        if not left and not right:
            return
        print(f"{'--- ' + title + ' ':-<{self.width}}")
        for row, same in side_by_side(left, right, self.width):
            self.unchanged += same
            print(row)
        print()

    def show_all(self):
        """Print the pair."""
        column = (self.width - 3) // 2
        print("=" * self.width)
        print(f"{'threaded/' + self.name:{column}}   evented/{self.name}")
        print("=" * self.width)
        names = [twin.names() for twin in self.twins]
        heads = [twin.functions[0].before if twin.functions else twin.rest
            for twin in self.twins]
        self.show("before the first function", *heads)
        for name in merged(*names):
            parts = []
            for twin in self.twins:
                function = twin.find(name) if name in twin.names() else None
                between = function.before if function \
                    and function is not twin.functions[0] else []
                parts.append(between + [""] * bool(between) + function.lines
                    if function else [])
            only = [twin for twin, part in zip(TWINS, parts) if part]
            self.show(name + (f" ({only[0]} only)" if len(only) == 1 else ""),
                *parts)
        self.show("after the last function", *(
            twin.rest if twin.functions else [] for twin in self.twins))

    def single(self, index):
        """The functions that only this twin has."""
        other = self.twins[1 - index].names()
        return [n for n in self.twins[index].names() if n not in other]

    def row(self):
        """The pair's line of the table."""
        shared = len(self.twins[0].functions) - len(self.single(0))
        lines = [text.count("\n") for text in self.texts]
        return (self.name, shared, len(self.single(0)), len(self.single(1)),
            *lines, self.unchanged)


def show_table(comparisons):
    """Print what the pairs have in common."""
    heads = ("file", "shared", "only threaded", "only evented",
        "lines threaded", "lines evented", "unchanged")
    rows = [comparison.row() for comparison in comparisons]
    rows.append(("together", *(sum(column) for column in
        list(zip(*rows))[1:])))
    print("Functions that both twins have or only one, and lines that stand "
        "unchanged in both:\n")
    widths = [max(len(str(row[i])) for row in [heads, *rows])
        for i in range(len(heads))]
    for row in [heads, *rows]:
        print("  ".join(str(cell).ljust(w) if i == 0 else str(cell).rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths))))
    for index, twin in enumerate(TWINS):
        print(f"\nOnly in {twin}/:")
        for comparison in comparisons:
            if comparison.single(index):
                print(f"  {comparison.name}: "
                    + ", ".join(comparison.single(index)))


def show_diff():
    """Print all pairs and the table."""
    width = max(int(os.environ.get("COLUMNS") or DEFAULT_WIDTH), 40)
    comparisons = [Comparison(name, width) for name in pairs()]
    for comparison in comparisons:
        comparison.show_all()
    show_table(comparisons)


def main():
    """Do what the command line asks for."""
    if sys.argv[1:] == ["--count"]:
        print("\n".join(count_table(read_all())))
        return 0
    if sys.argv[1:] == ["--diff"]:
        try:
            show_diff()
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough; nothing may be flushed at the exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if sys.argv[1:]:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    found = faults()
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
