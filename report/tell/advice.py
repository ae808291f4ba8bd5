"""
advice - answers to "which should I choose?", from the figures of one report.

Three sentences say what follows from the figures, and a line says how far
they reach. Then comes a line for each situation that was measured. All of it
follows from the verdicts by fixed rules, so that the same figures always give
the same advice.

A verdict is about proof, advice about consequences: four per cent may be
proved and are no reason to choose. So advice has a margin of its own, MARGIN.
"""

from collections import namedtuple
from math import isfinite

import words
from metrics import BACKGROUND, CPU, CPU_FILE, MEMORY, METRICS, P99, RATE
from report import EVENTS, MANUAL, THREADS, Ported, Scenario, named, over

MARGIN = 1.2   # a lead that is worth choosing by
EQUAL = 1.03   # the margin of a rate: less does not matter
BUSY_FEW = 8   # connections that keep a server busy
BUSY = 50      # connections that are spoken of, where that was measured
MANY = 10000   # open connections that are spoken of

# A situation, the scenarios that speak to it with what stands before what was
# found, and of which metric to speak, too; code is no scenario's.
Situation = namedtuple("Situation", "name sources more")
CODE = "Code to write, and to read"
SITUATIONS = (
    Situation("One client, one question at a time", {"sweep-1": "",
        "reply-1": ""}, CPU),
    Situation("A few dozen busy clients", {"sweep-64": "at 64, ",
        "reply-50": "at 50, ", "json-200": "for 200 rows as JSON, "}, CPU),
    Situation("Hundreds and thousands of busy clients", {
        "sweep-512": "at 512, ", "reply-1000": "at 1,000, ",
        "sweep-4096": "at 4,096, ", "reply-10000": "at 10,000, "}, ""),
    Situation("A load that both can carry, and a burst", {
        "sweep-open": "at half the capacity of the slower server, ",
        "open-80": "at 80 % of it, ", "overload": "after a burst, "}, ""),
    Situation("Work in the handler", {
        "work-20": "with 20 \u00b5s of work, ",
        "work-100": "with 100 \u00b5s of work, "}, ""),
    Situation("Handlers that block", {
        "blocking-2ms": "with threads enough for all, ",
        "blocking-pool": "with 16 threads, ",
        "blocking-loop": "in the loop itself, "}, ""),
    Situation("Many open connections, most of them idle", {"idle-4000": "",
        "idle-10000": "at 10,000, "}, P99),
    Situation("Long answers beside short ones", {
        "line-cjk": "while others pull a long answer, ",
        "line-page": "while they pull pages, ",
        "line-100mbit": "through a narrow line, "}, BACKGROUND),
    Situation("Clients that come and go", {
        "churn-50": "with a connection for each question, ",
        "storm-1000": "when a thousand come at once, "}, ""),
    Situation("Slow clients", {"slow-readers": "beside slow readers, ",
        "slow-senders": "beside slow senders, ",
        "slow-1000": "beside a thousand on a slow line, ",
        "pool-20": "when all threads of a pool are taken, "}, ""),
    Situation("Clients that are far away", {
        "rtt-10": "with 10 ms there and back, ",
        "rtt-1": "with 1 ms, ", "rtt-50": "with 50 ms, ",
        "loss-1": "with 1 % of the packets lost, "}, P99),
    Situation("A client that downloads much at once", {
        "load-20": "from a slow server, ",
        "load-flat-30": "from a fast one, "}, CPU_FILE),
    Situation("Answers that come later", {
        "echo-50": "texts of 50 WebSockets, ",
        "push-1000": "news for 1,000, ",
        "stream-1000": "answers that sleep, ",
        "wait-4000": "while 4,000 polls wait, ",
        "poll-20": "when polls take all threads of a pool, "}, CPU),
    Situation("All cores of the machine, shared with the load",
        {"cores-all": ""}, ""),
    Situation(CODE, {}, ""),
)

# What is said of a situation: the choice, why, and the scenario that the
# choice comes from, or None.
Line = namedtuple("Line", "situation choice because scenario")

TOO_LITTLE = "This run measured too little for advice."


def as_sentence(text):
    """A text as a sentence, with a capital."""
    return words.capital(text) + "."


# --- Choices ----------------------------------------------------------------

def factor(x):
    """By how much a ratio is away from 1, in either direction."""
    return max(x, over(1, x))


def choose(c):
    """What a comparison of the twins says to whoever has to choose: a lead
    below the margin of choice is none."""
    choice = words.choice(c)
    if choice not in words.DECIDED and choice != "undecided" \
            or not c.is_ratio():
        return choice
    if choice in ("events", "threads"):
        return choice if factor(c.estimate) >= MARGIN else "either"
    ends = [factor(x) for x in c.interval95 or ()]
    return "either" if ends and max(ends) < MARGIN else choice


def finding(c):
    """What was found, for whoever has to choose."""
    if choose(c) == "either" and words.choice(c) != "either":
        return words.found(c) + ": too little to choose by"
    return words.finding(c)


# --- Three sentences --------------------------------------------------------

def busiest(report):
    """The scenario of busy connections to speak of, and what a request costs
    in it; None where none was measured."""
    def distance(scenario):
        return (scenario.program != "guess-server", scenario.cores == "all",
            abs(scenario.connections - BUSY))

    found = [s for s in report.scenarios if s.active >= BUSY_FEW
        and s.figure(THREADS, CPU) > 0 and s.figure(EVENTS, CPU) > 0
        and not s.is_short() and s.latency_from == "sent"
        and words.choice(s.comparison(CPU)) in words.DECIDED
        and words.choice(s.comparison(RATE)) in words.DECIDED]
    return min(found, key=distance, default=None)


def work_until(dearer, cheaper, ratio):
    """How much work of its own a request must do until the dearer server
    takes only so many times the processor time of the cheaper one."""
    return (dearer - ratio * cheaper) / (ratio - 1)


def of_work(report):
    """Up to how much work per request a model matters: what a request costs
    beside its work is the same whatever the work is."""
    scenario = busiest(report)
    if scenario is None:
        return []
    cpu, rate = scenario.comparison(CPU), scenario.comparison(RATE)
    t, e = cpu.b_median, cpu.a_median
    side = "events" if e < t else "threads"
    lead = f"with {words.count(scenario.connections)} busy connections"
    costs = (f"{words.time(t)} of CPU per request with threads and "
        f"{words.time(e)} with events")
    choices = {choose(cpu), choose(rate)}
    if choices <= {side, "probably " + side} and len(choices) > 1:
        return [f"{lead}, {side} probably do more, but this run cannot tell "
            f"by how much: {costs}"]
    if choices != {side}:
        return [f"{lead}, neither leads by enough to choose by, even if a "
            f"request takes almost no work: {costs}"]
    until, equal = (words.about(work_until(max(t, e), min(t, e), ratio))
        for ratio in (MARGIN, EQUAL))
    return [f"{lead}, choose {side} if a request takes less than about "
        f"{until} of work: with almost none, events serve "
        f"{words.estimate(rate)} the requests per second of threads; from "
        f"about {equal} on, both serve the same within 3 % (calculated from "
        f"{costs})"]


def fullest(report):
    """The scenario of many open connections to speak of: of idle ones, if
    that was measured; None where none was."""
    found = [s for s in report.scenarios if not s.is_short() and not s.job
        and not s.background and words.choice(s.comparison(MEMORY)) in words.DECIDED]
    return max(found, key=lambda s: (s.family == "idle", s.connections),
        default=None)


def of_memory(report):
    """What many open connections cost."""
    scenario = fullest(report)
    if scenario is None:
        return []
    c = scenario.comparison(MEMORY)
    t, e = c.b_median, c.a_median
    said = (f"{words.count(MANY)} open connections take "
        f"{words.size(MANY * t)} of memory with threads and "
        f"{words.size(MANY * e)} with events")
    side = choose(c)
    if side in ("events", "threads"):
        return [f"{said}: choose {side} if that matters"]
    return [said + ": no reason to choose"]


def speaks_for(report, side):
    """In what a side leads by enough to choose by, scenario by scenario: in
    what the scenario is about, or else in what it also measures."""
    found = []
    for scenario in report.scenarios:
        leads = [c for c in scenario.comparisons if c.is_of_twins()
            and isfinite(c.margin) and choose(c) == side
            and c.metric in METRICS]
        leads = [c for c in leads if c.primary] or leads
        if leads:
            found.append(words.uncapital(scenario.title) + ": " + ", ".join(METRICS[c.metric].name
                    + f" {words.estimate(c)}" * c.is_ratio() for c in leads))
    return found


def of_losses(report):
    """What speaks for the other side: what was lost, and code."""
    scenario = busiest(report)
    cpu = scenario.comparison(CPU) if scenario else None
    other = "events" if cpu is not None and choose(cpu) == "threads" \
        else "threads"
    found = speaks_for(report, other)
    choice, lines = code_lines(report)
    if choice == other:
        found.append("in the code: " + lines)
    if not found:
        return [f"{other} lead in nothing that was measured here"]
    of_what = " (ratios: events / threads)" if "x (" in found[0] else ""
    return [f"{other} lead{of_what} {'; '.join(found)}"]


def sentences(report):
    """The advice, in at most three sentences; none where too little was
    measured."""
    said = of_work(report) + of_memory(report)
    return [as_sentence(text) for text in said + of_losses(report)] \
        if said else []


def limits(report):
    """How far the advice reaches."""
    kept_out = "databases, encryption and a slow network" \
        if report.network.emulated is None else "databases and encryption"
    return ("Where nothing else is said, this holds for handlers that neither "
        "wait nor block, for servers on one core, and over "
        f"{words.network(report.network)}: {kept_out} are not in these figures.")


# --- A line for each situation ----------------------------------------------

def memory(scenario):
    """What idle connections cost in plain numbers."""
    t, e = (scenario.figure(server, MEMORY) for server in (THREADS, EVENTS))
    if not t > 0 or not e > 0:
        return []
    return [f"ten thousand of them would take {words.size(MANY * t)} with "
        f"threads, {words.size(MANY * e)} with events"]


def library(report):
    """What the library's own way costs, next to what the model costs."""
    scenario = report.scenario("reply-50") or Scenario()
    c = scenario.comparison(RATE, EVENTS, MANUAL)
    if c is None or c.verdict != "WIN":
        return []
    return ["how it is written matters with events: this server serves "
        f"{words.estimate(c)} the requests of a bufferevent used as the "
        "manuals show it"]


def counted(report):
    """The program whose lines are spoken of."""
    programs = report.port.programs
    return named(programs, "guess-server") or (programs or [Ported()])[0]


def code_ratio(report):
    """Its lines with events, as a ratio to those with threads."""
    p = counted(report)
    return f"{over(p.evented.lines, p.threaded.lines):.2f}x"


def code_lines(report):
    """What the port costs, and who has fewer lines."""
    p = counted(report)
    t, e = p.threaded.lines, p.evented.lines
    if not t > 0 or not e > 0:
        return "not measured", ""
    choice = "threads" if e > 1.05 * t else "events" if t > 1.05 * e \
        else "either"
    return choice, (f"{words.count(t)} lines with threads against "
        f"{words.count(e)} with events in the {p.name}, beyond the "
        f"{words.count(p.common_lines)} that they share")


def code(report):
    """The choice by code, and all that is said of it."""
    choice, lines = code_lines(report)
    return choice, library(report) + [lines] * bool(lines)


def of_scenario(scenario, lead, more, first):
    """The choice in a scenario, and all that is said of it."""
    main = scenario.main()
    if main is None:
        return "not measured", []
    choices = [choose(main)]
    said = [lead + finding(main)]
    other = scenario.comparison(more) if more else None
    if other is not None and other is not main \
            and choices[0] != "not valid" and isfinite(other.margin) \
            and words.choice(other) in words.DECIDED:
        said.append(finding(other))
        choices.append(choose(other))
    if scenario.family == "idle" and first:
        said += memory(scenario)
    # A pool is told of, but nobody who may have a thread each needs one.
    return "not measured" if scenario.family == "pool" \
        else words.together(choices), said


def line(situation, report):
    """The line of a situation, or None if it was not measured."""
    there = [(name, lead, report.scenario(name))
        for name, lead in situation.sources.items()]
    there = [row for row in there if row[2] and not row[2].is_short()]
    results = [of_scenario(scenario, lead, situation.more,
            name == next(iter(situation.sources)))
        for name, lead, scenario in there]
    if situation.name == CODE:
        results.append(code(report))
    said = [as_sentence(text) for _, some in results for text in some]
    if not said:
        return None
    choice = words.together([each for each, _ in results])
    scenarios = [scenario for _, _, scenario in there]
    decided = [scenario for scenario, (each, _) in zip(scenarios, results)
        if each == choice]
    return Line(situation.name, choice, " ".join(said),
        next(iter(decided + scenarios), None))


def give(report):
    """The lines of all situations that were measured."""
    return [found for found in (line(situation, report)
        for situation in SITUATIONS) if found]


def unmeasured(report):
    """The names of the situations that were not, and the scenarios that would
    measure them."""
    left = [situation for situation in SITUATIONS
        if line(situation, report) is None]
    return [situation.name for situation in left], \
        [next(iter(situation.sources)) for situation in left
            if situation.sources]
