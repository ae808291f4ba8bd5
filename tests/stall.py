#!/usr/bin/python3
"""
stall - run a command while somebody takes the processors away.

    stall.py [--longest S] [--share P] COMMAND...

On each processor, and without regard to the others, a process of real-time
priority lets nothing else run for up to S seconds (default 4) at times, P % of
the time in all (default 33): what a hypervisor does that has promised too much.
Kernel threads wait, too. So `sudo tests/stall.py tests/run.py` finds tests that
fail because a machine is busy. The exit code is the command's.
"""

import argparse
import ctypes
import os
import random
import signal
import subprocess
import sys
import time

PRIORITY = 50  # above all that is no real-time process
PR_SET_PDEATHSIG = 1


def stall(processor, longest, share):
    """Take a processor away, again and again, until killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.sched_setaffinity(0, {processor})
    while True:
        # Many stalls are short and few are long: a quarter of the longest on
        # average.
        time.sleep(random.uniform(0, longest / 2 * (1 / share - 1)))
        end = time.monotonic() + longest * random.random() ** 3
        while time.monotonic() < end:
            pass


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Run a command while somebody takes the processors away.")
    parser.add_argument("--longest", type=float, default=4, metavar="S",
        help="seconds of the longest stall (default 4)")
    parser.add_argument("--share", type=float, default=33, metavar="P",
        help="per cent of the time (default 33)")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command or not 0 < options.share < 100 \
            or not options.longest > 0:
        parser.error("a command, seconds above 0, and 0 < P < 100 are needed")
    try:
        command = subprocess.Popen(options.command)
    except OSError as e:
        sys.exit(f"stall: {options.command[0]}: {e.strerror}")
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError:
        command.kill()
        command.wait()
        sys.exit("stall: real-time priority is for root")
    stallers = []
    for processor in sorted(os.sched_getaffinity(0)):
        staller = os.fork()
        if staller == 0:
            stall(processor, options.longest, options.share / 100)
        stallers.append(staller)
    try:
        code = command.wait()
    finally:
        for staller in stallers:
            os.kill(staller, signal.SIGKILL)
            os.waitpid(staller, 0)
    sys.exit(128 - code if code < 0 else code)


if __name__ == "__main__":
    main()
