#!/usr/bin/python3
"""
The inputs of tests/corpus, which fuzzing found or hands picked: through the
targets that they belong to, built with the sanitizers of the other tests, and
through both whole servers, whose answers must be the same bytes.
"""

import glob
import os
import re
import subprocess
import unittest

from harness import BUILD, TESTS, TWINS, ServerTest, environment, main

CORPUS = os.path.join(TESTS, "corpus")


def inputs(name):
    """The inputs of a corpus: (path, bytes)."""
    for path in sorted(glob.glob(os.path.join(CORPUS, name, "*"))):
        with open(path, "rb") as file:
            yield path, file.read()


class Targets(unittest.TestCase):
    """Each target with its corpus."""

    def test_no_input_breaks_a_rule_of_its_target(self):
        names = sorted(os.path.basename(path)[5:-2]
            for path in glob.glob(os.path.join(TESTS, "fuzz", "fuzz_*.c")))
        self.assertGreater(len(names), 9)
        for name in names:
            with self.subTest(target=name):
                done = subprocess.run(
                    [os.path.join(BUILD, "tests", "fuzz", "fuzz_" + name),
                        os.path.join(CORPUS, name)],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    errors="backslashreplace", env=environment(), timeout=300)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(done.stdout,
                    f"{len(list(inputs(name)))} inputs\n")


class WholeServers(ServerTest):
    """The same bytes to servers of both twins."""

    door = "connect"

    def answer(self, server, data):
        """What a server sends for these bytes, up to its end, but for the time
        of day and what it counted."""
        with getattr(server, self.door)() as client:
            client.send_if_open(data)
            try:
                client.finish()
            except OSError:
                pass
            return re.sub(rb"(?m)(^Date: .*|^charfinder_\w+ \d+)$", b"",
                client.read_all())

    def compare(self, names, taken, start, *options):
        """Send each input, but for its first bytes that are the target's, and
        compare what comes."""
        servers = []
        for self.twin in TWINS:
            servers.append(start("--quiet", *options))
        for name in names:
            for path, data in inputs(name):
                threaded, evented = (self.answer(server, data[taken:])
                    for server in servers)
                self.assertEqual(threaded, evented, path)

    def test_the_game_answers_alike(self):
        for strategy in "random", "bisect":
            self.compare(("guess", "line", "player", "http"), 2, self.serve,
                "--seed", "1", "--strategy", strategy)

    def test_the_finder_answers_alike_in_the_terminal(self):
        self.compare(("chartalk", "find", "quote", "charpage"), 1, self.find)

    def test_the_finder_answers_alike_on_the_web(self):
        self.door = "connect_web"
        self.compare(("http", "charpage", "query", "chartalk"), 1, self.find)


if __name__ == "__main__":
    main()
