"""
topology - a picture of where things ran: the load above, the servers below,
and between them the line that joins them, with what is known of it.

It is drawn here, not by gnuplot, in the colours of the style sheet. Boxes
stand above each other, as on a phone nothing else leaves room for what a
processor is called.
"""

from math import isfinite

import words
from markup import Markup, joined, put

WIDTH, MARGIN = 380, 1      # of the picture; text is 12 high
LINE, PAD = 17, 7           # of text in a box; above and below it
GAP = 6                     # between the boxes of several loads
MOST = 52                   # characters of 12 that fit into a box


def cut(text):
    """A text that fits into a box."""
    return text if len(text) <= MOST else text[:MOST - 1] + "\u2026"


def said(host):
    """What stands in the box of a host: its role, and what it is."""
    title = {"load": "Load", "server": "Servers"}.get(host.role, host.role)
    where = "" if host.name in ("", "here") else f" on {host.name}"
    used = words.of(host.processors, "CPU")
    if host.cpus:
        used = (f"CPU{'s' * (len(host.cpus) > 1)} "
            f"{words.listed(list(map(words.count, host.cpus)))} of "
            f"{words.count(host.processors)}")
    kernel = f", Linux {host.kernel}" if host.kernel else ""
    return [cut(title + where), cut(host.processor or "?"),
        cut(used + kernel)]


def of_line(network):
    """What stands beside the line: what the network is, and is like."""
    if network.emulated is None:
        return ["loopback interface"]
    n = network
    each = [f"{words.share(n.loss)} loss"] * (n.loss > 0) \
        + [words.bits(n.bits_per_second)] * (n.bits_per_second > 0)
    return ["network" if n.is_real() else "emulated network",
        *[f"round trip {words.time(n.round_trip_ns)}"]
            * isfinite(n.round_trip_ns),
        *[" and ".join(each) + " each way"] * bool(each),
        *[f"packets of {words.count(n.mtu)} bytes (MTU)"] * (n.mtu > 0)]


def box(y, rows):
    """A box with rows of text, the first of them bold; and its height."""
    height = LINE * len(rows) + 2 * PAD
    texts = joined(put('<text x="14" y="{}"{}>{}</text>',
            str(y + PAD + 13 + LINE * i),
            Markup(' class="name"' * (i == 0)), text)
        for i, text in enumerate(rows))
    return put('<rect x="{}" y="{}" width="{}" height="{}" rx="6" '
        'fill="var(--raised)" stroke="var(--quiet)"/>{}', str(MARGIN), str(y),
        str(WIDTH - 2 * MARGIN), str(height), texts), height


def line(y, rows):
    """The line between two boxes with rows beside it; and its height."""
    height = LINE * len(rows) + 12
    texts = joined(put('<text x="42" y="{}">{}</text>',
        str(y + 18 + LINE * i), text) for i, text in enumerate(rows))
    return put('<path d="M26 {}v{}" stroke="currentColor" stroke-width="2" '
        'fill="none"/>{}', str(y), str(height), texts), height


def parts(report):
    """What the picture is made of from top to bottom: boxes and the line."""
    loads, servers = ([said(host) for host in report.hosts
        if host.role == role] for role in ("load", "server"))
    if not loads or not servers:
        return []
    return [*((box, rows) for rows in loads),
        (line, of_line(report.network)), *((box, rows) for rows in servers)]


def picture(report):
    """The picture, as a figure; nothing where hosts are not known."""
    y, before, drawn, told = MARGIN, None, [], []
    for draw, rows in parts(report):
        y += GAP * (draw == before == box)
        piece, height = draw(y, rows)
        drawn.append(piece)
        told.append(", ".join(rows))
        y, before = y + height, draw
    if not drawn:
        return ""
    return put('<figure class="topology">\n<figcaption><b>Where it ran</b>'
        '</figcaption>\n<svg class="chart" viewBox="0 0 {} {}" role="img" '
        'aria-label="Where it ran"><title>Where it ran</title><desc>{}.'
        "</desc>\n<g fill=\"currentColor\">{}</g></svg>\n</figure>\n",
        str(WIDTH), str(y + MARGIN), "; ".join(told), joined(drawn))
