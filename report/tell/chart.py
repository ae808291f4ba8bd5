"""
chart - a picture, drawn by gnuplot, as SVG that belongs into a page.

gnuplot chooses tics, clips, scales and draws; what it knows nothing of is done
to its output here: colours become the variables of the style sheet, so that a
picture is dark where the page is dark; fonts are those of the page;
identifiers, which a page may have only once, go; a title and a description
are put in for those who cannot see it.
"""

import re
import subprocess
from math import ceil, floor, isfinite, log10
from sys import float_info

from markup import UNSEEN, Markup, put
from report import BARE_THREADS, EVENTS, IO_URING, MANUAL, NULL, THREADS

DRAW_LIMIT = 10  # seconds; it takes a tenth of one

# Line styles; the same pen means the same thing in all charts. Their colours
# are told apart by those who do not see some colours, and where they meet in a
# chart they differ in their points and dashes, too. Each has a colour that
# gnuplot only passes on: the blue of it is the pen's number.
PENS = {"threads": "lw 2 pt 7 ps 0.5", "events": "lw 2 pt 5 ps 0.45",
    "null": "lw 1.5 dt (6,4) pt 9 ps 0.5",
    "bare-threads": "lw 1.5 dt (2,3) pt 11 ps 0.5",
    "manual": "lw 1.5 dt (8,3,2,3) pt 13 ps 0.5",
    "io-uring": "lw 1.5 dt (1,3) pt 7 ps 0.5",
    "peer": "lw 2 pt 13 ps 0.6", "peer-2": "lw 2 dt (8,4) pt 11 ps 0.5",
    "peer-3": "lw 2 dt (2,3) pt 9 ps 0.5",
    "peer-4": "lw 2 dt (8,3,2,3) pt 7 ps 0.5", "ink": "lw 1.5 pt 7 ps 0.5",
    "quiet": "lw 1", "band": "lw 1"}
SERVERS = {THREADS: "threads", EVENTS: "events", NULL: "null",
    BARE_THREADS: "bare-threads", MANUAL: "manual",
    IO_URING: "io-uring"}
PEERS = ("peer", "peer-2", "peer-3", "peer-4")

# The points: gnuplot would define them anew in each chart.
SHAPES = Markup('<svg class="shapes" width="0" height="0" aria-hidden="true">'
    '<defs><rect id="pt4" x="-1" y="-1" width="2" height="2" '
    'fill="currentColor" stroke="none"/>'
    '<circle id="pt6" r="1" fill="currentColor" stroke="none"/>'
    '<circle id="pt5" r="1" fill="none" stroke-width="0.4" '
    'stroke="currentColor"/>'
    '<path id="pt8" d="M0-1.33-1.33.67h2.66z" fill="currentColor" '
    'stroke="none"/>'
    '<path id="pt10" d="M0 1.33-1.33-.67h2.66z" fill="currentColor" '
    'stroke="none"/>'
    '<path id="pt12" d="M0-1.41 1.41 0 0 1.41-1.41 0z" '
    'fill="currentColor" stroke="none"/></defs></svg>\n')

# What of gnuplot's output is written otherwise, or not at all.
REPLACED = {' font-family="Arial"': "", ' font-size="12.00" ': "",
    ' stroke-linecap="butt" stroke-linejoin="miter"': "",
    ' color="black"': "", " shape-rendering='crispEdges'": "",
    'fill="black"': 'fill="currentColor"', "xlink:href='#gpPt": "href='#pt",
    "\n\n": "\n", "\t": ""}
OTHERWISE = re.compile("|".join([
    r"(?P<nothing><g [^>]*>\s*</g>|<title>.*?</title>)",
    r'(?P<named><g id="gnuplot_[^>]*>)',
    r"rgb\( *1 *, *1 *, *(?P<pen>\d+) *\)",
    *map(re.escape, REPLACED)]), re.DOTALL)


def pen(name):
    """The number of a pen: its line style in a script."""
    return list(PENS).index(name) + 1


def pen_of(server, peers=()):
    """The pen of a server; peers take turns, and so does whoever is not
    known."""
    turn = peers.index(server) if server in peers else 0
    return SERVERS.get(server, PEERS[turn % len(PEERS)])


def colour(name):
    """The colour of a pen, to be put behind "rgb" in a script."""
    return f"#0101{pen(name):02x}"


def quoted(text, most):
    """A text as a string of gnuplot, within which nothing is a command."""
    return "'" + re.sub("[\n\t]", " ", UNSEEN.sub(" ", text[:most])) \
        .replace("'", "''") + "'"


def is_normal(x):
    """Whether arithmetic with a number is exact enough."""
    return isfinite(x) and abs(x) >= float_info.min


FINE = (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
WIDE = (1, 1.2, 1.5, 2, 3, 5, 8)  # where labels stand beside each other


def log_tics(axis, low, high, unit=1, after=""):
    """The tics of a logarithmic axis, the finer the less it spans; left to
    gnuplot where an end is no number for that."""
    if not low > 0 or not is_normal(low) or not is_normal(high):
        return ""
    span = high / low
    fine = WIDE if axis == "x" else FINE
    steps = fine if span < 4 else (1, 2, 5) if span < 500 else (1,)
    tics = []
    for power in range(floor(log10(low)), ceil(log10(high)) + 1):
        ten = 10.0**power
        tics += [f"'{step * ten / unit:.10g}{after}' {step * ten:.10g}"
            for step in steps if low * .999 <= step * ten <= high * 1.001]
    return f"set {axis}tics ({', '.join(tics)})\n"


def ratio_tics(axis, high):
    """Tics of a linear axis of ratios from 1: "1x", "1.5x"; a handful."""
    if not is_normal(high):
        return ""
    step = next((step for step in (.02, .05, .1, .2, .5, 1, 2, 5)
        if (high - 1) / step <= 6), high)
    tics = [1 + i * step for i in range(int((high - 1) / step) + 1)]
    return f"set {axis}tics (" + ", ".join(
        f"'{x:.10g}x' {x:.10g}" for x in tics) + ")\n"


def linear_tics(axis, high):
    """Range and tics from 0, at steps of 1, 2 or 5 times a power of ten."""
    rough = high / 5
    if not high > 0 or not is_normal(rough):
        return ""
    ten = 10.0**floor(log10(rough))
    step = next(n * ten for n in (1, 2, 5, 10) if rough <= n * ten or n == 10)
    return (f"set {axis}range [0:{ceil(high / step * .9999) * step:.10g}]\n"
        f"set {axis}tics 0, {step:.10g}\n")


def beginning(width, height):
    """What all scripts begin with."""
    styles = "".join(f"set style line {pen(name)} lc rgb '{colour(name)}' "
        f"{style}\n" for name, style in PENS.items())
    return ("set encoding utf8\n"
        f"set terminal svg size {width},{height} noenhanced\n{styles}"
        f"set border 3 lc rgb '{colour('quiet')}'\n"
        "set tics nomirror out scale 0.4,0 textcolor rgb "
        f"'{colour('ink')}'\nset grid ytics back ls {pen('quiet')}\n"
        "set bmargin 3.2\nunset key\n")


def run_gnuplot(script):
    """What gnuplot draws of a script; None if it fails."""
    try:
        done = subprocess.run(["gnuplot", "-d", "-"], timeout=DRAW_LIMIT,
            input=script.encode(errors="replace"), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    svg = done.stdout.decode(errors="replace")
    return svg if done.returncode == 0 and "</svg>" in svg else None


def otherwise(match):
    """What is written for a piece of gnuplot's output."""
    if match["nothing"]:
        return ""
    if match["named"]:
        return "<g>"
    if match["pen"]:
        number = int(match["pen"])
        names = list(PENS)
        return f"var(--{names[number - 1]})" if 0 < number <= len(names) \
            else match[0]
    return REPLACED[match[0]]


def draw(script, width, height, title, description):
    """The picture of a script, of so many units (text is 12 high); None when
    there is no gnuplot, or it did not like the script."""
    svg = run_gnuplot(beginning(width, height) + script)
    if svg is None:
        return None
    _, _, drawing = svg.partition("</defs>")
    drawing = drawing[:drawing.index("</svg>")]
    return put('<svg class="chart" viewBox="0 0 {} {}" role="img" '
        'aria-label="{}"><title>{}</title><desc>{}</desc>\n<g>{}</svg>\n',
        str(width), str(height), title, title, description,
        Markup(OTHERWISE.sub(otherwise, drawing)))
