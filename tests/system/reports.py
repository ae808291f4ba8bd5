"""
reports - made-up reports for tests of what compare makes of them, in the
format of report/report-json.md. Nothing in them was measured.
"""

MARGINS = (
    ("requests_per_second", "requests/s", 0.03, True, "ratio"),
    ("p50_ns", "p50 latency, \u00b5s", 0.05, False, "ratio"),
    ("p99_ns", "p99 latency, \u00b5s", 0.10, False, "ratio"),
    ("p99.9_ns", "p99.9 latency, \u00b5s", 0.25, False, "ratio"),
    ("cpu_ns_per_request", "server CPU/request, \u00b5s", 0.03, False, "ratio"),
    ("busy_ns_per_request", "busy/request, \u00b5s", 0.05, False, "ratio"),
    ("context_switches_per_request", "switches/request", None, False,
        "difference"),
    ("memory_bytes_per_connection", "memory/connection, KiB", 0.05, False,
        "ratio"),
    ("recovery_ns", "recovery, ms", 0.10, False, "ratio"),
    ("storm_ns", "storm, ms", 0.10, False, "ratio"),
    ("answered", "answered, share", 0.05, True, "difference"),
    ("total_ns", "total, ms", 0.03, False, "ratio"),
    ("requests_in_10_ms", "requests in 10 ms", 0.10, True, "ratio"),
    ("tardy_p99_ns", "p99 lateness, ms", 0.10, False, "ratio"),
    ("last_ns", "last subscriber, ms", 0.05, False, "ratio"),
)
TITLES = {"threaded": "threads", "evented": "events",
    "bare-epoll": "bare epoll loop", "bare-threads": "bare threads",
    "manual-bufferevent": "manual bufferevent",
    "bare-io-uring": "bare io_uring"}
ROLES = {"threaded": "twin", "evented": "twin"}


def verdict_of(metric, low, high, margin):
    """The verdict and the winner that an interval gives, as stats.h says."""
    more, scale = next(row[3:] for row in MARGINS if row[0] == metric)
    if scale == "difference":
        low, high = 1 + low, 1 + high
    band = (1 / (1 + margin), 1 + margin)
    above = "evented" if more else "threaded"
    below = "threaded" if more else "evented"
    if low > band[1] or high < band[0]:
        return "WIN", above if low > 1 else below
    if low >= band[0] and high <= band[1]:
        return "EQUIVALENT", None
    if low > 1 or high < 1:
        return "LEANS", above if low > 1 else below
    return "INCONCLUSIVE", None


def comparison(metric, values, span, **changes):
    """One comparison; values of a and b, span is (estimate, low, high)."""
    margin = next(row[2] for row in MARGINS if row[0] == metric)
    scale = next(row[4] for row in MARGINS if row[0] == metric)
    verdict, winner = ("no verdict", None) if margin is None \
        else verdict_of(metric, *span[1:], margin)
    return {"metric": metric, "a": "evented", "b": "threaded",
        "primary": False, "a_median": values[0], "b_median": values[1],
        "blocks": 6, "disturbed_blocks": 0, "counts_all": False,
        "all_blocks": None, "scale": scale, "estimate": span[0],
        "interval95": [span[1], span[2]], "coverage95": 0.969,
        "interval90": [span[1], span[2]], "coverage90": 0.906,
        "bootstrap95": None, "margin": margin, "floor": None,
        "band": margin, "verdict": verdict,
        "winner": winner, "immaterial": False,
        "blocks_needed": 40 if verdict == "INCONCLUSIVE" else None,
        "gates": [], "missing": None, "invalid": None, **changes}


def percentiles(median):
    """Points of a curve through a median."""
    points = []
    for q in (0, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999):
        ns = median * (0.5 / (1 - q)) ** 0.35
        points.append({"q": q, "ns": ns, "low_ns": ns * 0.9,
            "high_ns": ns * 1.2, "at_least": False})
    points.append({"q": 1, "ns": points[-1]["ns"] * 2, "low_ns": None,
        "high_ns": None, "at_least": False})
    return points


def cell(server, figures, **changes):
    """One server in a scenario."""
    return {"server": server, "title": TITLES.get(server, server),
        "role": ROLES.get(server, "control"), "runs": 12, "figures": figures,
        "percentiles": percentiles(figures.get("p50_ns") or 1e5),
        "spread": None, "memory": [], "syscalls": None, "busy": {"server": 0.99, "load": 0.9},
        "limiter": "server CPU",
        "limiter_because": "its processor was busy for 99 % of the window",
        "gates": [], **changes}


def run(server, number, rate):
    """One run, with a series of a second."""
    return {"server": server, "arm": ROLES.get(server, "control"),
        "block": number // 4 + 1, "position": number % 4 + 1,
        "started_seconds": 3.0 + 2 * number, "figures": {
            "requests_per_second": rate * (1 + 0.01 * (number % 3)),
            "cpu_ns_per_request": 1e9 / rate},
        "series": {"step_seconds": 0.25, "from_seconds": -0.25,
            "replies": [round(rate / 8), *[round(rate / 4)] * 4],
            "p50_ns": [None] * 5, "p99_ns": [None] * 5,
            "max_ns": [None] * 5},
        "invalid": None}


def scenario(name, family, comparisons, primary, **changes):
    """One scenario: the comparisons are of the twins, and give the cells."""
    figures = {"threaded": {}, "evented": {}}
    for c in comparisons:
        c["primary"] = c["metric"] == primary
        figures.setdefault(c["a"], {})[c["metric"]] = c["a_median"]
        figures.setdefault(c["b"], {})[c["metric"]] = c["b_median"]
    return {"name": name, "title": changes.get("title", f"In {name}"),
        "question": f"What happens in {name}?", "family": family,
        "program": "guess-server", "speaks": "game",
        "load_model": "closed loop", "latency_from": "sent",
        "connections": 50, "connections_wanted": 50, "active": 50,
        "rate_per_second": None, "rate_from": None, "background": [],
        "cores": "one", "options": {"threaded": None, "evented": None},
        "primary": primary, "sentence": f"In {name}, this was found.",
        "warmup_seconds": 0.3, "window_seconds": 1.0,
        "orders": ["ABBA", "BAAB"] * 3,
        "cells": [cell(server, row) for server, row in figures.items()],
        "comparisons": comparisons, "aa": [],
        "runs": [run(server, 2 * i + k, row["requests_per_second"])
            for i in range(6)
            for k, (server, row) in enumerate(figures.items())
            if row.get("requests_per_second")],
        **changes}


def reply(connections, ratio, rate=100000, controls=False):
    """Request and reply with a ratio of rates, intervals of 2 % around it."""
    def around(x):
        return x, x * 0.98, x * 1.02

    all_of = [
        comparison("requests_per_second", (rate * ratio, rate),
            around(ratio)),
        comparison("p50_ns", (connections * 1e9 / rate / ratio,
            connections * 1e9 / rate), around(1 / ratio)),
        comparison("p99_ns", (connections * 2e9 / rate / ratio,
            connections * 2e9 / rate), (1 / ratio, 0.5 / ratio, 1.6 / ratio)),
        comparison("cpu_ns_per_request", (1e9 / rate / ratio, 1e9 / rate),
            around(1 / ratio)),
        comparison("context_switches_per_request", (0.01, 1.0),
            (-0.99, -0.995, -0.986)),
    ]
    if controls:
        for a, b, share in (("evented", "bare-epoll", 0.99),
                ("evented", "manual-bufferevent", 1.3),
                ("threaded", "bare-threads", 0.97),
                ("bare-io-uring", "bare-epoll", 1.04)):
            own = rate * (ratio if a == "evented" else 1)
            all_of.append(comparison("requests_per_second",
                (own, own / share), around(share), a=a, b=b))
            all_of.append(comparison("cpu_ns_per_request",
                (1e9 / own, 1e9 * share / own), around(1 / share), a=a, b=b))
    return scenario(f"reply-{connections}", "reply", all_of,
        "requests_per_second", title=f"At {connections:,} connections",
        connections=connections, connections_wanted=connections,
        active=connections)


def idle(connections, kib_threads, kib_events):
    """Idle connections that cost so many KiB each."""
    ratio = kib_events / kib_threads
    found = scenario(f"idle-{connections}", "idle", [
        comparison("p99_ns", (90e3, 86e3), (1.04, 0.5, 1.9)),
        comparison("memory_bytes_per_connection",
            (kib_events * 1024, kib_threads * 1024),
            (ratio, ratio * 0.99, ratio * 1.01))],
        "memory_bytes_per_connection",
        title=f"With {connections:,} connections open",
        connections=connections, connections_wanted=connections, active=1)
    for c, kib in zip(found["cells"], (kib_threads, kib_events)):
        c["memory"] = [{"connections": n, "total_bytes": 1e6 + n * kib * 1024,
            "pss_bytes": 1e6 + n * kib * 700, "page_table_bytes": 40960,
            "kernel_stack_bytes": 16384, "socket_buffer_bytes": 0,
            "threads": 1} for n in (0, connections // 4, connections)]
    return found


def simple(name, family, metric, values, span, **changes):
    """A scenario with one comparison."""
    return scenario(name, family, [comparison(metric, values, span)], metric,
        **changes)


PORT = {
    "programs": [{"name": "guess-server", "common_lines": 1900,
        "common_files": 24,
        "threaded": {"own_lines": 37, "lines": 800, "functions": 40,
            "called_back": ["play", "serve"], "decisions": 120},
        "evented": {"own_lines": 49, "lines": 1200, "functions": 70,
            "called_back": ["begin", "play", "end"], "decisions": 180},
        "own_unchanged": 19, "unchanged": 500, "functions_both": 26,
        "threaded_only": ["wake"], "evented_only": ["ring", "watch"],
        "structs": [{"name": "stream", "threaded": 21, "evented": 29,
            "threaded_only": ["owner"], "evented_only": ["bev"]},
            {"name": "guess_session", "threaded": None, "evented": 13,
            "threaded_only": [], "evented_only": ["seed"]}]}],
    "files": [{"name": "server.c", "threaded": 800, "evented": 1200,
        "unchanged": 500, "functions_both": 26, "threaded_only": ["wake"],
        "evented_only": ["ring", "watch"]}],
}


def report(*scenarios, **changes):
    """A whole report."""
    return {"schema": 2, "suite": "quick", "complete": True,
        "started": "2024-02-29T12:00:00Z", "seconds": 170.5,
        "planned_seconds": 172.0, "seed": 7, "processors_allowed": 2,
        "pinned": True, "load_cpu": 0, "server_cpu": 1,
        "not_pinned_because": None,
        "machine": {"id": "0123456789abcdef",
            "uname": {"system": "Linux", "release": "6.1.0",
                "version": "#1 SMP", "machine": "x86_64"},
            "processor": "Example CPU", "processors_online": 2,
            "memory_bytes": 8589934592,
            "clock": {"source": "tsc", "reading_ns": 25.5, "step_ns": 20},
            "settings": {"net/core/somaxconn": "4096"},
            "compiler": "12.2.0", "libevent": "2.1.12-stable"},
        "programs": [{"name": server, "program": "guess-server",
            "path": f"build/{server}/guess-server",
            "fnv1a": "0123456789abcdef"} for server in ROLES],
        "alike": {"conversations": 616, "differences": 0},
        "margins": [dict(zip(
            ("metric", "label", "margin", "more_is_better", "kind"), row))
            for row in MARGINS],
        "chance": {"primary": len(scenarios),
            "wins_by_chance": 0.05 * len(scenarios)},
        "scenarios": list(scenarios), "port": PORT, **changes}


def usual():
    """A report with most of what there can be."""
    fifty = reply(50, 1.4, 120000, controls=True)
    fifty["aa"] = [{"metric": "requests_per_second", "blocks": 6,
        "scale": "ratio", "estimate": 1.004, "interval95": [0.985, 1.018],
        "half_width": 0.017, "excludes_none": False}]
    for c in fifty["cells"]:
        calls = {"threaded": (("recvfrom", 1.0), ("sendto", 1.0)),
            "evented": (("readv", 1.0), ("sendto", 1.0),
                ("epoll_wait", 0.02))}.get(c["server"])
        if calls:
            c["syscalls"] = [{"name": name, "per_request": n}
                for name, n in calls]
    fifty["cells"][0]["gates"] = [{"name": "unstable",
        "because": "the queue grew by 2 % a second", "metrics": ["p99_ns"]}]
    return report(reply(1, 1.01, 25000), fifty, reply(1000, 2.0, 60000),
        idle(4000, 33.8, 1.5),
        simple("open-80", "open", "p99_ns", (4.1e5, 5.9e5),
            (0.7, 0.58, 0.83), rate_per_second=96000.0,
            rate_from="80 % of what the slower server does in a closed loop",
            latency_from="intended",
            load_model="open loop, Poisson arrivals"),
        simple("line-cjk", "line", "p99_ns", (9e6, 8e6), (1.1, 0.95, 1.25),
            program="charfinder", background=[{"role": "greedy client",
                "connections": 4, "request": "cjk"}]),
        simple("churn-50", "churn", "requests_per_second", (31000, 21000),
            (1.45, 1.4, 1.52)),
        simple("pool-20", "pool", "answered", (1.0, 0.0), (1.0, 1.0, 1.0)))


def host(role, **changes):
    """One end of a network."""
    return {"role": role, "name": "here", "address": None,
        "id": "0123456789abcdef", "processor": "Example CPU", "processors": 2,
        "kernel": "6.1.0", "cpus": [0 if role == "load" else 1],
        "programs": "fedcba9876543210", **changes}


def network(**changes):
    """An emulated network."""
    return {"emulated": True, "delay_seconds": 0.01, "loss": 0.001,
        "bits_per_second": 1e8, "mtu": 1500, "round_trip_ns": 1.04e7,
        "round_trip_after_ns": 1.05e7, **changes}


def far(*scenarios, **changes):
    """A report of load and servers with a network between them."""
    return report(*scenarios, **{"network": network(),
        "hosts": [host("load"), host("server", address="198.19.0.1")],
        **changes})
