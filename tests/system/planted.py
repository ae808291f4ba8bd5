#!/usr/bin/python3
"""
planted - servers slowed by a known share, raced, and what compare makes of it.

    planted.py [--blocks N] [--times N]

For 0, 2, 5, 10 and 30 % a threaded server is preloaded with slow.c and raced as
a peer beside the threaded one as it is, three times each. Printed is the
processor time per request that compare finds, and its 95 % interval. One in
twenty such intervals may miss the truth, so of 15 three: more come once in two
hundred times. And at 30 % the verdict must be there, every time.

The preload itself costs something, and a slower server makes the load sleep
more often, which its send() pays for; so the intervals are held one per cent
wider.

The windows are short and the blocks many, so that both servers meet the machine
at the same pace. It takes twenty minutes, and a machine with nothing else to do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
SHARES = (0, 2, 5, 10, 30)
ITSELF = 0.01  # what the preload costs

SERVER = "env LD_PRELOAD={so} SLOW={share} {server} --quiet --port {{port}}"


def race(share, blocks, folder):
    """Race a server slowed by so much; what is said of its cost."""
    command = SERVER.format(share=share,
        so=os.path.join(BUILD, "tests", "preload", "slow.so"),
        server=os.path.join(BUILD, "threaded", "guess-server"))
    subprocess.run([os.path.join(BUILD, "compare"), "--only", "reply-50",
        "--blocks", str(blocks), "--seconds", "0.2", "--output", folder,
        "--peer", f"slowed={command}"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
        comparisons = json.load(file)["scenarios"][0]["comparisons"]
    return next(c for c in comparisons if (c["metric"], c["a"], c["b"]) ==
        ("cpu_ns_per_request", "slowed", "threaded"))


def main():
    """Race them all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    missed = unseen = 0
    for share in SHARES * options.times:
        with tempfile.TemporaryDirectory() as folder:
            found = race(share, options.blocks, folder)
        low, high = found["interval95"] or (0, float("inf"))
        holds = low * (1 - ITSELF) <= 1 + share / 100 <= high * (1 + ITSELF)
        seen = share < max(SHARES) or found["verdict"] == "WIN"
        missed += not holds
        unseen += not seen
        print(f"slowed by {share:2} %: {found['estimate'] - 1:+6.1%} "
            f"({low - 1:+.1%} to {high - 1:+.1%}) {found['verdict']}"
            f"{'' if holds else ', misses the truth'}"
            f"{'' if seen else ', not seen'}", flush=True)
    races = len(SHARES) * options.times
    print(f"{races - missed} of {races} intervals hold the truth, "
        f"and {unseen} great differences were not seen.")
    return 0 if missed <= races / 5 and unseen == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
