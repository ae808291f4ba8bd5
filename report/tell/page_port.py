"""
page_port - the section of the page on what it costs to port a program.
"""

import json
from math import isfinite

import words
from markup import Markup, folded, heads, joined, lines, number, put, \
    section, table
from report import EVENTS, THREADS


def names(some):
    """Names with commas."""
    return ", ".join(some) or "none"


def of_twins(program, read):
    """Cells of the table of programs: a number of each twin."""
    return [number(words.count(read(program.side(twin))))
        for twin in (THREADS, EVENTS)]


def of_both(n):
    """The same: a number that both twins have in common."""
    return [put('<td class="number" rowspan="2">{}</td>', words.count(n)), ""]


def program_rows(program):
    """The rows of a program, one for each twin."""
    cells = zip(
        (put('<th scope="row" rowspan="2">{}</th>', program.name), ""),
        (put('<th scope="row">{}</th>', name)
            for name in ("threads", "events")),
        of_both(program.common_lines),
        of_twins(program, lambda side: side.lines),
        of_both(program.unchanged),
        of_twins(program, lambda side: side.own_lines),
        of_both(program.own_unchanged), of_both(program.functions_both),
        (number(words.count(len(some)))
            for some in (program.threaded_only, program.evented_only)),
        of_twins(program, lambda side: len(side.called_back)),
        of_twins(program, lambda side: side.decisions))
    return [put("<tr>{}</tr>", joined(row_)) for row_ in cells]


def programs(port):
    """The table of programs."""
    return table("port", "Lines and functions of each program",
        heads("program", "twin", "#lines in common/", "#lines in the twin",
            "#of these unchanged", "#lines in its own file",
            "#of these unchanged", "#functions that both have",
            "#functions that the other has not", "#functions called back",
            "#decisions"),
        [row_ for program in port.programs for row_ in program_rows(program)])


def fields(n, none):
    """How many fields a struct has in a twin."""
    return number(words.count(n) if isfinite(n) else none)


def shared(port):
    """The structs, each with the names of the programs that have it so."""
    found = {}
    for program in port.programs:
        for struct in program.structs:
            key = json.dumps(struct.json, sort_keys=True)
            found.setdefault(key, (struct, []))[1].append(program.name)
    return sorted(found.values(), key=lambda one: (-len(one[1]), one[1],
        one[0].name))


def struct_row(struct, in_programs):
    """What one kind of struct holds in each twin."""
    return put('<tr><th scope="row">{}</th><td class="text">{}</td>{}{}<td '
        'class="text">{}</td><td class="text">{}</td></tr>', struct.name,
        names(in_programs), fields(struct.threaded, "on the stack"),
        fields(struct.evented, "none"), names(struct.threaded_only),
        names(struct.evented_only))


def structs(port):
    """What is remembered of a connection."""
    return Markup("<h3>What is remembered of each connection</h3>\n<p>Fields "
        "of the structs of which a connection has its own. What straight code"
        " keeps in local variables and in the place where it waits, a "
        "callback has to find in a struct.</p>\n") + folded(
            words.of(len(shared(port)), "struct"), table("fields",
                "Fields of the structs of a connection",
                heads("struct", "of", "#threads", "#events",
                    "only with threads", "only with events"),
                [struct_row(*one) for one in shared(port)]))


def functions(port):
    """The names of the functions that only one twin has."""
    return folded("Functions that only one twin has", lines(put(
            "<p><b>{}</b>, only with threads: {}; only with events: {}.</p>",
            file.name, names(file.threaded_only), names(file.evented_only))
        for file in port.files))


MISSING = Markup('<p class="missing">This is missing: the sources were not '
    "counted when this compare was built (it takes python3).</p>\n")
COUNTED = Markup("<p>Counted from the sources by a script, "
    "<code>report/porting/port.py</code>, without comments and empty lines. A "
    "program is its own file, the server and the stream below it, which all "
    "programs of a twin share, and what it uses of <code>common/</code>. A "
    "line stands unchanged when both twins have it at the same place of the "
    "same function. A decision is an <code>if</code>, <code>for</code>, "
    "<code>while</code> or <code>case</code>, a <code>?</code>, "
    "<code>&amp;&amp;</code> or <code>||</code>. <code>make diff</code> shows "
    "both side by side, <code>make diff HTML=1</code> as a page like this "
    "one.</p>\n")


def port(report):
    """The cost of the port."""
    counts = report.port
    parts = (COUNTED, programs(counts), structs(counts), functions(counts)) \
        if counts.programs else (MISSING,)
    return section("port", "Cost of the port", *parts)
