#!/usr/bin/python3
"""
The rules of report/porting/twins.py hold for the sources, and it would see if
not; and what README.md here says of the tests is so.
"""

import ast
import os
import re
import subprocess
import sys
import unittest

from harness import HERE, ROOT, main

sys.path.insert(0, os.path.join(ROOT, "report", "porting"))
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

    def test_diff_shows_every_line(self):
        done = subprocess.run([sys.executable, twins.__file__, "--diff"],
            env={**os.environ, "COLUMNS": "200"}, stdout=subprocess.PIPE,
            text=True, check=True)
        shown = done.stdout
        for name in twins.pairs():
            for twin in twins.TWINS:
                for line in twins.read(twin, name).splitlines():
                    self.assertIn(line, shown)


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

    def test_shared_functions_stand_next_to_each_other(self):
        self.assertEqual(twins.merged(["a", "b", "c"], ["x", "a", "y", "c"]),
            ["x", "a", "b", "y", "c"])

    def test_lines_are_marked(self):
        rows = list(twins.side_by_side(
            ["a", "b", "c"], ["a", "x", "c", "d"], 23))
        self.assertEqual([row for row, _ in rows], [
            "a            a", "b          | x", "c            c",
            "           > d"])
        self.assertEqual([same for _, same in rows],
            [True, False, True, False])


class Proofs(unittest.TestCase):
    """README.md's tables of suites and of what proves what."""

    PROOF = re.compile(r"`(test_\w+\.py): (\w+)\.(test_\w+)`")

    def setUp(self):
        with open(os.path.join(HERE, "README.md")) as text:
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
                    name.endswith("on_both_twins") for name in decorators) \
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
                # Parsers are counted once, and both twins have their tables
                # of one compiler; all others meet both servers.
                self.assertTrue(both or (file, name) in (
                    ("test_valgrind.py", "Drips"),
                    ("test_charfind.py", "Compiler")),
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

    def test_every_suite_is_listed(self):
        listed = [found[1] for found in (re.match(
            r"\| `(test_\w+\.py)` \|", line) for line in self.lines) if found]
        self.assertEqual(sorted(listed), sorted(name
            for name in os.listdir(HERE) if re.match(r"test_\w+\.py$", name)))


if __name__ == "__main__":
    main()
