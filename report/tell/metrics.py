"""
metrics - the figures of a run: how they are judged, and how they are spoken
of. What is not here is of a later version.

The margins, differences that do not matter, were set before any run.
"""

from dataclasses import dataclass

# Keys of figures, by the names that the code uses: a misspelt one fails.
RATE = "requests_per_second"
P50, P99, P999 = "p50_ns", "p99_ns", "p99.9_ns"
CPU, BUSY = "cpu_ns_per_request", "busy_ns_per_request"
SWITCHES = "context_switches_per_request"
RUN_QUEUE = "run_queue_ns_per_request"
MEMORY = "memory_bytes_per_connection"
RECOVERY, GOODPUT = "recovery_ns", "goodput_per_second"
ACCEPT, STORM = "accept_p99_ns", "storm_ns"
BACKGROUND, ANSWERED = "background_bytes_per_second", "answered"
TOTAL, CPU_FILE = "total_ns", "cpu_ns_per_file"
SOON, PAUSE, FRAMES = "requests_in_10_ms", "longest_pause_ns", "frames_shown"
LAST, TARDY = "last_ns", "tardy_p99_ns"

US, MS = 1e3, 1e6                    # ns
KIB, MIB = 1024.0, 1024.0 * 1024.0   # bytes

TOO_FEW = "too few requests for it"


@dataclass(frozen=True)
class Metric:
    """A figure."""

    label: str      # in tables, unit included
    name: str       # in sentences
    of: str         # what its values are: "rate", "time", "bytes", ...
    before: str     # "events serve", then the ratio, ...
    after: str      # ... then "the requests per second of threads"
    unit: float = 1         # of the value, in which the table shows it
    decimals: int = 0       # in the table
    margin: float = 0       # differences up to it do not matter; 0: not judged
    more_is_better: bool = False
    may_be_zero: bool = False    # compared by difference, not by ratio
    needs_pinning: bool = True   # means nothing where load and server share
    timed: bool = True           # suffers from other work
    why_missing: str = "no replies"

    def scale(self):
        """What a comparison of it is."""
        return "difference" if self.may_be_zero else "ratio"


METRICS = {
    RATE: Metric("requests/s", "requests per second", "rate",
        "events serve", "the requests per second of threads",
        margin=.03, more_is_better=True),
    P50: Metric("p50 latency, \u00b5s", "median latency", "time",
        "the median latency of events is", "that of threads",
        US, 1, .05, why_missing=TOO_FEW),
    P99: Metric("p99 latency, \u00b5s", "p99 latency", "time",
        "the p99 latency of events is", "that of threads",
        US, 1, .10, why_missing=TOO_FEW),
    P999: Metric("p99.9 latency, \u00b5s", "p99.9 latency", "time",
        "the p99.9 latency of events is", "that of threads",
        US, 1, .25, why_missing=TOO_FEW),
    TOTAL: Metric("total, ms", "total time", "time",
        "events are done in", "the time of threads", MS, 1, .03),
    CPU_FILE: Metric("CPU/file, \u00b5s", "CPU per file", "time",
        "events take", "the processor time per file of threads",
        US, 1, .03, needs_pinning=False),
    SOON: Metric("requests in 10 ms", "requests within 10 ms of the first",
        "number", "events make", "the requests of threads within 10 ms of the "
        "first", 1, 0, .10, more_is_better=True),
    FRAMES: Metric("frames shown, share", "share of the frames shown",
        "share", "events show", "the share of threads",
        1, 2, .15, more_is_better=True, may_be_zero=True,
        needs_pinning=False),
    PAUSE: Metric("longest pause, ms", "longest pause", "time",
        "the longest pause of events is", "that of threads", MS, 2, .25),
    CPU: Metric("server CPU/request, \u00b5s", "server CPU per request", "time",
        "events take", "the processor time per request of threads",
        US, 2, .03, needs_pinning=False),
    BUSY: Metric("busy/request, µs", "busy time per request of the servers' "
        "end", "time", "events keep their end busy for",
        "the time per request of threads", US, 2, .05),
    SWITCHES: Metric("switches/request", "context switches per request",
        "number", "the context switches per request of events are",
        "those of threads",
        1, 3, may_be_zero=True, needs_pinning=False),
    RUN_QUEUE: Metric("run queue/request, \u00b5s",
        "run-queue delay per request", "time",
        "a request waits for a processor", "as long with events",
        US, 2, may_be_zero=True, why_missing="the kernel does not tell"),
    MEMORY: Metric("memory/connection, KiB", "memory per connection",
        "bytes", "events take", "the memory per connection of threads",
        KIB, 1, .05, needs_pinning=False, timed=False,
        why_missing="too few connections to tell"),
    RECOVERY: Metric("recovery, ms", "recovery after a burst", "time",
        "events recover in", "the time of threads", MS, 0, .25),
    GOODPUT: Metric("answers in time/s", "goodput", "rate",
        "events answer", "as many requests in time as threads",
        margin=.03, more_is_better=True),
    ACCEPT: Metric("p99 until accepted, \u00b5s", "p99 wait of a new client",
        "time", "a new client of events waits (p99)",
        "as long as one of threads", US, 1, .10, why_missing=TOO_FEW),
    STORM: Metric("all answered after, ms", "time to answer a storm",
        "time", "events have answered a storm in", "the time of threads",
        MS, 1, .10),
    BACKGROUND: Metric("others pull, MiB/s",
        "bytes per second for the others", "speed",
        "the others get", "the bytes per second from events",
        MIB, 1, .05, more_is_better=True),
    ANSWERED: Metric("answered, share", "share of requests answered",
        "share", "events answer", "the share of threads",
        1, 2, .05, more_is_better=True, may_be_zero=True,
        needs_pinning=False, timed=False),
    LAST: Metric("last subscriber, ms", "time to the last subscriber",
        "time", "events reach the last subscriber in", "the time of threads",
        MS, 2, .05, why_missing=TOO_FEW),
    TARDY: Metric("p99 lateness, ms", "p99 lateness of what is due", "time",
        "the p99 lateness of events is", "that of threads", MS, 2, .10,
        why_missing=TOO_FEW),
}
