"""
words - figures of a report in words, with no more digits than they carry, and
what was found in a sentence. A finding is worded here and nowhere else.
"""

from math import floor, isfinite, isnan, log10, nan

from metrics import ANSWERED, CPU, CPU_FILE, LAST, METRICS, RATE
from report import EVENTS, THREADS, TITLES, Span, is_uneven, over

# What a comparison comes down to, and the class by which style.css knows it.
CHOICES = {"events": "events", "threads": "threads",
    "probably events": "events leans", "probably threads": "threads leans",
    "either": "either", "it depends": "depends", "undecided": "open",
    "not valid": "invalid", "not measured": "none"}
DECIDED = tuple(CHOICES)[:5]

SAME_CORE = ("Server and load ran on two threads of one core, as no other core"
    " was free: each slowed the other down, so figures are lower than on cores"
    " of their own, and ratios may differ.")


NAMED = 3      # programs that disturbed it, at most
TAKEN = .01    # of a window, or nobody took it
FEW_TIMES = 2  # as little, or less, is easier to grasp turned round


# --- Choices ----------------------------------------------------------------

def choice(c):
    """What a comparison of events with threads comes down to."""
    if c is not None and c.verdict == "INVALID":
        return "not valid"
    if c is None or c.missing:
        return "not measured"
    winner = "events" if c.winner == EVENTS else "threads"
    return {"WIN": winner, "LEANS": "probably " + winner,
        "EQUIVALENT": "either"}.get(c.verdict, "undecided")


def together(choices):
    """What several come down to: where winners differ it depends, else what
    is decided counts."""
    has = set(choices)
    sides = [has & {side, "probably " + side}
        for side in ("events", "threads")]
    if all(sides) or "it depends" in has:
        return "it depends"
    for one in DECIDED[:4]:
        if one in has:
            return one
    if "undecided" in has or {"either", "not valid"} <= has:
        return "undecided"
    return next((one for one in ("either", "not valid") if one in has),
        "not measured")


# --- Values -----------------------------------------------------------------

def grouped(x, decimals):
    """A number with commas between thousands."""
    plain = f"{x:,.{decimals}f}"
    return plain if len(plain) < 100 else f"{x:.3g}"


def count(n):
    """A whole number: "12,345"."""
    return grouped(n, 0) if isfinite(n) else "-"


def digits(x, n):
    """A number so that n of its digits are shown, and whole ones whole:
    "12,345", "0.0451"."""
    if not isfinite(x):
        return "-"
    exponent = int(f"{x:.{n - 1}e}".split("e")[1])
    return grouped(x, min(max(n - 1 - exponent, 0), 9) if x else 0)


def scaled(x, step, units):
    """A number of the unit that makes it short."""
    if not isfinite(x):
        return "-"
    for unit in units[:-1]:
        if abs(x) < step * .9995:
            return f"{digits(x, 3)} {unit}"
        x /= step
    return f"{digits(x, 3)} {units[-1]}"


def time(ns):
    """A time: "12.3 ms"."""
    return scaled(ns, 1000, ("ns", "\u00b5s", "ms", "s"))


def about(ns):
    """A time of which two digits count: "12 ms"."""
    step = 10.0**(floor(log10(ns)) - 1) if ns > 0 else 1
    shown = time(floor(ns / step + .5) * step)
    number, _, unit = shown.partition(" ")
    return f"{float(number.replace(',', '')):g} {unit}" \
        if "." in number else shown


def size(n):
    """A number of bytes: "33.8 KiB"."""
    return scaled(n, 1024, ("bytes", "KiB", "MiB", "GiB"))


def share(x):
    """A share of one: "3 %", "12.5 %"."""
    if not isfinite(x):
        return "-"
    whole = x >= 1 or abs(100 * x - round(100 * x)) < .05
    return grouped(100 * x, 0 if whole else 1) + " %"


def rate(x):
    """A rate, of which three digits count and the others are noise."""
    if isfinite(x) and x >= 1000:
        step = 10.0**(floor(log10(x)) - 2)
        x = floor(x / step + .5) * step
    return digits(x, 3) + "/s"


def speed(x):
    """Bytes per second."""
    return size(x) + "/s"


def plain(x):
    """A number of no unit."""
    return digits(x, 3) if abs(x) >= 10 else grouped(x, 3)


KINDS = {"time": time, "bytes": size, "share": share, "rate": rate,
    "speed": speed, "number": plain}


def value(key, x):
    """A value of a metric with its unit: "174,000/s"."""
    if not isfinite(x):
        return "-"
    return KINDS[METRICS[key].of if key in METRICS else "number"](x)


def cell(key, x):
    """A value of a metric in the unit of a table."""
    m = METRICS[key]
    return "-" if isnan(x) else f"{x / m.unit:.{m.decimals}f}"


def metric(report, key):
    """The name of a metric, or what the report labels it."""
    if key in METRICS:
        return METRICS[key].name
    labels = [m.label for m in report.margins if m.metric == key]
    return labels[0] if labels and labels[0] else key


# --- Ratios -----------------------------------------------------------------

def ratio_decimals(x):
    """How many decimals of a ratio count."""
    return 3 if x < .1 else 2 if x < 10 else 1


def span(s):
    """A ratio with its interval: "1.32x (1.28 to 1.36)"."""
    if not isfinite(s.at):
        return "-"
    d = ratio_decimals(s.at)
    text = f"{s.at:.{d}f}x"
    return text + f" ({s.low:.{d}f} to {s.high:.{d}f})" * s.has_ends()


def estimate(c, s=None):
    """The estimate of a comparison, a ratio or a difference, with its
    interval; s: another one of the same kind."""
    s = s or c.span()
    if not isfinite(s.at):
        return "-"
    if c.scale != "difference":
        return span(s)
    text = "+" * (s.at > 0) + value(c.metric, s.at)
    return text + " ({} to {})".format(value(c.metric, s.low),
        value(c.metric, s.high)) * s.has_ends()


def bound(c, more, less):
    """What stands before a ratio that the load kept from being larger: `more`
    where a is ahead, `less` where b is; "" before any other."""
    if not c.at_least:
        return ""
    return more if c.estimate > 1 else less


# --- Findings ---------------------------------------------------------------

def contradicts(c):
    """How the medians of all runs contradict the ratio, which is that of
    paired blocks: in words, "give 2.18x"; "" where they do not. As both
    are shown, theirs lies beyond its interval, or on the other side of 1."""
    s = c.span()
    if not c.is_ratio() or not isfinite(s.at) or choice(c) == "not valid":
        return ""
    d = ratio_decimals(s.at)
    of_medians = over(c.a_median, c.b_median)
    theirs, at, low, high = (round(x, d) if isfinite(x) else x
        for x in (of_medians, s.at, s.low, s.high))
    if (theirs - 1) * (at - 1) < 0:
        return "point the other way, as runs vary by more than the servers " \
            "differ"
    if theirs < low or theirs > high:
        return f"give {span(Span(nan, of_medians, nan))}"
    return ""


def medians(c):
    """The medians behind a ratio; where they contradict it, that is said."""
    a, b = value(c.metric, c.a_median), value(c.metric, c.b_median)
    how = contradicts(c)
    if how:
        return (f" in paired blocks (the medians of all runs, {a} against {b},"
            f" {how})")
    at = c.span().at
    times = f": {digits(1 / at, 2)} times less" \
        if 0 < at <= 1 / FEW_TIMES else ""
    return f", {a} against {b}{times}"


def found(c):
    """What was measured, with the two medians."""
    m = METRICS.get(c.metric)
    if m is None or not c.is_ratio():
        a, b = value(c.metric, c.a_median), value(c.metric, c.b_median)
        name = m.name if m else c.metric
        return f"{name}: {a} with events, {b} with threads"
    least = bound(c, "at least ", "at most ")
    return f"{m.before} {least}{estimate(c)} {m.after}{medians(c)}"


def why_invalid(c):
    """Why a comparison is not valid: in words, or by the checks it failed."""
    checks = "a check" if len(c.gates) == 1 else "checks"
    return c.invalid or f"{checks} failed ({', '.join(c.gates)})"


def why_undecided(c):
    """Why a comparison the interval of which lies on one side decides
    nothing: the same server twice differed by as much; "" for any other."""
    s = c.span()
    if not c.is_ratio() or not isfinite(c.floor) or c.floor < c.band \
            or not (s.high < 1 or s.low > 1):
        return ""
    return ", as the same server twice differed by as much"


def finding(c):
    """What a comparison of events with threads found, no stronger than its
    verdict, without a full stop."""
    name = METRICS[c.metric].name if c.metric in METRICS else c.metric
    is_ = choice(c)
    if is_ == "not valid":
        return f"{name} cannot be compared: {why_invalid(c)}"
    if is_ == "not measured":
        return f"{name} cannot be compared: {c.missing}"
    if is_ == "either":
        return f"events and threads are equal in {name}, within " \
            + share(c.band)
    if is_.startswith("probably"):
        return found(c) + "; the direction is clear, the size is not"
    if is_ == "undecided" and not c.interval95:
        return f"{found(c)}; undecided, with only {of(c.blocks, 'block')}"
    if is_ == "undecided":
        return f"{found(c)}; undecided{why_undecided(c)}"
    return found(c)


def overrun(scenario):
    """That one twin did not keep up with its load and the other one did, or
    None."""
    for twin, other in ((THREADS, EVENTS), (EVENTS, THREADS)):
        if scenario.cell(other).gates:
            continue
        for gate in scenario.cell(twin).gates:
            if gate.name in ("unstable", "rate not reached"):
                return (f"{TITLES[twin]} did not keep up ({gate.because}); "
                    f"{TITLES[other]} did")
    return None


def reserve(c):
    """What is to be known of the blocks behind a comparison, to follow what
    was found; "" for most."""
    if c.is_disturbed():
        return (f"; other work disturbed {c.disturbed_blocks:.0f} of "
            f"{of(c.blocks, 'block')}, and all of them count")
    if c.all_blocks:
        verdict = c.all_blocks.verdict
        return (f"; this leaves out {of(c.disturbed_blocks, 'block')} that "
            f"other work disturbed: with all blocks it would be {verdict}, "
            + estimate(c, c.all_blocks.span()))
    return ""


def culprits(runs):
    """The programs that took most processor time during some runs, and on
    which host, if that is not the load's."""
    took = {}
    for run in runs:
        for other in run.others:
            name = other.name + (other.host and f" on {other.host}")
            if isfinite(other.cpu_seconds):
                took[name] = took.get(name, 0) + other.cpu_seconds
    most = sorted(took, key=lambda name: (-took[name], name))[:NAMED]
    return listed(most) or "other processes"


def capital(text):
    """A text with a capital, as at the beginning of a sentence; p99 has
    none."""
    return text if text[1:2].isdigit() else text[:1].upper() + text[1:]


def uncapital(text):
    """A text without its first capital, as within a sentence."""
    return text[:1].lower() + text[1:]


def listed(names):
    """Names as a sentence has them: "a, b and c"."""
    *first, last = names or [""]
    return ", ".join(first) + " and " * bool(first) + last


# Who takes processor time from a race, and what can be done about it.
HYPERVISOR = ("the hypervisor", "try another hour, or a machine that is shared"
    " with nobody")
PROCESSES = "end them, or wait until they have finished"


def takers(runs):
    """Who took processor time in the runs that were disturbed, how much of a
    window at most, and what can be done about it."""
    runs = [run for run in runs if run.disturbed and run.window_ns > 0]

    def most(*keys):
        return max((getattr(run, key) * 1e9 / run.window_ns for run in runs
            for key in keys if isfinite(getattr(run, key))), default=0)

    stolen, there = most("stolen_seconds"), most("stolen_there_seconds")
    who, remedy = HYPERVISOR
    if 2 * there > stolen:
        who += " of the servers' host"
    took = ((most("foreign_cpu_seconds", "load_foreign_cpu_seconds"),
        culprits(runs), PROCESSES), (stolen, who, remedy))
    return [taker for taker in took if taker[0] >= TAKEN]


def disturbers(runs):
    """Who disturbed some runs, and how much they took."""
    who = [f"{name} used up to {share(min(x, 1))} of a CPU"
        for x, name, _ in takers(runs)]
    return " and ".join(who) or "the machine was busy with something else"


def bits(x):
    """A rate of bits: "100 Mbit/s"."""
    return scaled(x, 1000, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"))


def network(n):
    """What was between load and servers: "the loopback interface", "an
    emulated network" with what that was like, or "the network to" a host,
    from hosts that there may be."""
    if n.is_real():
        loads = listed([load.host for load in n.loads])
        return f"the network {'from ' * bool(loads)}{loads}" \
            f"{' ' * bool(loads)}to {n.server} (a small request takes " \
            f"{time(n.round_trip_ns)} there and back)"
    if not n.emulated:
        return "the loopback interface"
    if n.aside:
        return (f"an emulated network ({bits(n.bits_per_second)} for all that "
            "is sent to the others, nothing in the way of what is measured)")
    each = [f"{digits(100 * n.loss, 3)} % loss"] * (n.loss > 0) \
        + [bits(n.bits_per_second)] * (n.bits_per_second > 0)
    is_ = [f"{time(1e9 * n.delay_seconds)} added to a round trip"] \
        * (n.delay_seconds > 0) + [" and ".join(each) + " each way"] \
        * bool(each)
    return f"an emulated network ({', '.join(is_) or 'without delay or loss'})"


def between(report):
    """That load and servers were not on one loopback interface, and whether
    the network was the same before and after; "" where they were."""
    n = report.network
    if n.emulated is None:
        return ""
    said = f"Between load and servers was {network(n)}." if n.is_real() \
        else "Emulated: between load and servers was " \
            f"{network(n)}, on one machine."
    if n.has_changed():
        said += (f" A small request took {time(n.round_trip_ns)} there and "
            f"back before the race and {time(n.round_trip_after_ns)} after it, "
            "so that latencies are of a network that was not the same "
            "throughout.")
    return said


def unmeasured(report):
    """Which scenarios could not be measured, and why: those of one reason in a
    sentence, each with a command that measures them."""
    reasons = {}
    for one in report.unmeasured:
        reasons.setdefault(one.because, []).append(one)
    return [("{}: {}".format("; ".join(
                uncapital(one.title) for one in some), why),
            "--only " + ",".join(one.name for one in some))
        for why, some in reasons.items()]


def too_busy(report):
    """That other work disturbed most of a scenario, whose it was, and what to
    do; "" where none did."""
    busy = [s for s in report.scenarios if s.main() is not None
        and s.main().is_disturbed()]
    if not busy:
        return ""
    runs = [run for s in busy for run in s.runs]
    remedies = [remedy for *_, remedy in takers(runs)]
    return ("Other work disturbed most blocks in {} of {}, so that all of them"
        " count and ratios are less exact: {}. To measure again, {}.").format(
        count(len(busy)), of(len(report.scenarios), "situation"),
        disturbers(runs), "; ".join(remedies) or "wait for a quiet hour")


def by_chance(report):
    """How many verdicts chance alone may account for; "" without any."""
    chance = report.chance
    if not chance.primary > 0:
        return ""
    return (f"Of {of(chance.primary, 'primary verdict')}, at most "
        f"{digits(chance.wins_by_chance, 2)} are expected to be due to chance")


def unsteady(report):
    """That the machine itself was not as fast in all runs, and where; "" where
    it was."""
    paces = [pace for pace in (s.pace() for s in report.scenarios)
        if is_uneven(pace)]
    if not paces:
        return ""
    most = max(pace.high / pace.low for pace in paces)
    return ("Unsteady machine: its own speed varied up to {}-fold between runs,"
        " in {} of {}.").format(digits(most, 2), count(len(paces)),
            of(len(report.scenarios), "situation"))


def disturbance(scenario):
    """How many runs other work disturbed, and whose it was; "" for none."""
    if not scenario.runs:
        return scenario.disturbance
    lost = sum(run.disturbed is True for run in scenario.runs)
    return lost and (f"{lost} of {of(len(scenario.runs), 'run')}: "
        + disturbers(scenario.runs)) or ""


def losses(scenario):
    """How many blocks were discarded as their host was lost; "" for none."""
    return f"{of(scenario.blocks_lost, 'block')} (run again: the servers' " \
        "host was lost)" if scenario.blocks_lost > 0 else ""


def of(n, thing):
    """A number of things."""
    return f"{count(n)} {thing}{'s' * (n != 1)}"


def told(scenario):
    """The metrics in which servers are compared with controls."""
    if not scenario.job:
        return LAST if scenario.primary == LAST else RATE, CPU
    return (scenario.primary,) + (CPU_FILE,) * any(
        c.metric == CPU_FILE for c in scenario.comparisons)


def job(scenario):
    """What is run to its end, and how long it takes at best."""
    j = scenario.job
    if not j.flags > 0:
        return f"a slow function of {time(1e9 * j.delay_seconds)}"
    at_once = min(j.flags, scenario.connections)
    text = f"{of(j.flags, 'flag')} of {count(j.bytes)} bytes, " \
        f"{count(at_once)} at {'a time' if at_once == 1 else 'once'}"
    if j.requests_each > 1:
        text += f", {of(j.requests_each, 'request')} each"
    if j.delay_seconds > 0:
        text += f", each answer after {time(1e9 * j.delay_seconds)}: " \
            f"{time(1e9 * j.ideal_seconds)} at best"
    return text


def claim(scenario):
    """What a scenario comes down to, without a full stop."""
    c = scenario.main()
    if c is None:
        return "nothing is known: there was no time left to run it"
    if c.verdict == "INVALID":
        return (not c.invalid and overrun(scenario)
            or f"nothing is claimed: {why_invalid(c)}")
    if c.metric == ANSWERED and not c.missing:
        return (f"events answered {100 * c.a_median:.0f} % of the requests, "
            f"threads {100 * c.b_median:.0f} %"
            + " (no verdict)" * (c.verdict == "no verdict"))
    return finding(c) + reserve(c)


MARK = " \u2020"
MARKED = ("\u2020 The two medians say something else: they are of all runs, "
    "while the ratio compares runs of the same block, made within seconds of "
    "each other.")


def row(report, scenario):
    """What a scenario came to, in columns: where, the better, the ratio with
    its interval, of what, and the medians of threads and events. A ratio that
    the medians contradict has the MARK, which MARKED explains."""
    c, values = scenario.main(), ("-", "-", "-")
    if c is not None and choice(c) != "not valid":
        values = (estimate(c) + MARK * bool(contradicts(c)),
            value(c.metric, c.b_median), value(c.metric, c.a_median))
    return (scenario.title, choice(c), values[0],
        metric(report, scenario.primary), *values[1:])


def mark_of(rows):
    """What explains the marks in some rows; "" where there is none."""
    return MARKED * any(MARK in cell for row_ in rows for cell in row_)


def sentence(scenario):
    """What a scenario comes down to, with where that was."""
    lead = scenario.title + ", "
    if scenario.cores == "one" and scenario.primary == RATE:
        comma = "" if lead.startswith("At ") else ","
        lead = f"{scenario.title}{comma} on one core, "
    if scenario.is_short():
        lead += "of which {:.0f} of {:.0f} could be opened, ".format(
            scenario.connections, scenario.connections_wanted)
    return f"{lead}{claim(scenario)}."
