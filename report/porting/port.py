#!/usr/bin/python3
"""
port - what it costs to port a program from threads to events, counted from
the sources, as JSON for the report.

    port.py            count both twins of every program

A line is a line of code: comments and empty lines are not counted. A line
stands unchanged when both twins have it at the same place of the function of
the same name (or outside of the functions), in the order of a longest common
subsequence; white space does not count. A program is a pair of files with a
main; with it counts what it includes, of its twin and of common/, and what
these include.

A function is called back when its name is used without a call: a thread is
started with it, or an event loop will call it. A decision is a place where
the code may go one way or the other (if, for, while, case, ?, &&, ||).

What one connection needs to remember is every field of the structs of a twin,
but for those of which there is one per process, loop, port or channel; a
program's session, which the threaded twin keeps on a stack, is one of them for
the evented twin.
"""

import difflib
import json
import os
import re
import sys

import twins

# There is one of each per process, loop, port or channel, not per connection.
PER_PROCESS = ("server", "loop", "acceptor", "door", "stream_loop",
    "server_program", "stream_handler", "keeper", "executor", "guess_server",
    "reader", "flags", "push_server", "workers", "audience", "spinner")

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
    r"'(?:\\.|[^'\\\n])*'", re.DOTALL)
DECISION = re.compile(r"\b(?:if|for|while|case)\b|&&|\|\||\?")
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.DOTALL | re.MULTILINE)
SESSION = re.compile(r"\.session_size = sizeof\(struct (\w+)\)")
INCLUDE = re.compile(r'^#include "((?:common|threaded|evented)/\w+)\.h"',
    re.MULTILINE)


def without_comments(text):
    """The text with comments emptied; what stands between keeps its line."""
    return TOKEN.sub(lambda match: match[0] if match[0][0] in "\"'"
        else "\n" * match[0].count("\n"), text)


def without_strings(text):
    """Code in which a string or a character constant is an empty string."""
    return TOKEN.sub('""', text)


def code_lines(lines):
    """Lines of code, each with its words one space apart."""
    return [" ".join(line.split()) for line in lines if line.strip()]


def count_decisions(code):
    """In how many places code without comments may branch."""
    return len(DECISION.findall(without_strings(code)))


def field_names(body):
    """The names that the members of a struct declare, in order."""
    names = []
    body = without_comments(body)
    body = re.sub(r"\b[A-Z_]+\([^()]*\)(?= *\w)", "int", body)  # LIST_ENTRY
    body = re.sub(r"_Atomic\([^()]*\)", "int", body)
    for member in body.split(";"):
        for part in re.split(r",(?![^()]*\))", member):
            pointer = re.search(r"\(\*(\w+)\)", part)
            name = pointer or re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)*$", part)
            if name:
                names.append(name[1])
    return names


class File:
    """A C file: its code, functions and structs."""

    def __init__(self, text):
        code = without_comments(text)
        self.code = code
        self.source = twins.Source(code)
        self.lines = code_lines(code.splitlines())
        self.names = self.source.names()
        self.structs = {name: field_names(body)
            for name, body in STRUCT.findall(code)}
        self.sessions = SESSION.findall(code)
        self.includes = INCLUDE.findall(code)

    def pieces(self):
        """Name and lines of each function; None is what is outside."""
        outside = []
        for function in self.source.functions:
            outside += function.before
            yield function.name, code_lines(function.lines)
        yield None, code_lines(outside + self.source.rest)


def count_unchanged(left, right):
    """How many lines of code stand in both files alike."""
    pieces = dict(right.pieces())
    return sum(block.size
        for name, lines in left.pieces()
        for block in difflib.SequenceMatcher(
            None, lines, pieces.get(name, []), autojunk=False)
        .get_matching_blocks())


def closure(files, start):
    """The files that a file needs: it, and what is included, by name."""
    found, todo = set(), [start]
    while todo:
        name = todo.pop()
        for path in (name + ".h", name + ".c"):
            if path in files and path not in found:
                found.add(path)
                todo += files[path].includes
    return sorted(found)


def called_back(files, paths):
    """The functions of these files that are used as values."""
    found = []
    for path in paths:
        for function in files[path].source.functions:
            text = "\n".join(files[p].code for p in (
                [path] if "static" in " ".join(function.lines[:2]) else paths))
            if re.search(rf"[(,={{&?:]\s*{function.name}\b(?!\s*\()",
                    without_strings(text)):
                found.append(function.name)
    return found


def side(files, twin, name):
    """What a program consists of in one twin."""
    needed = closure(files, f"{twin}/{name}")
    paths = [path for path in needed if path.startswith(twin)]
    return {"own_lines": len(files[f"{twin}/{name}.c"].lines),
        "lines": sum(len(files[path].lines) for path in paths),
        "functions": sum(len(files[path].names) for path in paths),
        "called_back": called_back(files, paths),
        "decisions": sum(count_decisions(files[path].code)
            for path in paths)}, needed


def structs_of(files, paths):
    """The structs of which each connection has one, by name."""
    return {name: fields for path in paths
        for name, fields in files[path].structs.items()
        if name not in PER_PROCESS}


def remembered(files, needed):
    """Struct by struct, what a connection remembers in either twin."""
    own = [structs_of(files, [p for p in needed[i] if p.startswith(twin)])
        for i, twin in enumerate(twins.TWINS)]
    everywhere = structs_of(files, needed[1])
    for path in needed[1]:
        for name in files[path].sessions:
            own[1].setdefault(name, everywhere.get(name, []))
    return [{"name": name,
        "threaded": len(own[0][name]) if name in own[0] else None,
        "evented": len(own[1][name]) if name in own[1] else None,
        "threaded_only": [field for field in own[0].get(name, [])
            if field not in own[1].get(name, [])],
        "evented_only": [field for field in own[1].get(name, [])
            if field not in own[0].get(name, [])]}
        for name in sorted({*own[0], *own[1]})]


def pair(files, name):
    """Two files of the same name."""
    both = [files[f"{twin}/{name}"] for twin in twins.TWINS]
    return {"name": name,
        "threaded": len(both[0].lines), "evented": len(both[1].lines),
        "unchanged": count_unchanged(*both),
        "functions_both": sum(n in both[1].names for n in both[0].names),
        "threaded_only": [n for n in both[0].names if n not in both[1].names],
        "evented_only": [n for n in both[1].names if n not in both[0].names]}


def program(files, name):
    """One program."""
    sides, needed = zip(*(side(files, twin, name) for twin in twins.TWINS))
    common = [path for path in needed[0] if path.startswith("common")]
    pairs = [pair(files, path.split("/")[1]) for path in needed[0]
        if path.startswith(twins.TWINS[0])
        and path.replace(*twins.TWINS) in files]
    return {"name": name.replace("_", "-"),
        "common_lines": sum(len(files[path].lines) for path in common),
        "common_files": len(common),
        "threaded": sides[0], "evented": sides[1],
        "own_unchanged": count_unchanged(*(files[f"{twin}/{name}.c"]
            for twin in twins.TWINS)),
        "unchanged": sum(p["unchanged"] for p in pairs),
        "functions_both": sum(p["functions_both"] for p in pairs),
        "threaded_only": [n for p in pairs for n in p["threaded_only"]],
        "evented_only": [n for p in pairs for n in p["evented_only"]],
        "structs": remembered(files, needed)}


def count(texts):
    """What the port costs, from the texts of all files by their paths."""
    files = {path: File(text) for path, text in texts.items()}
    both = sorted({path.split("/")[1] for path in files
        if path.startswith(twins.TWINS[0])
        and path.replace(*twins.TWINS) in files})
    names = [name[:-2] for name in both
        if "main" in files[f"{twins.TWINS[0]}/{name}"].names]
    return {"programs": [program(files, name) for name in names],
        "files": [pair(files, name) for name in both]}


def main():
    """Count the sources of this tree."""
    if sys.argv[1:]:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    texts = {os.path.join(folder, name): twins.read(folder, name)
        for folder in ("common", *twins.TWINS) for name in twins.files(folder)}
    json.dump(count(texts), sys.stdout, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
