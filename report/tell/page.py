"""
page - the report as a page: one HTML file that needs nothing else, neither a
network nor JavaScript, for a screen, a phone, or paper.

It is a function of the report alone: the same report gives the same bytes
(with the same gnuplot), whenever and wherever that is done. Every sentence in
it follows from the figures by a rule; texts of the report are escaped.
"""

import os

import advice
import beside
import chart
import figures
import topology
import words
from glossary import glossary, term
from markup import Markup, badge, command, heads, joined, lines, number, put, row, \
    section, table
from metrics import METRICS
from page_ledger import ledger
from page_machine import environment, reproduce, validity
from page_port import port
from page_scenario import choice_badge, scenarios

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "style.css")

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Threads or events?</title>
<link rel="icon" href="data:,">
<style>
{}</style>
</head>
<body>
"""
CONTENTS = {"choose": "Advice", "found": "Findings", "pictures": "Pictures",
    "scenarios": "Scenarios", "claims": "Claims", "port": "Cost of the port",
    "validity": "Validity", "glossary": "Glossary",
    "environment": "Environment", "reproduce": "Reproduce"}
INTERRUPTED = Markup('<p class="missing">The run was interrupted. What is '
    "here was measured before that, and is valid.</p>\n")


def head():
    """What comes before the content."""
    with open(STYLE, encoding="utf-8") as file:
        return put(HEAD, Markup(file.read()))


def title(report):
    """The title, and of what this is the report."""
    real = report.network.is_real()
    machine = report.network.machine if real else report.machine
    what = "the chosen scenarios" if report.suite == "chosen" else "the run"
    parts = [put("<header>\n<h1>Threads or events?</h1>\n<p "
        'class="lead">The same servers, written once with a thread per '
        "connection ({}) and once with an event loop ({}), raced on {}: {}, "
        "{} processors, Linux {}.</p>\n", term("threads"), term("events"),
        report.network.server if real else "this machine", machine.processor,
        words.count(machine.processors_online), machine.uname.release)]
    parts.append(put('<p class="soft">Begun {}; {} took {} minutes. Each {} '
        "stands with its 95 % {} in brackets; words with a dotted line are "
        "explained in the {}.</p>\n", report.started, what,
        words.digits(report.seconds / 60, 2), term("ratio"),
        term("interval"), put('<a href="#glossary">glossary</a>')))
    if report.complete is False:
        parts.append(INTERRUPTED)
    for warning in filter(None, (words.between(report),
            words.too_busy(report),
            report.same_core and words.SAME_CORE)):
        parts.append(put('<p class="missing">{}</p>\n', warning))
    if report.pinned is False:
        parts.append(put('<p class="missing">The servers had no processor of '
            "their own, because {}: rates and latencies are missing.</p>\n",
            report.not_pinned_because))
    if report.network:
        parts.append(topology.picture(report))
    return joined([*parts, navigation(), Markup("</header>\n")])


def navigation():
    """Links to the sections."""
    return put('<nav aria-label="Contents">{}</nav>\n', joined(
        put('<a href="#{}">{}</a>', *one) for one in CONTENTS.items()))


def advice_line(line):
    """What is said of a situation."""
    link = put(' <span class="soft">Details: <a href="#{}">{}</a>.</span>',
        line.scenario.name, line.scenario.title) if line.scenario else ""
    return put("<li><b>{}</b><span>{}</span><p>{}{}</p></li>",
        line.situation, choice_badge(line.choice)
            if line.choice != "not measured" else "", line.because, link)


def unmeasured(report):
    """What was not measured, and how it can be."""
    names, scenarios_ = advice.unmeasured(report)
    lacking = lines(put('<p class="soft">Not measured: {}. Then {} '
        "measures this.</p>", what, command(options))
        for what, options in words.unmeasured(report))
    if not names:
        return lacking
    return lacking + put('<p class="soft">Not measured in this run: {}.{}</p>\n',
        "; ".join(words.uncapital(name) for name in names),
        put(" {} measures them.", command("--only " + ",".join(scenarios_)))
            if scenarios_ else "")


def choose(report):
    """The advice: three sentences, how far they reach, and a line for each
    situation."""
    said = advice.sentences(report)
    sentences = lines(put("<p>{}</p>", text) for text in said)
    return section("choose", "Which should I choose?",
        put('<div class="answer">\n{}</div>\n<p class="soft">{}</p>\n',
            sentences, advice.limits(report)) if said else put(
            '<p class="soft">{}</p>\n', advice.TOO_LITTLE),
        put('<ol class="advice">\n{}</ol>\n', lines(map(advice_line, given)))
            if (given := advice.give(report)) else "",
        unmeasured(report))


def finding_row(scenario, cells):
    """What a scenario came to."""
    title_, choice, ratio, name, *medians = cells
    link = put('<a href="#{}">{}</a>', scenario.name, title_)
    return row(link, [put("<td>{}</td>", choice_badge(choice)),
        number(ratio), put("<td>{}</td>", name), *map(number, medians)])


# How a badge shows what became of a finding.
BECAME = {beside.SURVIVES: "reproduced", beside.VANISHES: "either",
    beside.TURNS: "invalid", beside.APPEARS: "depends", beside.SAME: "either",
    beside.OPEN: "open"}


def beside_row(scenario, without, over):
    """What was found of a metric without the network and over it."""
    what = beside.became(without, over)
    return row(put('<a href="#{}">{}</a>', scenario.name, scenario.title), [
        put("<td>{}</td>", METRICS[over.metric].name),
        put("<td>{}</td>", badge(what, BECAME[what])),
        number(words.estimate(without)), number(words.estimate(over))])


def side_by_side(report):
    """What became of the findings of a report without a network."""
    rows = [beside_row(scenario, *pair) for scenario in report.scenarios
        for pair in beside.pairs(scenario)]
    return put('<p>Events to threads, without the network and over it:</p>\n'
        "{}", table("found beside", "What survives the network", heads("situation",
            "of", "over the network", "#without it", "#over it"), rows)) \
        if rows else ""


def findings(report):
    """What each scenario is about, and came to."""
    cells = [words.row(report, scenario) for scenario in report.scenarios]
    note = words.mark_of(cells)
    return section("found", "What was found", side_by_side(report), table("found",
        "What each scenario came to", heads("situation", "better",
            "#events / threads", "of", "#threads", "#events"),
        map(finding_row, report.scenarios, cells)),
        put('<p class="note">{}</p>\n', note) if note else "")


def page(report, everything=False):
    """The whole page; with everything, also what tells of the machine's owner:
    paths, commands, and what the kernel was started with."""
    return joined((head(), chart.SHAPES, title(report), Markup("<main>\n"),
        choose(report), findings(report),
        section("pictures", "Pictures", figures.across(report)),
        scenarios(report), ledger(report), port(report), validity(report),
        glossary(), environment(report, everything),
        reproduce(report, everything),
        Markup("</main>\n</body>\n</html>\n")))
