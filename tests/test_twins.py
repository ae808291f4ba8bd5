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
