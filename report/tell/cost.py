"""
cost - what clients cost with threads and with events, at given prices.

A client costs the memory of its connection as long as it is connected, and the
processor time of its requests. Both are medians of a report: the memory of the
scenario that is about it, with the most connections, and the processor time of
the scenario with the most clients that ask one after the other, as rare
requests find nothing of theirs in a cache either. Figures that a gate spoils do
not count.

Prices are a TOML file of two numbers, for which there is no default:

    core_hour = 0.04     # of a core, for an hour
    gib_hour = 0.005     # of a GiB of memory, for an hour
    currency = "EUR"     # may be left out
"""

import tomllib
from dataclasses import dataclass
from math import isfinite, nan

import words
from metrics import CPU, MEMORY
from report import EVENTS, THREADS
from terminal import BOLD

# Enough clients, for long enough, to make sums that are paid.
CLIENTS, DAYS = 10000, 30
GIB, HOUR_NS = 2.0 ** 30, 3.6e12

# How clients behave, and how often they ask in an hour.
PATTERNS = (("never ask", 0), ("ask once a minute", 60),
    ("ask once in 10 s", 360), ("ask once a second", 3600))

CURRENCY_MAX = 16


class NoPrices(Exception):
    """Why a file does not say what things cost."""


@dataclass
class Prices:
    """What an hour costs."""

    core_hour: float
    gib_hour: float
    currency: str = ""


@dataclass
class Figures:
    """What one twin takes, and where that was measured."""

    memory: float = nan      # bytes of a connection
    cpu: float = nan         # ns of a request
    memory_in: str = ""
    cpu_in: str = ""


def read_price(table, key):
    """A price from a file."""
    if key not in table:
        raise NoPrices(f"{key} is missing")
    price = table.pop(key)
    if isinstance(price, bool) or not isinstance(price, (int, float)) \
            or not 0 <= price <= 1e9:
        raise NoPrices(f"{key} is not a price")
    return float(price)


def read(path):
    """The prices of a file; NoPrices when it has none, OSError when it cannot
    be read."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NoPrices(f"not TOML: {error}") from None
    prices = Prices(read_price(table, "core_hour"),
        read_price(table, "gib_hour"), table.pop("currency", ""))
    if not isinstance(prices.currency, str) \
            or len(prices.currency) > CURRENCY_MAX:
        raise NoPrices(f"currency is not a text of up to {CURRENCY_MAX} "
            "characters")
    for key in table:
        raise NoPrices(f"it knows no {key}")
    return prices


def has(scenario, metric):
    """Whether both twins have a figure in a scenario that counts."""
    cells = [scenario.cell(server) for server in (THREADS, EVENTS)]
    return all(isfinite(cell.figures.get(metric, nan))
        and not any(gate.spoils(metric) for gate in cell.gates)
        for cell in cells)


def where(report, metric):
    """The scenario whose figures of a metric count, or None."""
    def fits(scenario):
        return scenario.primary == MEMORY and not scenario.background \
            if metric == MEMORY \
            else scenario.family == "reply"

    def clients(scenario):
        return scenario.connections if metric == MEMORY else scenario.active
    return max((s for s in report.scenarios if fits(s) and has(s, metric)),
        key=clients, default=None)


def figures(report, server):
    """What a twin takes."""
    memory, cpu = where(report, MEMORY), where(report, CPU)
    found = Figures()
    if memory is not None:
        found.memory, found.memory_in = (memory.figure(server, MEMORY),
            memory.name)
    if cpu is not None:
        found.cpu, found.cpu_in = cpu.figure(server, CPU), cpu.name
    return found


def bill(prices, taken, requests):
    """What the clients cost, who make so many requests an hour each."""
    memory = taken.memory / GIB * prices.gib_hour
    # Who asks nothing costs no request, known or not.
    cpu = requests and requests * taken.cpu / HOUR_NS * prices.core_hour
    return (memory + cpu) * CLIENTS * DAYS * 24


def write(out, report, prices):
    """Write what clients cost; False, having written why, when the report does
    not say."""
    sides = threads, events = figures(report, THREADS), figures(report, EVENTS)
    money = f" {prices.currency}" * bool(prices.currency)
    out.gap()
    out.say(f"What {words.count(CLIENTS)} clients cost in {DAYS} days (an "
        f"hour of a core {prices.core_hour:g}{money}, of a GiB "
        f"{prices.gib_hour:g}{money}):", BOLD)
    if not threads.memory_in:
        out.say("  Missing: the memory of a connection; this report has no "
            "valid scenario about it, like idle-4000.")
        return False
    out.gap()
    out.row(f"  {'clients that':23}{'threads':>11}{'events':>11}"
        f"{'difference':>12}")
    for name, requests in PATTERNS:
        if requests and not threads.cpu_in:
            continue
        a, b = (bill(prices, side, requests) for side in sides)
        out.row(f"  {name:23}{words.digits(a, 3):>11}{words.digits(b, 3):>11}"
            f"{words.digits(a - b, 3):>12}")
    out.say(f"  Memory of a connection: {words.size(threads.memory)} and "
        f"{words.size(events.memory)} ({threads.memory_in}).")
    if threads.cpu_in:
        out.say(f"  CPU of a request: {words.time(threads.cpu)} and "
            f"{words.time(events.cpu)} ({threads.cpu_in}).")
    else:
        out.say("  Missing: clients that ask; this report has no valid "
            "scenario of the CPU of a request, like reply-50.")
    out.say("  Medians, without the spread that the tables above have; and "
        "only what clients use: a machine that is half idle costs twice as "
        "much.")
    return True
