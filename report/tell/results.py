"""
results - the report that is kept with the sources, and what is said of it.

A report of compare is megabytes, nearly all of them readings and histograms of
runs. Kept is what the tables and the ledger are made from: report/results.json,
still a report. What it says stands in report/RESULTS.md and, in short, between
the marks of README.md; no figure there is typed by hand.
"""

import io
import json
import os
from math import isfinite

import advice
import claims
import table
import words
from metrics import METRICS
from report import Report
from terminal import Terminal, harmless

KEPT, SAID, SHORT = ("report/results.json", "report/RESULTS.md", "README.md")
LIMIT = 300000  # bytes of what is kept
DIGITS = 8      # of a number: no table shows more

# What tells of the machine's owner.
PRIVATE = ("kernel_command_line", "compiler_flags", "path", "command")

MARK, END = "<!-- make results: {} -->\n", "<!-- end -->\n"
NONE = "No report is kept yet.\n"
EXCERPT = 10  # lines of a table, ...
EVERYWHERE = "sweep-64"  # ... that of this scenario if there is one


# --- What is kept -----------------------------------------------------------

def rounded(value):
    """A value in which numbers have no more digits than are kept, and nothing
    is said of what is not known."""
    if isinstance(value, float):
        if not isfinite(value):
            return None
        short = float(f"{value:.{DIGITS}g}")
        return int(short) if short == int(short) else short
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()
            if item is not None}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value


def kept_cell(scenario, cell):
    """A cell without its latency curve, and with what the ledger would read
    from its runs."""
    intervals = {metric: claims.ends(scenario, cell.server, metric)
        for metric in cell.figures if metric in METRICS
        and isfinite(scenario.figure(cell.server, metric))}
    answers = claims.answers_per_second(scenario, cell.server,
        scenario.primary)
    return cell.json | {"percentiles": [],
        "intervals": {key: ends for key, ends in intervals.items() if ends},
        "answers_per_second": answers if isfinite(answers) else None}


def kept_scenario(scenario):
    """A scenario without its runs, with what the tables would read from them,
    and in the words of today."""
    return scenario.json | {"runs": [], "sentence": words.sentence(scenario),
        "disturbance":
        words.disturbance(scenario), "paces": list(scenario.pace()),
        "cells": [kept_cell(scenario, cell) for cell in scenario.cells]}


def without(value, keys):
    """An object without some of its keys."""
    return {key: item for key, item in value.items() if key not in keys}


def reduced(report):
    """A judged report without its runs and without what tells of the machine's
    owner."""
    return Report(rounded(report.json | {
        "machine": without(report.machine.json, PRIVATE),
        "programs": [without(program.json, PRIVATE)
            for program in report.programs],
        "scenarios": [kept_scenario(s) for s in report.scenarios]}))


def written(report):
    """The text of a kept report: a line for each cell, comparison and so on,
    so that two of them can be compared."""
    def lines(value, depth):
        """A value, whose lists and objects down to a depth have lines."""
        if not depth or not isinstance(value, (dict, list)) or not value:
            return json.dumps(value, ensure_ascii=False, allow_nan=False,
                separators=(",", ":"))
        if isinstance(value, list):
            open_, close = "[]"
            rows = [lines(item, depth - 1) for item in value]
        else:
            open_, close = "{}"
            rows = [json.dumps(key) + ":" + lines(item, depth - 1)
                for key, item in value.items()]
        return open_ + "\n" + ",\n".join(rows) + "\n" + close

    return lines(report.json, 4) + "\n"


# --- Markdown ---------------------------------------------------------------

def plain(text):
    """A text as it may stand in Markdown."""
    return "".join("\\" + c if c in "\\`*_[]<>|#" else c
        for c in harmless(text))


def rows(heads, cells):
    """A table."""
    lines = [heads, ["---"] * len(heads),
        *([plain(text) for text in row] for row in cells)]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def items(texts):
    """A list."""
    return "".join(f"* {plain(text)}\n" for text in texts)


def printed(write, *arguments):
    """What is printed on a terminal, as a block of code."""
    out = Terminal(io.StringIO())
    write(out, *arguments)
    lines = out.file.getvalue().strip("\n").split("\n")
    return [("    " + line).rstrip() + "\n" for line in lines]


# --- What is said -----------------------------------------------------------

def machine(report):
    """Where and when that was."""
    m = report.machine
    return (f"{m.processor}, {words.of(m.processors_online, 'processor')}, "
        f"Linux {m.uname.release}; one run of {report.seconds / 60:.0f} "
        f"minutes, {report.started[:10]}, suite \u201c{report.suite}\u201d.")


def answer(report):
    """The first sentence of the advice, and what is better in each situation,
    in a row."""
    found = []
    first = "".join(plain(text) + "\n\n"
        for text in advice.sentences(report)[:1])
    for line in advice.give(report):
        name, ratio = "lines of code", advice.code_ratio(report)
        if line.scenario:
            c = line.scenario.main()
            name = (words.metric(report, c.metric) + " "
                + words.uncapital(line.scenario.title))
            ratio = words.estimate(c)
        found.append((line.situation, line.choice, ratio, name))
    return first + rows(("situation", "better",
        "events / threads (95 % interval)", "of"), found) + "\n" \
        + plain(machine(report)) + "\n"


def findings(report):
    """What each scenario came to."""
    found = [words.row(report, scenario) for scenario in report.scenarios]
    note = words.mark_of(found)
    return rows(("situation", "better", "events / threads (95 % interval)",
        "of", "threads", "events"), found) + f"\n{plain(note)}\n" * bool(note)


def ledger(report):
    """What others claim, and what became of it."""
    results = [(name, claim, claims.check(claim, report))
        for name, claim in claims.ledger().items()]
    measured = [(name, result.verdict, claim.text,
        f"{claim.published} ({claim.source})", result.ours
            + f" Undecided: {result.why}." * bool(result.why))
        for name, claim, result in results
        if result.verdict != "not measured"]
    return plain(claims.summary([result for _, _, result in results])) \
        + "\n\n" + rows(("no.", "verdict", "claim", "published", "here"),
            measured) + "\nNot measured:\n\n" + items(
            f"{name}: {claim.text}. {words.capital(result.why)}."
            for name, claim, result in results
            if result.verdict == "not measured")


SECTIONS = """# Results

`make results` makes this page from [results.json](results.json), a report of
`build/compare` without its runs and histograms. No figure is typed by hand.
`build/compare --render report/results.json` makes a page of it, with pictures.

{}

A ratio is events divided by threads, over paired blocks of runs. An interval
covers this machine during this run, no more: run `make compare` before you
believe it of yours.

## Which should I choose?

{}
{}

{}
## What each scenario came to

{}
## What others have published

{}
## All tables

{}"""


def page(report):
    """The whole of RESULTS.md."""
    said = advice.sentences(report)
    choices = [(line.situation, line.choice, line.because)
        for line in advice.give(report)]
    return SECTIONS.format(plain(machine(report)), items(said)
            or advice.TOO_LITTLE + "\n",
        plain(advice.limits(report)), rows(("situation", "better", "because"),
            choices), findings(report), ledger(report),
        "".join(printed(table.write_report, report)))


def console(report):
    """What compare prints, in short: a table that every suite has, or else that
    of the scenario that the advice is about."""
    scenario = report.scenario(EVERYWHERE) or advice.busiest(report) \
        or report.scenarios[0]
    return "".join(printed(table.write_scenario, scenario)[:EXCERPT])


# --- README.md --------------------------------------------------------------

def between(text, name, new):
    """A text with something new between the marks of a name; ValueError where
    it has no such marks."""
    mark = MARK.format(name)
    before, mark, rest = text.partition(mark)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"no marks '{name}' in it")
    return f"{before}{mark}\n{new}\n{end}{after}"


def files(report, readme):
    """The text of each file, by its path in the sources; ValueError says why
    there is none."""
    if report.network.emulated is not None:
        raise ValueError("a network was between load and servers, and what is "
            "kept is of the loopback interface")
    kept = reduced(report)
    text = written(kept)
    size = len(text.encode())
    if size > LIMIT:
        raise ValueError(f"{words.count(size)} bytes would be kept, more than "
            f"{words.count(LIMIT)}: take a run with fewer scenarios")
    readme = between(readme, "answer", answer(kept))
    return {KEPT: text, SAID: page(kept),
        SHORT: between(readme, "console", console(kept))}


def keep(report, folder, replace):
    """Write what is kept and what is said of it, below the folder of the
    sources."""
    readme = os.path.join(folder, SHORT)
    with open(readme, encoding="utf-8") as file:
        texts = files(report, file.read())
    for path, text in texts.items():
        replace(os.path.join(folder, path), text)
