#!/usr/bin/python3
"""
fuzz - search for inputs that break a rule of a fuzz target.

    fuzz.py [--inputs N] [SECONDS] [NAME...]

Runs each target of build/fuzz (or those named) for SECONDS (default 10), two
at a time, beginning with the inputs of tests/corpus/NAME. With --inputs it
tries N inputs instead, the same ones each time: a search finds by chance, a
test must not fail by chance. An input that fails is left in the corpus, so
that `make check` fails until its cause is mended, and is worth keeping from
then on; what the target said is printed.

One line a target, with how many inputs were tried; the exit code is 0 if none
failed.
"""

import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TARGETS = os.path.join("build", "fuzz", "tests", "fuzz", "fuzz_")

# Seconds for one input, MiB for one target, bytes of an input; seconds after
# which a target that counts its inputs has hung.
HANGS, MEMORY, LONGEST, STUCK = 10, 2048, 8192, 1200


def run(name, limits, seconds):
    """Let one target search; return (whether it is well, what it said).

    What a target tries next depends on addresses, on the order of the first
    inputs, on when freed memory is given back, and on the length of arguments
    and environment: all are made the same each time, wherever the project
    stands.
    """
    kept = os.path.join("tests", "corpus", name)
    os.makedirs(kept, exist_ok=True)
    seeds = ",".join(sorted(glob.glob(os.path.join(kept, "*"))))
    with tempfile.TemporaryDirectory() as found:
        done = subprocess.run(["setarch", "-R", TARGETS + name, found, *limits,
                "-reload=0", "-purge_allocator_interval=-1",
                f"-seed_inputs={seeds}", f"-timeout={HANGS}",
                f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}",
                f"-artifact_prefix={kept}/found-", "-print_final_stats=1"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="backslashreplace", timeout=seconds,
            env={"PATH": os.defpath})
    tried = re.search(r"number_of_executed_units: *(\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    if done.returncode != 0 or not tried:
        return False, f"FAILED  {name}\n{done.stderr[-6000:]}"
    return True, (f"ok      {name:10} {int(tried[1]):10} inputs "
        f"{covered[-1] if covered else '?':>6} places reached")


def main():
    """Do what the command line asks for."""
    os.chdir(ROOT)
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int)
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    names, seconds = given.rest, 10
    if names and names[0].isdigit():
        seconds = int(names.pop(0))
    limits = [f"-max_total_time={seconds}"]
    if given.inputs:
        limits = ["-seed=1", f"-runs={given.inputs}"]
    names = names or [path.removeprefix(TARGETS)
        for path in sorted(glob.glob(TARGETS + "*"))
        if os.access(path, os.X_OK) and not os.path.splitext(path)[1]]
    if not names:
        print("there are no targets; `make fuzz` makes them")
        return 1
    failed = False
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for well, text in pool.map(
                lambda name: run(name, limits, seconds + STUCK), names):
            print(text, flush=True)
            failed = failed or not well
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
