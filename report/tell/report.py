"""
report - report.json: its keys, declared once, and looking things up in it.

Each class below is a kind of object of report-json.md; its attributes are the
keys. A misspelt key is an AttributeError where it is read and a TypeError
where it is made. A report may be an old one, or have been written by hand:
a value that is missing or of another kind reads as NAN, "", None or an empty
list, so whoever reads does arithmetic and never looks at types.
"""

import json
import math
import os
import re
from collections import namedtuple
from math import isfinite, nan
from statistics import median

SCHEMA = 2

# No list of a report is longer: 50 blocks are 900 runs at most. Looking things
# up in lists that are takes its time.
LIST_MAX = 2000
DEPTH_MAX = 100  # of lists and objects in each other; a report has ten

# The servers that sentences are made about.
THREADS, EVENTS = "threaded", "evented"
NULL = "bare-epoll"  # the null server: a floor and a ceiling
BARE_THREADS, MANUAL = "bare-threads", "manual-bufferevent"
IO_URING = "bare-io-uring"
BARE_PUSH, WOKEN = "bare-push", "woken-threads"
NODE_WS, GEVENT = "node-ws", "gevent-bottle"
# What is raced in downloads.
ONE, INLINE = "one-by-one", "evented-inline"
CURL_EASY, CURL_MULTI = "curl-easy", "curl-multi"
TOOLS = CURL, WGET2, ARIA2 = "curl", "wget2", "aria2"
TITLES = {THREADS: "threads", EVENTS: "events", NULL: "bare epoll loop",
    BARE_THREADS: "bare threads", MANUAL: "manual bufferevent",
    IO_URING: "bare io_uring", BARE_PUSH: "bare push loop",
    WOKEN: "woken threads", NODE_WS: "node-ws", GEVENT: "bottle on gevent",
    ONE: "one by one", INLINE: "saving in the loop",
    CURL_EASY: "libcurl in threads", CURL_MULTI: "libcurl on libevent",
    **{name: name for name in TOOLS}}

NUMBER_MAX, NUMBER_MIN = 1e60, 1e-60  # of what a figure can be
UNEVEN = 1.15  # times as slow is another pace
OTHER_TRIP = 1.2  # times as long, and the network was another one


class Span(namedtuple("Span", "low at high")):
    """A value with an interval around it; NAN where there is none."""

    def inverse(self):
        """One divided by it: the ratio of b to a."""
        return Span(over(1, self.high), over(1, self.at), over(1, self.low))

    def has_ends(self):
        """Whether there is an interval."""
        return isfinite(self.low) and isfinite(self.high)


NOTHING = Span(nan, nan, nan)


def over(a, b):
    """a divided by b as in floating point, where nothing is forbidden."""
    if b:
        return a / b
    return nan if not a or a != a else math.copysign(math.inf, a)


def number(value):
    """A number of JSON; NAN for anything else, and for what is larger than
    all that is ever measured, so that arithmetic does not overflow."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) \
            or not -NUMBER_MAX <= value <= NUMBER_MAX:
        return nan
    return float(value) if abs(value) >= NUMBER_MIN else 0.0


def count(value):
    """A whole number that a double holds exactly; 0 for anything else."""
    x = number(value)
    return int(x) if 0 <= x <= 2 ** 53 and x == int(x) else 0


def text(value):
    """A text; "" for anything else."""
    return value if isinstance(value, str) else ""


def listed(value):
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def plain(value):
    """What is written as JSON, in which an unknown number is null."""
    if isinstance(value, Object):
        return value.json
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


class Key:
    """A key of an object: how its value is read."""

    def __init__(self, read):
        self.read = read

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, thing, owner=None):
        if thing is None:
            return self
        if self.name not in thing.kept:
            thing.kept[self.name] = self.read(thing.json.get(self.name))
        return thing.kept[self.name]

    def __set__(self, thing, value):
        thing.json[self.name] = plain(value)
        thing.kept.pop(self.name, None)


class Object:
    """An object of a report."""

    __slots__ = ("json", "kept")

    def __init__(self, value=None):
        self.json = value if isinstance(value, dict) else {}
        self.kept = {}

    @classmethod
    def make(cls, **values):
        """Make one, with its keys in this order."""
        made = cls()
        for key, value in values.items():
            if not isinstance(getattr(cls, key, None), Key):
                raise TypeError(f"{cls.__name__} has no key '{key}'")
            made.json[key] = plain(value)
        return made

    def __bool__(self):
        return bool(self.json)

    def has(self, key):
        """Whether a key is there and not null."""
        if not isinstance(getattr(type(self), key, None), Key):
            raise AttributeError(f"no key '{key}'")
        return self.json.get(key) is not None


def one(kind):
    """A key that holds an object."""
    return Key(kind)


def many(kind):
    """A key that holds a list of objects."""
    return Key(lambda value: [kind(item) for item in listed(value)])


def a_number():
    """A key that holds a number."""
    return Key(number)


def a_count():
    """A key that holds a whole number."""
    return Key(count)


def a_text():
    """A key that holds a text."""
    return Key(text)


def a_flag():
    """A key that holds true or false; None stands for neither."""
    return Key(lambda value: value if isinstance(value, bool) else None)


def texts():
    """A key that holds a list of texts."""
    return Key(lambda value: [text(item) for item in listed(value)])


def numbers():
    """A key that holds a list of numbers."""
    return Key(lambda value: [number(item) for item in listed(value)])


def an_interval():
    """A key that holds [low, high]; None where there is none."""
    def read(value):
        ends = [number(item) for item in listed(value)]
        return ends if len(ends) == 2 and not any(map(math.isnan, ends)) \
            else None
    return Key(read)


def by_name():
    """A key that holds numbers by name."""
    return Key(lambda value: {key: number(x) for key, x in value.items()}
        if isinstance(value, dict) else {})


def intervals_by_name():
    """A key that holds [low, high] by name."""
    read = an_interval().read
    return Key(lambda value: {key: ends for key, item in value.items()
        if (ends := read(item))} if isinstance(value, dict) else {})


def named(objects, name, key="name"):
    """The first of some objects that has this name, or None."""
    for item in objects:
        if getattr(item, key) == name:
            return item
    return None


class Gate(Object):
    """A validity gate that was failed."""

    __slots__ = ()
    name, because, metrics, runs = a_text(), a_text(), texts(), a_count()

    def spoils(self, metric):
        """Whether it spoils the figures of a metric."""
        return "*" in self.metrics or metric in self.metrics


class Histogram(Object):
    """Latencies by size."""

    __slots__ = ()
    recorded, overflow, censored = a_count(), a_count(), a_count()
    censored_from, min, max = a_number(), a_number(), a_number()
    mean, counters = a_number(), a_text()


class Summary(Object):
    """What of a histogram says enough."""

    __slots__ = ()
    recorded, mean, p50, p99 = a_count(), a_number(), a_number(), a_number()
    p999, max = a_number(), a_number()


class Series(Object):
    """The course of a run, in steps."""

    __slots__ = ()
    step_seconds, from_seconds = a_number(), a_number()
    replies, p50_ns, p99_ns, max_ns = (numbers(), numbers(), numbers(),
        numbers())


class Memory(Object):
    """What a server takes with so many connections open."""

    __slots__ = ()
    connections, total_bytes, pss_bytes = a_number(), a_number(), a_number()
    page_table_bytes, kernel_stack_bytes = a_number(), a_number()
    socket_buffer_bytes, threads = a_number(), a_number()


class Errors(Object):
    """What went wrong with connections."""

    __slots__ = ()
    refused, reset, closed, wrong, timeout = (a_count(), a_count(), a_count(),
        a_count(), a_count())


class Got(Object):
    """What the background of a run got."""

    __slots__ = ()
    replies, bytes, shed = a_number(), a_number(), a_number()


class Other(Object):
    """A program that is no part of the race, and what it took."""

    __slots__ = ()
    name, host, cpu_seconds = a_text(), a_text(), a_number()


class Nic(Object):
    """What the network card of a host did in a run."""

    __slots__ = ()
    host, seconds, bits_per_second = a_text(), a_number(), a_number()
    received_bytes, sent_bytes = a_number(), a_number()
    packets, dropped = a_number(), a_number()
    held_back, conntrack = a_number(), a_number()


class Run(Object):
    """One server process, from start to stop."""

    __slots__ = ()
    server, arm, block, position = a_text(), a_text(), a_count(), a_number()
    started_seconds, connections, active = a_number(), a_number(), a_number()
    window_ns, warmup_ns, rate_per_second = a_number(), a_number(), a_number()
    intended, sent, replies = a_number(), a_number(), a_number()
    replies_all, lines_counted = a_number(), a_number()
    reply_bytes, reply_digest = a_number(), a_text()
    link_bytes, nics = a_number(), many(Nic)
    server_cpu_ns, load_cpu_ns = a_number(), a_number()
    load_spin_ns, load_wait_ns, run_queue_ns = (a_number(), a_number(),
        a_number())
    context_switches_all, server_cpu_all_seconds = a_number(), a_number()
    stop_seconds, stolen_seconds = a_number(), a_number()
    stolen_there_seconds = a_number()
    foreign_cpu_seconds, load_foreign_cpu_seconds = a_number(), a_number()
    busy_seconds = a_number()
    others_cpu_seconds, others = a_number(), many(Other)
    disturbed = a_flag()
    pace_ns, fairness = a_number(), a_number()
    outstanding_mean, outstanding_slope_per_second = a_number(), a_number()
    little, errors, background = a_number(), one(Errors), one(Got)
    kernel, figures, at_least = by_name(), by_name(), texts()
    timely, memory, series = by_name(), many(Memory), one(Series)
    latency_ns, wire_ns, late_ns, queue_ns = (one(Histogram), one(Summary),
        one(Summary), one(Summary))
    connect_ns, accept_ns = one(Histogram), one(Histogram)
    gates, invalid = many(Gate), a_text()

    def has_failed(self):
        """Whether its server broke, or answered wrongly."""
        return any(gate.name == "failed" for gate in self.gates)


class Percentile(Object):
    """A point of a latency curve."""

    __slots__ = ()
    q, ns, low_ns, high_ns, at_least = (a_number(), a_number(), a_number(),
        a_number(), a_flag())


class Spread(Object):
    """Where the spread of a rate comes from."""

    __slots__ = ()
    moments, moments_sd, runs_sd, blocks_sd = (a_count(), a_number(),
        a_number(), a_number())


class Call(Object):
    """A system call."""

    __slots__ = ()
    name, per_request = a_text(), a_number()


class Busy(Object):
    """Shares of a processor."""

    __slots__ = ()
    server, load = a_number(), a_number()


class Cell(Object):
    """One server in one scenario."""

    __slots__ = ()
    server, title, role, runs = a_text(), a_text(), a_text(), a_count()
    figures, percentiles, spread = by_name(), many(Percentile), one(Spread)
    memory, syscalls, busy = many(Memory), many(Call), one(Busy)
    limiter, limiter_because, gates = a_text(), a_text(), many(Gate)
    # Of a report that is kept without its runs, see results.py.
    intervals, answers_per_second = intervals_by_name(), a_number()


def span_of(item):
    """An estimate with its 95 % interval."""
    low, high = item.interval95 or (nan, nan)
    return Span(low, item.estimate, high)


class AllBlocks(Object):
    """What all blocks say, the disturbed ones with the others."""

    __slots__ = ()
    blocks, estimate = a_number(), a_number()
    interval95, verdict = an_interval(), a_text()

    def span(self):
        """Their estimate with its 95 % interval."""
        return span_of(self)


class Comparison(Object):
    """Two servers in one metric of one scenario."""

    __slots__ = ()
    metric, a, b, primary = a_text(), a_text(), a_text(), a_flag()
    a_median, b_median, blocks = a_number(), a_number(), a_number()
    disturbed_blocks, counts_all = a_number(), a_flag()
    all_blocks = one(AllBlocks)
    scale, estimate = a_text(), a_number()
    interval95, coverage95 = an_interval(), a_number()
    interval90, coverage90 = an_interval(), a_number()
    bootstrap95, margin, floor = an_interval(), a_number(), a_number()
    band, verdict = a_number(), a_text()
    winner, immaterial, at_least = a_text(), a_flag(), a_flag()
    blocks_needed, gates, missing = a_number(), texts(), a_text()
    invalid = a_text()

    def span(self):
        """The estimate with its 95 % interval."""
        return span_of(self)

    def is_disturbed(self):
        """Whether blocks count in which other work was in the way, as too few
        others were left."""
        return self.disturbed_blocks > 0 and self.counts_all

    def is_of_twins(self):
        """Whether it is events against threads."""
        return (self.a, self.b) == (EVENTS, THREADS)

    def is_ratio(self):
        """Whether the estimate is a ratio, not a difference."""
        return self.scale == "ratio"

    def is_doubted(self):
        """Whether it is a WIN by its interval and would be none by that of
        resampled blocks, the cross-check."""
        if self.verdict != "WIN" or not self.bootstrap95:
            return False
        low, high = self.bootstrap95
        if self.scale != "ratio":
            return low <= self.band and high >= -self.band
        return low <= 1 + self.band and high >= over(1, 1 + self.band)


class SameTwice(Object):
    """What the same server twice (A/A) differs by in a metric."""

    __slots__ = ()
    metric, blocks, scale, estimate = (a_text(), a_number(), a_text(),
        a_number())
    interval95, half_width, excludes_none = (an_interval(), a_number(),
        a_flag())
    span, is_ratio = Comparison.span, Comparison.is_ratio


class Background(Object):
    """What goes on beside the measured requests."""

    __slots__ = ()
    role, connections, request = a_text(), a_number(), a_text()


class Options(Object):
    """Further options of the twins."""

    __slots__ = ()
    threaded, evented = a_text(), a_text()


class Job(Object):
    """What is run to its end, where no server is loaded."""

    __slots__ = ()
    flags, bytes, delay_seconds = a_number(), a_number(), a_number()
    requests_each, ideal_seconds = a_number(), a_number()


class System(Object):
    """The kernel."""

    __slots__ = ()
    system, release, version, machine = (a_text(), a_text(), a_text(),
        a_text())


class Machine(Object):
    """The machine; the page shows whatever else is known of it, too."""

    __slots__ = ()
    id, uname, processor = a_text(), one(System), a_text()
    processors_online, memory_bytes = a_number(), a_number()
    kernel_command_line = a_text()


class LoadHost(Object):
    """A host of its own that the load came from."""

    __slots__ = ()
    host, address, machine = a_text(), a_text(), one(Machine)
    processors = numbers()


class Network(Object):
    """What was between load and servers, if not the loopback."""

    __slots__ = ()
    emulated = a_flag()
    round_trip_ns, round_trip_after_ns = a_number(), a_number()
    delay_seconds, loss, bits_per_second = a_number(), a_number(), a_number()
    aside = a_flag()  # only what goes on beside crosses it
    mtu = a_number()
    server, address, machine = a_text(), a_text(), one(Machine)
    loads = many(LoadHost)  # none: it came from the machine of compare

    def loses(self):
        """Whether packets were lost by plan, or for want of room."""
        return self.loss > 0 or self.bits_per_second > 0

    def is_real(self):
        """Whether servers ran on another host."""
        return self.emulated is False

    def has_changed(self):
        """Whether the round trip was another one before the race than after
        it."""
        before, after = self.round_trip_ns, self.round_trip_after_ns
        return max(over(before, after), over(after, before)) > OTHER_TRIP

    def what(self):
        """What makes it another one."""
        keys = ("server", "address") if self.is_real() \
            else ("delay_seconds", "loss", "bits_per_second", "aside")
        return [self.emulated, self.machine.id, *map(self.json.get, keys),
            *((x.host, x.address, x.machine.id, len(x.processors))
                for x in self.loads)]


LOOPBACK = Network()


class Scenario(Object):
    """A situation, what was run in it, and what that came down to."""

    __slots__ = ()
    name, title, question, family = a_text(), a_text(), a_text(), a_text()
    program, speaks, request = a_text(), a_text(), a_text()
    load_model, latency_from = a_text(), a_text()
    connections, connections_wanted, active = (a_number(), a_number(),
        a_number())
    rate_per_second, rate_from = a_number(), a_text()
    background, cores, options = many(Background), a_text(), one(Options)
    primary, sentence = a_text(), a_text()
    warmup_seconds, window_seconds, job = a_number(), a_number(), one(Job)
    network = one(Network)  # that it brings
    orders, syscalls_missing = texts(), a_text()
    blocks_lost = a_number()
    # What was counted by server, until it stands in the cells.
    syscalls = Key(lambda value: value if isinstance(value, dict) else {})
    cells, comparisons = many(Cell), many(Comparison)
    aa, runs = many(SameTwice), many(Run)
    # The twins without a network, while both are told; never written.
    beside = many(Comparison)
    # Of a report that is kept without its runs, see results.py.
    paces, disturbance = numbers(), a_text()

    def cell(self, server):
        """The cell of a server; an empty one if it did not run."""
        return named(self.cells, server, "server") or Cell()

    def comparison(self, metric, a=EVENTS, b=THREADS):
        """The comparison of server a with b by a metric, or None."""
        for c in self.comparisons:
            if (c.metric, c.a, c.b) == (metric, a, b):
                return c
        return None

    def main(self):
        """The comparison that the scenario is about, or None."""
        return self.comparison(self.primary)

    def figure(self, server, metric):
        """A figure of a server: the median over its runs."""
        return self.cell(server).figures.get(metric, nan)

    def is_short(self):
        """Whether fewer connections were open than it asks for."""
        return self.connections < self.connections_wanted

    def pace(self):
        """How fast the machine was, in ns of what pace.h has: at the 10th,
        50th and 90th percentile of the runs."""
        pace = sorted(filter(isfinite,
            self.paces or [run.pace_ns for run in self.runs]))
        if not pace:
            return NOTHING
        tenth = len(pace) // 10
        return Span(pace[tenth], median(pace), pace[-1 - tenth])


def is_uneven(pace):
    """Whether that is more than one pace."""
    return pace.high > UNEVEN * pace.low


class Asked(Object):
    """What the command line asked for."""

    __slots__ = ()
    only, blocks, seconds = texts(), a_number(), a_number()


class Program(Object):
    """A program that was raced."""

    __slots__ = ()
    name, program, path, fnv1a = a_text(), a_text(), a_text(), a_text()
    command, speaks, conversations = a_text(), a_text(), a_number()


class Host(Object):
    """A host: what ran there, and on what."""

    __slots__ = ()
    role, name, address, id = a_text(), a_text(), a_text(), a_text()
    processor, processors, kernel = a_text(), a_number(), a_text()
    cpus, programs = numbers(), a_text()


class Unmeasured(Object):
    """A scenario whose network could not be made."""

    __slots__ = ()
    name, title, link, because = a_text(), a_text(), a_text(), a_text()


class Alike(Object):
    """How many conversations were replayed to both twins."""

    __slots__ = ()
    conversations, differences = a_number(), a_number()


class Margin(Object):
    """A metric, and the difference in it that matters."""

    __slots__ = ()
    metric, label, unit, margin = a_text(), a_text(), a_number(), a_number()
    more_is_better, kind = a_flag(), a_text()


class Chance(Object):
    """How many verdicts there are, and how many chance alone could win."""

    __slots__ = ()
    primary, wins_by_chance = a_number(), a_number()


class Side(Object):
    """One twin of a program, counted."""

    __slots__ = ()
    own_lines, lines, functions = a_number(), a_number(), a_number()
    called_back, decisions = texts(), a_number()


class Struct(Object):
    """What is remembered of a connection."""

    __slots__ = ()
    name, threaded, evented = a_text(), a_number(), a_number()
    threaded_only, evented_only = texts(), texts()


class Ported(Object):
    """A program, counted in both twins."""

    __slots__ = ()
    name, common_lines, common_files = a_text(), a_number(), a_number()
    threaded, evented = one(Side), one(Side)
    own_unchanged, unchanged = a_number(), a_number()
    functions_both, threaded_only, evented_only = (a_number(), texts(),
        texts())
    structs = many(Struct)

    def side(self, twin):
        """Its counts in one twin."""
        return self.threaded if twin == THREADS else self.evented


class PortedFile(Object):
    """A pair of files, counted."""

    __slots__ = ()
    name, threaded, evented, unchanged = (a_text(), a_number(), a_number(),
        a_number())
    functions_both, threaded_only, evented_only = (a_number(), texts(),
        texts())


class Port(Object):
    """What it costs to port the programs."""

    __slots__ = ()
    programs, files = many(Ported), many(PortedFile)


class Report(Object):
    """The whole."""

    __slots__ = ()
    schema, suite, asked = a_number(), a_text(), one(Asked)
    complete, started, seconds = a_flag(), a_text(), a_number()
    planned_seconds, processors_allowed = a_number(), a_number()
    seed = Key(lambda value: value if isinstance(value, int)
        and not isinstance(value, bool) else None)
    pinned, load_cpu, server_cpu = a_flag(), a_number(), a_number()
    same_core, not_pinned_because, machine = a_flag(), a_text(), one(Machine)
    network = one(Network)
    programs, alike, margins = many(Program), one(Alike), many(Margin)
    chance, port, scenarios = one(Chance), one(Port), many(Scenario)
    hosts, unmeasured = many(Host), many(Unmeasured)

    def scenario(self, name):
        """The scenario of that name, or None when it did not run."""
        return named(self.scenarios, name)


class NoReport(Exception):
    """Why a file is no report."""


def _refuse(literal):
    """JSON knows no NaN and no Infinity."""
    raise ValueError(f"'{literal}' is no number")


def _look_at(value, depth=0):
    """Refuse what no report has."""
    if isinstance(value, (dict, list)):
        if isinstance(value, list) and len(value) > LIST_MAX:
            raise NoReport("a list in it is longer than any of a report")
        if depth > DEPTH_MAX:
            raise NoReport("lists and objects in it lie too deep")
        for item in value.values() if isinstance(value, dict) else value:
            _look_at(item, depth + 1)


def _wrong(path, why):
    """The exception that says what is the matter with a file."""
    return NoReport(f"{path}: {why}")


def _hint(path):
    """What can be done about a report that is not there."""
    folder = os.path.dirname(path)
    if os.path.exists(path) \
            or not os.path.exists(os.path.join(folder, "journal.jsonl")):
        return ""
    return ("; it was interrupted before there was one: continue with "
        "--resume " + (folder or "."))


def read(path):
    """Read a report; NoReport says why there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file, parse_constant=_refuse)
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            raise NoReport(f"not a report of schema {SCHEMA}")
        _look_at(value)
    except OSError as error:
        raise _wrong(path, error.strerror + _hint(path)) from None
    except NoReport as error:
        raise _wrong(path, error) from None
    except RecursionError:
        raise _wrong(path, "lists and objects in it lie too deep") from None
    except ValueError as error:
        why = re.sub(r": line (\d+) column.*", r" (line \1)", str(error))
        raise _wrong(path, why) from None
    return Report(value)


def write(report):
    """The text of a report."""
    return json.dumps(report.json, indent=2, ensure_ascii=False,
        allow_nan=False) + "\n"
