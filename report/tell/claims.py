"""
claims - what others have published about threads and events, held against the
figures of a report.

The ledger is claims.toml: each claim with its source and the rules by which it
stands or falls, which do not change with the figures. A rule names a way to
measure and the range in which the measured value bears the claim out. Nothing
here is judged by hand:

    reproduced    the whole interval lies in the range
    refuted       the whole interval lies beyond it
    undecided     it lies across an end, has no interval, or is not valid
    not measured  this report has no figure for it, or compare has no scenario
                  for it; why is told
    ours only     nobody has published a figure: here is one

The interval of a median is that of the sign test over the runs. A count, or a
median of fewer than six runs, is an interval of one point.
"""

import os
import tomllib
from dataclasses import dataclass, field
from math import inf, isfinite, isinf, isnan, nan

import words
from metrics import METRICS
from report import EVENTS, NOTHING, THREADS, Scenario, Span, named, over
from stats import median_rank
from verdict import Raced

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "claims.toml")
VERDICTS = ("reproduced", "refuted", "undecided", "ours only", "not measured")


@dataclass
class Rule:
    """What is measured, and the range that bears the claim out."""

    what: str            # the value in words, "events / threads"
    measure: str         # a name of MEASURES
    at: str = ""         # the scenario
    base: str = ""       # another one, to compare with
    metric: str = ""
    a: str = ""          # servers
    b: str = ""
    min: float = -inf
    max: float = inf
    shape: str = "ratio"
    at_least: bool = False   # what is measured is a lower bound
    program: str = ""        # of which code is counted; "": of all

    def __post_init__(self):
        if self.measure not in MEASURES or self.shape not in SHAPES \
                or self.metric not in ("", *METRICS):
            raise ValueError(f"a claim cannot be measured so: {self}")

    def scenarios(self, report):
        """The scenarios that it is about; None for one that did not run."""
        return [report.scenario(name) for name in (self.at, self.base)
            if name]


@dataclass
class Claim:
    """A claim."""

    text: str
    published: str       # the figure
    source: str
    url: str = ""        # of the source
    any: bool = False    # one rule that holds will do; else all have to
    ours_only: bool = False  # no figure was published: rules only measure
    why_not: str = ""    # compare does not measure it
    late: bool = False   # its ranges were set after its figure had been seen
    rules: list = field(default_factory=list)

    def __post_init__(self):
        self.rules = [Rule(**rule) for rule in self.rules]


@dataclass
class Result:
    """What became of a claim."""

    verdict: str
    ours: str  # what was measured, and the range
    why: str   # why it is open or not measured


def ledger():
    """All claims, by their names."""
    with open(FILE, "rb") as file:
        return {name: Claim(**claim)
            for name, claim in tomllib.load(file).items()}


# --- What does not count ----------------------------------------------------

def undecided(c):
    """Why a comparison decides nothing; None: it does, or there is none."""
    if c is None:
        return None
    if c.verdict == "INVALID":
        return c.invalid or (c.gates or [""])[0] or "not valid"
    if c.verdict != "no verdict":
        return None
    return "too few blocks for an interval" if isfinite(c.margin) \
        else "nothing is judged by this figure"


def spoiled(scenario, server, metric):
    """Why a median of a server does not count, or None."""
    for gate in scenario.cell(server).gates:
        if gate.spoils(metric):
            return gate.because
    c = scenario.comparison(metric)
    # A gate that the other twin failed spoils the comparison only.
    if c is not None and c.verdict == "INVALID" and not c.invalid:
        return None
    return undecided(c)


# --- Ways to measure --------------------------------------------------------
# Each returns a span, NOTHING where the report does not have it, and why it
# does not count, or None.

def point(x):
    """A value without an interval of its own."""
    return Span(x, x, x)


def ratio(report, rule):
    """The ratio of server a to server b, compared block by block, in the
    direction it was made or back. What the load kept from being larger has no
    end on that side."""
    scenario = report.scenario(rule.at) or Scenario()
    c = scenario.comparison(rule.metric, rule.a, rule.b)
    turned = c is None
    if turned:
        c = scenario.comparison(rule.metric, rule.b, rule.a)
    if c is None or not c.is_ratio():
        return NOTHING, None
    span = c.span()
    if c.at_least:
        span = span._replace(high=inf) if span.at > 1 \
            else span._replace(low=0.0)
    return span.inverse() if turned else span, undecided(c)


def counted(scenario, server, metric):
    """The runs that a server's median is of."""
    s = Raced(scenario)
    return s.counting(s.arm(server), metric)


def ends(scenario, server, metric):
    """The interval of a server's median; None with too few runs."""
    kept = scenario.cell(server).intervals.get(metric)
    values = sorted(x for x in (run.figures.get(metric, nan)
        for run in counted(scenario, server, metric)) if isfinite(x))
    k = median_rank(len(values))
    return [values[k - 1], values[-k]] if k else kept


def median_of(scenario, server, metric):
    """A median of a server with its interval, and why it does not count."""
    at = scenario.figure(server, metric)
    low, high = ends(scenario, server, metric) or (at, at)
    return Span(low, at, high), spoiled(scenario, server, metric)


def answers_per_second(scenario, server, metric):
    """How many answers the others got a second, beside the runs that a median
    is of."""
    runs = counted(scenario, server, metric)
    if not runs:
        return scenario.cell(server).answers_per_second
    return over(sum(run.background.replies for run in runs),
        sum(run.window_ns for run in runs) / 1e9)


def figure(report, rule):
    """The median over the runs of server a."""
    return median_of(report.scenario(rule.at) or Scenario(), rule.a,
        rule.metric)


def excess_in(report, rule, at):
    """How much more a takes than b in a scenario: a (1 - b/a)."""
    scenario = report.scenario(at) or Scenario()
    a = scenario.figure(rule.a, rule.metric)
    b, why = ratio(report, Rule(rule.what, "ratio", at, "", rule.metric,
        rule.b, rule.a))
    return Span(a * (1 - b.high), a * (1 - b.at), a * (1 - b.low)), why


def excess(report, rule):
    """How much more a takes than b, less what it is in `base`, if that is
    named."""
    s, why = excess_in(report, rule, rule.at)
    if not rule.base:
        return s, why
    base, why_base = excess_in(report, rule, rule.base)
    return Span(s.low - base.high, s.at - base.at, s.high - base.low), \
        why_base or why


def quotient(report, rule):
    """The median of server a in a scenario to that in another, which have no
    blocks in common: the interval goes from where one is smallest and the
    other largest to the opposite."""
    (x, why_x), (y, why_y) = (median_of(report.scenario(name) or Scenario(),
        rule.a, rule.metric) for name in (rule.at, rule.base))
    return Span(over(x.low, y.high), over(x.at, y.at), over(x.high, y.low)), \
        why_y or why_x


def behind(report, rule):
    """A latency of server a, to the time that one of the long answers takes
    that go on beside it, several at once."""
    scenario = report.scenario(rule.at) or Scenario()
    x, why = median_of(scenario, rule.a, rule.metric)
    rate = over(answers_per_second(scenario, rule.a, rule.metric) / 1e9,
        sum(other.connections for other in scenario.background))
    return Span(*(end * rate for end in x)), why


def cores(report, rule):
    """The quotient, if there are processors enough for more than one core."""
    s, why = quotient(report, rule)
    if report.processors_allowed < 3 and why is None:
        why = "the load takes one of two processors"
    return s, why


def same_twice(report, rule):
    """By what share the same server, run twice, differs from itself in a
    metric."""
    for scenario in report.scenarios:
        aa = named(scenario.aa, rule.metric, "metric")
        if aa and aa.is_ratio() and aa.span().has_ends():
            s = aa.span()
            off = sorted(abs(x - 1) for x in (s.low, s.high))
            least = 0.0 if s.low <= 1 <= s.high else off[0]
            return Span(least, abs(s.at - 1), off[1]), None
    return NOTHING, None


def syscalls(report, rule):
    """System calls of all kinds per request of server a."""
    calls = (report.scenario(rule.at) or Scenario()).cell(rule.a).syscalls
    return point(sum(call.per_request for call in calls)) if calls \
        else NOTHING, None


def memory(report, rule):
    """Memory of server a with all connections open: resident, page tables,
    kernel stacks and buffers."""
    levels = (report.scenario(rule.at) or Scenario()).cell(rule.a).memory
    return point(levels[-1].total_bytes) if levels else NOTHING, None


def unchanged_lines(report, _):
    """Of all files of the threaded twin, the share of lines that stand
    unchanged."""
    files = report.port.files
    return point(over(sum(f.unchanged for f in files),
        sum(f.threaded for f in files))), None


def kept_functions(report, _):
    """The share of their functions that the evented twin has, too."""
    files = report.port.files
    both = sum(f.functions_both for f in files)
    return point(over(both,
        both + sum(len(f.threaded_only) for f in files))), None


def counted_programs(report, rule):
    """The programs the code of which is counted."""
    return [p for p in report.port.programs
        if rule.program in ("", p.name)]


def decisions(report, rule):
    """Decisions (branches) of the evented programs to those of the threaded
    ones."""
    e, t = (sum(p.side(twin).decisions
            for p in counted_programs(report, rule))
        for twin in (EVENTS, THREADS))
    return point(over(e, t)), None


def callbacks(report, rule):
    """Functions called back, of the evented programs to the threaded ones."""
    e, t = (sum(len(p.side(twin).called_back)
            for p in counted_programs(report, rule))
        for twin in (EVENTS, THREADS))
    return point(over(e, t)), None


def remembered(report, rule):
    """Variables in structs that only the evented programs have, for each of
    those that only the threaded ones have."""
    structs = [struct for p in counted_programs(report, rule)
        for struct in p.structs]
    return point(over(sum(len(x.evented_only) for x in structs),
        sum(len(x.threaded_only) for x in structs))), None


MEASURES = {measure.__name__: measure for measure in (ratio, figure, excess,
    quotient, behind, cores, same_twice, syscalls, memory, unchanged_lines,
    kept_functions, decisions, callbacks, remembered)}
SHAPES = {"ratio": lambda x: f"{x:.{words.ratio_decimals(x)}f}x",
    "time": words.time, "bytes": words.size, "share": words.share,
    "number": lambda x: words.digits(x, 3)}


# --- In words ---------------------------------------------------------------

def interval(shape, s):
    """An interval, which may have no end on one side."""
    if not s.low < s.high:
        return ""
    write = SHAPES[shape]
    if isinf(s.low) or (shape == "ratio" and s.low == 0):
        return f" ({write(s.high)} or less)"
    if isinf(s.high):
        return f" ({write(s.low)} or more)"
    if shape == "ratio":
        return words.span(s).removeprefix(write(s.at))
    return f" ({write(s.low)} to {write(s.high)})"


def range_of(rule):
    """The range of a rule."""
    low, high = (SHAPES[rule.shape](x) if isfinite(x) else ""
        for x in (rule.min, rule.max))
    if low and high:
        return f"; holds from {low} to {high}"
    return f"; holds from {low} up" if low else f"; holds up to {high}"


def ours(rule, s, ranged):
    """What was measured, and what would have borne the claim out."""
    where = " and ".join(name for name in (rule.at, rule.base) if name)
    return (f"{rule.what}: {SHAPES[rule.shape](s.at)}"
        + interval(rule.shape, s) + f" in {where}" * bool(where)
        + range_of(rule) * ranged + ".")


# --- Judging ----------------------------------------------------------------

def lacking(claim, report):
    """The scenarios that would measure a claim and did not run."""
    return [name for rule in claim.rules for name in (rule.at, rule.base)
        if name and report.scenario(name) is None]


def judge(rule, s):
    """Judge a measured value by the range of its rule."""
    if isnan(s.low) or isnan(s.high):
        return "undecided"
    if s.low >= rule.min and s.high <= rule.max:
        return "reproduced"
    if s.high < rule.min or s.low > rule.max:
        return "refuted"
    return "undecided"


def apply(claim, rule, report):
    """Apply one rule."""
    s, invalid = MEASURES[rule.measure](report, rule)
    if rule.at_least:
        s = s._replace(high=inf)
    scenarios = rule.scenarios(report)
    if not isfinite(s.at):
        lacks = lacking(claim, report)
        return Result("not measured", "",
            f"needs {words.listed(list(dict.fromkeys(lacks)))}" if lacks
            else "this run has no such figure")
    if any(scenario.is_short() for scenario in scenarios):
        return Result("not measured", "",
            "too few descriptors for so many connections")
    if invalid is not None:
        return Result("undecided", "", invalid)
    verdict = "ours only" if claim.ours_only else judge(rule, s)
    return Result(verdict, ours(rule, s, not claim.ours_only),
        "too few blocks for an interval" if isnan(s.low) else "")


def joined(verdicts, any_):
    """The verdict of all rules: what one of them settles is settled, if all
    have to hold by a refutation, if any will do by a confirmation."""
    settles = "reproduced" if any_ else "refuted"
    return settles if settles in verdicts \
        else max(verdicts, key=VERDICTS.index)


def summary(results):
    """How claims are judged, and how many came to each verdict."""
    counts = [sum(result.verdict == verdict for result in results)
        for verdict in VERDICTS]
    late = [name for name, claim in ledger().items() if claim.late]
    return ("Published figures, held against those of this run by rules that "
        "were written before it. A range is stated for each; the claim is "
        "reproduced when our whole interval lies in it, refuted when all of it"
        " lies outside, and undecided otherwise. The ranges of "
        f"{words.listed(late)} were set or corrected after their figures had "
        "been seen, so they foretold nothing; the others were set before any "
        "figure. Here: " + ", ".join(
            f"{words.count(n)} {verdict}"
            for n, verdict in zip(counts, VERDICTS)) + ".")


def check(claim, report):
    """Hold a claim against a report."""
    results = [apply(claim, rule, report) for rule in claim.rules]
    verdict = joined([result.verdict for result in results], claim.any) \
        if results else "not measured"
    why = [result.why for result in results if result.why]
    if verdict not in ("undecided", "not measured"):
        why = [""]
    elif not why:
        why = [claim.why_not
            or "the interval lies across an end of the range"]
    return Result(verdict,
        " ".join(words.capital(result.ours) for result in results
            if result.ours), why[-1])
