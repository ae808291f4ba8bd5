#!/usr/bin/python3
"""
diff - read the twins side by side, in the order in which they explain each
other; `make diff` runs it.

    diff.py [--colour] [FILE ...]         on the terminal
    diff.py --html PATH [FILE ...]        as a page

FILE is a pair, "guess_server" (its header and source) or "stream.c"; "bare"
is page one, the least server of either model. Without FILE all are shown.

From 120 columns on the files stand side by side, marked as by diff -y: ` ` the
same, `|` changed, `<` only threaded, `>` only evented. Below that they are
unified: `-` only threaded, `+` only evented. What is too long for its column
goes on in the next row, after a `»`. Colour is used on a terminal, unless
NO_COLOR is set, and with --colour wherever it goes, as through `less -R`.
"""

import argparse
import difflib
import itertools
import os
import sys
import textwrap

import diff_html
import twins

# Of the terminal; without one, two sources of 80 columns fit.
SIDE_BY_SIDE, WIDTH_MIN, WIDTH_UNKNOWN = 120, 20, 163

RED, GREEN, BOLD = "31", "32", "1"
CONTINUED = "» "

# What page one is called, and what it is.
BARE = ("bare servers",
    "Page one: the whole port, before what robustness adds.")


class Piece:
    """What stands side by side under one title: a function, or what is
    outside of functions."""

    def __init__(self, title, left, right, names=()):
        self.title = title
        self.left = left  # lines
        self.right = right
        self.names = names  # of the functions of this pair of files

    def blocks(self):
        """The lines cut into blocks: (whether they are the same in both, those
        of the left, those of the right)."""
        matcher = difflib.SequenceMatcher(
            None, self.left, self.right, autojunk=False)
        for what, a, b, c, d in matcher.get_opcodes():
            yield what == "equal", self.left[a:b], self.right[c:d]


class Pair:
    """Two files to be read together, cut into pieces."""

    def __init__(self, both, name):
        self.name = name
        self.paths = twins.paths(name)
        self.title, self.remark = BARE if name == twins.BARE else (name, None)
        self.both = both
        self.sources = [side[name] for side in both.sides]

    def pieces(self):
        """All that is in the files, in an order that both keep as far as
        paired functions allow."""
        yield from self._outside("before the first function", [
            s.functions[0].before if s.functions else s.rest
            for s in self.sources])
        keys = [[], []]
        for side, source in enumerate(self.sources):
            for function in source.functions:
                file, other = self.both.counterpart(side, self.name, function)
                keys[side].append(other.name if side == 1 and
                    file == self.name else function.name)
        for name in merged(*keys):
            yield self._piece(*(source.functions[own.index(name)]
                if name in own else None
                for own, source in zip(keys, self.sources)))
        yield from self._outside("after the last function", [
            s.rest if s.functions else [] for s in self.sources])

    @staticmethod
    def _outside(title, parts):
        """A piece that is no function, if there is one."""
        if any(parts):
            yield Piece(title, *parts)

    def _piece(self, *functions):
        """The piece of a function and its counterpart, or of one alone."""
        own = [f.name for f in functions if f]
        titles = list(own)
        parts = []
        for side, function in enumerate(functions):
            file, other = (None, None) if function else \
                self.both.counterpart(1 - side, self.name, functions[1 - side])
            if function:
                parts.append(self._with_before(side, function))
            elif other:
                parts.append(other.lines)
                titles.insert(side, f"{file}: {other.name}")
            else:
                parts.append([])
                titles[0] += f" ({twins.TWINS[1 - side]} only)"
        return Piece(" | ".join(dict.fromkeys(titles)), *parts,
            list(dict.fromkeys(own)))

    def _with_before(self, side, function):
        """A function after what stands between it and the one before."""
        if function is self.sources[side].functions[0] or not function.before:
            return function.lines
        return [*function.before, "", *function.lines]


def in_order(left, right):
    """As many names of both lists as stand in the same order in both."""
    chains = {}  # the longest that ends with each name
    for name in left:
        if name in right:
            before = [chain for last, chain in chains.items()
                if right.index(last) < right.index(name)]
            chains[name] = [*max(before, key=len, default=[]), name]
    return max(chains.values(), key=len, default=[])


def merged(left, right):
    """The names of two lists in one order, which both keep; a name of both
    that stands elsewhere in the right one is where it is in the left one."""
    order = []
    rest = [name for name in right if name not in left]
    kept = in_order(left, right)
    for name in left:
        if name in kept:
            place = right.index(name)
            order += [n for n in rest if right.index(n) < place]
            rest = [n for n in rest if right.index(n) > place]
        order.append(name)
    return order + rest


def wrap(line, width):
    """A line as rows of at most that width, cut at a blank where possible."""
    rows = []
    indent = " " * min(len(line) - len(line.lstrip()), width // 3)
    while len(line) > width:
        head = len(indent) + len(CONTINUED)
        cut = line.rfind(" ", head + 1, width + 1)
        cut = cut if cut > width // 2 else width
        rows.append(line[:cut].rstrip())
        line = indent + CONTINUED + line[cut:].lstrip()
    return [*rows, line]


class Screen:
    """Prints pairs in so many columns."""

    def __init__(self, width, colour):
        self.width = width
        self.colour = colour

    def paint(self, text, code):
        """The text in a colour, if colours are used."""
        return f"\033[{code}m{text}\033[0m" if self.colour and code else text

    def side_by_side(self, piece):
        """The rows of a piece, in two columns."""
        column = (self.width - 3) // 2
        for same, left, right in piece.blocks():
            for a, b in itertools.zip_longest(left, right):
                mark = " " if same else "<" if b is None \
                    else ">" if a is None else "|"
                codes = (None, None) if same else (RED, GREEN)
                rows = itertools.zip_longest(wrap(a or "", column),
                    wrap(b or "", column), fillvalue="")
                for x, y in rows:
                    x = self.paint(f"{x:{column}}", codes[0] if x else None)
                    y = self.paint(y, codes[1] if y else None)
                    yield f"{x} {mark} {y}".rstrip()

    def unified(self, piece):
        """The rows of a piece, in one column."""
        for same, left, right in piece.blocks():
            parts = ((" ", left, None),) if same else \
                (("-", left, RED), ("+", right, GREEN))
            for mark, lines, code in parts:
                for row in itertools.chain.from_iterable(
                        wrap(line, self.width - 1) for line in lines):
                    yield self.paint((mark + row).rstrip(), code)

    def show_heading(self, pair):
        """Print which files they are."""
        print(self.paint("=" * self.width, BOLD))
        for line in [pair.remark] if pair.remark else []:
            for row in wrap(line, self.width):
                print(row)
        if self.width >= SIDE_BY_SIDE:
            column = (self.width - 3) // 2
            print(self.paint(f"{pair.paths[0]:{column}}   {pair.paths[1]}",
                BOLD))
        else:
            for mark, path in zip("-+", pair.paths):
                for row in wrap(f"{mark} {path}", self.width):
                    print(self.paint(row, BOLD))
        print(self.paint("=" * self.width, BOLD))

    def show(self, pair):
        """Print a pair."""
        self.show_heading(pair)
        layout = self.side_by_side if self.width >= SIDE_BY_SIDE \
            else self.unified
        for piece in pair.pieces():
            title = f"{'--- ' + piece.title + ' ':-<{self.width}}"
            for row in wrap(title, self.width):
                print(self.paint(row, BOLD))
            print(*layout(piece), sep="\n", end="\n\n")

    def show_counts(self, both):
        """Print how many functions have a counterpart, and which have none."""
        for line in twins.count_table(both):
            print(*wrap(line, self.width), sep="\n")
        for line in twins.list_alone(both):
            print(textwrap.fill(line, self.width, subsequent_indent="    "))


def known():
    """What FILE may be, in reading order."""
    names = []
    for pair in [twins.BARE, *twins.pairs()]:
        stem = pair.split(".")[0]
        names += [pair] if stem in (pair, *names) else [stem, pair]
    return names


def choose(wanted):
    """The names of the pairs that FILEs name; ends the program when one is
    unknown."""
    for name in wanted:
        if name.replace("-", "_") not in known():
            print(f"diff: no pair of files is called {name!r}; there are "
                + ", ".join(known()), file=sys.stderr)
            sys.exit(64)
    wanted = [name.replace("-", "_") for name in wanted]
    return [pair for pair in [twins.BARE, *twins.pairs()]
        if not wanted or pair in wanted or pair.split(".")[0] in wanted]


def terminal_width():
    """The columns of the terminal: as COLUMNS says, or the terminal itself,
    also when a pager stands between."""
    try:
        width = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        width = 0
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        if width <= 0:
            try:
                width = os.get_terminal_size(stream.fileno()).columns
            except (AttributeError, ValueError, OSError):
                pass
    return max(width, WIDTH_MIN) if width > 0 else WIDTH_UNKNOWN


def wants_colour():
    """Whether to use colours where nothing was said."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") \
        and os.environ.get("TERM") != "dumb"


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="diff.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--colour", action="store_true",
        help="use colours wherever it goes")
    parser.add_argument("--html", metavar="PATH",
        help="write a page instead")
    parser.add_argument("files", nargs="*", metavar="FILE",
        help="only this pair")
    return parser.parse_args()


def write_page(path, pairs, both):
    """Write the page and say where it is."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as page:
            diff_html.write(page, pairs, both)
    except OSError as error:
        sys.exit(f"diff: cannot write {path}: {error.strerror}")
    print(f"The twins side by side: {path}")


def main():
    """Do what the command line asks for."""
    options = parse()
    names = choose(options.files)
    both = twins.read_all()
    pairs = [Pair(both if name != twins.BARE else twins.read_bare(), name)
        for name in names]
    if options.html is not None:
        write_page(options.html, pairs, both)
        return
    sys.stdout.reconfigure(errors="replace")
    screen = Screen(terminal_width(), options.colour or wants_colour())
    try:
        for pair in pairs:
            screen.show(pair)
        if not options.files:
            screen.show_counts(both)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; nothing may be flushed at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
