"""
beside - which findings survive a network: what a report says of the twins over
one, beside what another report says of them without.

Both are ratios of paired blocks, each within its own run, so what the machine
did differently on two days cancels in each of them. Nothing is computed anew:
two verdicts stand side by side, with a word for what became of the first.
"""

import words
from baseline import is_same_load
from metrics import CPU, METRICS

SURVIVES, VANISHES, TURNS = "survives", "vanishes", "turns"
APPEARS, SAME, OPEN = "appears", "no difference", "undecided"

# How a sentence begins that says so.
LEADS = {SURVIVES: "Survives the network", VANISHES: "Vanishes over the "
    "network", TURNS: "Turns over the network", APPEARS: "Appears only over "
    "the network", SAME: "Equal without the network and over it",
    OPEN: "Undecided whether it survives the network"}


def became(without, over):
    """What became over a network of what was found without it; undecided, if
    one of the two is."""
    a, b = words.choice(without), words.choice(over)
    sides = ("threads", "events")
    if a in sides and b in sides:
        return SURVIVES if a == b else TURNS
    if a in sides and b == "either":
        return VANISHES
    if a == "either" and b in sides:
        return APPEARS
    return SAME if a == b == "either" else OPEN


def pairs(scenario):
    """What is told side by side: of each metric the comparison without the
    network and the one over it."""
    found = [(c, scenario.comparison(c.metric)) for c in scenario.beside]
    return [(without, over) for without, over in found
        if over is not None and over.metric in METRICS]


def sentence(without, over):
    """Both, in a sentence without its full stop."""
    return (f"{LEADS[became(without, over)]}: {METRICS[over.metric].name}, "
        f"events to threads {words.estimate(without)} without it, "
        f"{words.estimate(over)} over it")


def told(scenario):
    """The sentences of a scenario."""
    return [sentence(*pair) for pair in pairs(scenario)]


def why_not(report, other):
    """Why one report cannot be set beside another one, or None."""
    if report.network.emulated is None:
        return "it was measured without a network itself"
    if other.network.emulated is not None:
        return "that one was measured over a network, too"
    machines = [report.machine.id, report.network.machine.id]
    if not other.machine.id or other.machine.id not in machines:
        return "that one is of another machine"
    if other.pinned != report.pinned:
        return "the servers had a processor of their own in one of the two " \
            "only"
    return None


def join(report, other):
    """Set what the other report has of each scenario beside it, where both
    loaded it in the same way, so that table and page tell both."""
    if why_not(report, other):
        return
    for scenario in report.scenarios:
        its = other.scenario(scenario.name)
        if its is None or not is_same_load(scenario, its):
            continue
        metrics = dict.fromkeys((scenario.primary, CPU))
        scenario.beside = [c for c in map(its.comparison, metrics)
            if c is not None]


def check(out, report, other):
    """Whether anything is told side by side; else write why not."""
    why = why_not(report, other)
    if why is None and not any(map(pairs, report.scenarios)):
        why = "the two reports have no scenario in common that was loaded in " \
            "the same way"
    if why is None:
        return True
    out.gap()
    out.say(f"Not told beside the other report: {why}.")
    return False
