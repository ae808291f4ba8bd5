#!/usr/bin/python3
"""
planted - servers slowed by a known time, raced, and what compare makes of it.

    planted.py [--blocks N] [--seconds S] [--times N]

The threaded server as it is is raced as a peer of itself, then three times with
slow.c preloaded, which costs it so many nanoseconds of processor time in each
request: 3, 8 and 15 % of what compare measured that a request costs it without.
What was planted is known in nanoseconds; what share of a request that is, is
told by the server beside it in the same race. Printed is what compare finds.

It is wrong, and the exit code 1, when
  * the CPU per request of 0, 3 or 8 % is found two points off, or more;
  * 15 % is not found to be a WIN of the server as it is, in requests per second
    and in CPU per request: a server so much slower leaves the load asleep for
    some time and pays for waking it up, so its share is not what was planted;
  * the slowed server is called the better one in anything that is judged, or
    one of two equal ones is.

It takes ten minutes, and a machine with nothing else to do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
SHARES = (0, 0.03, 0.08, 0.15)
OFF = 0.02         # so far from the truth is wrong
SEEN = 0.10        # a larger share must be seen, and need not be exact
PLAIN, SLOWED = "threaded", "slowed"
RATE, CPU = "requests_per_second", "cpu_ns_per_request"

SERVER = "env LD_PRELOAD={so} SLOW={ns} {server} --quiet --port {{port}}"
ROW = "{:>7} {:>8} {:>8} {:>20} {:12} {:>20} {:12} {}"


def race(ns, options, folder):
    """Race a server slowed by so much; the scenario as the report has it."""
    command = SERVER.format(ns=ns,
        so=os.path.join(BUILD, "tests", "preload", "slow.so"),
        server=os.path.join(BUILD, PLAIN, "guess-server"))
    subprocess.run([os.path.join(BUILD, "compare"), "--only", "reply-50",
        "--blocks", str(options.blocks), "--seconds", str(options.seconds),
        "--output", folder, "--peer", f"{SLOWED}={command}"], check=True,
        stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
        return json.load(file)["scenarios"][0]


def found(scenario, metric):
    """How the slowed server compares with the one as it is."""
    return next(c for c in scenario["comparisons"]
        if (c["metric"], c["a"], c["b"]) == (metric, SLOWED, PLAIN))


def cpu_of(scenario):
    """What a request costs the server as it is, in ns."""
    return next(cell["figures"][CPU] for cell in scenario["cells"]
        if cell["server"] == PLAIN)


def plant(share, cpu_ns):
    """How many ns more make a request so much dearer."""
    return round(share * cpu_ns)


def faults(share, ns, scenario):
    """What compare got wrong of a server slowed by so many ns a request, which
    were to be this share."""
    cpu, rate = found(scenario, CPU), found(scenario, RATE)
    said = [f"{c['metric']} better when slowed" for c in
        scenario["comparisons"] if (c["a"], c["b"]) == (SLOWED, PLAIN)
        and c["winner"] == SLOWED]
    off = cpu["estimate"] - 1 - ns / cpu_of(scenario)
    if share < SEEN and not abs(off) < OFF:
        said.append(f"CPU is {100 * off:+.1f} points off")
    if share >= SEEN and not all((c["verdict"], c["winner"]) == ("WIN", PLAIN)
            for c in (cpu, rate)):
        said.append("the difference was not seen")
    if share == 0 and "WIN" in (cpu["verdict"], rate["verdict"]):
        said.append("a winner of two equal servers")
    return said


def shown(c):
    """An estimate with its interval."""
    low, high = c["interval95"] or (float("nan"),) * 2
    return f"{c['estimate']:.3f} ({low:.3f} to {high:.3f})"


def row(share, ns, scenario):
    """A row of the table."""
    cpu, rate = found(scenario, CPU), found(scenario, RATE)
    return ROW.format(f"{share:.0%}", f"{ns} ns",
        f"{ns / cpu_of(scenario):.1%}", shown(cpu), cpu["verdict"],
        shown(rate), rate["verdict"],
        "; ".join(faults(share, ns, scenario)) or "right")


def read_options():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--blocks", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--times", type=int, default=1)
    return parser.parse_args()


def main():
    """Race them all."""
    options = read_options()
    wrong = 0
    cpu_ns = None
    print(ROW.format("wanted", "planted", "of CPU", "CPU/request", "verdict",
        "requests/s", "verdict", ""))
    for share in SHARES * options.times:
        ns = plant(share, cpu_ns) if share else 0
        with tempfile.TemporaryDirectory() as folder:
            scenario = race(ns, options, folder)
        if not share:
            cpu_ns = cpu_of(scenario)
        wrong += bool(faults(share, ns, scenario))
        print(row(share, ns, scenario).rstrip(), flush=True)
    races = len(SHARES) * options.times
    print(f"{races - wrong} of {races} are right.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
