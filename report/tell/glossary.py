"""
glossary - the words of the page that not everybody knows, and links to them.
"""

from markup import Markup, lines, put, section

TERMS = {
    "A/A": "The two runs that the same server has in a block, held against "
        "each other as if they were of two servers. What differs then is "
        "chance, so it shows what this machine can tell apart.",
    "block": "A few runs one after the other, in the order threads, events, "
        "events, threads, or the reverse. If the machine slows down steadily, "
        "that cancels within a block. A ratio is computed for each block.",
    "bottleneck": "What kept a server from doing more: its CPU, the load "
        "generator, the rate at which requests were sent.",
    "check": "A test of the measurement itself: was the load on time, do the "
        "books balance, was every reply right? A figure that fails one is not "
        "valid.",
    "closed loop": "Each client sends its next request when it has the answer "
        "to the last one. The server is always saturated, so this shows how "
        "much it can do; its latencies are those of a queue.",
    "control": "A server with nothing but the bare system calls, or the "
        "library used as its manual shows, or another downloader. It tells "
        "what the model costs from what the code costs.",
    "CPU per request": "How long the server's processor works for one "
        "request.",
    "events": "A server with one thread and an event loop (libevent), which "
        "calls a function when something happens on a connection.",
    "interval": "The range in which the true value lies, 95 times in a "
        "hundred. It covers this machine during this run, no more.",
    "latency": "How long a client waits for an answer. p99: 99 of a hundred "
        "answers are as fast, or faster.",
    "margin": "A difference that does not matter, set before any run; or what "
        "this machine cannot tell apart, if that is more.",
    "open loop": "Requests are sent when they are due, whether the last one "
        "was answered or not, as by many independent clients. Latency counts "
        "from the time at which a request was due.",
    "probably": "The direction is proved, the size is not: part of the "
        "interval lies within the margin.",
    "ratio": "Events divided by threads, computed in each block: 2x means "
        "twice as much. Of latency, CPU and memory less is better.",
    "run": "One server process, started afresh, loaded, measured and "
        "stopped.",
    "threads": "A server with a thread for each connection, which waits in "
        "the calls it makes.",
    "undecided": "The interval spans a lead of either, or differences that "
        "the same server shows from itself; or there were too few blocks for "
        "one.",
}


def anchor(name):
    """The identifier of a term."""
    return "term-" + name.lower().replace("/", "").replace(" ", "-")


def term(name, shown=None):
    """A term that leads to its explanation."""
    assert name in TERMS, name
    return put('<a class="term" href="#{}">{}</a>', anchor(name),
        shown or name)


def glossary():
    """The section that explains them."""
    return section("glossary", "Glossary", put("<dl>\n{}</dl>\n", lines(
        put('<dt id="{}">{}</dt><dd>{}</dd>', anchor(name), name,
            Markup(text)) for name, text in TERMS.items())))
