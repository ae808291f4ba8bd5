#!/usr/bin/python3
"""
planted - servers slowed by a known share, raced, and what compare makes of it.

    planted.py [--blocks N]

For 0, 2, 5, 10 and 30 % a threaded server is preloaded with slow.c and raced as
a peer beside the threaded one as it is. Printed is the processor time per
request that compare finds, with its interval, and whether the truth is in it.
The exit code is 0 when it always is.

It takes six minutes, and a machine with nothing else to do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build")
SHARES = (0, 2, 5, 10, 30)

# Reading the clocks costs something by itself, which 0 % shows; the others are
# seen against it.
SERVER = "env LD_PRELOAD={so} SLOW={share} {server} --quiet --port {{port}}"


def race(share, blocks, folder):
    """Race a server slowed by so much; what is said of its cost."""
    command = SERVER.format(so=os.path.join(BUILD, "tests", "slow.so"),
        share=share, server=os.path.join(BUILD, "threaded", "guess-server"))
    subprocess.run([os.path.join(BUILD, "compare"), "--only", "reply-50",
        "--blocks", str(blocks), "--seed", "1", "--output", folder,
        "--peer", f"slowed={command}"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
        comparisons = json.load(file)["scenarios"][0]["comparisons"]
    return next(c for c in comparisons if (c["metric"], c["a"], c["b"]) ==
        ("cpu_ns_per_request", "slowed", "threaded"))


def main():
    """Race them all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--blocks", type=int, default=8)
    blocks = parser.parse_args().blocks
    good = True
    base = 1.0
    for share in SHARES:
        with tempfile.TemporaryDirectory() as folder:
            found = race(share, blocks, folder)
        if share == 0:
            base = found["estimate"]
        low, high = found["interval95"] or (0, float("inf"))
        truth = base * (1 + share / 100)
        inside = low * 0.99 <= truth <= high * 1.01
        good = good and inside
        print(f"slowed by {share:2} %: {found['estimate'] / base - 1:+6.1%} "
            f"({low / base - 1:+.1%} to {high / base - 1:+.1%}) "
            f"{found['verdict']}{'' if inside else ': WRONG'}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
