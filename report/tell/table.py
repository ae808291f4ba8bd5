"""
table - what a report says, for the terminal.
"""

from math import isfinite, isnan

import advice
import beside
import words
from metrics import CPU, LAST, MEMORY, METRICS, SOON
from report import TITLES
from terminal import BOLD, GREEN, RED
from verdict import PAIRS

COLOURS = {"WIN": GREEN, "INVALID": RED}


def title(scenario, server):
    """The title of a server."""
    return TITLES.get(server) or scenario.cell(server).title or server


def estimate(c):
    """The estimate of a comparison and its interval, in columns."""
    s = c.span()
    if isnan(s.at) or c.verdict == "INVALID":
        return "-", "-"
    if c.scale == "difference":
        m = METRICS[c.metric]
        d, unit, sign = m.decimals, m.unit, "+"
        center = f"{s.at / unit:+.{d}f}"
    else:
        d, unit, sign = 3 if s.at < .1 else 2, 1, ""
        center = words.bound(c, ">", "<") + f"{s.at:.{d}f}x"
    if not s.has_ends():
        return center, "-"
    return center, f"{s.low / unit:{sign}.{d}f} to {s.high / unit:{sign}.{d}f}"


def verdict(scenario, c):
    """A verdict, with its winner if there is one."""
    if c.missing or isnan(c.margin):
        return "-"
    return c.verdict + " " * bool(c.winner) \
        + (title(scenario, c.winner) if c.winner else "") \
        + "*" * bool(c.immaterial)


def write_row(out, scenario, c):
    """Write the row of one metric for the twins."""
    m = METRICS[c.metric]
    a, b = (words.cell(c.metric, x) for x in (c.a_median, c.b_median))
    band = "-" if isnan(c.band) else f"{100 * c.band:.0f} %"
    center, interval = estimate(c)
    out.row(f"  {m.label:23}{b:>11}{a:>11}{center:>10}  {interval:18}"
        f"{band:>6}  ", verdict(scenario, c), COLOURS.get(c.verdict, ""))


# Heads of columns, where the label of a metric is too long.
SHORT = {CPU: "CPU \u00b5s", LAST: "last, ms", MEMORY: "KiB", SOON: "in 10 ms"}


def head(metric):
    """The head of a column."""
    return SHORT.get(metric) or METRICS[metric].label


def pairs_of(scenario, metric, peer):
    """The pairs of a twin and a control, or those of the peers."""
    found = [(c.a, c.b) for c in scenario.comparisons if c.metric == metric]
    return [pair for pair in found
        if (pair in PAIRS[1:]) != peer and pair != PAIRS[0]]


def write_pairs(out, scenario, first, peer):
    """Write pairs of servers in rate and in cost, with the values of the
    control or of the peers; nothing where none ran."""
    metrics = [m for m in words.told(scenario) if m in METRICS]
    pairs = [(pair, [scenario.comparison(m, *pair) for m in metrics])
        for pair in (pairs_of(scenario, metrics[0], peer) if metrics else ())]
    if not pairs:
        return
    names = [f"{title(scenario, a)} / {title(scenario, b)}"
        for (a, b), _ in pairs]
    wide = max(30, *map(len, names))
    of_whom = "its " * peer
    heads = [of_whom + head(metric) for metric in metrics]
    out.gap()
    # The first head may reach into the column of the names.
    out.row((f"  {first}{heads[0]:>{wide + 11 - len(first)}}  {'ratio':21}"
        + "".join(f"{one:>11}  ratio" for one in heads[1:])).rstrip())
    for name, (_, comparisons) in zip(names, pairs):
        if None in comparisons:
            continue
        line = f"  {name:{wide}}"
        for c in comparisons:
            center, interval = estimate(c)
            value = words.cell(c.metric, c.a_median if peer else c.b_median)
            ratio = center + f" ({interval})" * (interval != "-")
            line += f"{value:>11}  {ratio:21}"
        out.row(line.rstrip())
        if peer and comparisons[0].invalid:
            out.say(f"  No ratio: {comparisons[0].invalid}.")


def write_limits(out, scenario):
    """Write what limited each twin and the peers."""
    for cell in scenario.cells:
        if cell.role != "control":
            out.say(f"  Bottleneck, {cell.title}: {cell.limiter} "
                f"({cell.limiter_because}).")


def write_syscalls(out, scenario):
    """Write the most frequent system calls."""
    if scenario.syscalls_missing:
        out.say("  Missing: system calls per request: "
            + scenario.syscalls_missing)
    for cell in scenario.cells:
        if cell.syscalls and cell.role != "control":
            out.say(f"  System calls per request, {cell.title}: " + ", ".join(
                f"{call.name} {call.per_request:.2f}"
                for call in cell.syscalls))


def write_aa(out, scenario):
    """Write what the same server twice differs by."""
    judged = [c.metric for c in scenario.comparisons if isfinite(c.margin)]
    rows = [row for row in scenario.aa if row.metric in METRICS
        and row.metric in judged and row.is_ratio()
        and isfinite(row.half_width)]
    if rows:
        out.say("  Resolution, by the same server twice (A/A): "
            + ", ".join(f"{METRICS[row.metric].name} \u00b1"
                + words.share(row.half_width) for row in rows) + ".")
    apart = [f"{METRICS[row.metric].name} {words.estimate(row)}"
        for row in rows if row.excludes_none
        and f"{row.estimate:.2f}" != "1.00"]
    if apart:
        out.say("  The same server twice differed, as one metric in twenty "
            f"does by chance: {', '.join(apart)}.")


def write_gates(out, scenario):
    """Write which validity gates were failed."""
    for cell in scenario.cells:
        for gate in cell.gates:
            out.say(f"  Check failed, {cell.title}: {gate.name} "
                f"({gate.because}).")


def write_losses(out, scenario):
    """Write what happened to blocks and connections."""
    disturbance = words.disturbance(scenario)
    if disturbance:
        out.say(f"  Disturbed by other work: {disturbance}.")
    if words.losses(scenario):
        out.say(f"  Discarded: {words.losses(scenario)}.")
    if scenario.is_short():
        out.say("  The descriptor limit allows only "
            f"{scenario.connections:.0f} of {scenario.connections_wanted:.0f}"
            " connections.")


def remarks_on(c):
    """What is to be known of a row, and why."""
    if c.missing:
        yield "Missing", c.missing
    if c.all_blocks and not c.primary:
        yield "Disturbed", words.reserve(c).removeprefix("; ")
    if words.contradicts(c):
        yield "Contradicted", "the medians of all runs " \
            + words.contradicts(c)
    if c.is_doubted():
        yield "Doubtful", "the bootstrap interval would not make it a WIN"
    elif not c.missing and c.verdict == "INCONCLUSIVE" \
            and isfinite(c.blocks_needed):
        yield "Undecided", f"about {words.count(c.blocks_needed)} blocks " \
            "would settle it"


def write_remarks(out, rows):
    """Write what is missing, contradicted, doubted or open in the rows
    above."""
    remarks = {}
    for c in rows:
        for remark in remarks_on(c):
            remarks.setdefault(remark, []).append(METRICS[c.metric].name)
    for (what, why), names in remarks.items():
        out.say(f"  {what}: {words.listed(names)} ({why}).")


def write_scenario(out, scenario):
    """Write one scenario."""
    rows = [c for c in scenario.comparisons
        if c.is_of_twins() and c.metric in METRICS]
    out.gap()
    out.say(scenario.sentence, BOLD)
    for text in beside.told(scenario):
        out.say(f"{text}.")
    out.gap()
    out.row(f"  {scenario.name:23}{'threads':>11}{'events':>11}{'ratio':>10}  "
        f"{'95 % interval':18}{'margin':>6}  verdict")
    for c in rows:
        write_row(out, scenario, c)
    write_pairs(out, scenario, "ratio to a control", False)
    write_pairs(out, scenario, "ratio of a peer", True)
    if scenario.job:
        out.say(f"  What was done: {words.job(scenario)}.")
    if scenario.network:
        out.say(f"  Over {words.network(scenario.network)}.")
    write_limits(out, scenario)
    write_syscalls(out, scenario)
    write_aa(out, scenario)
    write_gates(out, scenario)
    write_losses(out, scenario)
    write_remarks(out, rows)


NOTES = (
    "Ratio: events to threads, over paired blocks of runs, not of the medians "
    "beside it; for metrics that can be zero, events minus threads. Margin: "
    "what does not matter, set beforehand, or what this machine cannot tell "
    "apart, if that is more. WIN: the interval lies beyond the margin. "
    "EQUIVALENT: within it (*: significant all the same). LEANS: direction "
    "known, size not. INCONCLUSIVE: neither. INVALID: a check failed. Fewer "
    "than six blocks give no verdict. Latencies of a closed loop with more "
    "than one client are the queue of a saturated server, and not judged.")


def write_notes(out, report):
    """Write how to read the tables."""
    chance = words.by_chance(report)
    out.gap()
    out.say(NOTES, indent=0)
    if chance:
        out.say(chance + ".")
    for warning in filter(None, (words.between(report), words.too_busy(report),
            words.unsteady(report), report.same_core and words.SAME_CORE)):
        out.say(warning)
    for what, options in words.unmeasured(report):
        out.say(f"Not measured: {what}. Then: compare {options}.")
    if not report.pinned:
        out.say(f"Not pinned, because {report.not_pinned_because}: rates and "
            "latencies are missing.")


def write_advice(out, report):
    """Write what it all comes to."""
    out.gap()
    out.say("Which should I choose?", BOLD)
    for text in advice.sentences(report) or [advice.TOO_LITTLE]:
        out.say(f"  {text}")


def write_heading(out, report):
    """Write which report it is."""
    out.say(f"Threads against events, {report.started}, seed "
        f"{report.seed or 0}{'' if report.complete else ', interrupted'}.")


def write_report(out, report):
    """Write everything."""
    for scenario in report.scenarios:
        write_scenario(out, scenario)
    write_notes(out, report)
