#!/usr/bin/python3
"""
reconnect - how long clients wait when all of them come back at once.

    reconnect.py [--clients N,...] [--jitter S,...] [--pause S] [--seed N]
                 [--report FILE | --rates THREADS,EVENTS] [--linear N]

When a server is restarted, its clients have lost their connections, and come
back; each at a moment of its own within --jitter seconds. The kernel queues
4096 connections that the server has not accepted; the SYN of a client that
finds the queue full is dropped, and its kernel sends it again after 1, 3, 7,
15, 31 and 63 seconds; since Linux 6.5 after 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67
(net.ipv4.tcp_syn_linear_timeouts, which --linear overrules). So who comes back
without a jitter waits for seconds, though the server is idle most of the time.

This is a model of it, event by event, no measurement. It has three numbers: how
many clients a second a server accepts and answers for the first time, by
default what "churn-50" of a report has found; the length of the queue; the
times of the SYNs. --pause is how long the queue is open before the server
accepts, as after a restart of a server whose socket a service manager holds
(LISTEN_FDS). tests/bench/storms.py holds the model against real storms.
"""

import argparse
import heapq
import json
import math
import os
import random
import sys
from collections import deque
from dataclasses import dataclass
from itertools import accumulate

HERE = os.path.dirname(os.path.abspath(__file__))
REPORT = os.path.join(os.path.dirname(HERE), "results.json")
SYSCTL = "/proc/sys/net/ipv4/"
TWINS = (("threaded", "threads"), ("evented", "events"))
SCENARIO, METRIC = "churn-50", "requests_per_second"

# LIMIT_BACKLOG of the servers; the kernel takes one more.
BACKLOG = 4096


class Failed(Exception):
    """Why nothing can be said."""


def syn_times(linear, retries=6):
    """When a SYN that is not answered is sent again, in seconds from the
    first: after a second each for the linear ones, then after twice as long
    each time, as in net/ipv4/tcp_timer.c."""
    return list(accumulate([1] * linear + [2 ** n for n in range(retries)]))


def linear_timeouts():
    """How many linear ones this kernel has; 0 before Linux 6.5."""
    try:
        with open(SYSCTL + "tcp_syn_linear_timeouts") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


@dataclass
class Storm:
    """What became of clients."""

    waits: list     # from the first SYN to the answer, in order, of the served
    last: float     # when the last was answered, from the beginning
    retried: int    # clients that sent more than one SYN
    lost: int       # clients that gave up


def simulate(arrivals, rate, retries, backlog=BACKLOG, pause=0.0):
    """
    Let clients come at these times, in seconds, to a server that answers
    `rate` a second, one after the other, from `pause` on. A SYN that finds
    more than `backlog` waiting is dropped, and sent again at the times of
    retries after the first.
    """
    queue = deque()    # when each of those who wait will be accepted
    events = [(at, client, 0) for client, at in enumerate(arrivals)]
    heapq.heapify(events)
    free = pause       # when the server can accept the next
    answered = {}
    retried = lost = 0
    while events:
        now, client, attempt = heapq.heappop(events)
        while queue and queue[0] <= now:
            queue.popleft()
        if len(queue) > backlog:
            retried += attempt == 0
            if attempt == len(retries):
                lost += 1
            else:
                heapq.heappush(events,
                    (arrivals[client] + retries[attempt], client, attempt + 1))
            continue
        begin = max(now, free)
        free = begin + 1 / rate
        queue.append(begin)
        answered[client] = free
    return Storm(sorted(answered[c] - arrivals[c] for c in answered),
        max(answered.values(), default=0.0), retried, lost)


def quantile(values, q):
    """The value that a share q of sorted values does not exceed."""
    return values[max(0, math.ceil(q * len(values)) - 1)] if values \
        else math.nan


def arrivals_of(clients, jitter, seed):
    """When so many clients come back, each at a moment of its own."""
    dice = random.Random(seed)
    return sorted(dice.uniform(0, jitter) for _ in range(clients))


def rates_of(path):
    """How many clients a second each twin serves, by a report."""
    try:
        with open(path, encoding="utf-8") as file:
            scenarios = json.load(file)["scenarios"]
        cells = next(s for s in scenarios if s["name"] == SCENARIO)["cells"]
        figures = {cell["server"]: cell["figures"] for cell in cells}
        return [float(figures[twin][METRIC]) for twin, _ in TWINS]
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, StopIteration):
        raise Failed(f"{path}: there is no {METRIC} of {SCENARIO}") from None


def seconds(value):
    """A time in a table."""
    if value >= 0.9995:
        return f"{value:.3g} s"
    return f"{1000 * value:.3g} ms"


def write(options, rates):
    """Print a row for each number of clients, jitter, and twin."""
    retries = syn_times(options.linear)
    print(f"Served a second: {rates[0]:,.0f} by threads, {rates[1]:,.0f} by "
        f"events; a queue of {options.backlog}; dropped SYNs come again after "
        f"{', '.join(map(str, retries))} s.\n")
    print(f"{'clients':>9}{'jitter':>8}  {'server':9}{'p50 wait':>10}"
        f"{'p99 wait':>10}{'last':>10}{'SYN again':>11}")
    for clients in options.clients:
        for jitter in options.jitter:
            arrivals = arrivals_of(clients, jitter, options.seed)
            for rate, (_, name) in zip(rates, TWINS):
                storm = simulate(arrivals, rate, retries, options.backlog,
                    options.pause)
                print(f"{clients:9,}{jitter:6g} s  {name:9}"
                    f"{seconds(quantile(storm.waits, .5)):>10}"
                    f"{seconds(quantile(storm.waits, .99)):>10}"
                    f"{seconds(storm.last):>10}"
                    f"{100 * storm.retried / clients:9.1f} %"
                    + f"  {storm.lost} gave up" * (storm.lost > 0))


def numbers(kind, least):
    """A reader of lists of numbers from least on."""
    def read(text):
        try:
            found = [kind(item) for item in text.split(",")]
        except ValueError:
            found = []
        if not found or not all(least <= n <= 1e7 for n in found):
            raise argparse.ArgumentTypeError(
                f"'{text}' is not a list of numbers from {least} on")
        return found
    return read


def number(kind, least):
    """A reader of one such number."""
    def read(text):
        found = numbers(kind, least)(text)
        if len(found) > 1:
            raise argparse.ArgumentTypeError(f"'{text}' is not one number")
        return found[0]
    return read


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        description="How long clients wait when all of them come back at "
            "once: a model.")
    parser.add_argument("--clients", type=numbers(int, 1), metavar="N,...",
        default=[1000, 4000, 10000, 100000],
        help="how many come back (default 1000,4000,10000,100000)")
    parser.add_argument("--jitter", type=numbers(float, 0), metavar="S,...",
        default=[0, 1, 10],
        help="seconds within which they come (default 0,1,10)")
    parser.add_argument("--pause", type=number(float, 0), default=0,
        metavar="S", help="seconds before the server accepts (default 0)")
    parser.add_argument("--backlog", type=number(int, 0), default=BACKLOG,
        metavar="N", help=f"length of the queue (default {BACKLOG})")
    parser.add_argument("--linear", type=number(int, 0),
        default=linear_timeouts(), metavar="N",
        help="SYNs sent again after a second each (default: as this kernel)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
        help="of the moments at which clients come (default 1)")
    parser.add_argument("--rates", type=numbers(float, 1e-3),
        metavar="THREADS,EVENTS", help="clients a second")
    parser.add_argument("--report", default=REPORT, metavar="FILE",
        help=f"where they are read, of {SCENARIO} (default: the kept report)")
    options = parser.parse_args()
    if options.rates is not None and len(options.rates) != len(TWINS):
        parser.error("--rates takes two numbers")
    try:
        write(options, options.rates or rates_of(options.report))
    except Failed as error:
        print(f"reconnect: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
