#!/usr/bin/python3
"""
The rules of report/porting/twins.py hold for the sources, and it would see if
not; and what README.md here says of the tests is so.
"""

import ast
import contextlib
import fcntl
import html.parser
import io
import os
import pty
import random
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
import unittest.mock

from harness import HERE, ROOT, TESTS, main

sys.path.insert(0, os.path.join(ROOT, "report", "porting"))
import diff
import diff_html
import twins

THREADED = """\
#include <stdio.h>

struct peer;

/* Read
 * a line. Waits for it. */
static int
read_line(int fd,
    char *line)
{
    if (fd) {
        return 1;
    }
    return 0;
}

static void later(void);

/* Wait. */
static void
wait_for(void)
{
}

/* Begin. */
int
main(void)
{
}
"""
EVENTED = """\
#include <stdio.h>

/* Read a line: calls back. */
static int
read_line(int fd, char *line)
{
    return 0;
}

/* A line has come. */
static void
on_line(void)
{
}

/* Begin. */
int
main(void)
{
}
"""



def function(name, comment):
    """The text of a function."""
    return f"/* {comment} */\nint\n{name}(void)\n{{\n}}\n\n"


def twins_of(threaded, evented):
    """Twins of made-up files, {name: text} each."""
    return twins.Twins(*({name: twins.Source(text)
        for name, text in side.items()} for side in (threaded, evented)))


class Sources(unittest.TestCase):
    """The programs as they stand."""

    def test_they_keep_the_rules(self):
        self.assertEqual(twins.faults(), [])

    def test_all_pairs_can_be_read(self):
        for name in twins.pairs():
            for twin in twins.TWINS:
                text = twins.read(twin, name)
                # A body begins with a brace alone; initialisers do not.
                self.assertEqual(len(twins.Source(text).functions),
                    text.splitlines().count("{"), f"{twin}/{name}")


class Rules(unittest.TestCase):
    """twins.py itself."""

    def test_functions_are_found(self):
        source = twins.Source(THREADED)
        self.assertEqual(source.names(), ["read_line", "wait_for", "main"])
        self.assertEqual(source.functions[0].purpose(), "Read a line")
        self.assertEqual(source.functions[1].before,
            ["static void later(void);"])
        self.assertEqual(source.functions[2].lines,
            ["/* Begin. */", "int", "main(void)", "{", "}"])

    def test_good_twins_pass(self):
        self.assertEqual(twins.compare_pair("x.c", THREADED, EVENTED), [])

    def test_another_order_is_seen(self):
        begin = EVENTED.index("/* Begin")
        middle = EVENTED.index("/* Read")
        swapped = EVENTED[begin:] + "\n" + EVENTED[middle:begin]
        self.assertRegex(twins.compare_pair("x.c", THREADED, swapped)[0],
            "main stands where")

    def test_another_purpose_is_seen(self):
        self.assertRegex(twins.compare_pair("x.c", THREADED,
            EVENTED.replace("Begin.", "Start."))[0], "main is said to do")

    def test_a_missing_comment_is_seen(self):
        self.assertRegex(twins.compare_pair("x.c", THREADED,
            EVENTED.replace("/* A line has come. */\n", ""))[0],
            "on_line has no comment")

    def test_forbidden_includes_are_seen(self):
        for folder, text in (("common", "#include <sys/socket.h>"),
                ("common", "#include <pthread.h>"),
                ("common", "# include <event2/event.h>"),
                ("threaded", "#include <event2/bufferevent.h>"),
                ("threaded", '#include "evented/stream.h"'),
                ("evented", '#include "threaded/stream.h"')):
            self.assertEqual(len(twins.check_includes(
                folder, "x.c", text + "\n")), 1, text)
        self.assertEqual(twins.check_includes(
            "common", "net.c", "#include <sys/socket.h>\n"), [])

    def test_circles_are_seen(self):
        texts = {"common/a.h": "", "common/a.c": '#include "common/a.h"\n',
            "common/b.h": '#include "common/a.h"\n#include <stdio.h>\n',
            "evented/stream.h": '#include "common/b.h"\n',
            "evented/server.c": '#include "evented/stream.h"\n'
                '#include "common/a.h"\n'}
        self.assertEqual(twins.circles(twins.modules(texts)), [])
        for path, included, circle in (
                ("common/a.c", "common/b", "common/a > common/b > common/a"),
                ("evented/stream.c", "evented/server",
                    "evented/server > evented/stream > evented/server"),
                ("common/b.c", "evented/server", "common/b > evented/server > "
                    "evented/stream > common/b")):
            found = twins.circles(twins.modules({**texts,
                path: f'#include "{included}.h"\n'}))
            self.assertEqual(found, ["a circle of includes: " + circle])


class Tags(unittest.TestCase):
    """Counterparts under another name."""

    SWEEP = function("sweep", "Look for the overdue. Twin: on_sweep.")
    ON_SWEEP = function("on_sweep", "Time to look. Twin: sweep.")

    def assert_fault(self, pattern, threaded, evented):
        """The tags of these twins have one fault, of this kind."""
        faults = twins_of(threaded, evented).check_tags()
        self.assertEqual(len(faults), 1, faults)
        self.assertRegex(faults[0], pattern)

    def test_a_pair_that_names_each_other_passes(self):
        made = twins_of({"a.c": self.SWEEP}, {"a.c": self.ON_SWEEP})
        self.assertEqual(made.check_tags(), [])
        self.assertEqual(made.count("a.c"), (0, 2, 0, 0))

    def test_a_tag_may_have_a_line_of_its_own(self):
        made = twins_of({"a.c": self.SWEEP.replace(" Twin", "\n * Twin")},
            {"a.c": self.ON_SWEEP.replace(" Twin", "\n * Twin")})
        self.assertEqual(made.check_tags(), [])
        self.assertEqual(made.count("a.c"), (0, 2, 0, 0))

    def test_a_pair_across_files_names_them(self):
        made = twins_of(
            {"a.c": self.SWEEP.replace("on_sweep", "b.c:on_sweep"), "b.c": ""},
            {"a.c": "", "b.c": self.ON_SWEEP.replace("sweep.", "a.c:sweep.")})
        self.assertEqual(made.check_tags(), [])
        self.assertEqual([made.count(name) for name in ("a.c", "b.c")],
            [(0, 1, 0, 0), (0, 1, 0, 0)])

    def test_a_tag_that_is_not_returned_is_a_fault(self):
        self.assert_fault("a.c: the tag of sweep names a.c:on_sweep, whose "
            "tag does not name it in turn", {"a.c": self.SWEEP},
            {"a.c": self.ON_SWEEP.replace(" Twin: sweep.", "")})
        self.assert_fault("does not name it in turn",
            {"a.c": self.SWEEP, "b.c": self.SWEEP},
            {"a.c": self.ON_SWEEP,
                "b.c": self.ON_SWEEP.replace(" Twin: sweep.", "")})

    def test_two_functions_cannot_have_the_same_counterpart(self):
        self.assert_fault("the tag of sweep_all names a.c:on_sweep, whose",
            {"a.c": self.SWEEP + self.SWEEP.replace("sweep(", "sweep_all(")},
            {"a.c": self.ON_SWEEP})

    def test_a_counterpart_that_is_not_there_is_a_fault(self):
        self.assert_fault("evented/a.c: the tag of on_sweep names a.c:sweep, "
            "which threaded/ has not", {"a.c": ""}, {"a.c": self.ON_SWEEP})
        self.assert_fault("names b.c:sweep, which threaded/ has not",
            {"a.c": ""},
            {"a.c": self.ON_SWEEP.replace("sweep.", "b.c:sweep.")})
        # It is looked for in one file only.
        self.assert_fault("names a.c:sweep, which threaded/ has not",
            {"a.c": "", "b.c": self.SWEEP.replace(" Twin: on_sweep.", "")},
            {"a.c": self.ON_SWEEP, "b.c": ""})

    def test_a_tag_of_a_function_that_both_have_is_a_fault(self):
        self.assert_fault("the tag of keep is not needed",
            {"a.c": function("keep", "Keep. Twin: keep.")},
            {"a.c": function("keep", "Keep.")})
        self.assert_fault("the tag of keep is not needed",
            {"a.c": function("keep", "Keep. Twin: hold.")},
            {"a.c": function("keep", "Keep.") + function("hold", "Hold.")})

    def test_a_tag_that_is_misspelt_or_misplaced_is_a_fault(self):
        for comment in ("Look. Twin: on_sweep", "Look. Twin: on_sweep().",
                "Twin: on_sweep.", "Look. Twin: on_sweep. More.",
                "Look. Twin:\n * on_sweep.",
                "Look. Twin on: x. Twin: on_sweep, or so."):
            self.assert_fault("threaded/a.c has a tag that is misspelt",
                {"a.c": function("sweep", comment)},
                {"a.c": function("on_sweep", "Time to look.")})
        for text in ("/* Look. Twin: on_sweep. */\nint sweep(void);\n",
                "/* Look. */\nint\nsweep(void)\n{\n    /* Twin: x. */\n}\n",
                self.SWEEP.replace("*/\n", "*/\n\n")):
            self.assert_fault("does not end the comment of a function",
                {"a.c": text}, {"a.c": function("on_sweep", "Look.")})

    def test_the_purpose_is_what_it_was_without_the_tag(self):
        self.assertEqual(twins.Source(self.SWEEP).functions[0].purpose(),
            "Look for the overdue")

    def test_the_table_counts_every_function(self):
        done = subprocess.run([sys.executable, "-B", twins.__file__,
            "--count"], stdout=subprocess.PIPE, text=True, check=True)
        rows = {row.split()[0]: list(map(int, row.split()[1:]))
            for row in done.stdout.splitlines() if re.search(r"  \d+$", row)}
        total = rows.pop("together")
        self.assertEqual(total, [sum(column) for column in zip(*rows.values())])
        for name, (shared, paired, left, right, together) in rows.items():
            functions = sum(len(twins.Source(twins.read(twin, name)).functions)
                for twin in twins.TWINS)
            self.assertEqual(together, shared + paired + left + right)
            self.assertEqual(functions, together + shared)


class Diff(unittest.TestCase):
    """What `make diff` shows."""

    # What may be meant: page one, then these, then what is new.
    ORDER = ["echo_server.c", "guess_server.c", "stream.h", "stream.c", "keeper.h", "keeper.c",
        "executor.h", "executor.c", "server.h", "server.c", "http_server.h",
        "http_server.c", "guess_client.c", "charfinder.c"]

    @staticmethod
    def run_diff(*arguments, columns="", **variables):
        """Run diff.py without a terminal; what it did."""
        return subprocess.run([sys.executable, "-B", diff.__file__,
            *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "COLUMNS": str(columns), **variables})

    def show(self, *arguments, **more):
        """The lines that it printed, which must have gone well."""
        done = self.run_diff(*arguments, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    @staticmethod
    def screen(width, colour=False, **files):
        """What is shown of two made-up texts, without its heading."""
        both = twins_of({"a.c": files["left"]}, {"a.c": files["right"]})
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            diff.Screen(width, colour).show(diff.Pair(both, "a.c"))
        return output.getvalue().splitlines()[3 if width >= 120 else 4:]

    def test_every_line_is_shown(self):
        shown = "\n".join(self.show(columns=200))
        for name in [twins.BARE, *twins.pairs()]:
            for path in twins.paths(name):
                for line in twins.read(path).splitlines():
                    self.assertIn(line, shown)

    def test_without_a_terminal_no_line_is_cut(self):
        self.assertEqual([line for line in self.show() if "»" in line], [])

    def test_no_line_is_wider_than_the_terminal(self):
        for width in (20, 40, 79, 80, 119, 120, 121, 163, 200):
            lines = self.show(columns=width)
            self.assertLessEqual(max(map(len, lines)), width)
            self.assertEqual(lines[0], "=" * width)

    def test_a_terminal_is_asked_for_its_width(self):
        for width in (100, 150):
            shown, _ = self.on_terminal(width, "guess_server")
            self.assertEqual(max(map(len, shown.splitlines())), width)
            # A pager has the terminal; standard error still is one.
            shown, _ = self.on_terminal(width, "guess_server", pager="cat")
            self.assertEqual(max(map(len, shown.splitlines())), width)

    def on_terminal(self, width, *arguments, pager=None, **variables):
        """What is shown on a terminal of so many columns, without and with the
        colours; COLUMNS and NO_COLOR are unset."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
            struct.pack("HHHH", 24, width, 0, 0))
        clean = {name: value for name, value in os.environ.items()
            if name not in ("COLUMNS", "NO_COLOR")}
        command = shlex.join(
            [sys.executable, "-B", diff.__file__, *arguments])
        with subprocess.Popen(
                ["sh", "-c", f"{command} | {pager}" if pager else command],
                stdin=theirs, stdout=theirs, stderr=theirs,
                env={**clean, "TERM": "xterm", **variables}) as process:
            os.close(theirs)
            output = b""
            try:
                while chunk := os.read(ours, 65536):
                    output += chunk
            except OSError:
                pass  # how a terminal says that this was all
            os.close(ours)
        self.assertEqual(process.returncode, 0)
        text = output.decode().replace("\r\n", "\n")
        return re.sub(r"\033\[\d+m", "", text), text

    def test_colours_are_for_terminals(self):
        self.assertNotIn("\033", "".join(self.show("bare")))
        self.assertIn("\033[31m", "".join(self.show("--colour", "bare")))
        self.assertIn("\033[31m", self.on_terminal(80, "bare")[1])
        self.assertNotIn("\033", self.on_terminal(80, "bare", NO_COLOR="1")[1])
        self.assertNotIn("\033", self.on_terminal(80, "bare", TERM="dumb")[1])

    def test_colours_change_nothing_else(self):
        for width in (80, 120, 200):
            plain = self.show(columns=width)
            self.assertEqual(plain, [
                re.sub(r"\033\[\d+m", "", line).rstrip()
                for line in self.show("--colour", columns=width)])

    def test_it_is_in_reading_order(self):
        lines = self.show(columns=200)
        shown = [os.path.basename(line.split()[0]) for line in lines
            if re.match(r"(threaded|report/controls)/\S+  +(evented|report)/",
                line)]
        self.assertEqual(shown[0], "bare_threads.c")
        self.assertEqual(shown[1:], twins.pairs())
        self.assertEqual([name for name in self.ORDER if name in shown],
            shown[1:len(shown) - len(set(shown[1:]) - set(self.ORDER))])
        self.assertIn("Page one: the whole port, before what robustness adds.",
            lines[:3])

    def test_the_readme_says_so(self):
        self.check_order("README.md", r"\n## Read the twins\n(.*?)\n## ")

    def test_the_guide_says_so(self):
        self.check_order("report/porting/reading.md",
            r"\n# Reading the twins\n(.*?)\n## ")

    def check_order(self, path, pattern):
        """A list of files is in reading order."""
        with open(os.path.join(ROOT, path), encoding="utf-8") as text:
            section = re.search(pattern, "\n" + text.read(), re.DOTALL)[1]
        order = [name for item in re.findall(r"^\d+\. ([^:]*)", section,
            re.MULTILINE) for name in re.findall(r"`(\w+\.[ch])`", item)]
        self.assertEqual(order[:2],
            [os.path.basename(path) for path in twins.BARE_PATHS])
        self.assertEqual(order[2:],
            [name for name in twins.pairs() if name in order])
        self.assertLessEqual({"echo_server.c", "guess_server.c", "stream.h", "stream.c",
            "server.c", "guess_client.c", "charfinder.c"}, set(order))
        files = re.findall(r"FILE=([\w.]+)", section)
        self.assertEqual(set(files) - set(diff.known()), set())
        self.assertIn("bare", files)

    def test_the_lesson_of_the_readme_is_the_source(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
            section = re.search(r"\n## The lesson\n(.*?)\n## ", text.read(),
                re.DOTALL)[1]
        parts = re.split(r"`(\w+/guess_server\.c)`", section)
        self.assertEqual(parts[1::2], ["threaded/guess_server.c",
            "evented/guess_server.c"])
        for path, part in zip(parts[1::2], parts[2::2]):
            with open(os.path.join(ROOT, path), encoding="utf-8") as text:
                source = text.read()
            quoted = "".join(line[4:] or "\n" for line in re.findall(
                r"^    .*\n|^\n(?=    )", part, re.MULTILINE))
            pieces = re.split(r"\n\n| *\.\.\.\n", quoted)
            self.assertGreater(len(pieces), 2)
            for piece in pieces:
                self.assertIn(piece.strip("\n"), source)

    def test_the_guide_to_the_downloader_names_what_is_in_the_sources(self):
        with open(os.path.join(ROOT, "report", "porting", "reading.md"),
                encoding="utf-8") as text:
            section = re.search(r"\n\d+\. `flags\.c`(.*?)\n\d+\. ",
                text.read(), re.DOTALL)[1]
        rows = re.findall(r"^\|[^|]+\|([^|]+)\|([^|]+)\|$", section,
            re.MULTILINE)
        self.assertGreater(len(rows), 2)
        for cells in rows:
            for twin, cell in zip(twins.TWINS, cells):
                source = twins.Source(twins.read(twin, "flags.c"))
                for name in re.findall(r"`(\w+)`", cell):
                    self.assertIn(name, source.names())

    def test_new_files_come_last_by_alphabet_header_first(self):
        with unittest.mock.patch.object(twins, "files", lambda folder: [
                "aa.c", "charfinder.c", "keeper.c", "keeper.h", "server.c",
                "zz.c", "zz.h", f"only_{folder}.c"]):
            self.assertEqual(twins.pairs(), ["keeper.h", "keeper.c",
                "server.c", "charfinder.c", "aa.c", "zz.h", "zz.c"])

    def test_file_chooses(self):
        def headings(*names):
            return [line.split()[1] for line in self.show(*names, columns=80)
                if re.match(r"- (threaded|report)/\S+\.[ch]$", line)]
        self.assertEqual(headings("guess_server"), ["threaded/guess_server.c"])
        self.assertEqual(headings("guess-server"), ["threaded/guess_server.c"])
        self.assertEqual(headings("stream"),
            ["threaded/stream.h", "threaded/stream.c"])
        self.assertEqual(headings("stream.c"), ["threaded/stream.c"])
        self.assertEqual(headings("bare"), ["report/controls/bare_threads.c"])
        self.assertEqual(headings("stream.h", "bare"),
            ["report/controls/bare_threads.c", "threaded/stream.h"])

    def test_an_unknown_file_is_refused_with_those_there_are(self):
        for name in ("strean", "threaded", "stream.c.c", "", "-"):
            done = self.run_diff("stream", name)
            self.assertEqual((done.returncode, done.stdout), (64, ""))
            self.assertIn(f"'{name}'; there are bare, echo_server, ",
                done.stderr)
            for known in twins.pairs():
                self.assertIn(f" {known}", done.stderr)

    def test_make_hands_its_variables_over(self):
        def make(*variables):
            return subprocess.run(["make", "-s", "-C", ROOT, "diff",
                "COLUMNS=80", *variables], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, check=False,
                env={name: value for name, value in os.environ.items()
                    if not name.startswith(("MAKE", "MFLAGS"))})
        self.assertEqual(make("FILE=stream.h").stdout.splitlines(),
            self.show("stream.h", columns=80))
        self.assertEqual(make("FILE=bare", "COLOUR=1").stdout.splitlines(),
            self.show("--colour", "bare", columns=80))
        self.assertNotEqual(make("FILE=nothing").returncode, 0)

    def test_a_reader_that_leaves_early_is_no_error(self):
        with subprocess.Popen([sys.executable, "-B", diff.__file__],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, 0)

    def test_counterparts_stand_beside_each_other(self):
        shown = self.screen(120, left=Tags.SWEEP, right=Tags.ON_SWEEP)
        self.assertEqual(shown[0].strip("-"), " sweep | on_sweep ")
        self.assertRegex(shown[3], r"^sweep\(void\) +\| on_sweep\(void\)$")

    def test_a_counterpart_in_another_file_is_shown_with_either(self):
        both = twins_of(
            {"a.c": Tags.SWEEP.replace("on_sweep", "b.c:on_sweep"), "b.c": ""},
            {"a.c": "", "b.c": Tags.ON_SWEEP.replace("sweep.", "a.c:sweep.")})
        for name, title in (("a.c", "sweep | b.c: on_sweep"),
                ("b.c", "a.c: sweep | on_sweep")):
            piece, = diff.Pair(both, name).pieces()
            self.assertEqual(piece.title, title)
            self.assertEqual([lines[2] for lines in (piece.left, piece.right)],
                ["sweep(void)", "on_sweep(void)"])

    def test_shared_functions_keep_their_order(self):
        self.assertEqual(diff.merged(["a", "b", "c"], ["x", "a", "y", "c"]),
            ["x", "a", "b", "y", "c"])
        self.assertEqual(diff.merged(["a", "b"], ["b", "x", "a"]),
            ["x", "a", "b"])
        # The pair p stands early on the left, late on the right.
        self.assertEqual(
            diff.merged(["p", "a", "b"], ["x", "a", "y", "b", "p"]),
            ["p", "x", "a", "y", "b"])

    def test_lines_are_marked(self):
        left = "int a;\nint b;\nint c;"
        right = "int a;\nint x;\nint c;\nint d;"
        column = " " * 52
        self.assertEqual(self.screen(120, left=left, right=right)[1:5], [
            f"int a;{column}   int a;", f"int b;{column} | int x;",
            f"int c;{column}   int c;", f"      {column} > int d;"])
        self.assertEqual(self.screen(119, left=left, right=right)[1:6],
            [" int a;", "-int b;", "+int x;", " int c;", "+int d;"])

    def test_long_lines_go_on_in_the_next_row(self):
        self.assertEqual(diff.wrap("    f(one, two, three);", 16),
            ["    f(one, two,", "    » three);"])
        self.assertEqual(diff.wrap("x" * 25, 10),
            ["x" * 10, "» " + "x" * 8, "» " + "x" * 7])
        self.assertEqual(diff.wrap("", 10), [""])
        rng = random.Random(1)
        for _ in range(1000):
            line = "".join(rng.choice("ab c") for _ in range(rng.randrange(90)))
            rows = diff.wrap(line, 20)
            self.assertLessEqual(max(map(len, rows)), 20)
            self.assertEqual("".join(rows).replace("»", "").replace(" ", ""),
                line.replace(" ", ""))


class Page(html.parser.HTMLParser):
    """A page that is read strictly: whatever is opened must be closed, in
    order, and no attribute or id may come twice."""

    VOID = ("meta", "link")

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.code = [], [], [], []
        self.outside = []  # what other pages or files it would load
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), attrs
        for name, value in attrs:
            if name == "id":
                assert value not in self.ids and not re.search(r"\s", value)
                self.ids.append(value)
            elif name == "href" and value.startswith("#"):
                self.links.append(value[1:])
            elif name in ("href", "src") and value != "data:,":
                self.outside.append(value)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "pre":
            self.code.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if "pre" in self.open:
            self.code[-1] += data


class Html(unittest.TestCase):
    """What `make diff HTML=1` writes."""

    @staticmethod
    def write(*arguments):
        """Have it written; the text."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "new", "port.html")
            subprocess.run([sys.executable, "-B", diff.__file__, "--html",
                path, *arguments], stdout=subprocess.DEVNULL, check=True)
            with open(path, encoding="utf-8") as page:
                return page.read()

    def test_it_is_valid_and_needs_nothing_else(self):
        text = self.write()
        self.assertTrue(text.startswith("<!DOCTYPE html>\n<html lang=\"en\">"))
        page = Page(text)
        self.assertEqual(page.outside, [])
        self.assertNotRegex(text, r"@import|url\(")
        self.assertIn("prefers-color-scheme: dark", text)

    def test_every_file_and_function_has_an_anchor_and_is_linked(self):
        page = Page(self.write())
        self.assertEqual(set(page.links) - set(page.ids), set())
        for name in [twins.BARE, *twins.pairs()]:
            self.assertIn(name, page.links)
            for path in twins.paths(name):
                for function in twins.Source(twins.read(path)).names():
                    self.assertIn(f"{name}-{function}", page.ids)

    def test_both_functions_of_a_pair_have_an_anchor(self):
        both = twins_of({"a.c": Tags.SWEEP}, {"a.c": Tags.ON_SWEEP})
        text = io.StringIO()
        diff_html.write(text, [diff.Pair(both, "a.c")], both)
        page = Page(text.getvalue())
        self.assertIn("a.c-sweep", page.links)
        self.assertIn("a.c-sweep", page.ids)
        self.assertIn("a.c-on_sweep", page.ids)

    def test_every_line_of_a_function_is_there_in_order(self):
        for name in [twins.BARE, *twins.pairs()]:
            page = Page(self.write(name))
            shown = [line for code in page.code for line in
                code.removeprefix("\n").removesuffix("\n").split("\n")]
            for path in twins.paths(name):
                for function in twins.Source(twins.read(path)).functions:
                    at = shown.index(function.lines[0])
                    for line in function.lines:
                        at = shown.index(line, at)

    def test_code_stays_text(self):
        nasty = "/* </pre><script>x</script> &amp; <!-- \"' */"
        text = f"{nasty}\nint\nf(void)\n{{\n    return a < b && c > d;\n}}\n"
        both = twins_of({"a.c": text}, {"a.c": text.replace("a <", "b <")})
        page = io.StringIO()
        diff_html.write(page, [diff.Pair(both, "a.c")], both)
        self.assertNotIn("<script", page.getvalue())
        code = "".join(Page(page.getvalue()).code)
        for line in text.splitlines():
            self.assertIn(line, code)

    def test_file_chooses(self):
        page = Page(self.write("stream"))
        self.assertIn("stream.c-stream_write", page.ids)
        self.assertFalse([name for name in page.ids
            if not name.startswith("stream.") and name != "counts"])

    def test_a_path_that_cannot_be_written_is_named(self):
        done = Diff.run_diff("--html", "/dev/null/port.html")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^diff: cannot write /dev/null/port.html"
            r": \w[\w ]+\n$")


class Proofs(unittest.TestCase):
    """README.md's tables of suites and of what proves what."""

    PROOF = re.compile(r"`(test_\w+\.py): (\w+)\.(test_\w+)`")
    OF_COMPARE = ("test_compare.py", "test_hosts.py", "test_jobs.py",
        "test_loads.py", "test_netem.py", "test_peer.py", "test_report.py")

    def setUp(self):
        with open(os.path.join(TESTS, "README.md")) as text:
            self.lines = text.read().splitlines()

    @staticmethod
    def classes(file):
        """The classes of a suite: {name: (its tests and those it inherits,
        whether they run on both twins)}."""
        found = {}
        with open(os.path.join(HERE, file)) as source:
            for node in ast.parse(source.read()).body:
                if not isinstance(node, ast.ClassDef):
                    continue
                tests = {part.name for part in node.body
                    if isinstance(part, ast.FunctionDef)}
                for base in node.bases:
                    tests |= found.get(ast.unparse(base), (set(), 0))[0]
                decorators = map(ast.unparse, node.decorator_list)
                found[node.name] = tests, any(
                    name.endswith(("on_both_twins", "on_both_if_full"))
                    for name in decorators) \
                    or "TWINS" in ast.unparse(node)
        return found

    def test_every_proof_is_a_test_of_both_twins(self):
        suites, count = {}, 0
        for line in self.lines:
            for file, name, test in self.PROOF.findall(line):
                if file not in suites:
                    suites[file] = self.classes(file)
                tests, both = suites[file].get(name, (set(), False))
                self.assertIn(test, tests, f"{file}: {name}")
                # Parsers are counted once, both twins have their tables of
                # one compiler and are built by one Makefile, and compare is
                # one program; all others meet both servers.
                self.assertTrue(both or file in self.OF_COMPARE or
                    (file, name) in (("test_valgrind.py", "Drips"),
                        ("test_charfind.py", "Compiler"),
                        ("test_builds.py", "Asked"),
                        ("test_builds.py", "Sources")),
                    f"{file}: {name}.{test}")
                count += 1
        self.assertGreater(count, 80)

    def test_every_row_has_a_proof(self):
        start = self.lines.index(
            "| what breaks such servers | what these do | proof |")
        rows = self.lines[start + 2:]
        self.assertGreater(len(rows), 40)
        for row in rows:
            cells = row.split(" | ")
            self.assertEqual(len(cells), 3, row)
            self.assertEqual(self.PROOF.sub("", cells[2]).strip(" |"), "")
            self.assertTrue(self.PROOF.search(cells[2]), row)

    def test_every_path_exists(self):
        for name in "README.md", "tests/README.md", "common/protocols.md":
            with open(os.path.join(ROOT, name), encoding="utf-8") as text:
                paths = re.findall(r"(?<![\w/])tests/[\w/.]*\w", text.read())
            self.assertGreater(len(paths), 2)
            for path in paths:
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)),
                    f"{name}: {path}")

    def test_every_suite_can_be_called(self):
        for name in os.listdir(HERE):
            if re.match(r"test_\w+\.py$", name):
                self.assertTrue(os.access(os.path.join(HERE, name), os.X_OK),
                    name)

    def test_every_suite_is_listed(self):
        listed = [found[1] for found in (re.match(
            r"\| `(test_\w+\.py)` \|", line) for line in self.lines) if found]
        self.assertEqual(sorted(listed), sorted(name
            for name in os.listdir(HERE) if re.match(r"test_\w+\.py$", name)))


if __name__ == "__main__":
    main()
