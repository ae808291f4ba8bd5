"""
verdict - from runs to comparisons: what a scenario says about each metric of
each pair of servers.

One metric of each scenario is primary, named before the run; the others are
exploratory. A winner is named only beyond the margin, and beyond the floor:
what the same server twice (A/A) differs by, where there is no difference. All
of it is made from the runs as they stand in report.json, of any number of
blocks.

Each twin runs twice in a block. The difference between the twins is that of
their sums; the A/A difference is that of the first two runs from the second
two, each half with one of either twin. Both are made from the same four runs,
are as noisy as each other, and know nothing of each other; which half counts
as the first is what the coin said of the order.

A comparison is of the blocks in which no other work disturbed the runs that it
uses, as long as half of them, or ENOUGH, are left; else of all. That rule was
set beforehand, too, and where the others would change the verdict both are
told.
"""

from math import ceil, isfinite, isnan, log, nan, sqrt
from statistics import median

import gates
import metrics
import words
from latencies import Latencies
from metrics import METRICS
from report import (BARE_PUSH, BARE_THREADS, CURL_EASY, CURL_MULTI, EVENTS,
    INLINE, IO_URING, LOOPBACK, MANUAL, NULL, ONE, THREADS, TITLES, TOOLS,
    WOKEN, AllBlocks, Cell, Chance, Comparison, Gate, Margin, Memory,
    Percentile, SameTwice, Spread, over)
from stats import (BLOCKS_VERDICT, Estimate, bootstrap, excess_of, ratio_of,
    spread)

# Which servers are compared: the twins first, then each twin with the control
# that shows its floor, and what libevent's own way costs; peers come last.
PAIRS = ((EVENTS, THREADS), (EVENTS, NULL), (EVENTS, MANUAL),
    (THREADS, BARE_THREADS), (BARE_THREADS, NULL), (MANUAL, NULL),
    (IO_URING, NULL), (EVENTS, BARE_PUSH), (THREADS, BARE_PUSH),
    (WOKEN, BARE_PUSH), (EVENTS, ONE), (THREADS, ONE), (EVENTS, INLINE),
    (EVENTS, CURL_MULTI), (THREADS, CURL_EASY),
    *((twin, tool) for tool in TOOLS for twin in (EVENTS, THREADS)))

# Gates that one run is enough for: something is broken.
STRICT = {"Little's law", "utilisation", "wrong replies", "counters differ",
    "percentiles", "failed"}
# Those that say what kept a server from doing more.
HOLDING = {"generator-bound", "link-bound"}
ONE_IN = 5             # runs may fail a gate of the machine's moods
EQUIVALENT_MOST = .25  # who differs by no more may be equal
ENOUGH = 12            # undisturbed blocks
BUSY = .9              # of a processor: that was the limit
PLATEAU = .03
DELAYED = .5           # of a job's time is the server's delay
# Of a request's time is a round trip; who connects for each request waits for
# two, one of which is seen.
UNDER_WAY = .4
MOMENTS_MOST = 128     # of a run
RUNS_A_BLOCK = 2       # of a twin

# The quantiles of a curve: as many as print well.
CURVE = (.1, .25, .5, .75, .9, .95, .98, .99, .995, .998, .999, .9995, .9998,
    .9999)


class Raced:
    """A scenario, with the questions that are asked of its runs."""

    def __init__(self, scenario, pinned=True, network=LOOPBACK):
        self.o = scenario
        self.network = network
        self.runs = scenario.runs
        self.pinned = pinned
        self.metrics = [key for key in METRICS
            if self.runs and key in self.runs[0].figures]
        self.arms, self.blocks = {}, {}
        for run in self.runs:
            self.arms.setdefault(run.server, []).append(run)
            self.blocks.setdefault((run.server, run.block), []).append(run)

    def arm(self, server):
        """The runs of a server."""
        return self.arms.get(server, [])

    def in_block(self, server, block):
        """The runs of a server in a block."""
        return self.blocks.get((server, block), [])

    def counting(self, runs, metric):
        """Those of some runs that count for a metric: where it is one of time,
        the undisturbed ones, if there are enough."""
        if not METRICS[metric].timed:
            return runs
        good = undisturbed(runs)
        return good if len(good) * 2 >= len(runs) else runs

    def is_partial(self, runs, metric):
        """Whether a high percentile is told for some runs and not for others:
        those had too few requests, so the rest are a choice of the fast."""
        if metric not in (metrics.P99, metrics.P999):
            return False
        have = {isfinite(run.figures.get(metric, nan))
            for run in self.counting(runs, metric)
            if isfinite(run.figures.get(metrics.P50, nan))}
        return len(have) == 2

    def median(self, runs, metric):
        """The median of the runs that count; NAN where there is none, where
        most are only bounds, or where it is partial."""
        runs = [run for run in self.counting(runs, metric)
            if isfinite(run.figures.get(metric, nan))]
        bounds = sum(metric in run.at_least for run in runs)
        if not runs or 2 * bounds > len(runs):
            return nan
        return median(run.figures[metric] for run in runs)

    def figure(self, server, metric):
        """The figure of a server."""
        runs = self.arm(server)
        return nan if self.is_partial(runs, metric) \
            else self.median(runs, metric)


def undisturbed(runs):
    """The runs that no other work was in the way of."""
    return [run for run in runs if not run.disturbed]


# --- Gates ------------------------------------------------------------------

def gates_of(runs):
    """The gates that spoil a cell: of arithmetic and correctness when one run
    failed them, of the machine's moods when more than one in five did. Other
    work in the way excuses the latter."""
    tally = {}
    good = len(undisturbed(runs))
    for i, run in enumerate(runs):
        for gate in run.gates:
            if run.disturbed and gate.name not in STRICT:
                continue
            key = gate.name, tuple(gate.metrics)
            tally.setdefault(key, (gate, set()))[1].add(i)
    return [Gate.make(name=gate.name, because=gate.because,
            metrics=gate.metrics, runs=len(who))
        for gate, who in tally.values()
        if gate.name in STRICT or len(who) * ONE_IN > good]


# --- Cells: one server in one scenario --------------------------------------

def percentiles_of(runs):
    """The percentiles of all runs together, and the range of each over
    them."""
    histograms = [run.latency_ns for run in runs if run.latency_ns]
    each = [Latencies([h]) for h in histograms]
    together = Latencies(histograms)
    points = []
    for q in CURVE:
        found = together.quantile(q)
        if found is None:
            continue
        values = [one[0] for one in (h.quantile(q) for h in each) if one]
        points.append(Percentile.make(q=q, ns=found[0],
            low_ns=min(values, default=None),
            high_ns=max(values, default=None), at_least=found[1]))
    return points


def memory_of(runs):
    """The medians of the memory at all levels."""
    levels = []
    for i in range(max((len(run.memory) for run in runs), default=0)):
        there = [run.memory[i] for run in runs if i < len(run.memory)]
        level = {}
        for key in ("connections", "total_bytes", "pss_bytes",
                "page_table_bytes", "kernel_stack_bytes",
                "socket_buffer_bytes", "threads"):
            values = [x for x in (getattr(memory, key) for memory in there)
                if isfinite(x)]
            level[key] = median(values) if values else nan
        if isnan(level["connections"]):
            break
        levels.append(Memory.make(**level))
    return levels


def moments_of(run):
    """The logarithms of how much was answered in each whole step of a run's
    window; none when nothing was in one of them."""
    series, window = run.series, run.window_ns / 1e9
    step, start = series.step_seconds, series.from_seconds
    some = [x for i, x in enumerate(series.replies)
        if start + i * step >= 0 and start + (i + 1) * step <= window]
    some = some[:MOMENTS_MOST]
    return [log(x) for x in some] if all(x > 0 for x in some) else []


def spread_of(s, server):
    """What makes the rate of a twin's runs differ: see stats.spread(). None
    where there are not two blocks that count, or not two moments in a run, or
    nothing was answered in one."""
    blocks = []
    for block in range(1, len(s.o.orders) + 1):
        runs = s.in_block(server, block)[:RUNS_A_BLOCK]
        moments = [moments_of(run) for run in runs]
        if len(undisturbed(runs)) == RUNS_A_BLOCK and all(moments):
            blocks.append(moments)
    n = min((len(run) for block in blocks for run in block), default=0)
    if len(blocks) < 2 or n < 2:
        return None
    of_moments, of_runs, of_blocks = spread(
        [[run[:n] for run in block] for block in blocks])
    return Spread.make(moments=n, moments_sd=sqrt(of_moments / n),
        runs_sd=sqrt(of_runs), blocks_sd=sqrt(of_blocks))


def limiter_of(s, server, busy, load):
    """What kept a server from doing more: the first of these that holds."""
    o = s.o
    runs = s.counting(s.arm(server), metrics.RATE)
    overflows = sum(x for x in (run.kernel.get("ListenOverflows", nan)
        for run in runs) if isfinite(x))
    answered = s.figure(server, metrics.ANSWERED)
    if o.is_short():
        return "descriptors", "%.0f of %.0f connections" % (
            o.connections, o.connections_wanted)
    if answered < 1 and o.family == "pool":
        return "pool of threads", "%.0f %% of the requests were answered" % (
            100 * answered)
    if overflows > 0:
        return "kernel", "the queue of new connections ran over %.0f times" \
            % overflows
    if o.job:
        return limiter_of_job(s, server, busy, load)
    why = "server CPU %.0f %% busy, load CPU %.0f %%" % (
        100 * busy, 100 * load)
    if busy >= BUSY:
        return "server CPU", why
    if load >= BUSY:
        return "generator", why
    if runs and not undisturbed(runs):
        return "other work", words.disturbers(runs)
    if o.latency_from == "intended" or o.family == "storm":
        return "offered rate", why
    if o.family == "blocking":
        return "blocking step", why
    if 1 in (o.active, o.connections) or is_under_way(s, server):
        return "round trip", why
    return "unexplained", why


def is_under_way(s, server):
    """Whether a server was asked about as often as its connections can over
    that network, with an answer on each awaited before the next request."""
    most = over(s.o.active * 1e9, s.network.round_trip_ns)
    return s.figure(server, metrics.RATE) >= UNDER_WAY * most


def limiter_of_job(s, server, busy, load):
    """What kept a job from being done sooner: the first of these."""
    runs = s.counting(s.arm(server), metrics.TOTAL)
    total = s.median(runs, metrics.TOTAL) / 1e9
    why = "its CPU %.0f %% busy, that of the load %.0f %%" % (
        100 * busy, 100 * load)
    if busy >= BUSY:
        return "client CPU", why
    if load >= BUSY:
        return "generator", why
    if runs and not undisturbed(runs):
        return "other work", words.disturbers(runs)
    if s.o.job.ideal_seconds >= DELAYED * total or s.o.family == "spin":
        return "delay", why
    return "round trip" if s.o.connections == 1 else "unexplained", why


def share_of_window(runs, key):
    """A reading of the window, as a share of it."""
    known = [(getattr(run, key), run.window_ns) for run in runs]
    known = [pair for pair in known if all(map(isfinite, pair))]
    time = sum(window for _, window in known)
    return sum(x for x, _ in known) / time if time > 0 else 0.0


def cell_of(s, server):
    """All that is known of one server in a scenario."""
    every = s.arm(server)
    runs = s.counting(every, metrics.RATE)
    busy = share_of_window(runs, "server_cpu_ns")
    load = share_of_window(runs, "load_cpu_ns") \
        - share_of_window(runs, "load_spin_ns")
    limiter, because = limiter_of(s, server, busy, load)
    failed = gates_of(every)
    closed = s.o.latency_from != "intended"
    # Whatever else may be named as the limit, the load had no time left.
    if closed and load >= BUSY > busy:
        done = {"storm": metrics.STORM, "push": metrics.LAST}.get(s.o.family,
            metrics.TOTAL if s.o.job else metrics.RATE)
        failed.append(Gate.make(name="generator-bound", because=because,
            metrics=[done]))
    # In an open loop the rate is the load's; a control runs once a block.
    told = server in (THREADS, EVENTS) and closed \
        and metrics.RATE in s.metrics
    calls = s.o.syscalls.get(server)
    return Cell.make(server=server, title=TITLES.get(server, server),
        role="twin" if server in (THREADS, EVENTS)
            else "control" if server in TITLES else "peer",
        runs=len(every),
        figures={m: s.figure(server, m) for m in s.metrics},
        percentiles=percentiles_of(runs),
        spread=spread_of(s, server) if told else None,
        memory=memory_of(every), syscalls=calls,
        busy={"server": busy, "load": load}, limiter=limiter,
        limiter_because=because, gates=failed)


def check_plateau(cells):
    """Twins that are as fast as the null server show the generator's
    speed."""
    rates = [over(cells[server].figures.get(metrics.RATE, nan),
        cells[NULL].figures.get(metrics.RATE, nan))
        for server in (THREADS, EVENTS)
        if server in cells and NULL in cells]
    if len(rates) < 2 or not all(abs(x - 1) < PLATEAU for x in rates):
        return
    for server in (THREADS, EVENTS):
        if cells[server].busy.server < BUSY:
            cells[server].gates = cells[server].gates + [Gate.make(
                name="plateau", because="twins and null server are within "
                "3 % of each other", metrics=[metrics.RATE])]


def cells_of(s):
    """The cells of all servers, by name, in the order of the columns."""
    there = [server for server in TITLES if s.arm(server)]
    there += [server for server in s.arms if server not in TITLES]
    cells = {server: cell_of(s, server) for server in dict.fromkeys(there)}
    if metrics.RATE in s.metrics:
        check_plateau(cells)
    return cells


# --- Comparisons ------------------------------------------------------------

class Compared:
    """Two servers, or one twice over (A/A: no names), in one metric."""

    def __init__(self, s, metric, a=None, b=None, timely=False):
        self.s, self.metric, self.m = s, metric, METRICS[metric]
        self.a, self.b = a, b
        self.timely = timely     # of the figures without lateness
        self.missing = "it was not run"
        self.invalid = None      # why the figures do not count
        self.bound = [False, False]  # some figures: the truth is worse
        self.at_least = False    # the better one was held up, see HOLDING
        self.differences, self.pairs = [], []
        self.disturbed = []      # of each, whether other work was in the way
        # What is not judged has no margin.
        self.margin = 0 if is_saturated(s.o, metric) else self.m.margin
        self.floor, self.band = nan, self.margin
        self.verdict = "no verdict"
        self._find()
        self.all = self._estimate()
        self.counts_all = not self._is_enough()
        self.estimate = self.all if self.counts_all else self._estimate(
            [not disturbed for disturbed in self.disturbed])

    def _find(self):
        """The differences of the blocks, unless there are none that count. A
        run of which only a bound is known counts with it, for to leave it out
        would favour a server that does not answer; with more than half of
        them there is no estimate."""
        arms = [self.s.arm(server) for server in self._servers()]
        if any(self.s.is_partial(arm, self.metric) for arm in arms):
            self.missing = "too few requests for it in some runs"
            return []
        self._collect()
        for arm, bound in zip(arms, self.bound):
            if bound and isnan(self.s.median(arm, self.metric)):
                self.differences = []
                self.missing = "it had not recovered when the window ended" \
                    if self.metric == metrics.RECOVERY \
                    else "it lies among requests never answered"
        if self.differences:
            self.missing = None

    def _is_enough(self):
        """Whether enough blocks are undisturbed to judge by them."""
        n = len(self.differences)
        left = self.disturbed.count(False)
        return left >= min(ENOUGH, ceil(n / 2)) \
            and (left >= BLOCKS_VERDICT or n < BLOCKS_VERDICT)

    def _estimate(self, kept=None):
        """The estimate from all blocks or some. In an open loop its intervals
        also hold what they are without the generator's own lateness: a
        generator that is never late would find something between the two."""
        found = Estimate(chosen(self.differences, kept))
        if self.differences and not self.timely \
                and any(run.timely for run in self.s.runs):
            late = Compared(self.s, self.metric, self.a, self.b, True)
            if len(late.differences) == len(self.differences):
                found.widen(Estimate(chosen(late.differences, kept)))
        return found

    def _collect(self):
        """Form the difference of each block that has values of both."""
        for block, order in enumerate(self.s.o.orders, 1):
            a, b = (self._values(self.s.in_block(server, block), side)
                for side, server in enumerate(self._servers()))
            if self.a is None:
                a, b = halves(a, b, order)
            else:
                a, b = nearest(a, b), nearest(b, a)
            if a and b:
                self._add([x for x, _ in a], [x for x, _ in b],
                    [run for _, run in a + b])

    def _servers(self):
        """Whose runs it is made from."""
        return (THREADS, EVENTS) if self.a is None else (self.a, self.b)

    def _values(self, runs, side):
        """The values of at most two runs, with these."""
        found = []
        for run in runs:
            x = run.figures.get(self.metric, nan)
            timely = run.timely.get(self.metric, nan)
            if len(found) == RUNS_A_BLOCK:
                break
            if self.timely and isfinite(timely):
                x = timely  # a bound has no other
            if isfinite(x):
                self.bound[side] |= self.metric in run.at_least
                found.append((x, run))
            else:
                self.missing = self.m.why_missing
        return found

    def _add(self, a, b, runs):
        """Add the difference of a block, made from some runs."""
        if not self.m.may_be_zero and min(a + b) <= 0:
            self.missing = "there is no ratio to nothing"
            return
        scale = float if self.m.may_be_zero else log
        self.differences.append(sum(map(scale, a)) / len(a)
            - sum(map(scale, b)) / len(b))
        self.pairs.append((a, b))
        self.disturbed.append(self.m.timed
            and any(run.disturbed for run in runs))

    def scale(self, x):
        """A value of the estimate on the scale that is printed."""
        return x if self.m.may_be_zero else ratio_of(x)

    def interval(self, ends):
        """An interval on that scale, or None."""
        return [self.scale(x) for x in ends] if ends else None

    def half_width(self):
        """Half the 95 % interval's width, as a margin is written."""
        if not self.estimate.i95:
            return nan
        half = (self.estimate.i95[1] - self.estimate.i95[0]) / 2
        return half if self.m.may_be_zero else excess_of(half)

    def set_floor(self):
        """Set floor and band, by the scenario's own A/A difference."""
        for row in self.s.o.aa:
            if row.metric == self.metric and isfinite(row.half_width):
                self.floor = row.half_width
                self.band = max(self.band, self.floor)

    def counted_pairs(self):
        """The values of the blocks that count."""
        return self.pairs if self.counts_all else chosen(self.pairs,
            [not disturbed for disturbed in self.disturbed])

    def a_is_better(self):
        """Whether server a is ahead."""
        return (self.estimate.center > 0) == self.m.more_is_better

    def gates(self, cells):
        """The names of the gates that spoil it. That load or link kept the
        better server from doing more can only have made its lead smaller: this
        does not spoil it, but sets at_least."""
        names = []
        better = self.a if self.a_is_better() else self.b
        for server in (self.a, self.b):
            for gate in cells[server].gates:
                if not gate.spoils(self.metric):
                    continue
                if gate.name in HOLDING and server == better:
                    self.at_least = True
                elif gate.name not in names:
                    names.append(gate.name)
        return names

    def _find_invalid(self):
        """Why a run of either server does not count, or None. Other work
        excuses odd figures, but not a server that failed."""
        for run in self.s.runs:
            if run.server in (self.a, self.b) and run.invalid \
                    and (run.has_failed() or not run.disturbed):
                return run.invalid
        return None

    def _verdict_by(self, estimate):
        """What an estimate says."""
        # The band of a difference is as wide as it says, not on a log scale.
        return estimate.verdict(excess_of(self.band)
            if self.m.may_be_zero else self.band)

    def all_blocks(self):
        """What all blocks say, where disturbed ones are left out and that
        changes the verdict; else None."""
        e = self.all
        if self.counts_all or not self.margin \
                or self._verdict_by(e) == self._verdict_by(self.estimate):
            return None
        return AllBlocks.make(blocks=e.blocks, estimate=self.scale(e.center),
            interval95=self.interval(e.i95), verdict=self._verdict_by(e))

    def decide(self, gated):
        """Judge by the band."""
        self.invalid = self._find_invalid()
        if self.invalid or (gated and not self.missing):
            self.verdict = "INVALID"
        elif self.estimate.blocks and self.margin:
            self.verdict = self._verdict_by(self.estimate)
        if self.verdict == "EQUIVALENT" and (self.at_least
                or any(self.bound) or self.band > EQUIVALENT_MOST):
            self.verdict = "INCONCLUSIVE"
        # That a worse one is worse yet can only have made the difference
        # smaller; the better one must be known.
        if self.verdict in ("WIN", "LEANS") \
                and self.bound[not self.a_is_better()]:
            self.verdict = "INCONCLUSIVE"

    def made(self, failed):
        """The comparison as the report has it."""
        e = self.estimate
        known, judged = e.blocks > 0, self.margin > 0
        won = self.verdict in ("WIN", "LEANS")
        # Of bounds no number of blocks makes more.
        open_ = self.verdict == "INCONCLUSIVE" and not any(self.bound)
        twins = (self.a, self.b) == (EVENTS, THREADS)
        return Comparison.make(metric=self.metric, a=self.a, b=self.b,
            primary=self.s.o.primary == self.metric,
            a_median=self.s.figure(self.a, self.metric),
            b_median=self.s.figure(self.b, self.metric),
            blocks=e.blocks, disturbed_blocks=sum(self.disturbed),
            counts_all=self.counts_all and any(self.disturbed),
            all_blocks=self.all_blocks(), scale=self.m.scale(),
            estimate=self.scale(e.center) if known else None,
            interval95=self.interval(e.i95), coverage95=e.coverage95,
            interval90=self.interval(e.i90), coverage90=e.coverage90,
            bootstrap95=bootstrap(self.counted_pairs(),
                    not self.m.may_be_zero)
                if twins and e.blocks >= BLOCKS_VERDICT else None,
            margin=self.margin if judged else None,
            floor=self.floor,
            band=self.band if judged else None, verdict=self.verdict,
            winner=(self.a if self.a_is_better() else self.b)
                if won else None,
            immaterial=self.verdict == "EQUIVALENT" and e.excludes_zero(),
            at_least=self.at_least,
            blocks_needed=e.blocks_needed(min(self.band, EQUIVALENT_MOST))
                if open_ else None,
            gates=failed, missing=self.missing, invalid=self.invalid)


def is_saturated(scenario, metric):
    """Whether a latency is that of a queue: in a closed loop of more than one
    client, which asks as fast as it is answered, its distribution follows
    from how the clients take turns, and is no property of the server."""
    return metric in (metrics.P50, metrics.P99, metrics.P999) \
        and scenario.latency_from != "intended" and scenario.active > 1


def chosen(items, kept):
    """Those of some items that are kept; None: all."""
    return items if kept is None \
        else [item for item, keep in zip(items, kept) if keep]


def nearest(two, one):
    """Of two values the one whose run is nearest to the other server's only
    one: the machine's pace changes within a block, too. When both are as
    near, both: then a drift cancels."""
    if len(two) == 2 and len(one) == 1:
        first, second = (abs(run.position - one[0][1].position)
            for _, run in two)
        if first != second:
            return [two[second < first]]
    return two


def halves(a, b, order):
    """The values of the runs of two twins, which ran twice each, in another
    way: those of the first run of each, and those of the second; the other
    way round where b began."""
    if len(a) != 2 or len(b) != 2:
        return [], []
    first, second = [a[0], b[0]], [a[1], b[1]]
    return (first, second) if order[:1] == "A" else (second, first)


# --- A scenario -------------------------------------------------------------

def is_left_out(s, metric):
    """Whether a metric means nothing, as server and load shared a
    processor."""
    return METRICS[metric].needs_pinning and not s.pinned


def aa_of(s):
    """What the same server twice over differs by, metric by metric."""
    rows = []
    for metric in s.metrics:
        c = Compared(s, metric)
        if is_left_out(s, metric) or c.missing is not None:
            continue
        rows.append(SameTwice.make(metric=metric, blocks=c.estimate.blocks,
            scale=c.m.scale(), estimate=c.scale(c.estimate.center),
            interval95=c.interval(c.estimate.i95),
            half_width=c.half_width(),
            excludes_none=c.estimate.excludes_zero()))
    return rows


def compare(s, metric, a, b, cells):
    """Compare one pair in one metric."""
    c = Compared(s, metric, a, b)
    if is_left_out(s, metric):
        c.missing = "it needs a processor of its own for each side"
        c.estimate = c.all = Estimate([])
        return c.made([])
    c.set_floor()
    failed = c.gates(cells)
    c.decide(bool(failed))
    return c.made(failed)


def judge_scenario(scenario, pinned, network=LOOPBACK):
    """Complete a scenario that was run: cells, A/A, comparisons and
    sentence. The runs, which are long, come last."""
    gates.hold(scenario, pinned, network)
    s = Raced(scenario, pinned, network)
    cells = cells_of(s)
    peers = [server for server in cells if server not in TITLES]
    pairs = PAIRS + tuple((peer, twin) for peer in peers
        for twin in (THREADS, EVENTS))
    scenario.cells = list(cells.values())
    scenario.aa = aa_of(s)
    scenario.comparisons = [compare(s, metric, a, b, cells)
        for metric in s.metrics for a, b in pairs
        if a in cells and b in cells]
    scenario.sentence = words.sentence(scenario)
    scenario.json.pop("syscalls", None)
    scenario.json["runs"] = scenario.json.pop("runs", [])


def is_judged(scenario):
    """Whether that has been done."""
    return scenario.has("comparisons")


def judge(report):
    """Judge what has not been judged; return whether there was any."""
    any_ = False
    for scenario in report.scenarios:
        if not is_judged(scenario):
            judge_scenario(scenario, bool(report.pinned),
                scenario.network or report.network)
            any_ = True
    if any_:
        report.margins = margins()
        report.chance = chance(report.scenarios)
        report.json["scenarios"] = report.json.pop("scenarios")
    return any_


def margins():
    """The table of metrics and margins."""
    return [Margin.make(metric=key, label=m.label, unit=m.unit,
            margin=m.margin or None, more_is_better=m.more_is_better,
            kind=m.scale())
        for key, m in METRICS.items()]


def chance(scenarios):
    """How many primary comparisons of the twins got a verdict, and how many
    of them chance alone could win."""
    n = sum(c is not None and c.verdict not in ("", "INVALID", "no verdict")
        for c in (scenario.main() for scenario in scenarios))
    return Chance.make(primary=n, wins_by_chance=.05 * n)
