"""
page_machine - the sections of the page on what makes the figures believable,
on machine and programs, and on how to get the figures again.
"""

from math import isfinite

import topology
import words
from glossary import term
from markup import Markup, badge, folded, heads, joined, lines, number, put, \
    row, section, table

from report import Machine


# --- Validity ---------------------------------------------------------------

def floors(scenario):
    """The A/A rows that a margin is held against."""
    return [aa for aa in scenario.aa if isfinite(aa.half_width)
        and aa.is_ratio()]


def same_twice(report):
    """What the same server made of itself."""
    rows = [row(scenario.title, [
            put("<td>{}</td>", words.metric(report, aa.metric)),
            number(words.estimate(aa)), number(words.share(aa.half_width)),
            put("<td>{}</td>", "no" if aa.excludes_none else "yes")])
        for scenario in report.scenarios for aa in floors(scenario)]
    if not rows:
        return Markup("<p>No server ran twice in a block (A/A) often enough"
            " for an interval, so the margins alone say what matters.</p>\n")
    return put("<h3>The same server twice ({})</h3>\n<p>Half of the width"
        " of such an interval is the least difference that this machine can "
        "show; where that is more than the margin, it takes its place. By "
        "chance alone, one interval in twenty does not contain 1.</p>\n",
        term("A/A")) + folded(words.of(len(rows), "interval"),
            table("aa", "The same server twice", heads("scenario", "metric",
                "#ratio", "#half width", "contains 1"), rows))


PASSED = Markup("<li>Every cell passed all of them: the load was on time and "
    "not the limit, the books balance by Little's law and by the servers' "
    "own counters, the kernel dropped nothing, every reply was right.</li>")


def gates(report):
    """Which gates failed, or that none did."""
    failed = [put('<li>{} <a href="#{}">{}</a>, {}: {}</li>',
            badge(gate.name, "invalid"), s.name, s.title, cell.title,
            gate.because)
        for s in report.scenarios for cell in s.cells for gate in cell.gates]
    return put("<h3>{} of the measurement</h3>\n<ul>\n{}</ul>\n",
        term("check", "Checks"), lines(failed or [PASSED]))


METHOD = put("<p>The sample is a {}: a server process, started afresh. Runs "
    "come in {}, ABBA or BAAB, in which a steady drift of the machine cancels."
    " The estimate is that of Hodges and Lehmann, over blocks; its {} is "
    "exact; in an {} it also holds what the ratio is without the load "
    "generator's own lateness. <b>Threads</b> or <b>events</b>: all of the "
    "95&nbsp;% interval lies beyond the {}. <b>Either</b>: all of the "
    "90&nbsp;% interval lies within it. <b>{}</b>: the direction is known, the"
    " size not. <b>{}</b>: none of these, or fewer than six blocks. The "
    "margins were set before any run.</p>\n", term("run"),
    term("block", "blocks"), term("interval"), term("open loop"),
    term("margin"), term("probably", "Probably"),
    term("undecided", "Undecided"))


def validity(report):
    """What makes the figures believable, and what spoils them."""
    alike, chance = report.alike, words.by_chance(report)
    differences = "none" if alike.differences == 0 \
        else words.count(alike.differences)
    said = (f"{words.count(alike.conversations)} conversations were replayed "
        f"to both twins before the race; {differences} differed in any byte.")
    if chance:
        said += f" {chance}; all other rows are exploratory."
    if words.unsteady(report):
        said += f" {words.unsteady(report)}"
    return section("validity", "Validity", put("<p>{}</p>\n", said), METHOD,
        gates(report), same_twice(report))


# --- Environment ------------------------------------------------------------

def with_options(text):
    """Words; an option among them is not broken at its hyphens."""
    return joined((put('<span class="option">{}</span>', word)
        if word.startswith("-") else word
        for word in text.split(" ") if word), " ")


def value_rows(name, value):
    """A value of the environment, and the objects in it one by one."""
    if isinstance(value, dict):
        return [row for key, item in value.items() for row in value_rows(
            f"{name[:120]}{', ' if name else ''}{key[:120]}", item)]
    if isinstance(value, list):
        return [row for item in value for row in value_rows(name, item)]
    if value is None:
        return []
    if isinstance(value, str):
        shown = with_options(value)
    elif isinstance(value, float):
        shown = f"{value:.9g}"
    else:
        shown = str(value).lower()
    return [put('<tr><th scope="row">{}</th><td class="text">{}</td></tr>',
        name, shown)]


def program_row(program, everything):
    """A program that was raced."""
    path = program.path or program.command
    return put('<tr><th scope="row">{} {}</th>{}<td>{}</td></tr>',
        program.name, program.program,
        put("<td>{}</td>", path) if everything else "", program.fnv1a)


# What is on the page only if that is asked for.
PRIVATE = (Machine.kernel_command_line,)


def shown(machine, everything):
    """What the page tells of a machine."""
    return {key: value for key, value in machine.json.items()
        if everything or key not in [one.name for one in PRIVATE]}


def machine_table(identity, title, machine, everything):
    """What is known of a machine, folded."""
    return folded(title, table(identity, title, "",
        value_rows("", shown(machine, everything))))


def load_processors(report):
    """Where the load ran: "0", or "0 of l1, 1 of l1 and 0 of l2"."""
    return words.listed([f"{words.count(cpu)} of {load.host}"
        for load in report.network.loads for cpu in load.processors]
        or [words.count(report.load_cpu)])


def machines(report, everything):
    """The machines: this one, and those beyond a network."""
    if not report.network.is_real():
        return machine_table("machine", "The machine", report.machine,
            everything)
    loads = report.network.loads
    return joined([
        machine_table("machine", "The machine of compare" if loads
            else "The load's machine", report.machine, everything),
        *(machine_table(f"load{i}", f"The load's machine, {load.host}",
            load.machine, everything) for i, load in enumerate(loads)),
        machine_table("host", "The servers' machine", report.network.machine,
            everything)])


def environment(report, everything):
    """Machine and programs."""
    head = ["program", "path or command", "checksum (FNV-1a)"]
    real = report.network.is_real()
    where = put("<p>The servers ran on processor {} alone, the load on "
        "processor {}, over {}{}.</p>\n", words.count(report.server_cpu),
        load_processors(report), words.network(report.network), "" if real else
            ": what a network card costs is not in these figures") \
        if report.pinned else ""
    # Where there is a network the picture stands on top of the page.
    drawn = "" if report.network else topology.picture(report)
    return section("environment", "Environment", where, drawn,
        folded("Programs that were raced",
            table("programs", "Programs that were raced",
                heads(*(head if everything else head[::2])),
                [program_row(program, everything)
                    for program in report.programs])),
        machines(report, everything))


# --- How to get these figures again -----------------------------------------

def peer_option(program, everything):
    """How a peer was named."""
    command_ = program.command if everything else "... {port}"
    quoted = command_.replace("'", "'\\''")
    return f"--peer '{program.name}={quoted}'"


def netem_option(network):
    """How an emulated network was asked for."""
    return ",".join([f"{1e6 * network.delay_seconds:g}us"]
        + [f"loss={100 * network.loss:g}%"] * (network.loss > 0)
        + [f"rate={network.bits_per_second / 1e3:g}kbit"]
            * (network.bits_per_second > 0))


def loads_option(network, everything):
    """From which hosts servers were loaded."""
    return ",".join([load.host + f"={load.address}" * bool(load.address)
        + f"*{len(load.processors)}" * (len(load.processors) > 1)
        for load in network.loads]) if everything else "..."


def command(report, everything):
    """The command of this run."""
    asked, words_ = report.asked, ["build/compare"]
    if report.suite in ("standard", "full"):
        words_.append(f"--{report.suite}")
    if asked.only:
        words_.append("--only " + ",".join(asked.only))
    if report.seed is not None:
        words_.append(f"--seed {report.seed}")
    if report.network.emulated:
        words_.append("--netem " + netem_option(report.network))
    if report.network.is_real():
        words_.append(f"--server {report.network.server}="
            + report.network.address if everything else "--server ...")
    if report.network.loads:
        words_.append("--load " + loads_option(report.network, everything))
    peers = [program for program in report.programs if program.command]
    words_ += [peer_option(program, everything) for program in peers]
    if peers and peers[0].speaks not in ("", "game"):
        words_.append(f"--peer-speaks {peers[0].speaks}")
    if isfinite(asked.blocks):
        words_.append(f"--blocks {asked.blocks:.0f}")
    if isfinite(asked.seconds):
        words_.append(f"--seconds {asked.seconds:g}")
    return " ".join(words_)


def reproduce(report, everything):
    """How to get these figures again."""
    return section("reproduce", "How to reproduce", put(
        "<p>On Debian 12 or the like, with nothing else running, in a clone "
        "of the sources:</p>\n<pre>make deps\nmake\n{}\n"
        "build/compare --render build/report/report.json</pre>\n"
        "<p>The seed repeats the conversations, the order of the runs and the"
        " arrivals; times are the machine's. Every reading of every run, "
        "with its histogram, is in <code>report.json</code> beside this page,"
        " which is made of nothing else: the last command makes it "
        "again.</p>\n", command(report, everything)))
