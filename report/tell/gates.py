"""
gates - what makes the figures of a run invalid: arithmetic that does not come
out, a load that was late, a kernel that dropped something.

What only whoever held the conversation knows, a server that failed or a wrong
reply, stands in the run already.
"""

from math import isfinite, nan, sqrt

from latencies import Latencies
from metrics import BACKGROUND, P50, P99, P999, RATE
from report import LOOPBACK, Gate, over

LITTLE_WITHIN = .02     # deviation from the law
RATE_WITHIN = .99       # of the intended requests must have been sent
LATE_SHARE = .5         # of a quantile may come from the lateness
SLOPE_SHARE = .01       # of the rate: faster growth is instability
SIGNATURE = 1e-3        # of the samples
SIGNATURE_FEWEST = 10   # samples
KERNEL_LET_PASS = 1e-4  # of the replies
BUSY_MOST = 1.03        # of a processor: no more can be used
RETRANSMITS = 1e-3      # of the segments, beyond those lost by plan
LINK_FULL = .8          # of what a link of limited rate can carry
TABLE_FULL = .8         # of the kernel's table of connections
# Segments sent again for one that was lost, at most: a lost answer is missed by
# both ends, as with it goes the acknowledgement of what it answers, and so may
# be what is sent again. At 1 % and 5 % each way it was 2.0 to 2.5.
AGAIN = 3

EVERYTHING, TAIL, QUANTILES = ["*"], [P99, P999], [P50, P99, P999]
NAMES = {P50: "median", P99: "p99", P999: "p99.9"}

# Counters of the kernel that move for no other program's sake.
OF_LISTENERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop",
    "TCPReqQFullDoCookies")

# And those that move when packets are lost.
OF_LOSSES = ("RetransSegs", "TCPSynRetrans", "TCPTimeouts")

# How many segments there were, which is nobody's fault.
SEGMENTS = "OutSegs"

# Latencies, in ms, that something well known leaves behind.
SIGNATURES = (
    (38, 46, "Nagle's algorithm against delayed acknowledgements"),
    (200, 210, "a segment sent again"),
    (1000, 1020, "a connection asked for again after 1 s"),
    (3000, 3050, "a connection asked for again after 3 s"),
    (7000, 7100, "a connection asked for again after 7 s"))
MS = 1000000  # ns


def failed(name, metrics, because):
    """A gate that was failed."""
    return Gate.make(name=name, because=because, metrics=metrics)


def is_open(scenario):
    """Whether requests come when they are due."""
    return scenario.latency_from == "intended"


def little(scenario, run, _):
    """Little's law, in its exact form: time in flight by the samples is time
    in flight by the counter. It fails when samples are lost, doubled or in the
    wrong unit. A closed loop must have all connections in flight besides,
    unless they may hang, or wait for the last of a round."""
    if scenario.family == "storm" or not run.outstanding_mean > 0:
        return
    if abs(run.little - 1) > LITTLE_WITHIN:
        yield failed("Little's law", EVERYTHING, "time in flight is off by "
            f"{100 * (run.little - 1):+.1f} %")
    if not is_open(scenario) and scenario.family not in ("pool", "push") \
            and abs(over(run.outstanding_mean, run.active) - 1) \
            > LITTLE_WITHIN:
        yield failed("closed loop not full", EVERYTHING,
            f"{run.outstanding_mean:.1f} of {run.active:.0f} connections were "
            "in flight")


def open_loop(scenario, run, _):
    """Whether an open loop did what it intended, and in time. Comparisons
    allow for lateness; when most of a quantile is the generator's, it says
    nothing about the server."""
    if not is_open(scenario) or not run.intended > 0:
        return
    if scenario.family != "overload" \
            and run.sent < RATE_WITHIN * run.intended:
        yield failed("rate not reached", QUANTILES,
            f"{100 * run.sent / run.intended:.1f} % of the intended requests "
            "were sent in time")
    for metric, name in NAMES.items():
        response = run.figures.get(metric, nan)
        timely = run.timely.get(metric, nan)
        if response - timely > LATE_SHARE * response:
            yield failed("generator late", [metric], f"the {name} latency of "
                f"{response / 1e3:.0f} \u00b5s would be "
                f"{timely / 1e3:.0f} \u00b5s without its lateness")


def stability(_, run, __):
    """A queue that grows has no percentiles."""
    slope = run.outstanding_slope_per_second
    if slope > SLOPE_SHARE * run.rate_per_second:
        yield failed("unstable", QUANTILES,
            f"the queue grew by at least {slope:.0f} requests per second")


def signatures(_, run, network):
    """Latencies that something well known leaves behind, unless the
    distribution is wide there anyway, two round trips take that long, or
    packets are lost by plan."""
    if network.loses() or not run.latency_ns.max >= SIGNATURES[0][0] * MS:
        return
    h = Latencies([run.latency_ns])
    usual = h.at(h.rank(.9))[0]
    for low, high, cause in SIGNATURES:
        if low * MS <= 2 * network.round_trip_ns:
            continue
        n = h.between(low * MS, high * MS)
        before = h.between((2 * low - high) * MS, low * MS - 1)
        if usual < low * MS / 4 and n > 4 * before and n > SIGNATURE_FEWEST \
                and n > SIGNATURE * h.n:
            yield failed("signature", TAIL, f"{100 * n / h.n:.2f} % of the "
                f"latencies are of {low} to {high} ms: {cause}")


def kernel(_, run, network):
    """The kernel's counters must not have moved. Most of them move for the
    rest of the machine, too: of those as many are let pass as no percentile
    notices, and where others pull at the same time the segments are
    theirs. What packets lost by plan move is a result, and networks lose a
    few (see retransmits())."""
    let_pass = KERNEL_LET_PASS * run.replies
    for name, n in run.kernel.items():
        if name == SEGMENTS or name in OF_LOSSES and (
                network.loses() or network.is_real()):
            continue
        if n > 0 and (name in OF_LISTENERS
                or n > let_pass and not run.background.bytes > 0):
            yield failed("kernel counters", TAIL, f"{name} rose by {n:.0f}")


def retransmits(_, run, network):
    """A network may lose a few segments, or as many as it was asked to, give
    or take three standard deviations. One that is too narrow loses any
    number."""
    if network.bits_per_second > 0 \
            or not (network.is_real() or network.loss > 0):
        return
    segments = run.kernel.get(SEGMENTS, 2 * run.replies)
    lost = segments * network.loss if network.loss > 0 else 0
    again = run.kernel.get("RetransSegs", 0)
    if again > RETRANSMITS * segments + AGAIN * (lost + 3 * sqrt(lost)):
        yield failed("retransmits", TAIL, f"{again:.0f} of {segments:.0f} "
            "segments were sent again")


def round_trip(_, __, network):
    """Latencies over a network that has become another one are of neither."""
    if network.is_real() and network.has_changed():
        yield failed("round trip", QUANTILES, "a small request took "
            f"{network.round_trip_ns / MS:.3g} ms there and back before the "
            f"race and {network.round_trip_after_ns / MS:.3g} ms after it")


def cards(_, run, network):
    """What the network cards of both hosts say: one that is nearly full, or
    drops packets, shows no server's speed; one that a cloud holds back, or a
    kernel that must forget connections, shows nothing."""
    for nic in run.nics:
        of = network.server if nic.host == "server" else "the load's host"
        used = over(8 * max(nic.received_bytes, nic.sent_bytes),
            nic.seconds * nic.bits_per_second)
        if used > LINK_FULL:
            yield failed("link-bound", [RATE, BACKGROUND], "the network card "
                f"of {of} was {100 * min(used, 1):.0f} % full")
        if nic.dropped > RETRANSMITS * nic.packets:
            yield failed("link-bound", [RATE, BACKGROUND], "the network card "
                f"of {of} dropped {nic.dropped:.0f} of {nic.packets:.0f} "
                "packets")
        if nic.held_back > 0:
            yield failed("allowance", EVERYTHING, "the cloud held back "
                f"packets of {of} {nic.held_back:.0f} times")
        if nic.conntrack > TABLE_FULL:
            yield failed("conntrack", EVERYTHING, "the table of connections "
                f"of {of} was {100 * nic.conntrack:.0f} % full")


def sanity(scenario, run, _):
    """Percentiles must be in order, and each request has one latency."""
    known = [x for x in (run.figures.get(metric, nan) for metric in QUANTILES)
        if isfinite(x)]
    h = run.latency_ns
    if known != sorted(known) or h.mean > h.max:
        yield failed("percentiles", QUANTILES, "they are out of order")
    if h and is_open(scenario) and h.recorded + h.censored != run.intended:
        yield failed("percentiles", QUANTILES, f"{h.recorded + h.censored} "
            f"latencies of {run.intended:.0f} requests")


def utilisation(scenario, run, _):
    """No server uses more than all there is."""
    busy = over(run.server_cpu_ns, run.window_ns)
    if scenario.cores == "one" and busy > BUSY_MOST:
        yield failed("utilisation", EVERYTHING,
            f"the server used {busy:.2f} of its one processor")


def link(_, run, network):
    """No server shows what it can do over a link that is full; where it is full
    by plan, that is not asked."""
    spoiled = [metric for metric in (RATE, BACKGROUND)
        if metric in run.figures]
    if not network.bits_per_second > 0 or not spoiled:
        return
    rate = over(8 * run.link_bytes, run.window_ns / 1e9)
    used = over(rate, network.bits_per_second)
    if used > LINK_FULL:
        yield failed("link-bound", spoiled, "what servers sent "
            f"filled {100 * min(used, 1):.0f} % of the link")


GATES = (little, open_loop, stability, signatures, kernel, retransmits,
    round_trip, cards, sanity, link, utilisation)


def hold(scenario, pinned, network=LOOPBACK):
    """Hold the runs of a scenario to all of them, those that came to
    something."""
    for run in scenario.runs:
        if run.has_failed() or not run.replies > 0:
            continue
        held = GATES if pinned else GATES[:-1]
        known = {gate.name for gate in run.gates}
        new = [gate for look in held for gate in look(scenario, run, network)
            if gate.name not in known]
        if new:
            run.gates = run.gates + new
