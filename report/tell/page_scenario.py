"""
page_scenario - a section of the page per scenario: its question, answer,
figures and pictures.
"""

from math import isfinite

import beside
import figures
import words
from glossary import term
from markup import (Markup, badge, heads, joined, lines, number, put, row,
    section, table)
from metrics import CPU, P50, P99, P999
from report import EVENTS, THREADS


def choice_badge(choice):
    """A choice as a badge."""
    return badge(choice, words.CHOICES[choice])


def soft(text):
    """A remark below a badge."""
    return put('<br><span class="soft">{}</span>', text)


def verdict(c):
    """The verdict of a comparison: a badge where something was decided."""
    choice = words.choice(c)
    judged = isfinite(c.margin) and choice != "not measured"
    said = [choice_badge(choice) if judged else "-"]
    if isfinite(c.blocks_needed) and choice == "undecided":
        said.append(soft(
            f"{words.count(c.blocks_needed)} blocks would settle it"))
    if c.all_blocks:
        said.append(soft(words.reserve(c).removeprefix("; ")))
    if words.contradicts(c):
        said.append(soft("the medians of all runs " + words.contradicts(c)))
    if c.is_doubted():
        said.append(soft("doubtful: not confirmed by bootstrap"))
    if c.immaterial:
        said.append(soft("significant, but within the margin"))
    return put('<td class="short">{}</td>', joined(said))


# Which term explains a metric.
EXPLAINED = {P50: "latency", P99: "latency", P999: "latency",
    CPU: "CPU per request"}


def twin_row(report, c):
    """The row of one metric for the twins."""
    invalid = words.choice(c) == "not valid"
    name = words.metric(report, c.metric)
    return row(term(EXPLAINED[c.metric], name) if c.metric in EXPLAINED
        else name, [verdict(c),
        number("-" if invalid else words.estimate(c)),
        number(words.value(c.metric, c.b_median)),
        number(words.value(c.metric, c.a_median)),
        number(words.share(c.band))], c.primary)


def twins(report, scenario):
    """The table of the twins."""
    return table("twins", f"Threads against events: {scenario.title}",
        heads("median of the runs", "better",
            Markup("#") + term("ratio", "events / threads"), "#threads",
            "#events", Markup("#") + term("margin")),
        [twin_row(report, c) for c in scenario.comparisons
            if c.is_of_twins()])


def control_row(report, scenario, c):
    """The row of a comparison with a control or a peer."""
    a, b = (scenario.cell(server).title for server in (c.a, c.b))
    return row(f"{a} / {b}", [
        put("<td>{}</td>", words.metric(report, c.metric)),
        number(words.value(c.metric, c.a_median)),
        number(words.value(c.metric, c.b_median)),
        number(words.estimate(c))])


def pairs(report, scenario, name, heading, others):
    """A table of pairs of servers that are not the twins, if any was raced."""
    if not others:
        return ""
    told = words.told(scenario) \
        + (P99,) * (scenario.latency_from == "intended")
    return put("<h4>{}</h4>\n", heading) + table("controls",
        f"{name}: {scenario.title}",
        heads("first / second", "of", "#first", "#second", "#ratio"),
        [control_row(report, scenario, c) for metric in told
            for c in others if c.metric == metric])


def controls(report, scenario):
    """The twins against what shows their limits, and peers against the
    twins."""
    others = [c for c in scenario.comparisons
        if not c.is_of_twins() and isfinite(c.estimate)]
    against, what = ("other downloaders", "what the same costs otherwise") \
        if scenario.job else ("bare servers",
            "what the model costs, what the code and the library")
    return joined(pairs(report, scenario, name, heading, [c for c in others
            if (scenario.cell(c.a).role == "peer") == peer])
        for peer, name, heading in (
            (False, f"Against {against}", put("Against {} ({}): {}", against,
                term("control", "controls"), what)),
            (True, "Servers of yours", "Servers of yours, against the twins")))


def checks(cell):
    """Which checks a server failed."""
    return joined(put(" {} because {}.", badge(gate.name, "invalid"),
        gate.because) for gate in cell.gates)


def limit(cell):
    """What limited a server, and which checks it failed."""
    if cell.limiter == "unexplained":
        return put("<li>{}: its {} is not known ({}).{}</li>", cell.title,
            term("bottleneck"), cell.limiter_because, checks(cell))
    if not cell.limiter:
        return put("<li>{}:{}</li>", cell.title, checks(cell))
    return put("<li>{}: {}: {} ({}).{}</li>", cell.title, term("bottleneck"),
        cell.limiter, cell.limiter_because, checks(cell))


def limits(scenario):
    """What limited the servers."""
    return put('<ul class="note">\n{}</ul>\n', lines(limit(cell)
        for cell in scenario.cells if cell.role != "control" or cell.gates))


def background(other):
    """What goes on beside the measured requests."""
    return "; beside them " + words.of(other.connections, other.role) \
        + f": {other.request}" * bool(other.request)


def runs(scenario):
    """In how many runs all was measured."""
    disturbance = words.disturbance(scenario)
    said = "; " + words.of(scenario.cell(THREADS).runs
        if scenario.cell(THREADS) else float("nan"), "run") \
        + (f" of {words.digits(scenario.window_seconds, 2)} s"
            if isfinite(scenario.window_seconds) else "") \
        + " for each server" \
        + ", in " + words.of(len(scenario.orders), "block")
    if disturbance:
        said += f"; disturbed by other work: {disturbance}"
    if words.losses(scenario):
        said += f"; discarded: {words.losses(scenario)}"
    return said + "."


def load(scenario):
    """How the servers were loaded."""
    if scenario.job:
        return put('<p class="note">{}, {}; {}{}</p>\n', scenario.program,
            scenario.load_model, words.job(scenario), runs(scenario))
    said = f"{scenario.program}, {scenario.load_model}; " \
        + words.of(scenario.connections, "connection")
    if scenario.active < scenario.connections:
        said += f", {words.count(scenario.active)} of them asking"
    if isfinite(scenario.rate_per_second):
        said += f"; {words.count(scenario.rate_per_second)} requests per " \
            "second"
    if scenario.rate_from:
        said += f", {scenario.rate_from}"
    said += "".join(map(background, scenario.background))
    if scenario.network:
        said += f"; over {words.network(scenario.network)}"
    said += runs(scenario)
    return put('<p class="note">{}</p>\n', with_terms(said))


def with_terms(text):
    """A text in which the kind of the loop leads to its explanation."""
    found = [name for name in ("closed loop", "open loop") if name in text]
    if not found:
        return text
    name = min(found, key=text.index)
    before, _, after = text.partition(name)
    return put("{}{}{}", before, term(name), after)


def syscalls(scenario):
    """The system calls of the servers, where they were counted."""
    said = [f"System calls per request are missing: "
        f"{scenario.syscalls_missing}."] if scenario.syscalls_missing else []
    said += [f"System calls per request of {cell.title}: " + ", ".join(
            f"{call.name} {words.digits(call.per_request, 2)}"
            for call in cell.syscalls[:6]) + "."
        for cell in scenario.cells if cell.syscalls]
    return lines(put('<p class="note">{}</p>', text) for text in said)


SPREADS = (("blocks_sd", "from block to block"),
    ("runs_sd", "from run to run of a block"),
    ("moments_sd", "within a run"))


def spread_of(cell):
    """What makes the runs of one server differ, in per cent."""
    spread = cell.spread
    return f" {cell.title} " + ", ".join(
        f"{words.digits(100 * getattr(spread, key), 2)} % {what}"
        for key, what in SPREADS) + (
            "; longer runs would narrow the interval."
            if spread.moments_sd > spread.runs_sd else "; more blocks would "
            "narrow the interval, longer runs would not.")


def spread(scenario):
    """Where the spread of the rate comes from, where that is known."""
    cells = [scenario.cell(server) for server in (THREADS, EVENTS)]
    if not all(cell.spread for cell in cells):
        return ""
    return put('<p class="note">Standard deviation of requests/s:{} What '
        "the runs of a block share cancels in the ratio.</p>\n",
        "".join(map(spread_of, cells)))


def scenario_section(report, scenario):
    """One scenario."""
    return put('<section id="{}">\n<h3>{} {}</h3>\n<p class="question">{}</p>'
        "\n<p>{}</p>\n{}{}</section>\n", scenario.name, scenario.title,
        choice_badge(words.choice(scenario.main())), scenario.question,
        scenario.sentence, lines(put("<p>{}.</p>", text)
            for text in beside.told(scenario)), joined((twins(report, scenario), load(scenario),
            limits(scenario), syscalls(scenario), spread(scenario),
            figures.both(scenario), controls(report, scenario))))


def scenarios(report):
    """All scenarios."""
    return section("scenarios", "Scenario by scenario",
        put('<p class="note">A ratio is that of paired blocks of runs, not of'
            " the two medians beside it. For metrics that can be zero "
            "(context switches) the column shows the difference, events minus"
            " threads.</p>\n"),
        *(scenario_section(report, s) for s in report.scenarios))
