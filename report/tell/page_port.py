"""
page_port - the section of the page on what it costs to port a program.
"""

from math import isfinite

import words
from markup import Markup, heads, joined, lines, number, put, row, section, \
    table
from report import EVENTS, THREADS


def names(some):
    """Names with commas."""
    return ", ".join(some) or "none"


def of_twins(port, title, read):
    """A line of the table of programs: a number of each twin."""
    return row(title, [number(words.count(read(program.side(twin))))
        for program in port.programs for twin in (THREADS, EVENTS)])


def of_both(port, title, read):
    """A line of the table of programs: what both twins have."""
    return row(title, [
        put('<td class="number" colspan="2">{}</td>',
            words.count(read(program))) for program in port.programs])


def program_heads(port):
    """The head of the table of programs."""
    return put("<thead><tr><td></td>{}</tr>\n<tr><td></td>{}</tr></thead>",
        joined(put('<th scope="colgroup" colspan="2" class="number">{}</th>',
            program.name) for program in port.programs),
        joined(Markup('<th scope="col" class="number">threads</th><th '
            'scope="col" class="number">events</th>')
            for _ in port.programs))


def programs(port):
    """The table of programs."""
    return table("port", "Lines and functions of each program",
        program_heads(port), [
        of_both(port, "lines in common/", lambda p: p.common_lines),
        of_twins(port, "lines in the twin", lambda side: side.lines),
        of_both(port, "of these unchanged", lambda p: p.unchanged),
        of_twins(port, "lines in the program's own file",
            lambda side: side.own_lines),
        of_both(port, "of these unchanged", lambda p: p.own_unchanged),
        of_both(port, "functions that both have", lambda p: p.functions_both),
        row("functions that the other has not", [
            number(words.count(len(some))) for p in port.programs
            for some in (p.threaded_only, p.evented_only)]),
        of_twins(port, "functions called back",
            lambda side: len(side.called_back)),
        of_twins(port, "decisions (if, for, while, case, ?, &&, ||)",
            lambda side: side.decisions)])


def fields(n, none):
    """How many fields a struct has in a twin."""
    return number(words.count(n) if isfinite(n) else none)


def struct_row(program, struct):
    """What one kind of struct holds in each twin."""
    return put('<tr><td>{}</td><th scope="row">{}</th>{}{}<td class="text">{}'
        '</td><td class="text">{}</td></tr>', program.name, struct.name,
        fields(struct.threaded, "on the stack"),
        fields(struct.evented, "none"), names(struct.threaded_only),
        names(struct.evented_only))


def structs(port):
    """What is remembered of a connection."""
    return Markup("<h3>What is remembered of each connection</h3>\n<p>Fields "
        "of the structs of which a connection has its own. What straight code"
        " keeps in local variables and in the place where it waits, a "
        "callback has to find in a struct.</p>\n") + table("fields",
        "Fields of the structs of a connection",
        heads("program", "struct", "#threads", "#events", "only with threads",
            "only with events"),
        [struct_row(program, struct) for program in port.programs
            for struct in program.structs])


def functions(port):
    """The names of the functions that only one twin has."""
    return put("<details><summary>Functions that only one twin has</summary>"
        "\n{}</details>\n", lines(put(
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
    "same function. <code>make diff</code> shows them side by side, "
    "<code>make diff HTML=1</code> as a page like this one.</p>\n")


def port(report):
    """The cost of the port."""
    counts = report.port
    parts = (COUNTED, programs(counts), structs(counts), functions(counts)) \
        if counts.programs else (MISSING,)
    return section("port", "Cost of the port", *parts)
