"""
figures - the pictures of the page: what of a report goes into which chart.

Each function returns a <figure> with a heading, a legend, the chart and what
there is to know about it; nothing where the report has too little for a
chart. Without gnuplot the figure says that it is missing.
"""

from math import inf, isfinite, nan

import advice
import chart
import words
from markup import Markup, joined, put
from metrics import CPU, MEMORY, P99, RATE
from report import (BARE_THREADS, EVENTS, IO_URING, MANUAL, NULL, THREADS,
    Span, named,
    over)

WIDTH, HEIGHT = 380, 240  # of a chart: on a phone its text is readable
LABEL_MOST = 64

# What the picture of ratios shows of them; beyond it an arrow stands.
RATIO_LOW, RATIO_HIGH = .02, 50.0

# Servers whose curves are drawn, in order: the twins and the peers on top.
DRAWN = (NULL, BARE_THREADS, MANUAL, IO_URING, THREADS, EVENTS)
MIB = 1048576.0


def drawn_cells(scenario):
    """The cells whose curves are drawn, in order."""
    known = [named(scenario.cells, server, "server") for server in DRAWN]
    return [cell for cell in known if cell] \
        + [cell for cell in scenario.cells if cell.role == "peer"]


def pen_of(cell, cells):
    """The pen of a cell's server among those that are drawn."""
    return chart.pen_of(cell.server,
        [one.server for one in cells if one.role == "peer"])


def key(pen, label):
    """The entry of a pen in a legend."""
    return put('<span class="key {}">{}</span> ', pen, label)


def legend(cells):
    """The legend of all servers of a figure."""
    return joined(key(pen_of(cell, cells), cell.title) for cell in cells)


def figure(script, title, keys, note, figures, about="", width=WIDTH,
        height=HEIGHT):
    """A figure: its heading, its chart, and what there is to know about it.
    figures: what can be seen in it, in words; about: of which scenario it
    is, for who cannot see where it stands."""
    name = f"{title}: {about}" if about else title
    picture = chart.draw(script, width, height, name,
        f"{note} {'; '.join(figures)}.")
    if picture is None:
        picture = put('<p class="missing">This picture is missing, as gnuplot'
            " could not be run: {}.</p>\n", title)
    return put("<figure>\n<figcaption><b>{}</b> {}</figcaption>\n{}"
        '<p class="note">{}</p>\n</figure>\n', title, keys, picture, note)


def plotted(plots, data):
    """The command that draws curves from data that stand behind it."""
    return "plot " + ",".join([*plots, "NaN notitle"]) + "\n" \
        + "".join(points + "e\n" for points in data)


# --- Ratios -----------------------------------------------------------------

def clip(ratio):
    """Keep a ratio within the picture."""
    return min(max(ratio, RATIO_LOW), RATIO_HIGH)


def ratio_labels(report, scenario, c, y):
    """What stands above the interval of a row: the situation, and below it
    the metric with its ratio."""
    name = words.metric(report, c.metric)
    script = ""
    for text, at, pen in ((scenario.title, y + .36, "ink"),
            (f"{name[:40]}: {words.span(c.span())}", y + .08, "ink")):
        script += (f"set label {chart.quoted(text, LABEL_MOST)} at graph "
            f"0.01, first {at:g} left textcolor rgb "
            f"'{chart.colour(pen)}'\n")
    return script


def ratio_row(margin, y):
    """The line of no difference and the margin of a row."""
    script = (f"set arrow from 1, {y - .42:g} to 1, {y - .08:g} nohead back "
        f"ls {chart.pen('quiet')}\n")
    if 0 < margin < RATIO_HIGH - 1:
        script += ("set object rectangle from "
            f"{1 / (1 + margin):.6g}, {y - .4:.6g} to {1 + margin:.6g}, "
            f"{y - .1:.6g} back fs solid noborder fc rgb "
            f"'{chart.colour('band')}'\n")
    return script


def ratio_interval(s, pen, y):
    """The interval of a row, or an arrow to where it lies."""
    y, at, style, script = y - .25, clip(s.at), chart.pen(pen), ""
    if s.has_ends():
        # Where an end lies beyond the picture: neither, high; low, both.
        heads = (("nohead", "head"), ("backhead", "heads"))[
            clip(s.low) > s.low][clip(s.high) < s.high]
        script = (f"set arrow from {clip(s.low):.6g}, {y:g} to "
            f"{clip(s.high):.6g}, {y:g} {heads} filled size screen 0.02,20 "
            f"ls {style} lw 3\n")
    if at != s.at:
        inner = at * (1.3 if at < 1 else 1 / 1.3)
        return script + (f"set arrow from {inner:.6g}, {y:g} to {at:.6g}, "
            f"{y:g} head filled size screen 0.02,20 ls {style} lw 3\n")
    point = 7 if isfinite(s.low) else 6
    return script + (f"set label '' at {at:.6g}, {y:g} point ls {style} "
        f"pt {point} ps 0.7\n")


def ratio_pen(c):
    """The pen of a row: that of the winner, if there is one."""
    side = words.choice(c).removeprefix("probably ")
    return side if side in ("events", "threads") else "ink"


def ratio_rows(report):
    """The comparisons that are ratios, with their scenarios."""
    return [(s, s.main()) for s in report.scenarios if s.main()
        and s.main().is_ratio() and s.main().estimate > 0
        and words.choice(s.main()) != "not valid"]


def ratios(report):
    """The primary ratios with intervals and margins."""
    rows, script, low, high = ratio_rows(report), "", .8, 1.25
    for i, (scenario, c) in enumerate(rows):
        s = c.span()
        script += ratio_row(c.band, -i) + ratio_labels(report, scenario, c,
            -i) + ratio_interval(s, ratio_pen(c), -i)
        low = min(low, clip(s.low if isfinite(s.low) else s.at))
        high = max(high, clip(s.high if isfinite(s.high) else s.at))
    if not rows:
        return ""
    script += ("set logscale x\n"
        f"set xrange [{low / 1.05:.6g}:{high * 1.05:.6g}]\n"
        f"set yrange [{-len(rows) + .5:g}:0.55]\n"
        "unset ytics\nset border 1\nset lmargin 2\nset rmargin 2\n"
        "set grid noytics noxtics\nset tmargin 0.5\nset bmargin 1.8\n"
        + chart.log_tics("x", low, high, 1, "x") + "plot NaN notitle\n")
    rings = any(not isfinite(c.span().low) for _, c in rows)
    return figure(script, "Events to threads, what each situation is about",
        joined((key("threads", "threads are better"),
            key("events", "events are better"),
            key("ink", "undecided, or no difference that matters"),
            key("band", "too small to matter, or for this machine to tell"))),
        "Ratios with their 95 % intervals; of latency, cost and memory less "
        "is better."
        + " A ring has too few blocks for an interval." * rings,
        [f"{s.title}, {words.metric(report, c.metric)}: "
            f"{words.span(c.span())}" for s, c in rows],
        height=56 * len(rows) + 50)


# --- What matters most ------------------------------------------------------

def in_brief(report):
    """The comparisons that a short answer is about: what it is called, and
    the comparison."""
    busy, full = advice.busiest(report), advice.fullest(report)
    found = [("requests/s", busy.comparison(RATE)),
        ("CPU per request", busy.comparison(CPU))] if busy else []
    late = [s.comparison(P99) for s in report.scenarios
        if s.latency_from == "intended"]
    found += [("p99 at equal load", c) for c in late
        if c and c.b_median > 0][:1]
    if full:
        found.append(("memory per connection", full.comparison(MEMORY)))
    return [(name + " (undecided)" * (words.choice(c) == "undecided"), c)
        for name, c in found]


def bars(report):
    """The figures of a short answer side by side."""
    rows = [(name, c) for name, c in in_brief(report)
        if c.a_median > 0 and c.b_median > 0]
    if not rows:
        return ""
    script, said = "", []
    for i, (name, c) in enumerate(rows):
        most = max(c.a_median, c.b_median)
        for x, pen, server in ((c.b_median, "threads", "threads"),
                (c.a_median, "events", "events")):
            y = -i - (.02 if pen == "threads" else .3)
            script += (f"set object rectangle from 0, {y - .22:g} to "
                f"{x / most:.6g}, {y:g} fs solid noborder fc rgb "
                f"'{chart.colour(pen)}'\n"
                f"set label {chart.quoted(words.value(c.metric, x), 40)} at "
                f"{x / most + .02:.6g}, {y - .11:g} left textcolor rgb "
                f"'{chart.colour('ink')}'\n")
            said.append(f"{name}, {server}: {words.value(c.metric, x)}")
        script += (f"set label {chart.quoted(name, 40)} at 0, {-i + .13:g} "
            f"left textcolor rgb '{chart.colour('ink')}'\n")
    script += ("unset border\nunset tics\nset lmargin 1\nset rmargin 1\n"
        "set tmargin 0.2\nset bmargin 0.2\nset xrange [0:1.3]\n"
        f"set yrange [{-len(rows) + .35:g}:0.3]\nplot NaN notitle\n")
    return figure(script, "In brief", joined((key("threads", "threads"),
            key("events", "events"))), "Medians; bars are drawn to the longer"
        " one of each pair. Of CPU, latency and memory less is better.", said,
        height=64 * len(rows) + 10)


def break_even(report):
    """The lead over the work that a request takes."""
    scenario = advice.busiest(report)
    cpu = scenario.comparison(CPU) if scenario else None
    if cpu is None or not min(cpu.a_median, cpu.b_median) > 0:
        return ""
    dear, cheap = (pick(cpu.a_median, cpu.b_median) for pick in (max, min))
    if dear < advice.MARGIN * cheap:
        return ""
    side = "events" if cpu.a_median == cheap else "threads"
    most = 1.15 * advice.work_until(dear, cheap, advice.EQUAL)
    points = [(w, (dear + w) / (cheap + w))
        for w in (most * (i / 60)**2 for i in range(61))]
    script = ("set lmargin 7\nset rmargin 3\nset tmargin 0.8\n"
        "set xlabel 'work per request, in \u00b5s' textcolor rgb "
        f"'{chart.colour('ink')}'\n" + chart.linear_tics("x", most / 1000)
        + f"set yrange [1:{dear / cheap * 1.05:.6g}]\n"
        f"set arrow from 0, {advice.MARGIN} to graph 1, first "
        f"{advice.MARGIN} nohead ls {chart.pen('ink')} lw 1 dt (6,4)\n"
        + chart.ratio_tics("y", dear / cheap * 1.05)
        + plotted([f"'-' with lines ls {chart.pen(side)}"],
            ["".join(f"{w / 1000:.6g} {y:.6g}\n" for w, y in points)]))
    return figure(script, f"Lead of {side} over work per request", "",
        "Requests per second of the faster to those of the slower, calculated"
        " from the CPU per request of both; the dashed line is a lead worth "
        "choosing by.", [f"{words.about(w)} of work: "
            f"{words.span(Span(nan, y, nan))}" for w, y in points[::15]],
        scenario.title)


# --- Over connections -------------------------------------------------------

def run_range(scenario, server, metric):
    """The smallest and the largest value of a metric in a server's runs."""
    values = [run.figures.get(metric, nan) for run in scenario.runs
        if run.server == server and not run.invalid]
    values = [x for x in values if isfinite(x)]
    return min(values, default=nan), max(values, default=nan)


def is_of_sweep(scenario):
    """Whether it asks the same of more or fewer connections."""
    return scenario.family == "reply" and scenario.cores != "all" \
        and scenario.program == "guess-server" and scenario.connections > 0 \
        and bool(scenario.cells)


def sweep_points(scenarios, server, metric):
    """The points of a server in a sweep."""
    points = ""
    for scenario in scenarios:
        x = scenario.figure(server, metric)
        if not isfinite(x):
            continue
        low, high = run_range(scenario, server, metric)
        if not low <= x <= high:
            low = high = x
        points += (f"{scenario.connections:.6g} {x / 1000:.6g} "
            f"{low / 1000:.6g} {high / 1000:.6g}\n")
    return points


SWEEPS = {
    RATE: ("Requests per second, in thousands",
        "Closed loop, one core for the server: medians over the runs, and "
        "the lowest and the highest run."),
    CPU: ("Server CPU per request, in \u00b5s",
        "Processor time of the server in the same runs; less is better."),
}


def sweep(report, metric):
    """A metric over the connections of the request/reply scenarios."""
    title, note = SWEEPS[metric]
    scenarios = sorted(filter(is_of_sweep, report.scenarios),
        key=lambda s: s.connections)
    # A single point is no curve.
    cells = [cell for cell in max(map(drawn_cells, scenarios), key=len,
            default=[]) if sum(isfinite(s.figure(cell.server, metric))
                for s in scenarios) > 1]
    values = [x for s in scenarios for cell in cells for x in (
            s.figure(cell.server, metric),
            run_range(s, cell.server, metric)[1]) if isfinite(x)]
    low = min((s.connections for s in scenarios), default=inf)
    high = max((s.connections for s in scenarios), default=0)
    most = max(values, default=0)
    if not high > low or not most > 0:
        return ""
    script = ("set logscale x\n"
        f"set xrange [{low / 1.3:.6g}:{high * 1.3:.6g}]\n"
        "set lmargin 6\nset rmargin 2\nset tmargin 0.8\n"
        f"set xlabel 'connections' textcolor rgb '{chart.colour('ink')}'\n"
        + chart.linear_tics("y", most / 1000)
        + chart.log_tics("x", low, high)
        + plotted([f"'-' using 1:3:(0):($4-$3) with vectors nohead ls {pen} "
                f"lw 1 dt 1, '-' with linespoints ls {pen}"
                for pen in (chart.pen(pen_of(cell, cells)) for cell in cells)],
            [points for cell in cells for points in 2 * [
                sweep_points(scenarios, cell.server, metric)]]))
    return figure(script, title, legend(cells), note,
        [f"{s.title}, {cell.title}: "
            + words.value(metric, s.figure(cell.server, metric))
            for s in scenarios for cell in cells
            if isfinite(s.figure(cell.server, metric))])


def memory(report):
    """Memory over open connections."""
    def most(cell, key):
        return max((x for x in (getattr(m, key) for m in cell.memory)
            if isfinite(x)), default=0)

    idle = [s for s in report.scenarios if len(s.cell(THREADS).memory) >= 2
        and s.cell(THREADS).memory[-1].connections > 0 and not s.job]
    if not idle:
        return ""
    s = max(idle, key=lambda s: s.cell(THREADS).memory[-1].connections)
    cells = [cell for cell in drawn_cells(s) if cell.memory]
    script = ("set lmargin 6\nset rmargin 4\nset tmargin 0.8\n"
        f"set xlabel 'connections' textcolor rgb '{chart.colour('ink')}'\n"
        + chart.linear_tics("x",
            max(most(cell, "connections") for cell in cells))
        + chart.linear_tics("y",
            max(most(cell, "total_bytes") for cell in cells) / MIB)
        + plotted([f"'-' with linespoints ls {chart.pen(pen_of(cell, cells))}"
                for cell in cells],
            ["".join(f"{m.connections:.6g} {m.total_bytes / MIB:.6g}\n"
                for m in cell.memory) for cell in cells]))
    return figure(script, "Memory over open connections, in MiB",
        legend(drawn_cells(s)), "All that a server takes: resident memory, "
        "page tables, kernel stacks and socket buffers.",
        [f"{words.count(cell.memory[-1].connections)} connections, "
            f"{cell.title}: {words.size(cell.memory[-1].total_bytes)}"
            for cell in cells])


# --- Of one scenario --------------------------------------------------------

TOLD = (.5, .99, .999)  # quantiles


def known(cell):
    """The points of a latency curve that can be drawn."""
    return [p for p in cell.percentiles
        if p.q < 1 and p.ns > 0 and not p.at_least]


def percentile_points(cell, unit):
    """The curve of a cell."""
    return "".join(f"{1 / (1 - p.q):.8g} {p.ns / unit:.6g}\n"
        for p in known(cell))


def percentile_range(cell, unit):
    """The range of the runs of a twin; nothing to be seen of others."""
    if cell.role != "twin":
        return "1 NaN NaN\n"
    return "".join(f"{1 / (1 - p.q):.8g} {p.low_ns / unit:.6g} "
        f"{p.high_ns / unit:.6g}\n" for p in known(cell)
        if p.low_ns > 0 and p.high_ns > 0)


def percentiles(scenario):
    """Latency by percentile, down to the null server's."""
    cells = drawn_cells(scenario)
    points = [p for cell in cells for p in known(cell)]
    if not points:
        return ""
    low, high = min(p.ns for p in points), max(p.ns for p in points)
    ms = high >= 1e7
    unit = 1e6 if ms else 1e3
    ends = low / unit / 1.2, high / unit * 1.2
    script = ("set logscale xy\n"
        f"set xrange [1:{max(1 / (1 - p.q) for p in points) * 1.1:.6g}]\n"
        f"set yrange [{ends[0]:.6g}:{ends[1]:.6g}]\n"
        "set lmargin 7\nset rmargin 4\nset tmargin 0.8\nset bmargin 1.8\n"
        "set xtics ('50 %%' 2, '90 %%' 10, '99 %%' 100, "
        "'99.9 %%' 1000, '99.99 %%' 10000, '99.999 %%' 100000)\n"
        + chart.log_tics("y", *ends)
        + plotted(["'-' using 1:2:3 with filledcurves fs transparent solid "
                f"0.12 noborder fc rgb '{chart.colour(pen_of(cell, cells))}', "
                f"'-' with lines ls {chart.pen(pen_of(cell, cells))}"
                for cell in cells],
            [data for cell in cells for data in (
                percentile_range(cell, unit), percentile_points(cell, unit))]))
    return figure(script,
        f"Latency by percentile, in {'ms' if ms else chr(0xb5) + 's'}",
        legend(cells), "From the time at which each request was due. Shaded: "
            "from the lowest to the highest run."
            if scenario.latency_from == "intended"
            else "From the sending of each request in a closed loop: the "
            "server is saturated. Shaded: from the lowest to the highest "
            "run.", [f"{cell.title}, {100 * p.q:g} %: {words.time(p.ns)}"
            for cell in cells for p in known(cell) if p.q in TOLD],
        scenario.title)


def steps_of(run):
    """The course of a run: when, and replies per second."""
    series = run.series
    step = series.step_seconds
    start = run.started_seconds + series.from_seconds
    if not step > 0 or not isfinite(start):
        return []
    return [(start + (k + .5) * step, over(replies, step))
        for k, replies in enumerate(series.replies)]


def strip(scenario):
    """Each run over time, where most are long enough to have a course."""
    cells = drawn_cells(scenario)
    steps = {cell.server: [steps_of(run) for run in scenario.runs
            if run.server == cell.server] for cell in cells}
    long = [len(run) > 1 for runs in steps.values() for run in runs]
    if 2 * sum(long) < len(long):
        return ""
    most = max((y for runs in steps.values() for run in runs for _, y in run
        if isfinite(y)), default=0)
    if not most > 0:
        return ""
    unit = 1000 if most >= 10000 else 1
    script = ("set lmargin 7\nset rmargin 2\nset tmargin 0.8\n"
        "set xlabel 'seconds since the start' textcolor rgb "
        f"'{chart.colour('ink')}'\n" + chart.linear_tics("y", most / unit)
        + plotted([f"'-' with linespoints ls {chart.pen(pen_of(cell, cells))} lw 1 "
                "ps 0.25 dt 1" for cell in cells],
            ["".join("".join(f"{x:.2f} {y / unit:.6g}\n" for x, y in run)
                + "\n" for run in steps[cell.server]) for cell in cells]))
    return figure(script, "Each run over time: "
        + ("thousand replies per second" if unit > 1
            else "replies per second"), legend(cells),
        "Each short line is one server process, from its warm-up to the end "
        "of its window. Gaps and dents are what disturbed it.",
        [f"{cell.title}: {words.of(len(steps[cell.server]), 'run')}"
            for cell in cells], scenario.title, height=170)


def both(scenario):
    """The figures of a scenario."""
    return put('<div class="figures">\n{}</div>\n',
        joined((percentiles(scenario), strip(scenario))))


def across(report):
    """The figures that concern several scenarios; nothing where there is
    nothing to draw."""
    found = joined((bars(report), break_even(report), sweep(report, RATE),
        sweep(report, CPU), memory(report), ratios(report)))
    return put('<div class="figures">\n{}</div>\n{}', found, Markup("")
        if found else Markup('<p class="soft">There is nothing to draw in '
            "this run.</p>\n"))
