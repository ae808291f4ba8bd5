"""
baseline - what has changed since an earlier report, by the same statistics.

Block by block in the order in which they ran, the logarithms of a server's
figures then are subtracted from those now; estimate, interval, margin and
verdict are those of any comparison, and the band is the wider one of the two
reports. Two days are no two columns of one run, though: what the machine did
differently is in it. So there is no verdict where its pace (see pace.h) is
another one, or where a gate spoils the figures.
"""

from math import isfinite, log, nan

import words
from metrics import METRICS
from report import EVENTS, THREADS, TITLES, Scenario, Span, is_uneven, over
from stats import Estimate, excess_of, ratio_of
from terminal import BOLD
from verdict import Raced

SAME_RATE = .05  # an open loop found by capacity is never the same

# What must be the same for two scenarios to be the same.
SAME = (Scenario.load_model, Scenario.connections, Scenario.active,
    Scenario.background, Scenario.cores, Scenario.options, Scenario.job)


def is_same_load(a, b):
    """Whether two scenarios were loaded in the same way."""
    if any(a.json.get(key.name) != b.json.get(key.name) for key in SAME) \
            or a.network.what() != b.network.what():
        return False
    # NAN where there is no rate.
    return not abs(over(a.rate_per_second, b.rate_per_second) - 1) > SAME_RATE


def why_not_counted(scenario, server, metric):
    """Why the figures of a server in one report do not count, or None."""
    if any(gate.spoils(metric) for gate in scenario.cell(server).gates):
        return "INVALID"
    return None


def why_not_judged(now, then, server, metric):
    """Why the change of a server is not judged, or None."""
    why = why_not_counted(now, server, metric) \
        or why_not_counted(then, server, metric)
    pace = over(now.pace().at, then.pace().at)
    if why is None and METRICS[metric].timed \
            and is_uneven(Span(min(1, pace), pace, max(1, pace))):
        why = "another pace"
    return why


def band_of(now, then, metric):
    """The wider band of the two reports."""
    bands = [c.band for c in (now.main(), then.main()) if c]
    return max([METRICS[metric].margin, *filter(isfinite, bands)])


def block_values(s, server, metric):
    """The figures of a server, a number per block that counts: the mean of
    its logarithms, or of the figures themselves; and whether one is only a
    bound."""
    m, values, bound = METRICS[metric], [], False
    counting = s.counting(s.arm(server), metric)
    scale = float if m.may_be_zero else lambda x: log(x) if x > 0 else nan
    for block in range(1, len(s.o.orders) + 1):
        runs = [run for run in s.in_block(server, block)
            if isfinite(run.figures.get(metric, nan)) and run in counting]
        bound |= any(metric in run.at_least for run in runs)
        some = [scale(run.figures[metric]) for run in runs]
        value = over(sum(some), len(some))
        values += [value] * isfinite(value)
    return values, bound


def write_change(out, now, then, server):
    """Write the change of one server in one scenario."""
    metric, arms = now.primary, (Raced(now), Raced(then))
    m = METRICS[metric]
    (a, a_bound), (b, b_bound) = (block_values(s, server, metric)
        for s in arms)
    is_, was = (words.cell(metric, s.figure(server, metric)) for s in arms)
    why = "only bounds" if a_bound or b_bound \
        else why_not_judged(now, then, server, metric)
    change, verdict = judged([x - y for x, y in zip(a, b)], m,
        band_of(now, then, metric))
    out.row(f"  {now.name:13}{TITLES[server]:9}{m.label:24}{was:>9}{is_:>9}  "
        f"{change:21} {why or verdict}")


def judged(differences, m, delta):
    """A change in words, and its verdict."""
    if not differences:
        return "-", "no verdict"
    e = Estimate(differences)
    scale = float if m.may_be_zero else ratio_of
    change = f"{scale(e.center):.2f}"
    if e.i95:
        change += " ({:.2f} to {:.2f})".format(*map(scale, e.i95))
    verdict = e.verdict(excess_of(delta) if m.may_be_zero else delta)
    if verdict == "WIN":
        better = (e.center > 0) == m.more_is_better
        verdict = "BETTER" if better else "WORSE"
    return change, verdict


def write_scenario(out, now, then):
    """Write the changes of one scenario; False when there is nothing to
    compare."""
    if then is None or now.primary not in METRICS:
        return False
    if not is_same_load(now, then):
        different = [key.name.replace("_", " ") for key in SAME
            if now.json.get(key.name) != then.json.get(key.name)] \
            + ["network"] * (now.network.what() != then.network.what())
        out.say(f"  {now.name}: not compared, as it was loaded otherwise "
            f"then ({', '.join(different) or 'rate'}).")
        return False
    for server in (THREADS, EVENTS):
        write_change(out, now, then, server)
    return True


def machine_differences(now, then):
    """What makes the machine of one report another one than that of the
    other."""
    def facts(machine):
        return {"processor": machine.processor,
            "processors": words.count(machine.processors_online),
            "memory": words.size(machine.memory_bytes),
            "kernel": machine.uname.release}

    a, b = facts(now), facts(then)
    return [f"{key} {b[key] or '?'} then, {a[key] or '?'} now"
        for key in a if a[key] != b[key]] or ["another /etc/machine-id"]


def setup_differences(now, then):
    """What makes the set-up of one report another one than that of the other:
    the network, or the host beyond it."""
    a, b = now.network, then.network
    if a.is_real() and b.is_real() and a.machine.id != b.machine.id:
        return ["the servers ran on another machine ("
            + "; ".join(machine_differences(a.machine, b.machine)) + ")"]
    if a.what() != b.what():
        return [f"between load and servers was {words.network(b)} then, "
            f"{words.network(a)} now"]
    if abs(a.mtu - b.mtu) > 0:
        return [f"packets had {words.count(b.mtu)} bytes at most then, "
            f"{words.count(a.mtu)} now"]
    return []


def compare(out, now, then):
    """Write how the primary figures of both twins have changed, a row each.
    False, having written why, when the reports are of two machines or have
    no scenario in common that was loaded in the same way."""
    a, b = now.machine.id, then.machine.id
    out.gap()
    if not a or a != b:
        out.say("Not compared with the baseline: it is of another machine ("
            + "; ".join(machine_differences(now.machine, then.machine))
            + ").")
        return False
    if now.pinned != then.pinned:
        out.say("Not compared with the baseline: the servers had a processor "
            "of their own in one of the two only.")
        return False
    for difference in setup_differences(now, then):
        out.say(f"Not compared with the baseline: {difference}.")
        return False
    if not all(any(s.runs for s in report.scenarios)
            for report in (now, then)):
        out.say("Not compared with the baseline: one of the two is a kept "
            "report (make results), without its runs.")
        return False
    out.say(f"Since {then.started}", BOLD)
    out.row(f"{'':48}{'then':>9}{'now':>9}  {'now/then':21} verdict")
    any_ = [write_scenario(out, scenario, then.scenario(scenario.name))
        for scenario in now.scenarios]
    if not any(any_):
        out.row("  The two reports have no scenario in common.")
    return any(any_)
