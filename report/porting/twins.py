#!/usr/bin/python3
"""
twins - keep threaded/ and evented/ comparable; diff.py shows them side by side.

    twins.py           say what breaks the rules below; exit code 1 if any does
    twins.py --count   how many functions have a counterpart in the other twin

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
  * No two modules (X.h with X.c) include each other, be it by way of others.

The sources are read by their layout: a function's name begins a line, its
return type stands above it, its comment directly above that; its braces stand
alone at the beginning of their lines.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TWINS = ("threaded", "evented")

# In this order they explain each other; then by alphabet.
READING_ORDER = ("echo_server", "guess_server", "stream", "keeper",
    "executor", "server", "http_server", "guess_client", "charfinder",
    "flag_server", "flags", "push_server")

# The least server of either model is a pair as well, by this name.
BARE = "bare"
BARE_PATHS = ("report/controls/bare_threads.c",
    "report/controls/manual_bufferevent.c")

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
    def place(name):
        stem = name.split(".")[0]
        return (READING_ORDER.index(stem) if stem in READING_ORDER
            else len(READING_ORDER), stem, name.endswith(".c"))
    return sorted(set(files(TWINS[0])) & set(files(TWINS[1])), key=place)


def paths(name):
    """The two files of a pair, below the root."""
    return BARE_PATHS if name == BARE else \
        tuple(f"{twin}/{name}" for twin in TWINS)


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


def read_bare():
    """The pair of bare servers."""
    return Twins(*({BARE: Source(read(path))} for path in BARE_PATHS))


def check_includes(folder, name, text):
    """What a file includes against the rules."""
    return [f"{folder}/{name} includes {included}"
        for included in INCLUDE.findall(text)
        for pattern, excepted in FORBIDDEN[folder]
        if re.fullmatch(pattern, included) and name not in excepted]


def modules(texts):
    """What each module includes of the others, from texts by their paths."""
    needs = {}
    for path, text in sorted(texts.items()):
        module = path.rsplit(".", 1)[0]
        included = {name.strip('"').rsplit(".", 1)[0]
            for name in INCLUDE.findall(text) if name.startswith('"')}
        needs.setdefault(module, set()).update(included - {module})
    return needs


def circles(needs):
    """The circles in what modules include."""
    found, done = [], set()

    def visit(module, path):
        if module in path:
            found.append("a circle of includes: "
                + " > ".join([*path[path.index(module):], module]))
        elif module not in done:
            for other in sorted(needs.get(module, ())):
                visit(other, [*path, module])
            done.add(module)

    for module in needs:
        visit(module, [])
    return found


def faults():
    """All that breaks the rules, as sentences."""
    found = []
    for twin, other in (TWINS, TWINS[::-1]):
        for name in sorted(set(files(twin)) - set(files(other))):
            found.append(f"{twin}/{name} has no twin in {other}/")
    for name in pairs():
        found += compare_pair(name, *(read(twin, name) for twin in TWINS))
    found += read_all().check_tags() + read_bare().check_tags()
    for folder in FORBIDDEN:
        for name in files(folder):
            found += check_includes(folder, name, read(folder, name))
    return found + circles(modules({f"{folder}/{name}":
        read(folder, name) for folder in FORBIDDEN for name in files(folder)}))


def count_rows(twins):
    """How many functions have a counterpart: a heading, a row for each file
    that has any, and their sum."""
    rows = [(name, *twins.count(name)) for name in twins.sides[0]]
    rows = [(*row, sum(row[1:])) for row in rows if any(row[1:])]
    return [("file", "shared", "paired", "only threaded", "only evented",
        "all"), *rows, ("together", *map(sum, list(zip(*rows))[1:]))]


def count_table(twins):
    """The same as lines of text."""
    return ["Functions: shared (of the same name, counted once), paired by a "
        "tag, and alone.", "",
        *("{:16}{:>8}{:>8}{:>15}{:>14}{:>6}".format(*row)
            for row in count_rows(twins))]


def list_alone(twins):
    """The lines of a list: the functions without a counterpart."""
    lines = []
    for side, twin in enumerate(TWINS):
        lines += ["", f"Only in {twin}/:"]
        for file, source in twins.sides[side].items():
            names = [function.name for function in source.functions
                if twins.counterpart(side, file, function)[1] is None]
            if names:
                lines.append(f"  {file}: " + ", ".join(names))
    return lines


def main():
    """Do what the command line asks for."""
    if sys.argv[1:] == ["--count"]:
        print("\n".join(count_table(read_all())))
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
